"""What gates, reviewers and merges change."""

from __future__ import annotations

from typing import Any, assert_never

from cockpit import events
from cockpit.fold import watching
from cockpit.fold.changes import (
    CLEAR,
    FRESH,
    change_task,
    move_task,
)
from cockpit.state import State, Task, TaskState
from cockpit.value import replace

CheckEvent = (
    events.GatesFinished
    | events.ConflictFound
    | events.ReviewStarted
    | events.VerdictGiven
    | events.ReviewFailed
    | events.ReworkAsked
    | events.TaskReady
    | events.TaskAnswered
)


def check(state: State, event: CheckEvent, at: float) -> State:
    task = state.tasks.get(event.task)
    if task is None:
        return state
    match event:
        case events.GatesFinished():
            return change_task(
                state,
                task.id,
                head=event.head,
                target_commit=event.target_commit,
                merged=event.merged,
                gates=event.results,
                gated_head=event.head,
                diffstat=event.diffstat or task.diffstat,
                flaky=_flaky(task, event),
                lost=event.lost,
                conflict="" if event.merged else task.conflict,
            )
        case events.ConflictFound(files=files):
            return change_task(
                state,
                task.id,
                head=event.head,
                target_commit=event.target_commit,
                merged="",
                gates=(),
                gated_head=event.head,
                reason=(why := event.why or "conflicts with the target in " + ", ".join(files)),
                conflict=event.text or why,
                lost=(),
            )
        case events.ReviewStarted():
            return move_task(state, task.id, TaskState.REVIEWING, at, parked="", parked_until=0.0)
        case events.VerdictGiven(verdict=verdict):
            counted = task.cycles + (0 if verdict.approve else 1)
            state = watching.went_well(state)
            return move_task(
                state, task.id, TaskState.REVIEWING, at, verdict=verdict, cycles=counted, review_failures=0
            )
        case events.ReviewFailed(quota=quota, reason=reason, reopens=until) if quota:
            return watching.park(watching.closed(state, quota, reason, at, until), task.id, quota, reason, until)
        case events.ReviewFailed(reason=reason):
            return move_task(
                state,
                task.id,
                TaskState.REVIEWING,
                at,
                review_failures=task.review_failures + 1,
                reason=reason,
            )
        case events.ReworkAsked():
            return _reworked(state, task, event, at)
        case events.TaskReady():
            return move_task(state, task.id, TaskState.READY, at, reason="", asks=event.asks)
        case events.TaskAnswered(verdict=verdict):
            return move_task(state, task.id, TaskState.ANSWERED, at, reason="", verdict=verdict)
        case _:
            assert_never(event)


def _flaky(task: Task, event: events.GatesFinished) -> tuple[str, ...]:
    """All gates that were ever seen to be flaky on a task's work."""
    return tuple(dict.fromkeys([*task.flaky, *(gate.name for gate in event.results if gate.flaky)]))


def _reworked(state: State, task: Task, event: events.ReworkAsked, at: float) -> State:
    counts: dict[str, Any] = {}
    match event.by:
        case "gates" | "ci":
            counts["gate_failures"] = task.gate_failures + 1
        case "pull request":
            counts["cycles"] = task.cycles + 1
        case "conflict":
            counts["conflicts"] = task.conflicts + 1
        case "reviewer":
            pass  # counted where the verdict came in
        case _:
            counts |= FRESH
    return move_task(
        state,
        task.id,
        TaskState.REWORK,
        at,
        pending=event.text,
        pending_by=event.by,
        reason=_asked_by(event.by),
        approved_head="",
        approved_by="",
        gates=(),
        gated_head="",
        restarts=0,  # what was counted while it was merging says nothing of its agent
        asks=(),
        **counts,
        **CLEAR,
    )


def _asked_by(by: str) -> str:
    return {
        "gates": "a gate failed",
        "ci": "CI failed on its pull request",
        "pull request": "a person asks for changes on its pull request",
        "conflict": "it conflicts with what landed",
        "reviewer": "the reviewer asks for changes",
    }.get(by, f"{by} asked for changes")


MergeEvent = events.MergeApproved | events.MergeBlocked | events.TargetMoved | events.TaskLanded


def merge(state: State, event: MergeEvent, at: float) -> State:
    task = state.tasks.get(event.task)
    if task is None:
        return state
    match event:
        case events.MergeApproved(head=head, by=by, despite=despite):
            return move_task(
                state,
                task.id,
                TaskState.MERGING,
                at,
                approved_head=head,
                approved_by=by,
                allowed=despite,
                gated_head=task.gated_head if task.merged else "",  # those that were not reached are still to run
                lost_seen=() if by == "policy" else task.lost,
                reason="",
                restarts=0,
                **CLEAR,
            )
        case events.MergeBlocked(reason=reason):
            return change_task(
                state, task.id, reason=reason, stumble=reason, stumbled_at=at, restarts=task.restarts + 1
            )
        case events.TargetMoved():
            return move_task(
                state,
                task.id,
                TaskState.MERGING,
                at,
                gates=(),
                gated_head="",
                merged="",
                **CLEAR,
                target_commit=event.target_commit,
                reason="the target moved: the gates run again on the new result",
            )
        case events.TaskLanded(commit=commit):
            return move_task(
                replace(state, git=replace(state.git, target=commit)),
                task.id,
                TaskState.LANDED,
                at,
                landed=commit,
                landed_at=at,
                landed_on=event.target,
                conflict="",
                reason="",
                diffstat=event.diffstat or task.diffstat,
            )
        case _:
            assert_never(event)
