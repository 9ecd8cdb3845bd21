"""Rolling back: git makes the branch that undoes a landed merge; from there on it is merged like any work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cockpit import events, repo
from cockpit.policy import rollback
from cockpit.repo import MergeConflict
from cockpit.state import Task

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine


async def make(engine: Engine, task: Task) -> bool:
    """Make the branch of a rollback; records RollbackMade, or TaskEscalated and False where git can't."""
    undone = engine.state.tasks[task.reverts]
    night = engine.state.night
    target = engine.repository.tip(night.target if night else undone.landed_on)
    if not engine.repository.is_ancestor(undone.landed, target):
        words = f"{undone.landed[:10]}, which carries {undone.id}, is not on the target: there is nothing to roll back"
        engine.record(events.TaskEscalated(task.id, words))
        return False
    branch = f"cockpit/rollback-{undone.id}-{task.id}"
    folder = engine.places.worktrees(engine.config.repository.worktrees) / f"rollback-{task.id}"
    text = f"{task.title}\n\nThis undoes the merge {undone.landed}.\n\nTask: {task.id}\n"
    async with engine.trees:
        made = await asyncio.to_thread(repo.revert, engine.repository, folder, branch, target, undone.landed, text)
    if isinstance(made, MergeConflict):
        engine.record(events.TaskEscalated(task.id, rollback.clashed(task, made.files)))
        return False
    engine.record(events.RollbackMade(task.id, branch, made.base, made.head))
    return True
