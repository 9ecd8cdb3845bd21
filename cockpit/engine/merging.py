"""Merging: the one place that moves the target, by compare-and-swap to a commit that the gates checked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cockpit import events, repo
from cockpit.repo import Blocked, Moved

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine


async def merge(engine: Engine, name: str) -> None:
    """Land a task's merge result; records TaskLanded, TargetMoved or MergeBlocked."""
    task, night = engine.state.tasks[name], engine.state.night
    if night is None:
        return
    outcome = await asyncio.to_thread(repo.land, engine.repository, night.target, task.target_commit, task.merged)
    if isinstance(outcome, Moved):
        engine.record(events.TargetMoved(name, outcome.now))
    elif isinstance(outcome, Blocked):
        engine.record(events.MergeBlocked(name, outcome.reason))
    else:
        engine.record(events.TaskLanded(name, task.merged, night.target, task.diffstat))
