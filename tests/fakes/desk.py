"""The merge desk's link for tests: remembers in memory, and takes down which programs were run where."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import reading
from cockpit.generated import is_generated
from cockpit.link import Place
from cockpit.reading import Change, Readings
from cockpit.state import Task


class FakeDesk:
    """A `cockpit.link.DeskLink` without a disk."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self.kept: Readings = {}
        self.programs: list[tuple[list[str], str]] = []
        """Command lines, and where they ran."""
        self.left: list[str] = []
        """The places that were left again."""
        self.says_when_left = ""
        self.trouble = ""
        """Why there is no place to look at."""

    async def generated(self, paths: Sequence[str]) -> frozenset[str]:
        """By the usual globs."""
        return frozenset(path for path in paths if is_generated(path))

    async def readings(self) -> Readings:
        """What was kept."""
        return self.kept

    async def note(self, change: Change) -> Readings:
        """Keep it."""
        self.kept = reading.apply(self.kept, change)
        return self.kept

    async def copy(self, task: Task) -> Place:
        """A folder that is not there."""
        if self.trouble:
            raise OSError(self.trouble)
        return Place(f"/look/{task.id}", f"{task.id} as it would land")

    async def workshop(self, task: Task) -> Place:
        """The worktree of its agent."""
        return Place(f"/work/{task.id}", f"{task.id}'s own worktree", is_copy=False)

    def run(self, words: Sequence[str], folder: str) -> int:
        """Take it down."""
        self.programs.append((list(words), folder))
        return 0

    async def leave(self, task: Task, place: Place) -> str:
        """Take it down."""
        self.left.append(place.folder)
        return self.says_when_left
