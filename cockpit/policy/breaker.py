"""The breaker: agents that die at once, one after the other, stop everything from starting until a person says so."""

from __future__ import annotations

from cockpit.events import BreakerOpened
from cockpit.policy.actions import NOTHING, Decision
from cockpit.policy.rules import Rules
from cockpit.state import State


def check(state: State, rules: Rules) -> Decision:
    """Whether it opens now."""
    row = state.deaths
    if state.breaker is not None or len(row) < rules.crash_loop or len(set(row)) < 2:
        return NOTHING
    last = state.tasks.get(row[-1])
    why = f"; the last one: {last.reason}" if last is not None and last.reason else ""
    return Decision(records=(BreakerOpened(f"{len(row)} agents in a row died at once{why}"),))
