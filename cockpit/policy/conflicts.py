"""Conflicts that pile up: an agent with too many open ones pauses until a person has looked. Pure."""

from __future__ import annotations

from cockpit import standing
from cockpit.events import AgentHeldBack
from cockpit.policy.rules import Rules
from cockpit.state import State, Task


def held_back(state: State, rules: Rules) -> tuple[AgentHeldBack, ...]:
    """The agents that have more open conflicts than they may, and more than a person let them have."""
    if state.night is None or state.night.ended:
        return ()
    open_: dict[int | None, list[Task]] = {}
    for task in standing.named(state, standing.of(state.tasks).conflicted):
        open_.setdefault(task.agent, []).append(task)
    found = []
    for number in sorted(one for one in open_ if one is not None):
        agent, tasks = state.agents.get(number), open_[number]
        if agent is None or agent.paused:
            continue
        if len(tasks) > max(rules.open_conflicts, agent.allowed):
            found.append(AgentHeldBack(agent.number, tuple(task.id for task in tasks)))
    return tuple(found)
