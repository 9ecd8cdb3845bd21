"""What agents and their processes change."""

from __future__ import annotations

from typing import Any, assert_never

from cockpit import events
from cockpit.fold import messages, money, questions, reserves, takeover, watching
from cockpit.fold.changes import (
    CLEAR,
    change_agent,
    change_run,
    change_task,
    free_slot,
    holders,
    move_task,
    with_,
)
from cockpit.state import Run, State, TaskState
from cockpit.value import replace

SAID_KEPT = 1000
"""Characters of an agent's last words that a person gets to see beside the verdict on its work."""

RunEvent = (
    events.TaskClaimed
    | events.RunStarted
    | events.LaunchFailed
    | events.TurnSent
    | events.PhaseChanged
    | events.TurnEnded
    | events.RunExited
    | events.RunEnded
    | events.RunSuspended
    | events.RunContinued
    | events.KillAsked
)


def run(state: State, event: RunEvent, at: float) -> State:
    if isinstance(event, events.TaskClaimed):
        return _claimed(state, event, at)
    run = state.runs.get(event.run)
    if run is None:
        return state
    match event:
        case events.RunStarted():
            return _started(state, run, event, at)
        case events.LaunchFailed(reason=reason, fatal=fatal):
            return _launch_failed(state, run, reason, at, fatal)
        case events.TurnSent(restart=restart):
            state = watching.at_work(change_run(state, run.id, outcome="", nudges=0), run, at)
            return _working(state, run.task, restart, at)
        case events.PhaseChanged():
            return phase(state, event, at)
        case events.TurnEnded():
            return _turn_ended(state, run, event, at)
        case events.RunExited():
            return _exited(state, run, event, at)
        case events.RunEnded(outcome=outcome):
            return _ended(state, run, outcome, at)
        case events.RunSuspended():
            return change_run(watching.at_rest(state, run.id, at), run.id, suspended=True)
        case events.RunContinued():
            return questions.since(_continued(state, run, at), run.id, at)
        case events.KillAsked(by=by):
            return change_run(state, run.id, kill_asked=by or "you")
        case _:
            assert_never(event)


def phase(state: State, event: events.PhaseChanged, at: float) -> State:
    """An agent's phase; the other half of a long ledger."""
    return change_run(state, event.run, phase=event.phase)


def _claimed(state: State, event: events.TaskClaimed, at: float) -> State:
    task = state.tasks.get(event.task)
    if task is None:
        return state
    run = state.runs.get(event.run) or Run(event.run, event.task, event.agent, event.session)
    run = replace(run, agent=event.agent, ended=0.0, outcome="", kill_asked="", suspended=False, claimed=at)
    run = replace(run, model=event.model or run.model, route_why=event.route_why)
    state = replace(state, runs=with_(state.runs, run.id, run))
    state = change_agent(state, event.agent, task=event.task, run=event.run)
    state = reserves.claimed(state, event)
    return move_task(
        state,
        event.task,
        TaskState.CLAIMED,
        at,
        agent=event.agent,
        run=event.run,
        attempts=task.attempts + (0 if event.resume else 1),
        fresh=False,
        reason="",
        **_PAID_FOR,
        **CLEAR,
    )


_PAID_FOR: dict[str, Any] = {
    "broke": False,
    "asks_usd": 0.0,
    "granted_usd": 0.0,
    "waits_cap": "",
    "waits_usd": 0.0,
    "waits_why": "",
}
"""A claimed task waits for no money."""


def _started(state: State, run: Run, event: events.RunStarted, at: float) -> State:
    state = messages.another_process(state, run.id)
    state = change_run(
        state,
        run.id,
        branch=event.branch,
        worktree=event.worktree,
        live=True,
        started=run.started or at,
        model=event.model,
        phase="starting",
        suspended=False,
        visit=None,
        stale=False,
        terminal=event.terminal,
        nudges=0,
        cut="",
        cut_kind="",
        begun=at,
        busy_since=at,
    )
    state = change_task(state, run.task, branch=event.branch, base=event.base)
    return _working(state, run.task, event.restart, at)


def _working(state: State, name: str, restart: bool, at: float) -> State:
    task = state.tasks.get(name)
    if task is None or task.state not in _WORKED_ON:
        return state  # a person decided otherwise while it was being started
    return move_task(
        state,
        name,
        TaskState.WORKING,
        at,
        pending="",
        pending_by="",
        reason="",
        edited=False,
        broke=False,
        restarts=task.restarts + bool(restart),
        parked="",
        parked_until=0.0,
        **CLEAR,
    )


_WORKED_ON = frozenset({TaskState.CLAIMED, TaskState.WORKING, TaskState.REWORK})


def _launch_failed(state: State, run: Run, why: str, at: float, fatal: bool) -> State:
    """It counts as a restart where it was one: the first try of an agent is none."""
    task = state.tasks.get(run.task)
    restarts = task.restarts + bool(task.stumble and not fatal) if task else 0
    state = _stumbled(watching.died(state, run.task), run, why, at, fatal=fatal)
    return change_task(state, run.task, restarts=restarts)


def _turn_ended(state: State, run: Run, event: events.TurnEnded, at: float) -> State:
    if event.seq <= run.seq:
        return state
    said = (event.summary or event.error)[:SAID_KEPT]
    state = messages.turn_over(questions.close(state, run.id, "its turn is over"), run)
    state = change_run(state, run.id, seq=event.seq, turns=run.turns + 1, phase="", said=said)
    state = watching.at_rest(state, run.id, at)
    if event.quota:
        state = watching.closed(state, event.quota, event.error, at, event.reopens)
    elif event.ok:
        state = watching.went_well(watching.alive(state))
    elif event.fatal and 0 <= at - run.begun < watching.QUICK_SECONDS:
        state = watching.died(state, run.task)
    task = state.tasks.get(run.task)
    if task is None or task.state is not TaskState.WORKING:
        return state
    if event.quota:
        return watching.park(state, task.id, event.quota, event.error, event.reopens)
    if event.ok:
        tested: dict[str, Any] = {"restarts": 0, "gates": (), "gated_head": "", "denials": event.denials, **CLEAR}
        if task.answers:
            tested |= {"answer": event.answer, "merged": ""}
        return move_task(state, run.task, TaskState.TESTING, at, reason="", broke=False, **tested)
    state = change_task(state, run.task, broke=event.broke)
    return _stumbled(state, run, event.error or "the turn failed", at, event.fatal)


def _stumbled(state: State, run: Run, why: str, at: float, fatal: bool = False) -> State:
    """A turn or a launch broke: note why and since when; `decide` does the rest."""
    return change_task(state, run.task, reason=why, stumble=why, stumbled_at=at, fatal=fatal, fell_along=False)


def _exited(state: State, run: Run, event: events.RunExited, at: float) -> State:
    state = money.settle(questions.close(state, run.id, "its process is gone"), run.id, at)
    state = watching.at_rest(state, run.id, at, known=event.code is not None)
    state = change_run(state, run.id, live=False, seq=max(run.seq, event.seq), phase="", suspended=False, stale=False)
    if _died_at_once(run, event, at):
        state = watching.died(state, run.task)
    task = state.tasks.get(run.task)
    if task is None or task.run != run.id or task.state is not TaskState.WORKING or task.stumble or task.parked:
        return state
    why = run.cut or event.reason or f"the agent's process ended with code {event.code}"
    return change_task(_stumbled(state, run, why, at), task.id, fell_along=event.along)


def _died_at_once(run: Run, event: events.RunExited, at: float) -> bool:
    """It had not begun anything, nobody ended it, and its machine did not go down with it."""
    return (
        event.code is not None and not run.cut and not run.kill_asked and 0 <= at - run.begun < watching.QUICK_SECONDS
    )


def _continued(state: State, run: Run, at: float) -> State:
    state = change_run(state, run.id, suspended=False)
    return watching.after_question(state, run.id, at)


def _ended(state: State, run: Run, outcome: str, at: float) -> State:
    state = money.settle(questions.close(state, run.id, "its run has ended"), run.id, at)
    state = reserves.ended(state, run.id, outcome)
    for agent in holders(state, run.id):
        state = takeover.left(state, agent)
    state = free_slot(state, run.id)
    state = watching.at_rest(state, run.id, at)
    state = change_run(state, run.id, ended=at, outcome=outcome, live=False, phase="", suspended=False)
    state = change_task(state, run.task, parked="", parked_until=0.0)
    task = state.tasks.get(run.task)
    if task is None or task.run != run.id:
        return state
    if outcome in _PUT_BACK and task.state in (TaskState.CLAIMED, TaskState.WORKING):
        return move_task(state, task.id, TaskState.QUEUED, at, reason=_PUT_BACK[outcome], **CLEAR)
    return state


_PUT_BACK = {
    "stopped": "stopped before it was done",
    "budget": "the budget was reached",
    "reassigned": "given to another agent",
    "handed on": "handed on to another agent",
    "breaker": "agents die at once",
    "deadline": "parked at the deadline",
}
