"""The night's end: when nothing new starts, and when everything is at rest."""

from __future__ import annotations

from cockpit.events import NightEnded, NightStopping
from cockpit.policy import budget, room
from cockpit.policy.actions import NOTHING, Decision
from cockpit.policy.rules import Rules
from cockpit.policy.schedule import may_take, waiting_for_an_agent
from cockpit.state import RESTING, Night, State, TaskState

_MOVING = frozenset({TaskState.CLAIMED, TaskState.WORKING, TaskState.TESTING, TaskState.REVIEWING, TaskState.MERGING})


def bounds(state: State, rules: Rules, now: float) -> Decision:
    """Whether the night must stop now, or has come to rest."""
    night = state.night
    if night is None or night.ended:
        return NOTHING
    if night.stopping:
        held = any(agent.run for agent in state.agents.values())
        return NOTHING if held else Decision(records=(NightEnded(night.stopping),))
    if reason := _reason(state, rules, night, now):
        return Decision(records=(NightStopping(reason, "policy"),))
    return Decision(wake=night.until)


def _reason(state: State, rules: Rules, night: Night, now: float) -> str:
    if night.until is not None and now >= night.until:
        return "deadline"
    if budget.is_used_up(state):
        return "budget"
    if all(t.state in RESTING for t in state.tasks.values()):
        return "done"
    if is_quiet(state):
        if waiting_for_an_agent(state) and not budget.admits(state):
            return "budget"
        if now >= quiet_since(state) + rules.linger_seconds:
            return "nobody came"
    return ""


def is_quiet(state: State) -> bool:
    """Nothing moves by itself any more: what is open waits for a person, or for what does."""
    if any(agent.run for agent in state.agents.values()):
        return False
    return not any(t.state in _MOVING and not t.stumble for t in state.tasks.values())


def needs_you(state: State) -> bool:
    """Everything that could go on without a person has; something is left that can't."""
    night = state.night
    if night is None or not is_quiet(state):
        return False
    if room.is_full(state) or state.breaker is not None:
        return True
    ready = [agent for agent in state.agents.values() if not agent.paused]
    return not any(may_take(state, agent, task) for task in waiting_for_an_agent(state) for agent in ready)


def quiet_since(state: State) -> float:
    """When a task last changed its state."""
    return max((t.since for t in state.tasks.values()), default=state.night.started if state.night else 0.0)
