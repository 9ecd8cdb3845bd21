"""The merge desk's link to a real repository: generated files, what was read, and files to look at.

Looking never gets in the way of the night: a copy is plain files with no git in it, and an agent's worktree is
offered only while nobody works there.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.link import Place
from cockpit.places import WORKTREES, Places

if TYPE_CHECKING:
    from cockpit.config import Config
    from cockpit.reading import Change, Readings
    from cockpit.repo import Repository
    from cockpit.state import Task


class LiveDesk:
    """A `link.DeskLink` on the repository at `places`."""

    def __init__(self, places: Places) -> None:
        """Nothing is read before it is asked for."""
        self.places = places
        self._known: Repository | None = None

    def _repository(self) -> Repository:
        """The repository; looked at once, since it takes git several steps."""
        from cockpit import repo

        if self._known is None:
            self._known = repo.Repository.open(self.places.root)
        return self._known

    async def generated(self, paths: Sequence[str]) -> frozenset[str]:
        """By the configured globs, and by what `.gitattributes` says."""
        return await asyncio.to_thread(self._generated, paths)

    def _generated(self, paths: Sequence[str]) -> frozenset[str]:
        from cockpit import repo
        from cockpit.generated import USUAL, is_generated

        globs = self._config().desk.generated if self._says("generated") else USUAL
        try:
            said = repo.generated(self._repository(), paths)
        except repo.RepoError:
            said = {}
        return frozenset(path for path in paths if said.get(path, is_generated(path, globs)))

    def _says(self, word: str) -> bool:
        """Whether a configuration file may say something about it; reading one for good takes long."""
        from cockpit.config_files import texts

        return any(word in text for text in texts(self.places.root))

    def _config(self) -> Config:
        from cockpit import config

        return config.load(self.places.root)

    async def readings(self) -> Readings:
        """What `.cockpit/reading.json` holds."""
        from cockpit import reading_file

        return await asyncio.to_thread(reading_file.read, self.places.folder)

    async def note(self, change: Change) -> Readings:
        """Write it there."""
        from cockpit import reading_file

        return await asyncio.to_thread(reading_file.note, self.places.folder, change)

    async def copy(self, task: Task) -> Place:
        """The files as they would land, read-only, in a folder of their own."""
        return await asyncio.to_thread(self._copy, task)

    def _copy(self, task: Task) -> Place:
        from cockpit import repo

        repository = self._repository()
        commit = task.landed or task.merged or task.head
        folder = self._folder() / f"look-{task.id}"
        repo.copy_out(repository, commit, folder)
        how = "landed" if task.landed else "would land" if task.merged else "is on its branch"
        says = f"{task.id} as it {how} ({commit[:10]}), to look at: what is changed here changes nothing of it"
        return Place(str(folder), says)

    def _folder(self) -> Path:
        """Where worktrees are kept."""
        if self._says("worktrees"):
            return self.places.worktrees(self._config().repository.worktrees)
        return self.places.worktrees(WORKTREES)

    async def workshop(self, task: Task) -> Place:
        """The agent's worktree, or a copy."""
        return await asyncio.to_thread(self._workshop, task)

    def _workshop(self, task: Task) -> Place:
        from cockpit import repo
        from cockpit.hosts import control

        repository = self._repository()
        busy = task.run is not None and control.is_alive(self.places.run_dir(task.run))
        trees = [tree for tree in repo.working_trees(repository) if tree.branch == task.branch and not tree.gone]
        if busy or not task.branch or not trees or repository.commit_of(task.branch) != task.head:
            return self._copy(task)
        says = f"{task.id}'s own worktree on {task.branch}: what is changed here waits for its agent and does not land"
        return Place(str(trees[0].path), says, is_copy=False)

    def run(self, words: Sequence[str], folder: str) -> int:
        """Run it on this terminal."""
        return subprocess.run(list(words), cwd=folder, check=False).returncode

    async def leave(self, task: Task, place: Place) -> str:
        """Remove a copy; a changed one stays."""
        return await asyncio.to_thread(self._leave, task, place)

    def _leave(self, task: Task, place: Place) -> str:
        from cockpit import repo

        repository = self._repository()
        if place.is_copy:
            changed = repo.drop_copy(repository, Path(place.folder))
            return f"the copy was changed ({', '.join(changed[:3])}): it is kept as {place.folder}" if changed else ""
        if repository.commit_of(task.branch) != task.head:
            return f"you committed on {task.branch}: a still merges what was checked, x has the agent go on from yours"
        if files := repo.uncommitted(Path(place.folder)):
            return f"uncommitted in {task.id}'s worktree: {', '.join(files[:3])}; it lands only through its agent (x)"
        return ""
