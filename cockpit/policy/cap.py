"""Another cap for the night: when it can be had, and what comes of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cockpit.policy import budget
from cockpit.state import SETTLED, State

if TYPE_CHECKING:
    from cockpit import events


def refusal(state: State, cap_usd: float, now: float) -> str:
    """Why the night can't get this cap now; empty where it can."""
    night = state.night
    if not 0 < cap_usd < float("inf"):
        return f"a cap must be an amount of dollars, more than 0, not {cap_usd}"
    if night is None or ((night.stopping or night.ended) and not is_stopped_by_budget(state)):
        return "no night is going on; `cockpit run --budget USD` starts one with its own cap"
    least = budget.least_cap(state)
    if cap_usd <= state.spent_usd:
        return f"${state.spent_usd:.2f} is spent already; give a cap above that, or `cockpit stop` ends the night"
    if night.stopping and cap_usd < least:
        return f"nothing could start under a cap of ${cap_usd:.2f}; give at least ${least:.2f}"
    if night.stopping and night.until is not None and night.until <= now:
        return "the night's deadline has passed; `cockpit run --budget USD --until HH:MM` starts another night"
    return ""


def changed(state: State, cap_usd: float, by: str) -> tuple[Sequence[events.Event], str]:
    """The events of a new cap that was not refused, and what to say."""
    from cockpit import events  # not at the top: the screen reads this module before its first paint

    night = state.night
    if night is None or night.cap_usd == cap_usd:
        return [], f"the night's cap is ${cap_usd:.2f} already"
    made: list[events.Event] = [events.NightChanged(cap_usd=cap_usd)]
    if is_stopped_by_budget(state):
        made.append(events.NightReopened(by))
        return made, f"the night goes on, with a cap of ${cap_usd:.2f}"
    return made, f"the night's cap is ${cap_usd:.2f} now, ${state.spent_usd:.2f} of it spent"


def is_stopped_by_budget(state: State) -> bool:
    """The budget stopped the night, and it has not gone on since."""
    return state.night is not None and state.night.stopping == "budget"


def needs_a_decision(state: State) -> bool:
    """The budget stopped the night before its work was done, and nobody has said what to do about it."""
    night = state.night
    if night is None or not is_stopped_by_budget(state) or night.closed_by:
        return False
    return any(task.state not in SETTLED for task in state.tasks.values())
