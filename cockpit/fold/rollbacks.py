"""What rolling back changes: such a task has its yes from the start, and merges as soon as it is green."""

from __future__ import annotations

from typing import assert_never

from cockpit import events
from cockpit.fold.changes import CLEAR, FRESH, change_task, move_task
from cockpit.state import State, TaskState

RollbackEvent = events.RollbackAsked | events.RollbackMade


def rollback(state: State, event: RollbackEvent, at: float) -> State:
    task = state.tasks.get(event.task)
    if task is None:
        return state
    match event:
        case events.RollbackAsked(by=by):
            plain = task.is_plain_rollback
            return move_task(
                change_task(state, task.reverts, rollback=task.id),
                task.id,
                TaskState.MERGING,
                at,
                approved_head="" if plain else task.head,
                branch="" if plain else task.branch,  # git makes it anew, on the target as it is then
                head="" if plain else task.head,
                approved_by=by or "you",
                gates=(),
                gated_head="",
                merged="",
                reason="",
                restarts=0,
                **FRESH,
                **CLEAR,
            )
        case events.RollbackMade(branch=branch, base=base, head=head):
            return change_task(state, task.id, branch=branch, base=base, head=head, approved_head=head)
        case _:
            assert_never(event)
