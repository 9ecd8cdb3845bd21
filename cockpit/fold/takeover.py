"""What changes when a person takes an agent's conversation over, and gives it back."""

from __future__ import annotations

from typing import assert_never

from cockpit import events
from cockpit.fold.changes import CLEAR, change_agent, change_run, change_task, move_task, notice
from cockpit.state import IN_FLIGHT, Agent, State, Taken, TaskState

TakeOverEvent = events.TakeOverAsked | events.TakenOver | events.HandedBack

PENDING = "takeover"
"""Who says what the agent is told next."""


def takeover(state: State, event: TakeOverEvent, at: float) -> State:
    agent = state.agents.get(event.agent)
    if agent is None or agent.run is None or agent.run != event.run:
        return state
    match event:
        case events.TakeOverAsked(by=by):
            return change_agent(state, agent.number, taken=Taken(by or "you", at))
        case events.TakenOver():
            return _held(state, agent, event, at)
        case events.HandedBack(note=note):
            return _handed_back(state, agent, note, at)
        case _:
            assert_never(event)


def _held(state: State, agent: Agent, event: events.TakenOver, at: float) -> State:
    by = agent.taken.by if agent.taken else "you"
    state = change_agent(state, agent.number, taken=Taken(by, at, is_free=True))
    state = change_run(state, event.run, visit=event.visit, live=False)
    return change_task(state, state.runs[event.run].task, reason=f"{by} took it over", **CLEAR)


def _handed_back(state: State, agent: Agent, note: str, at: float) -> State:
    state = change_agent(state, agent.number, taken=None)
    run = state.runs.get(agent.run or "")
    task = state.tasks.get(run.task) if run else None
    if task is None or (task.state not in IN_FLIGHT and task.state is not TaskState.REWORK):
        return state
    words = {"pending": note, "pending_by": PENDING, "gates": (), "gated_head": ""}
    return move_task(state, task.id, TaskState.REWORK, at, reason="handed back to its agent", **words, **CLEAR)


def left(state: State, agent: Agent) -> State:
    """The run ended while a person had its conversation: nothing pauses for them any more, and that is said."""
    if agent.taken is None:
        return state
    state = change_agent(state, agent.number, taken=None)
    return notice(state, f"{agent.name}'s run ended while you had it; what you did is in its worktree")
