"""The fold: `apply(state, event) → state`, pure, and total over every event there is.

Views, policies and the engine all see the same `State` because all of them fold the same events. An event
that names a task or a run nobody knows changes nothing: a log that was cut or mended must still fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, assert_never

from cockpit import commands, events
from cockpit.events import Recorded
from cockpit.state import (
    Agent,
    Answer,
    EngineInfo,
    Night,
    Run,
    Sent,
    Session,
    State,
    Task,
    TaskState,
)

NOTICES_KEPT = 200
ANSWERS_KEPT = 200

K = TypeVar("K")
V = TypeVar("V")


def fold(recorded: Iterable[Recorded], state: State | None = None) -> State:
    """Fold a stretch of the ledger, oldest first, onto `state` (default: nothing has happened yet)."""
    now = state or State()
    for one in recorded:
        now = apply(now, one)
    return now


def apply(state: State, recorded: Recorded) -> State:
    """What is true after `recorded` has happened."""
    after = _apply(state, recorded.event, recorded.at)
    return replace(after, position=max(state.position, recorded.position))


def see(state: State, sessions: Mapping[int, Session]) -> State:
    """The same state with the newest session files laid over it; they are never part of the ledger."""
    return replace(state, sessions=dict(sessions))


def _apply(state: State, event: events.Event, at: float) -> State:
    match event:
        case events.CommandGiven() | events.CommandAnswered():
            return _command(state, event)
        case (
            events.EngineStarted()
            | events.EngineStopped()
            | events.NightStarted()
            | events.NightChanged()
            | events.NightStopping()
            | events.NightEnded()
        ):
            return _night(state, event, at)
        case (
            events.TaskAdded()
            | events.TaskSkipped()
            | events.TaskRetried()
            | events.TaskEscalated()
            | events.TaskFailed()
        ):
            return _queue(state, event, at)
        case (
            events.TaskClaimed()
            | events.RunStarted()
            | events.LaunchFailed()
            | events.TurnSent()
            | events.PhaseChanged()
            | events.TurnEnded()
            | events.RunExited()
            | events.RunEnded()
            | events.RunSuspended()
            | events.RunContinued()
            | events.KillAsked()
        ):
            return _run(state, event, at)
        case (
            events.GatesFinished()
            | events.ConflictFound()
            | events.ReviewStarted()
            | events.VerdictGiven()
            | events.ReviewFailed()
            | events.ReworkAsked()
            | events.TaskReady()
        ):
            return _check(state, event, at)
        case events.MergeApproved() | events.MergeBlocked() | events.TargetMoved() | events.TaskLanded():
            return _merge(state, event, at)
        case events.CostSeen() | events.CallPaid():
            return _money(state, event)
        case events.AgentPaused(agent=number):
            return _agent(state, number, paused=True)
        case events.AgentResumed(agent=number):
            return _agent(state, number, paused=False)
        case events.MessageSent() | events.MessageDelivered() | events.MessageRead():
            return _message(state, event, at)
        case events.SessionSetAside(agent=number, path=path, reason=reason):
            return _notice(state, f"agent-{number}: its session file was set aside as {path}: {reason}")
        case events.WorkRescued(run=run, ref=ref):
            return _notice(state, f"{run}: work in no commit is kept as {ref}")
        case events.Noticed(text=text):
            return _notice(state, text)
        case events.Unknown(name=name):
            return _notice(state, f"an event of a newer version was kept unread: {name}")
        case _:
            assert_never(event)


# ── small changes ────────────────────────────────────────────────────────────────────────────────────


def _with(mapping: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    return {**mapping, key: value}


def _without(mapping: Mapping[K, V], key: K) -> dict[K, V]:
    return {k: v for k, v in mapping.items() if k != key}


def _newest(mapping: dict[K, V], keep: int) -> dict[K, V]:
    for key in list(mapping)[: max(0, len(mapping) - keep)]:
        del mapping[key]
    return mapping


def _notice(state: State, text: str) -> State:
    return replace(state, notices=(*state.notices, text)[-NOTICES_KEPT:])


def _task(state: State, name: str, /, **changes: Any) -> State:
    task = state.tasks.get(name)
    if task is None:
        return state
    return replace(state, tasks=_with(state.tasks, name, replace(task, **changes)))


def _moved(state: State, name: str, to: TaskState, at: float, /, **changes: Any) -> State:
    return _task(state, name, **{"state": to, "since": at, **changes})


def _change_run(state: State, name: str, /, **changes: Any) -> State:
    run = state.runs.get(name)
    if run is None:
        return state
    return replace(state, runs=_with(state.runs, name, replace(run, **changes)))


def _agent(state: State, number: int, /, **changes: Any) -> State:
    agent = state.agents.get(number, Agent(number))
    return replace(state, agents=_with(state.agents, number, replace(agent, **changes)))


def _freed(state: State, run: str) -> State:
    for number, agent in state.agents.items():
        if agent.run == run:
            return _agent(state, number, task=None, run=None)
    return state


# ── commands, the engine and the night ───────────────────────────────────────────────────────────────


def _command(state: State, event: events.CommandGiven | events.CommandAnswered) -> State:
    match event:
        case events.CommandGiven(id=name):
            command = commands.load(event.name, event.data)
            return replace(
                state,
                pending=_with(state.pending, name, command or event.name),
                askers=_with(state.askers, name, event.by),
            )
        case events.CommandAnswered(id=name):
            answers = _newest(_with(state.answers, name, Answer(event.ok, event.message)), ANSWERS_KEPT)
            return replace(
                state,
                pending=_without(state.pending, name),
                askers=_without(state.askers, name),
                answers=answers,
            )
        case _:
            assert_never(event)


NightEvent = (
    events.EngineStarted
    | events.EngineStopped
    | events.NightStarted
    | events.NightChanged
    | events.NightStopping
    | events.NightEnded
)


def _night(state: State, event: NightEvent, at: float) -> State:
    night = state.night
    match event:
        case events.EngineStarted():
            return replace(state, engine=EngineInfo(event.pid, event.version, event.node, at))
        case events.EngineStopped(reason=reason):
            return _notice(replace(state, engine=replace(state.engine, stopped=at)), f"engine left: {reason}")
        case events.NightStarted():
            begun = Night(
                id=event.night,
                started=at,
                agents=event.agents,
                target=event.target,
                merge=event.merge,
                review=event.review,
                cap_usd=event.cap_usd,
                reserve_usd=event.reserve_usd,
                until=event.until,
            )
            fresh = replace(state, night=begun, spent_usd=0.0, by_role={}, unpriced=frozenset())
            return _slots(fresh, event.agents)
        case events.NightChanged() if night is not None:
            changes = {
                name: value
                for name in ("agents", "merge", "cap_usd", "until")
                if (value := getattr(event, name)) is not None
            }
            return _slots(replace(state, night=replace(night, **changes)), event.agents or night.agents)
        case events.NightStopping(reason=reason) if night is not None:
            return replace(state, night=replace(night, stopping=reason))
        case events.NightEnded(reason=reason) if night is not None:
            return replace(state, night=replace(night, stopping=night.stopping or reason, ended=at))
        case events.NightChanged() | events.NightStopping() | events.NightEnded():
            return state
        case _:
            assert_never(event)


def _slots(state: State, count: int) -> State:
    kept = {n: a for n, a in state.agents.items() if n <= count or a.run}
    return replace(state, agents={n: kept.get(n, Agent(n)) for n in sorted({*kept, *range(1, count + 1)})})


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────

QueueEvent = events.TaskAdded | events.TaskSkipped | events.TaskRetried | events.TaskEscalated | events.TaskFailed


def _queue(state: State, event: QueueEvent, at: float) -> State:
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
            )
            return replace(state, tasks=_with(state.tasks, task.id, task))
        case events.TaskSkipped(task=name, by=by):
            return _moved(state, name, TaskState.SKIPPED, at, reason=f"skipped by {by or 'you'}")
        case events.TaskRetried(task=name):
            return _moved(state, name, TaskState.QUEUED, at, reason="", restarts=0, **_FRESH)
        case events.TaskEscalated(task=name, reason=reason):
            return _moved(state, name, TaskState.ESCALATED, at, reason=reason)
        case events.TaskFailed(task=name, reason=reason):
            return _moved(state, name, TaskState.FAILED, at, reason=reason)
        case _:
            assert_never(event)


_FRESH: Mapping[str, Any] = {
    "cycles": 0,
    "gate_failures": 0,
    "conflicts": 0,
    "review_failures": 0,
}
"""The counts that begin anew when a person has decided."""

_CLEAR: Mapping[str, Any] = {"stumble": "", "stumbled_at": 0.0, "fatal": False}
"""Nothing is broken."""


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────

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


def _run(state: State, event: RunEvent, at: float) -> State:
    if isinstance(event, events.TaskClaimed):
        return _claimed(state, event, at)
    run = state.runs.get(event.run)
    if run is None:
        return state
    match event:
        case events.RunStarted():
            return _started(state, run, event, at)
        case events.LaunchFailed(reason=reason):
            return _stumbled(state, run, reason, at, fatal=True)
        case events.TurnSent(restart=restart):
            state = _change_run(state, run.id, outcome="")
            return _working(state, run.task, restart, at)
        case events.PhaseChanged(phase=phase):
            return _change_run(state, run.id, phase=phase)
        case events.TurnEnded():
            return _turn_ended(state, run, event, at)
        case events.RunExited():
            return _exited(state, run, event, at)
        case events.RunEnded(outcome=outcome):
            return _ended(state, run, outcome, at)
        case events.RunSuspended():
            return _change_run(state, run.id, suspended=True)
        case events.RunContinued():
            return _change_run(state, run.id, suspended=False)
        case events.KillAsked(by=by):
            return _change_run(state, run.id, kill_asked=by or "you")
        case _:
            assert_never(event)


def _claimed(state: State, event: events.TaskClaimed, at: float) -> State:
    task = state.tasks.get(event.task)
    if task is None:
        return state
    run = state.runs.get(event.run) or Run(event.run, event.task, event.agent, event.session)
    run = replace(run, agent=event.agent, ended=0.0, outcome="", kill_asked="", suspended=False)
    state = replace(state, runs=_with(state.runs, run.id, run))
    state = _agent(state, event.agent, task=event.task, run=event.run)
    return _moved(
        state,
        event.task,
        TaskState.CLAIMED,
        at,
        agent=event.agent,
        run=event.run,
        attempts=task.attempts + (0 if event.resume else 1),
        reason="",
        **_CLEAR,
    )


def _started(state: State, run: Run, event: events.RunStarted, at: float) -> State:
    state = _change_run(
        state,
        run.id,
        branch=event.branch,
        worktree=event.worktree,
        live=True,
        started=run.started or at,
        model=event.model,
        phase="starting",
        suspended=False,
    )
    state = _task(state, run.task, branch=event.branch, base=event.base)
    return _working(state, run.task, event.restart, at)


def _working(state: State, name: str, restart: bool, at: float) -> State:
    task = state.tasks.get(name)
    if task is None:
        return state
    return _moved(
        state,
        name,
        TaskState.WORKING,
        at,
        pending="",
        pending_by="",
        reason="",
        restarts=task.restarts + bool(restart),
        **_CLEAR,
    )


def _turn_ended(state: State, run: Run, event: events.TurnEnded, at: float) -> State:
    if event.seq <= run.seq:
        return state
    state = _change_run(state, run.id, seq=event.seq, turns=run.turns + 1, phase="")
    task = state.tasks.get(run.task)
    if task is None or task.state is not TaskState.WORKING:
        return state
    if event.ok:
        tested: dict[str, Any] = {"restarts": 0, "gates": (), "gated_head": "", "denials": event.denials}
        return _moved(state, run.task, TaskState.TESTING, at, reason="", **tested)
    return _stumbled(state, run, event.error or "the turn failed", at, event.fatal)


def _stumbled(state: State, run: Run, why: str, at: float, fatal: bool = False) -> State:
    """A turn or a launch broke: note why and since when; `decide` does the rest."""
    return _task(state, run.task, reason=why, stumble=why, stumbled_at=at, fatal=fatal)


def _exited(state: State, run: Run, event: events.RunExited, at: float) -> State:
    state = _change_run(state, run.id, live=False, seq=max(run.seq, event.seq), phase="", suspended=False)
    task = state.tasks.get(run.task)
    if task is None or task.run != run.id or task.state is not TaskState.WORKING or task.stumble:
        return state
    return _stumbled(state, run, event.reason or f"the agent's process ended with code {event.code}", at)


def _ended(state: State, run: Run, outcome: str, at: float) -> State:
    state = _freed(state, run.id)
    state = _change_run(state, run.id, ended=at, outcome=outcome, live=False, phase="", suspended=False)
    task = state.tasks.get(run.task)
    if task is None or task.run != run.id:
        return state
    if outcome in ("stopped", "budget") and task.state in (TaskState.CLAIMED, TaskState.WORKING):
        return _moved(state, task.id, TaskState.QUEUED, at, reason=_PUT_BACK[outcome], **_CLEAR)
    return state


_PUT_BACK = {"stopped": "stopped before it was done", "budget": "the budget was reached"}


# ── gates, review, merge ─────────────────────────────────────────────────────────────────────────────

CheckEvent = (
    events.GatesFinished
    | events.ConflictFound
    | events.ReviewStarted
    | events.VerdictGiven
    | events.ReviewFailed
    | events.ReworkAsked
    | events.TaskReady
)


def _check(state: State, event: CheckEvent, at: float) -> State:
    task = state.tasks.get(event.task)
    if task is None:
        return state
    match event:
        case events.GatesFinished():
            return _task(
                state,
                task.id,
                head=event.head,
                target_commit=event.target_commit,
                merged=event.merged,
                gates=event.results,
                gated_head=event.head,
                diffstat=event.diffstat or task.diffstat,
            )
        case events.ConflictFound(files=files):
            return _task(
                state,
                task.id,
                head=event.head,
                target_commit=event.target_commit,
                merged="",
                gates=(),
                gated_head=event.head,
                reason="conflicts with the target in " + ", ".join(files),
            )
        case events.ReviewStarted():
            return _moved(state, task.id, TaskState.REVIEWING, at)
        case events.VerdictGiven(verdict=verdict):
            counted = task.cycles + (0 if verdict.approve else 1)
            return _moved(state, task.id, TaskState.REVIEWING, at, verdict=verdict, cycles=counted, review_failures=0)
        case events.ReviewFailed(reason=reason):
            return _moved(
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
            return _moved(state, task.id, TaskState.READY, at, reason="")
        case _:
            assert_never(event)


def _reworked(state: State, task: Task, event: events.ReworkAsked, at: float) -> State:
    counts: dict[str, Any] = {}
    match event.by:
        case "gates":
            counts["gate_failures"] = task.gate_failures + 1
        case "conflict":
            counts["conflicts"] = task.conflicts + 1
        case "reviewer":
            pass  # counted where the verdict came in
        case _:
            counts |= _FRESH
    return _moved(
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
        **counts,
        **_CLEAR,
    )


def _asked_by(by: str) -> str:
    return {
        "gates": "a gate failed",
        "conflict": "it conflicts with what landed",
        "reviewer": "the reviewer asks for changes",
    }.get(by, f"{by} asked for changes")


MergeEvent = events.MergeApproved | events.MergeBlocked | events.TargetMoved | events.TaskLanded


def _merge(state: State, event: MergeEvent, at: float) -> State:
    task = state.tasks.get(event.task)
    if task is None:
        return state
    match event:
        case events.MergeApproved(head=head, by=by):
            return _moved(
                state,
                task.id,
                TaskState.MERGING,
                at,
                approved_head=head,
                approved_by=by,
                reason="",
                restarts=0,
                **_CLEAR,
            )
        case events.MergeBlocked(reason=reason):
            return _task(state, task.id, reason=reason, stumble=reason, stumbled_at=at, restarts=task.restarts + 1)
        case events.TargetMoved():
            return _moved(
                state,
                task.id,
                TaskState.MERGING,
                at,
                gates=(),
                gated_head="",
                merged="",
                **_CLEAR,
                target_commit=event.target_commit,
                reason="the target moved: the gates run again on the new result",
            )
        case events.TaskLanded(commit=commit):
            return _moved(
                state,
                task.id,
                TaskState.LANDED,
                at,
                landed=commit,
                landed_at=at,
                reason="",
                diffstat=event.diffstat or task.diffstat,
            )
        case _:
            assert_never(event)


# ── money and messages ───────────────────────────────────────────────────────────────────────────────


def _money(state: State, event: events.CostSeen | events.CallPaid) -> State:
    match event:
        case events.CostSeen(run=name):
            run = state.runs.get(name)
            if run is None:
                return state
            more = max(0.0, event.usd - run.usd)
            state = _change_run(
                state,
                name,
                usd=max(run.usd, event.usd),
                tokens=max(run.tokens, event.tokens),
                cost_source=event.source or run.cost_source,
                seq=max(run.seq, event.seq),
            )
            task = run.task
        case events.CallPaid(task=task):
            more = event.usd
        case _:
            assert_never(event)
    if event.source == "unknown":
        state = replace(state, unpriced=state.unpriced | {event.model or "a model without a name"})
    if known := state.tasks.get(task):
        state = _task(state, task, usd=known.usd + more)
    return replace(
        state,
        spent_usd=state.spent_usd + more,
        spent_total_usd=state.spent_total_usd + more,
        by_role=_with(state.by_role, event.role, state.by_role.get(event.role, 0.0) + more),
    )


MessageEvent = events.MessageSent | events.MessageDelivered | events.MessageRead


def _message(state: State, event: MessageEvent, at: float) -> State:
    if isinstance(event, events.MessageSent):
        run = state.runs.get(event.run)
        agent = run.agent if run else 0
        sent = Sent(event.message, event.run, agent, event.text, at)
        return replace(state, messages=_newest(_with(state.messages, event.message, sent), ANSWERS_KEPT))
    known = state.messages.get(event.message)
    if known is None:
        return state
    read = isinstance(event, events.MessageRead)
    changed = replace(known, delivered=True, read=known.read or read)
    return replace(state, messages=_with(state.messages, event.message, changed))
