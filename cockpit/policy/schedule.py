"""Scheduling: which free agent takes which task."""

from __future__ import annotations

import uuid

from cockpit.events import TaskClaimed
from cockpit.policy import budget
from cockpit.state import Agent, State, Task, TaskState

_SESSIONS = uuid.UUID("6b1f3f9e-6a0e-4d52-9f0a-2f7a7a3c5b11")
"""Namespace of the conversations' ids, so that deciding twice names the same conversation."""


def claims(state: State) -> tuple[TaskClaimed, ...]:
    """Give free agents work: rework before new tasks, then by priority, then the oldest."""
    night = state.night
    if night is None or not night.is_open:
        return ()
    free = [a for a in state.agents.values() if not a.paused and a.run is None and a.number <= night.agents]
    made: list[TaskClaimed] = []
    for task in waiting_for_an_agent(state):
        if not free or not budget.admits(state, len(made)):
            break
        agent = _best(free, task)
        free.remove(agent)
        made.append(_claim(state, task, agent))
    return tuple(made)


def waiting_for_an_agent(state: State) -> list[Task]:
    """The tasks that could be worked on now if there were agents for all, soonest first."""
    found = [t for t in state.tasks.values() if _is_claimable(state, t)]
    return sorted(found, key=lambda t: (t.state is not TaskState.REWORK, -t.priority, t.added))


def _is_claimable(state: State, task: Task) -> bool:
    if state.hold_on(task) is not None:
        return False
    match task.state:
        case TaskState.QUEUED:
            return not state.missing(task)
        case TaskState.REWORK:
            return not state.holds_slot(task)
        case _:
            return False


def _best(free: list[Agent], task: Task) -> Agent:
    """The agent that knows the task already, if it is free."""
    return next((a for a in free if a.number == task.agent), free[0])


def _claim(state: State, task: Task, agent: Agent) -> TaskClaimed:
    old = state.task_run(task)
    if old is not None:
        return TaskClaimed(task.id, agent.number, old.id, old.session, resume=True)
    run = f"{task.id}-{task.attempts + 1}"
    session = uuid.uuid5(_SESSIONS, f"{run}@{task.added!r}")
    return TaskClaimed(task.id, agent.number, run, str(session))
