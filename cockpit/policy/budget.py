"""Money: whether the budget can hold one more run, and whether it is used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit.policy.rules import Rules
from cockpit.state import IN_FLIGHT, State, TaskState, is_reached

if TYPE_CHECKING:
    from cockpit.events import BudgetAlert


def reserved(state: State) -> float:
    """What the runs that hold a slot may still spend of their reserves, in dollars."""
    night = state.night
    if night is None:
        return 0.0
    running = (state.task_run(t) for t in state.tasks.values() if state.holds_slot(t) and t.state in _SPENDING)
    return sum(max(0.0, night.reserve_usd - run.usd) for run in running if run is not None)


_SPENDING = IN_FLIGHT | {TaskState.REWORK}


def admits(state: State, starting: int = 0) -> bool:
    """Whether the cap can hold the reserve of one more run, `starting` others being let in just now."""
    night = state.night
    if night is None or night.cap_usd is None:
        return True
    asked = state.spent_usd + reserved(state) + night.reserve_usd * (starting + 1)
    return asked <= night.cap_usd and state.spent_usd < night.cap_usd


def is_used_up(state: State) -> bool:
    """The night's cap is reached."""
    night = state.night
    return night is not None and night.cap_usd is not None and state.spent_usd >= night.cap_usd


def alerts(state: State, rules: Rules) -> tuple[BudgetAlert, ...]:
    """What is reached of the cap and was not said yet; each is said once until the cap is raised."""
    from cockpit.events import BudgetAlert  # not at the top: the screen reads this module before its first paint

    night = state.night
    if night is None or night.ended or night.cap_usd is None:
        return ()
    spent, cap = state.spent_usd, night.cap_usd
    due = (p for p in rules.alerts if p not in night.alerted and is_reached(p, spent, cap))
    return tuple(BudgetAlert(percent, spent, cap) for percent in due)


def least_cap(state: State) -> float:
    """What a cap must be at least for anything to start."""
    night = state.night
    return state.spent_usd + reserved(state) + (night.reserve_usd if night else 0.0)


def remaining(state: State) -> float | None:
    """What is left of the night's cap, in dollars; None where there is no cap."""
    night = state.night
    if night is None or night.cap_usd is None:
        return None
    return max(0.0, night.cap_usd - state.spent_usd)
