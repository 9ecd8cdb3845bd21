"""What caged agents write to git is taken in while they work, too, so that hardly anything is ever theirs alone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cage import BUBBLEWRAP, LANDLOCK
from cockpit.engine import caging
from cockpit.repo import RepoError, Repository, loose, stores
from cockpit.state import TaskState

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine


async def make_ready(engine: Engine, worktree: Path) -> None:
    """Before an agent starts: keep git's objects of others out of its reach. Raises LaunchError, RepoError, OSError."""
    kind, repository = caging.settle(engine).kind, engine.repository
    if kind == BUBBLEWRAP and stores.may_have(repository):
        await asyncio.to_thread(stores.open_store, repository, worktree)
    elif kind == LANDLOCK:
        await asyncio.to_thread(stores.put_away, repository)


class Taking:
    """Looks into the stores of agents at work, and takes in what is new there."""

    def __init__(self) -> None:
        self._seen: dict[Path, float] = {}
        """When something came to each last."""

    async def go_round(self, engine: Engine) -> None:
        """One look at each. What can't be taken in now is taken in, or said, when the turn is over."""
        for run in [run for run in engine.state.runs.values() if run.live and run.worktree]:
            store = stores.store_of(engine.repository, Path(run.worktree))
            if engine.state.tasks[run.task].state is TaskState.WORKING and store.is_dir():
                with suppress(RepoError, OSError):
                    await asyncio.to_thread(self._look, engine.repository, store)

    def _look(self, repository: Repository, store: Path) -> None:
        if (now := loose.changed(store)) != self._seen.get(store):
            stores.take_in(repository, store)
            self._seen[store] = now
