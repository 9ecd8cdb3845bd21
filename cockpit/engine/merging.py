"""Merging: the one place that moves the target, by compare-and-swap to a commit that the gates checked."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from cockpit import events, repo
from cockpit.cage import LANDLOCK
from cockpit.engine import delivering
from cockpit.repo import Blocked, Moved, RepoError
from cockpit.state import Task

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine


async def merge(engine: Engine, name: str) -> None:
    """Land a task's merge result; records TaskLanded, TargetMoved or MergeBlocked."""
    task, night = engine.state.tasks[name], engine.state.night
    if night is None:
        return
    if engine.rules.delivers:
        await delivering.land(engine, task, night)
        return
    outcome = await asyncio.to_thread(repo.land, engine.repository, night.target, task.target_commit, task.merged)
    if isinstance(outcome, Blocked) and await asyncio.to_thread(_clear_up, engine, night.target, task):
        outcome = await asyncio.to_thread(repo.land, engine.repository, night.target, task.target_commit, task.merged)
    if isinstance(outcome, Moved):
        engine.record(events.TargetMoved(name, outcome.now))
    elif isinstance(outcome, Blocked):
        engine.record(events.MergeBlocked(name, outcome.reason))
    else:
        if task.is_plain_rollback:  # git made its branch, and nobody needs it any more
            await asyncio.to_thread(_drop_branch, engine, task, night.target)
        if engine.cage is not None and engine.cage.kind == LANDLOCK:
            await asyncio.to_thread(repo.put_away, engine.repository)
        engine.record(events.TaskLanded(name, task.merged, night.target, task.diffstat))


def _drop_branch(engine: Engine, task: Task, target: str) -> None:
    """Remove the branch of a rollback that landed; one that is not all on the target stays."""
    repository = engine.repository
    with contextlib.suppress(RepoError):
        if repo.is_on(repository, task.branch, target) and repo.holder(repository, task.branch) is None:
            repo.drop_branch(repository, task.branch, target, task.id)


def _clear_up(engine: Engine, target: str, task: Task) -> bool:
    """Take back a fast-forward to this very commit that was killed in the middle; whether there was one."""
    for tree in repo.working_trees(engine.repository):
        if tree.branch == target and not tree.gone:
            files = repo.half_forwarded(tree.path, task.target_commit, task.merged)
            repo.undo_half_forward(tree.path, task.target_commit, files)
            return bool(files)
    return False
