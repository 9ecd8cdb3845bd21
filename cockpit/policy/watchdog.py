"""Watching runs: start them, mend broken turns a bounded number of times, end what no longer has a point."""

from __future__ import annotations

from cockpit.events import TaskEscalated
from cockpit.policy import questions
from cockpit.policy.actions import NOTHING, Decision, Deliver, EndRun, Release, SendTurn, StartRun, Suspend
from cockpit.policy.rules import Rules
from cockpit.policy.schedule import pin
from cockpit.state import IN_FLIGHT, RESTING, Agent, Run, State, Task, TaskState


def watch(state: State, rules: Rules, now: float) -> Decision:
    """What every slot that is taken needs now."""
    decision = NOTHING
    for agent in state.agents.values():
        run = state.runs.get(agent.run) if agent.run else None
        task = state.tasks.get(run.task) if run else None
        if run is not None and task is not None:
            decision += _slot(state, rules, now, agent, run, task)
    return decision


def _slot(state: State, rules: Rules, now: float, agent: Agent, run: Run, task: Task) -> Decision:
    night = state.night
    if run.kill_asked:
        return Decision(effects=(EndRun(run.id, "killed"),))
    if task.state not in IN_FLIGHT and task.state is not TaskState.REWORK:
        return Decision(effects=(EndRun(run.id, _outcome(task)),))
    if night is None or not night.is_open:
        budget = night is not None and night.stopping == "budget"
        return Decision(effects=(EndRun(run.id, "budget" if budget else "stopped"),))
    if agent.taken is not None:
        return NOTHING if agent.taken.is_free else Decision(effects=(Release(run.id),))
    if task.state in _MOVABLE and pin(state, task) not in (None, agent.number):
        return Decision(effects=(EndRun(run.id, "reassigned"),))
    held = agent.paused or state.hold_on(task) is not None
    if held != run.suspended and run.live:
        return Decision(effects=(Suspend(run.id, stop=held),))
    if held:
        return NOTHING
    return _go_on(state, rules, now, run, task)


_MOVABLE = frozenset({TaskState.CLAIMED, TaskState.WORKING, TaskState.REWORK})
"""While a task is tested or reviewed it stays where it is: that goes on without its agent."""


def _outcome(task: Task) -> str:
    if task.state in (TaskState.READY, TaskState.MERGING, TaskState.LANDED):
        return "done"
    return "stopped" if task.state in (TaskState.SKIPPED, TaskState.QUEUED) else "failed"


def after_kill(state: State, run: Run) -> tuple[TaskEscalated, ...]:
    """What becomes of the task of a run that was killed: it waits for a person, unless one has decided meanwhile."""
    task = state.tasks[run.task]
    if task.state in RESTING or task.state is TaskState.QUEUED or task.run != run.id:
        return ()
    reason = f"killed by {run.kill_asked}; its work is kept on {run.branch or 'no branch yet'}"
    return (TaskEscalated(task.id, reason),)


def _go_on(state: State, rules: Rules, now: float, run: Run, task: Task) -> Decision:
    if task.stumble:
        return _mend(rules, now, run, task)
    match task.state:
        case TaskState.CLAIMED:
            return Decision(effects=(StartRun(run.id),))
        case TaskState.REWORK:
            return Decision(effects=(SendTurn(run.id) if run.live else StartRun(run.id),))
        case TaskState.WORKING:
            undelivered = [m.id for m in state.messages.values() if m.run == run.id and not m.handed]
            told = Decision(effects=tuple(Deliver(m) for m in undelivered))
            return told + questions.ask(state, run, now) if run.live else NOTHING
        case _:
            return NOTHING


def _mend(rules: Rules, now: float, run: Run, task: Task) -> Decision:
    if task.fatal:
        return Decision(records=(TaskEscalated(task.id, task.stumble),))
    if task.restarts >= rules.restarts:
        reason = f"restarted {task.restarts} times in vain; the last time: {task.stumble}"
        return Decision(records=(TaskEscalated(task.id, reason),))
    due = task.stumbled_at + rules.restart_seconds * 2**task.restarts
    if now < due:
        return Decision(wake=due)
    again = SendTurn(run.id, restart=True) if run.live else StartRun(run.id, restart=True)
    return Decision(effects=(again,))
