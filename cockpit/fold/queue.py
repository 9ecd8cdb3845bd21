"""What happens to tasks in the queue."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from cockpit import events
from cockpit.fold.changes import (
    FRESH,
    move_task,
    with_,
)
from cockpit.state import State, Task, TaskState

QueueEvent = events.TaskAdded | events.TaskSkipped | events.TaskRetried | events.TaskEscalated | events.TaskFailed


def queue(state: State, event: QueueEvent, at: float) -> State:
    match event:
        case events.TaskAdded():
            task = Task(
                id=event.task,
                title=event.title,
                description=event.description,
                criteria=event.criteria,
                kind=event.kind,
                category=event.category,
                priority=event.priority,
                depends_on=event.depends_on,
                files=event.files,
                merge=event.merge,
                source=event.source,
                added=at,
                since=at,
                reverts=event.reverts,
            )
            return replace(state, tasks=with_(state.tasks, task.id, task))
        case events.TaskSkipped(task=name, by=by):
            return move_task(state, name, TaskState.SKIPPED, at, reason=f"skipped by {by or 'you'}")
        case events.TaskRetried(task=name):
            return move_task(state, name, TaskState.QUEUED, at, reason="", restarts=0, **FRESH)
        case events.TaskEscalated(task=name, reason=reason):
            return move_task(state, name, TaskState.ESCALATED, at, reason=reason)
        case events.TaskFailed(task=name, reason=reason):
            return move_task(state, name, TaskState.FAILED, at, reason=reason)
        case _:
            assert_never(event)
