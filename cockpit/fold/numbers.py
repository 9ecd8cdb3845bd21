"""What is counted for `cockpit metrics`: small sums by quarter of an hour, taken as events come by.

Each event is counted from the State before it, so that a fold which changes values where they are counts the same.
Sums lie in quarters of an hour because every local day, in whatever time zone, begins with one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cockpit import events, tallies
from cockpit.fold.changes import newest, with_
from cockpit.fold.own import own_like
from cockpit.state import QUARTER_SECONDS, Kind, State, Task, TaskState
from cockpit.value import replace

QUARTERS_KEPT = 62 * 24 * 4
"""Two months of quarters in which something was counted."""

Counted = Iterator[tuple[str, float]]
"""Names of sums, and what comes on top of each."""

BY_POLICY = "policy"
"""Who says yes where merges are automatic."""

WAITS_FOR_A_PERSON = frozenset({TaskState.READY, TaskState.ESCALATED})


def tallied(part: Callable[[State, Any, float], State]) -> Callable[[State, Any, float], State]:
    """A part of the fold that counts as well."""

    def counting(state: State, event: Any, at: float) -> State:
        count = COUNTS.get(type(event))
        if count is None:
            return part(state, event, at)
        found = dict(count(state, event, at))
        return _added(part(state, event, at), found, at) if found else part(state, event, at)

    return counting


def _added(state: State, found: Mapping[str, float], at: float) -> State:
    quarter = int(at // QUARTER_SECONDS)
    sums = own_like(state.tallies, state.tallies.get(quarter, {}))
    for name, more in found.items():
        sums = with_(sums, name, sums.get(name, 0.0) + more)
    return replace(state, tallies=newest(with_(state.tallies, quarter, sums), QUARTERS_KEPT))


# ── what each event counts for ───────────────────────────────────────────────────────────────────────


def _landed(state: State, event: events.TaskLanded, at: float) -> Counted:
    task = state.tasks.get(event.task)
    if task is None:
        return
    yield from _decided(task, at)
    if task.reverts:
        yield tallies.REGRESSIONS, 1
        return
    yield tallies.LANDED, 1
    yield tallies.LEAD_SECONDS, max(0.0, at - task.added)
    yield tallies.LANDED_USD, task.usd
    if task.agent is not None:
        yield tallies.landed_by(task.agent), 1


def _run_ended(state: State, event: events.RunEnded, at: float) -> Counted:
    run = state.runs.get(event.run)
    if run is not None and run.started and not run.ended:
        yield tallies.busy_of(run.agent), max(0.0, at - (run.claimed or run.started))


def _night_ended(state: State, event: events.NightEnded, at: float) -> Counted:
    night = state.night
    if night is None or night.ended:
        return
    yield tallies.OFFERED_SECONDS, max(0.0, at - night.started) * night.agents
    if night.cap_usd is not None and state.spent_usd > night.cap_usd + tallies.CENT_PART:
        yield tallies.OVERRUNS, 1


def _gates(state: State, event: events.GatesFinished, at: float) -> Counted:
    if event.task not in state.tasks or not event.results:
        return
    red = [result for result in event.results if not result.passed and not result.asks]
    yield tallies.GATES_RED if red else tallies.GATES_GREEN, 1
    for result in red:
        yield tallies.red_gate(result.name), 1


def _verdict(state: State, event: events.VerdictGiven, at: float) -> Counted:
    task = state.tasks.get(event.task)
    if task is None or task.kind is Kind.REVIEW:
        return
    yield tallies.REVIEWS, 1
    if not event.verdict.approve:
        yield tallies.REVIEWS_REWORK, 1
    if task.verdict is None:
        yield tallies.FIRST_REVIEWS, 1
        yield tallies.FIRST_APPROVALS, float(event.verdict.approve)


def _rework(state: State, event: events.ReworkAsked, at: float) -> Counted:
    task = state.tasks.get(event.task)
    if task is not None:
        yield tallies.rework_by(event.by), 1
        yield from _decided(task, at)


def _turn_sent(state: State, event: events.TurnSent, at: float) -> Counted:
    if event.restart and event.run in state.runs:
        yield tallies.RESTARTS, 1


def _run_started(state: State, event: events.RunStarted, at: float) -> Counted:
    if event.run not in state.runs:
        return
    if event.restart:
        yield tallies.RESTARTS, 1
    if any(window.until > at for window in state.windows.values()):
        yield tallies.LIMIT_VIOLATIONS, 1


def _halted(state: State, event: events.Halted, at: float) -> Counted:
    yield tallies.EMERGENCY_STOPS, 1
    yield tallies.EMERGENCY_SECONDS, event.seconds


def _left_person(state: State, event: Any, at: float) -> Counted:
    if task := state.tasks.get(event.task):
        yield from _decided(task, at)


def _approved(state: State, event: events.MergeApproved, at: float) -> Counted:
    if event.by != BY_POLICY:
        yield from _left_person(state, event, at)


def _retried(state: State, event: events.TaskRetried, at: float) -> Counted:
    if task := state.tasks.get(event.task):
        yield from _decided(task, at)
        if task.state is TaskState.LANDED:
            yield tallies.REGRESSIONS, 1


def _question(state: State, event: events.QuestionAnswered, at: float) -> Counted:
    asked = state.questions.get(event.question)
    if asked is not None and asked.is_open:
        yield tallies.PERSON_SECONDS, max(0.0, at - asked.at)
        yield tallies.DECISIONS, 1


def _decided(task: Task, at: float) -> Counted:
    """How long a person was waited for, where the task waited for one."""
    if task.state in WAITS_FOR_A_PERSON and task.since and not task.approved_by:
        yield tallies.PERSON_SECONDS, max(0.0, at - task.since)
        yield tallies.DECISIONS, 1


COUNTS: Mapping[type[Any], Callable[[State, Any, float], Counted]] = {
    events.TaskLanded: _landed,
    events.RunEnded: _run_ended,
    events.NightEnded: _night_ended,
    events.GatesFinished: _gates,
    events.VerdictGiven: _verdict,
    events.ReworkAsked: _rework,
    events.TurnSent: _turn_sent,
    events.RunStarted: _run_started,
    events.Halted: _halted,
    events.MergeApproved: _approved,
    events.TaskSkipped: _left_person,
    events.TaskFailed: _left_person,
    events.TaskRetried: _retried,
    events.QuestionAnswered: _question,
}
