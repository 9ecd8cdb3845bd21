"""Taking an agent's conversation over, and handing it back: what each comes to, or why not. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import events
from cockpit.policy.asking import Refused
from cockpit.state import IN_FLIGHT, Agent, Run, State, TaskState

Made = tuple[Sequence[events.Event], str]


def refusal(state: State, agent: Agent) -> str:
    """Why an agent's conversation can't be taken over now; empty where it can."""
    run = state.agent_run(agent.number)
    task = state.tasks.get(run.task) if run else None
    if run is None or task is None:
        return f"{agent.name} runs nothing; there is no conversation to take over"
    if run.kill_asked or (task.state not in IN_FLIGHT and task.state is not TaskState.REWORK):
        return f"{agent.name} is just leaving {task.id}"
    if not run.worktree:
        return f"{agent.name} has not begun with {task.id} yet; try again in a moment"
    if state.night is None or not state.night.is_open:
        return "the night is over: its agents are being stopped"
    return "" if state.halt is None else "after an emergency stop nothing moves; `cockpit resume --all` goes on"


def take(state: State, number: int, by: str) -> Made:
    """The agent's process is to be ended for a person."""
    agent = _agent(state, number)
    if agent.taken is not None:
        return [], f"{agent.name} is {'yours' if agent.taken.is_free else 'being ended for you'} already"
    if why := refusal(state, agent):
        raise Refused(why)
    assert agent.run is not None
    return [events.TakeOverAsked(number, agent.run, by)], f"{agent.name} is being ended; then its conversation is yours"


def hand_back(state: State, number: int, note: str, by: str) -> Made:
    """The agent goes on in the same conversation."""
    agent = _agent(state, number)
    run: Run | None = state.agent_run(number)
    if agent.taken is None or run is None:
        raise Refused(f"{agent.name} is not taken over{_ended(state, number)}")
    if not agent.taken.is_free:
        raise Refused(f"{agent.name} is still being ended for you; try again in a moment")
    return [events.HandedBack(number, run.id, by, note.strip())], f"{agent.name} goes on in its conversation"


def _ended(state: State, number: int) -> str:
    """Where what a person did lies, if the run ended while they had it."""
    visited = [run for run in state.runs.values() if run.agent == number and run.visit is not None]
    return f": its run ended meanwhile; what you did is kept in {visited[-1].worktree}" if visited else ""


def _agent(state: State, number: int) -> Agent:
    agent = state.agents.get(number)
    if agent is None:
        known = ", ".join(map(str, sorted(state.agents))) or "none: no night was started"
        raise Refused(f"there is no agent-{number}; there are {known}")
    return agent
