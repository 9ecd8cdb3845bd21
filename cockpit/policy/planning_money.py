"""What may be set aside for asking the planner: no more than one plan may cost, and what every cap can hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cockpit.policy import budget
from cockpit.policy.rules import Rules
from cockpit.reserves import DAY, MONTH, cap_title
from cockpit.state import ROLE_OF, Kind, State

TIMES = 2
"""It is asked once more where the first plan had problems."""

PLANNER = ROLE_OF[Kind.PLAN]


@dataclass(frozen=True, slots=True)
class Sized:
    """What is set aside, or why nothing can be."""

    usd: float | None = None
    """None where money is not bounded, for nobody knows the model's price."""
    refused: str = ""


def sized(state: State, rules: Rules, once: float | None, most_usd: float, now: float) -> Sized:
    """As much as asking twice can cost, less where a cap has less room, never less than asking `once` can."""
    if once is None:
        return Sized(refused="its price is not known") if budget.has_caps(state) or rules.caps else Sized()
    if once > most_usd + budget.LEAST:
        return Sized(
            refused=f"asking for this plan may cost up to ${once:.2f}, and [planner] max_usd is ${most_usd:.2f}; "
            "name fewer files, one --section, or raise it"
        )
    usd = min(TIMES * once, most_usd)
    for cap in budget.caps(state, rules.calendar(now)):
        if cap.covers(PLANNER, ""):
            usd = min(usd, _room(state, cap))
            if usd < once - budget.LEAST:
                return Sized(refused=_over(cap, once))
    return Sized(usd)


def _room(state: State, cap: budget.Cap) -> float:
    """What a cap can still hold; those of a night hold nothing up between two nights but a call larger than they."""
    if cap.name in (DAY, MONTH) or (state.night is not None and not state.night.ended):
        return cap.room
    return cap.usd


def _over(cap: budget.Cap, once: float) -> str:
    return (
        f"asking for it may cost up to ${once:.2f}, and {cap_title(cap.name)} of ${cap.usd:.2f} has no room for that: "
        f"${cap.spent:.2f} spent, ${cap.reserved:.2f} set aside; raise it, or plan from less"
    )
