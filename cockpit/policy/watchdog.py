"""Watching runs: start them, mend broken turns a bounded number of times, end what no longer has a point."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from cockpit.events import TaskEscalated
from cockpit.fold import slots
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
from cockpit.questions import Question
from cockpit.state import IN_FLIGHT, RESTING, Agent, Night, Run, State, Task, TaskState


def watch(state: State, rules: Rules, now: float, sights: Sights = NOTHING_SEEN) -> Decision:
    """What every slot that is taken needs now."""
    night, found, wakes = state.night, list[Decision](), list[float]()
    is_usual = night is not None and night.is_open and not state.holds and state.breaker is None
    is_usual = is_usual and rules.silent_seconds > 0
    special = {one.run for one in state.messages.values() if not one.handed} | set(sights.runs)
    asked = slots.slots(state).asked(state)
    for agent in _looked_at(state, rules, now, special, wakes) if is_usual else state.agents.values():
        run = state.runs.get(agent.run) if agent.run else None
        task = state.tasks.get(run.task) if run else None
        if run is None or task is None:
            continue
        if is_usual and run.id not in special and slots.is_usual(agent, run, task):
            if task.state is not TaskState.WORKING:
                continue  # it is tested or reviewed
            due = _due(rules, now, run, asked.get(run.id, ()))
            if now < due:
                wakes.append(due)
                continue
        found.append(_slot(state, rules, now, agent, run, task, sights.of(run)))
    return together(found) + Decision(wake=min((wake for wake in wakes if wake < inf), default=None))


def _due(rules: Rules, now: float, run: Run, asked: Sequence[Question]) -> float:
    """When something is due of a run at work with which nothing is wrong; `inf`: never."""
    if asked:
        return questions.wait_until(asked, now)
    return vigil.time_is_over(rules, run) if run.busy_since else inf


def _looked_at(state: State, rules: Rules, now: float, special: set[str], wakes: list[float]) -> list[Agent]:
    """The agents that may need something, in their order; when the time of the others is over goes to `wakes`.

    `special` are runs of which more is to be looked at than their agent, their task, what they asked and the time.
    """
    known = slots.slots(state)
    numbers = {*known.restless, *known.due.below(now - rules.run_seconds + 1.0)}
    numbers.update(*(known.by_run.get(run, ()) for run in (*special, *known.asked(state))))
    later = next((number for _, number in known.due.line if number not in numbers), None)
    if later is not None and (run := state.agent_run(later)):
        wakes.append(vigil.time_is_over(rules, run))
    return [state.agents[number] for number in sorted(numbers)]


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
