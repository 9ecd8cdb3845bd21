"""What happens to tasks in the queue."""

from __future__ import annotations

from typing import Any, assert_never

from cockpit import events
from cockpit.fold import ideas
from cockpit.fold.changes import (
    CALM,
    FRESH,
    change_task,
    move_task,
    with_task,
)
from cockpit.state import MergePolicy, State, Task, TaskChanges, TaskState

QueueEvent = (
    events.TaskAdded
    | events.TaskEdited
    | events.TaskMoved
    | events.TaskAssigned
    | events.TaskPromoted
    | events.TaskSkipped
    | events.TaskRetried
    | events.TaskEscalated
    | events.TaskFailed
)

TOLD = frozenset({"title", "description", "criteria", "files"})
"""The fields that an agent is told of when it begins."""


def queue(state: State, event: QueueEvent, at: float) -> State:
    match event:
        case events.TaskAdded():
            return _added(state, event, at)
        case events.TaskEdited(task=name, changes=changes):
            return _edited(state, name, changes)
        case events.TaskMoved(task=name, rank=rank, priority=priority):
            return change_task(state, name, rank=rank, priority=priority)
        case events.TaskAssigned(task=name, agent=agent):
            return change_task(state, name, pinned=agent)
        case events.TaskPromoted(task=name):
            return move_task(ideas.taken_up(state, name), name, TaskState.QUEUED, at, reason="")
        case events.TaskSkipped(task=name, by=by, reason=why):
            said = f"skipped by {by or 'you'}{f': {why}' if why else ''}"
            return move_task(ideas.refused(state, name, why), name, TaskState.SKIPPED, at, reason=said)
        case events.TaskRetried(task=name):
            state = ideas.taken_up(state, name)
            return move_task(state, name, TaskState.QUEUED, at, reason="", restarts=0, **FRESH, **CALM)
        case events.TaskEscalated(task=name, reason=reason):
            return move_task(state, name, TaskState.ESCALATED, at, reason=reason)
        case events.TaskFailed(task=name, reason=reason):
            return move_task(state, name, TaskState.FAILED, at, reason=reason)
        case _:
            assert_never(event)


def _added(state: State, event: events.TaskAdded, at: float) -> State:
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
        state=TaskState.SUGGESTED if event.suggested else TaskState.QUEUED,
        since=at,
        rank=event.rank or len(state.tasks) + 1.0,
        reverts=event.reverts,
        role=event.role,
        model=event.model,
        subject=event.subject,
        part_of=event.part_of,
        issue=event.issue,
    )
    return with_task(state, task)


def _edited(state: State, name: str, changes: TaskChanges) -> State:
    task = state.tasks.get(name)
    if task is None:
        return state
    fields: dict[str, Any] = {field: getattr(changes, field) for field in changes.names}
    if changes.merge is not None:
        fields["merge"] = {"ask": MergePolicy.ASK, "auto": MergePolicy.AUTO}.get(changes.merge)
    is_news = task.run is not None and not TOLD.isdisjoint(changes.names)
    return change_task(state, name, edited=task.edited or is_news, **fields)
