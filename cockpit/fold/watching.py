"""What watching over agents changes: nudges and cuts, tasks handed on, limit windows, the breaker, gaps in time."""

from __future__ import annotations

from typing import assert_never

from cockpit.events import watch as events
from cockpit.fold import questions
from cockpit.fold.changes import change_run, change_task, notice, with_, without
from cockpit.state import Run, State, TaskState
from cockpit.value import replace
from cockpit.watching import Breaker, StartsHeld, Window

TRIED_KEPT = 12
"""Lines of evidence that are kept of a task."""

QUICK_SECONDS = 10.0
"""An agent that is gone this soon after its start, and showed no sign of life, died at once."""

DEATHS_KEPT = 20

NO_DEATHS: tuple[str, ...] = ()
"""An agent showed that it works: the row of deaths ends."""


def watching(state: State, event: events.WatchEvent, at: float) -> State:
    """What is true after one of them."""
    match event:
        case events.Nudged(run=name, why=why):
            return _nudged(state, name, why)
        case events.RunCut(run=name, kind=kind, why=why):
            return _cut(state, name, kind, why)
        case events.LimitBreached(run=name, what=what, why=why):
            run = state.runs.get(name)
            state = change_run(state, name, seq=max(run.seq, event.seq)) if run else state
            return _cut(state, name, what, why)
        case events.TaskHandedOn(task=task, run=name, why=why):
            return _handed_on(state, task, name, why)
        case events.LimitHit(quota=quota, why=why, reopens=until):
            return closed(state, quota, why, at, until)
        case events.WindowOpened(quota=quota, by=by):
            return _opened(state, quota, by)
        case events.BreakerOpened(why=why):
            return notice(replace(state, breaker=Breaker(why, at)), why)
        case events.BreakerClosed(by=by):
            return notice(replace(state, breaker=None, deaths=()), f"agents are started again: {by or 'you'} said so")
        case events.StartsChanged(why=why):
            return _starts(state, why, at)
        case events.Overslept(seconds=seconds):
            return _overslept(state, seconds, at)
        case _:
            assert_never(event)


def _nudged(state: State, name: str, why: str) -> State:
    run = state.runs.get(name)
    if run is None:
        return state
    state = change_run(state, name, nudges=run.nudges + 1)
    return tried(state, run.task, f"agent-{run.agent}: {why}; it was asked how it stands")


def _cut(state: State, name: str, kind: str, why: str) -> State:
    run = state.runs.get(name)
    if run is None:
        return state
    state = change_run(state, name, cut=why, cut_kind=kind)
    return tried(state, run.task, f"agent-{run.agent}: {why}; its process was ended")


def tried(state: State, name: str, what: str) -> State:
    """One more line of evidence about a task, and a notice of it."""
    task = state.tasks.get(name)
    if task is None:
        return state
    state = change_task(state, name, tried=(*task.tried, what)[-TRIED_KEPT:])
    return notice(state, f"{name}: {what}")


def _handed_on(state: State, name: str, run: str, why: str) -> State:
    task, old = state.tasks.get(name), state.runs.get(run)
    if task is None or old is None:
        return state
    state = tried(state, name, f"it was taken from agent-{old.agent}: {why}")
    return change_task(state, name, fresh=True, handed_on=task.handed_on + 1, avoid=old.agent)


# ── limits of the model's service ────────────────────────────────────────────────────────────────────


def closed(state: State, quota: str, why: str, at: float, until: float) -> State:
    """A limit is reached; the later of two ends counts."""
    old = state.windows.get(quota)
    hits = state.limit_hits.get(quota, 0) + (1 if old is None else 0)
    window = Window(quota, why, old.since if old else at, max(until, old.until if old else 0.0))
    state = replace(state, windows=with_(state.windows, quota, window), limit_hits=with_(state.limit_hits, quota, hits))
    return state if old else notice(state, f"{quota}: {why}; all who share it wait")


def park(state: State, task: str, quota: str, why: str, until: float) -> State:
    """A task waits for a limit of the service."""
    return change_task(state, task, parked=quota, parked_until=until, reason=why)


def _opened(state: State, quota: str, by: str) -> State:
    state = replace(state, windows=without(state.windows, quota))
    if by:  # a person said so: at once, for all of them
        for task in [t for t in state.tasks.values() if t.parked == quota]:
            state = change_task(state, task.id, parked_until=0.0)
    return notice(state, f"{quota}: {f'{by} said to try again' if by else 'the limit is over'}; work goes on")


def went_well(state: State) -> State:
    """Something got its answer: the next limit is the first one again."""
    return replace(state, limit_hits={}) if state.limit_hits else state


# ── the machine and its clock ────────────────────────────────────────────────────────────────────────


def _starts(state: State, why: str, at: float) -> State:
    if not why:
        return notice(replace(state, starts_held=None), "there is room for another agent again")
    return notice(replace(state, starts_held=StartsHeld(why, at)), f"no agent is started: {why}")


def _overslept(state: State, seconds: float, at: float) -> State:
    """Everybody gets the time that nobody had."""
    for run in [r for r in state.runs.values() if r.live]:
        if run.busy_since:
            state = change_run(state, run.id, busy_since=run.busy_since + seconds)
        state = questions.since(state, run.id, at)
    for task in [t for t in state.tasks.values() if t.stumble]:
        state = change_task(state, task.id, stumbled_at=task.stumbled_at + seconds)
    which = "ahead" if seconds > 0 else "back"
    return notice(
        state,
        f"the machine slept, or its clock was set {which} by {abs(seconds) / 60:.0f} minutes: nobody is held to it",
    )


# ── the lives of agents' processes ───────────────────────────────────────────────────────────────────


def at_work(state: State, run: Run, at: float) -> State:
    """Its turn begins, or goes on after a break."""
    return change_run(state, run.id, busy_since=at) if not run.busy_since else state


def at_rest(state: State, name: str, at: float, *, known: bool = True) -> State:
    """Its turn is over, or takes a break; `known` is false where nobody can say how long it really worked."""
    run = state.runs.get(name)
    if run is None or not run.busy_since:
        return state
    worked = max(0.0, at - run.busy_since) if known else 0.0
    return change_run(state, name, busy=run.busy + worked, busy_since=0.0)


def after_question(state: State, name: str, at: float) -> State:
    """An agent that waits for a person does not work, and one that no longer does goes on."""
    run = state.runs.get(name)
    if run is None:
        return state
    if state.is_asking(name):
        return at_rest(state, name, at)
    return at_work(state, run, at) if is_at_it(state, run) else state


def is_at_it(state: State, run: Run) -> bool:
    """Whether the run's agent is in the middle of a turn."""
    task = state.tasks.get(run.task)
    if task is None or not run.live or run.suspended or task.run != run.id:
        return False
    return task.state is TaskState.WORKING and not task.stumble and not task.parked


def alive(state: State) -> State:
    """An agent showed that it works: the row of deaths ends."""
    return replace(state, deaths=NO_DEATHS) if state.deaths else state


def died(state: State, task: str) -> State:
    """An agent could not be started, or was gone at once."""
    return replace(state, deaths=(*state.deaths, task)[-DEATHS_KEPT:])
