"""Conflicts that pile up: an agent with too many open ones pauses until a person has looked. Pure."""

from __future__ import annotations

from cockpit.events import AgentHeldBack
from cockpit.fold.git import open_conflicts
from cockpit.policy.rules import Rules
from cockpit.state import State


def held_back(state: State, rules: Rules) -> tuple[AgentHeldBack, ...]:
    """The agents that have more open conflicts than they may, and more than a person let them have."""
    if state.night is None or state.night.ended:
        return ()
    found = []
    for agent in state.agents.values():
        tasks = open_conflicts(state, agent.number)
        if not agent.paused and len(tasks) > max(rules.open_conflicts, agent.allowed):
            found.append(AgentHeldBack(agent.number, tuple(task.id for task in tasks)))
    return tuple(found)
