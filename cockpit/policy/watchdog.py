"""Watching runs: start them, mend broken turns a bounded number of times, end what no longer has a point."""

from __future__ import annotations

from cockpit.events import TaskEscalated
from cockpit.policy import questions, reserving, vigil, windows
from cockpit.policy.actions import (
    NOTHING,
    Cut,
    Decision,
    Deliver,
    EndRun,
    Release,
    SendTurn,
    StartRun,
    Suspend,
    together,
)
from cockpit.policy.rules import Rules
from cockpit.policy.schedule import pin
from cockpit.policy.sight import NOTHING_SEEN, Sight, Sights
from cockpit.state import IN_FLIGHT, RESTING, Agent, Night, Run, State, Task, TaskState


def watch(state: State, rules: Rules, now: float, sights: Sights = NOTHING_SEEN) -> Decision:
    """What every slot that is taken needs now."""
    night, found, wakes = state.night, list[Decision](), list[float]()
    is_usual = night is not None and night.is_open and not state.holds and state.breaker is None
    is_usual = is_usual and rules.silent_seconds > 0
    special = _special(state, sights)
    for agent in state.agents.values():
        run = state.runs.get(agent.run) if agent.run else None
        task = state.tasks.get(run.task) if run else None
        if run is None or task is None:
            continue
        if is_usual and run.id not in special and _is_usual(agent, run, task):
            if task.state is not TaskState.WORKING:
                continue  # it is tested or reviewed
            due = vigil.time_is_over(rules, run) if run.busy_since else None
            if due is None or now < due:
                wakes += [due] if due is not None else []
                continue
        found.append(_slot(state, rules, now, agent, run, task, sights.of(run)))
    return together(found) + Decision(wake=min(wakes, default=None))


def _special(state: State, sights: Sights) -> set[str]:
    """The runs of which more is to be looked at than their agent, their task and the time."""
    asking = {one.run for one in state.questions.values() if not one.closed or one.is_open or one.is_on_its_way}
    return asking | {one.run for one in state.messages.values() if not one.handed} | set(sights.runs)


def _is_usual(agent: Agent, run: Run, task: Task) -> bool:
    """Whether an agent works, or its work is tested or reviewed, and nothing is wrong or wanted: most are like that."""
    if run.kill_asked or run.cut or run.suspended or agent.paused or agent.taken is not None:
        return False
    if task.fresh or task.broke or task.pinned:
        return False
    if task.state is TaskState.WORKING:
        return run.live and not task.parked and not task.stumble
    return task.state is TaskState.TESTING or task.state is TaskState.REVIEWING


def _slot(state: State, rules: Rules, now: float, agent: Agent, run: Run, task: Task, sight: Sight) -> Decision:
    night = state.night
    if run.kill_asked:
        return Decision(effects=(EndRun(run.id, "killed"),))
    if task.state not in IN_FLIGHT and task.state is not TaskState.REWORK:
        return Decision(effects=(EndRun(run.id, _outcome(task)),))
    if (night is None or not night.is_open) and not _has_grace(rules, now, night, run, task):
        stopping = night.stopping if night is not None else ""
        return Decision(effects=(EndRun(run.id, stopping if stopping in ("budget", "deadline") else "stopped"),))
    if agent.taken is not None:
        return NOTHING if agent.taken.is_free else Decision(effects=(Release(run.id),))
    if task.state in _MOVABLE and pin(state, task) not in (None, agent.number):
        return Decision(effects=(EndRun(run.id, "reassigned"),))
    if task.fresh or (state.breaker is not None and not run.live and task.state in _MOVABLE):
        return Decision(effects=(EndRun(run.id, "handed on" if task.fresh else "breaker"),))
    if run.cut and run.live:
        return Decision(effects=(Cut(run.id),))
    held = agent.paused or state.hold_on(task) is not None
    if held != run.suspended and run.live:
        return Decision(effects=(Suspend(run.id, stop=held),))
    if held:
        return NOTHING
    decision = _go_on(state, rules, now, run, task, sight)
    if night is None or night.is_open:
        return decision
    return decision + Decision(wake=night.stopped_at + rules.grace_seconds)


def _has_grace(rules: Rules, now: float, night: Night | None, run: Run, task: Task) -> bool:
    """A turn that goes on at the deadline may come to its end for a while; nothing else may."""
    if night is None or night.ended or night.stopping != "deadline":
        return False
    is_at_it = run.live and task.state is TaskState.WORKING and not task.stumble and not task.parked and not run.cut
    return is_at_it and now < night.stopped_at + rules.grace_seconds


_MOVABLE = frozenset({TaskState.CLAIMED, TaskState.WORKING, TaskState.REWORK})
"""While a task is tested or reviewed it stays where it is: that goes on without its agent."""


def _outcome(task: Task) -> str:
    if task.state in (TaskState.READY, TaskState.MERGING, TaskState.LANDED, TaskState.ANSWERED):
        return "done"
    return "stopped" if task.state in (TaskState.SKIPPED, TaskState.QUEUED) else "failed"


def after_kill(state: State, run: Run) -> tuple[TaskEscalated, ...]:
    """What becomes of the task of a run that was killed: it waits for a person, unless one has decided meanwhile."""
    task = state.tasks[run.task]
    if task.state in RESTING or task.state is TaskState.QUEUED or task.run != run.id:
        return ()
    reason = f"killed by {run.kill_asked}; its work is kept on {run.branch or 'no branch yet'}"
    return (TaskEscalated(task.id, reason),)


def _go_on(state: State, rules: Rules, now: float, run: Run, task: Task, sight: Sight) -> Decision:
    if task.parked and task.state is TaskState.WORKING:
        return windows.waits(state, rules, task, now) or _again(run)
    if task.broke:
        return reserving.extend(state, rules, now, run, task)
    if task.stumble and task.state in _MOVABLE:
        return _mend(state, rules, now, run, task)
    match task.state:
        case TaskState.CLAIMED | TaskState.REWORK:
            return NOTHING if windows.is_closed(state) else _again(run)
        case TaskState.WORKING:
            if run.live and (wrong := vigil.check(state, rules, now, run, task, sight)):
                return wrong
            undelivered = [m.id for m in state.messages.values() if m.run == run.id and not m.handed]
            told = Decision(effects=tuple(Deliver(m) for m in undelivered))
            return told + questions.ask(state, run, now) + vigil.wake(state, rules, run) if run.live else NOTHING
        case _:
            return NOTHING


def _again(run: Run) -> Decision:
    return Decision(effects=(SendTurn(run.id) if run.live and not run.stale else StartRun(run.id),))


def _mend(state: State, rules: Rules, now: float, run: Run, task: Task) -> Decision:
    if beyond := vigil.mend(rules, run, task):
        return beyond
    if windows.is_closed(state):
        return NOTHING
    due = task.stumbled_at + rules.restart_seconds * (2**task.restarts - 1)  # the first time at once
    if now < due and not task.fell_along:
        return Decision(wake=due)
    again = SendTurn(run.id, restart=True) if run.live and not run.stale else StartRun(run.id, restart=True)
    return Decision(effects=(again,))
