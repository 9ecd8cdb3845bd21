"""Money by admission: nothing that costs begins before its money is set aside, and no cap is promised twice.

For every cap `spent + reserved ≤ cap` holds at any time, where "spent" is booked and "reserved" set aside for
runs and reviews. This module says what stands under each cap and what one more reserve would come to;
`estimates` says how large a reserve is, `reserving` what becomes of one that is used up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from cockpit.policy import spending
from cockpit.reserves import CATEGORY, DAY, MONTH, NIGHT, ROLE, Days, Reserve, cap_title, review_key
from cockpit.state import IN_FLIGHT, State, TaskState, is_reached

if TYPE_CHECKING:
    from cockpit.events import BudgetAlert
    from cockpit.policy.rules import Rules

LEAST = 1e-6
"""Dollars by which sums of floats may differ."""


class Ask(NamedTuple):
    """Money to be set aside, and what it is for."""

    usd: float
    role: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """What stands under one cap."""

    name: str
    usd: float
    spent: float
    reserved: float
    since: float
    """When it began to count."""

    @property
    def room(self) -> float:
        """What can still be set aside under it."""
        return self.usd - self.spent - self.reserved

    def covers(self, role: str, category: str) -> bool:
        """Whether such money counts under it."""
        return self.name in (NIGHT, DAY, MONTH, ROLE + role, CATEGORY + category)


@dataclass(frozen=True, slots=True)
class Refused:
    """The cap that can't hold what was asked for."""

    cap: Cap
    usd: float
    """What was asked for under this cap."""

    @property
    def missing(self) -> float:
        """How much too little there is."""
        return self.usd - self.cap.room

    @property
    def is_for_all(self) -> bool:
        """The cap is over everything, not over one sort of work."""
        return self.cap.name in (NIGHT, DAY, MONTH)

    def __str__(self) -> str:
        return (
            f"{cap_title(self.cap.name)} of ${self.cap.usd:.2f} holds ${max(0.01, self.missing):.2f} less than "
            f"this run's reserve of ${self.usd:.2f}"
        )


def caps(state: State, days: Days) -> tuple[Cap, ...]:
    """Every cap that holds now, the night's first."""
    held = tuple(held_reserves(state))
    whole = sum((one.usd for one in held), 0.0)
    found = []
    for cap in _spent_under(state, days):
        usd = whole
        if cap.name.startswith(ROLE):
            usd = sum(one.usd for one in held if one.role == cap.name.removeprefix(ROLE))
        elif cap.name.startswith(CATEGORY):
            usd = sum(one.usd for one in held if one.category == cap.name.removeprefix(CATEGORY))
        found.append(replace(cap, reserved=usd))
    return tuple(found)


def _spent_under(state: State, days: Days) -> Iterator[Cap]:
    """The caps with what is spent under each; what is set aside is not looked at."""
    night = state.night
    begun = night.started if night else 0.0
    if night is not None and night.cap_usd is not None:
        yield Cap(NIGHT, night.cap_usd, state.spent_usd, 0.0, begun)
    for name, usd in state.caps.items():
        if name == DAY:
            yield Cap(DAY, usd, spending.total_since(state, days.day), 0.0, days.day)
        elif name == MONTH:
            yield Cap(MONTH, usd, spending.total_since(state, days.month), 0.0, days.month)
        elif name.startswith(ROLE):
            yield Cap(name, usd, state.by_role.get(name.removeprefix(ROLE), 0.0), 0.0, begun)
        elif name.startswith(CATEGORY):
            yield Cap(name, usd, state.by_category.get(name.removeprefix(CATEGORY), 0.0), 0.0, begun)


def has_caps(state: State) -> bool:
    """Whether money is bounded at all."""
    return bool(state.caps) or (state.night is not None and state.night.cap_usd is not None)


def held_reserves(state: State) -> Iterable[Reserve]:
    """What is set aside now; a review that will not come holds nothing."""
    return (one for key, one in state.reserves.items() if one.call or _still_comes(state, key, one))


def _still_comes(state: State, key: str, one: Reserve) -> bool:
    if one.idea:
        return True
    task = state.tasks.get(one.task)
    if task is None:
        return False
    if key != review_key(one.task):
        return state.holds_slot(task)
    return task.state in IN_FLIGHT or (task.state is TaskState.REWORK and state.holds_slot(task))


def reserved(state: State) -> float:
    """All that is set aside, in dollars."""
    return sum((one.usd for one in held_reserves(state)), 0.0)


def refusal(state: State, asks: Iterable[Ask], days: Days) -> Refused | None:
    """The first cap that can't hold all of `asks`; None where every cap can."""
    wanted = tuple(asks)
    usd = sum(ask.usd for ask in wanted)
    if usd <= room_anyway(state, days, usd):
        return None
    return _first(refusals(state, wanted, days))


def _first(found: list[Refused]) -> Refused | None:
    return found[0] if found else None


def room_anyway(state: State, days: Days, usd: float = 0.0) -> float:
    """What every cap can hold even if all that was ever set aside still counted: that is quickly said.

    It is looked at more closely where it would not do for `usd`.
    """
    from cockpit.fold.slots import slots  # not at the top: the screen reads this module before its first paint

    room = min((cap.room for cap in _spent_under(state, days)), default=math.inf)
    known = slots(state)
    held = known.set_aside_at_most(state)
    return room - (held if usd <= room - held else known.set_aside_at_most(state, exact=True))


def refusals(state: State, asks: Iterable[Ask], days: Days) -> list[Refused]:
    """Every cap that can't hold all of `asks`."""
    return refusals_of(caps(state, days), asks)


def refusals_of(held: Iterable[Cap], asks: Iterable[Ask]) -> list[Refused]:
    """Those of the caps that can't hold all of `asks`."""
    wanted = tuple(asks)
    found = []
    for cap in held:
        usd = sum(ask.usd for ask in wanted if cap.covers(ask.role, ask.category))
        if usd > 0 and usd > cap.room + LEAST:
            found.append(Refused(cap, usd))
    return found


def is_used_up(state: State) -> bool:
    """The night's cap is reached."""
    night = state.night
    return night is not None and night.cap_usd is not None and state.spent_usd >= night.cap_usd


def alerts(state: State, rules: Rules, now: float = 0.0) -> tuple[BudgetAlert, ...]:
    """What is reached of a cap and was not said yet; each is said once until the cap is raised."""
    from cockpit.events import BudgetAlert  # not at the top: the screen reads this module before its first paint

    night = state.night
    if night is None or night.ended or not has_caps(state):
        return ()
    made: list[BudgetAlert] = []
    for cap in _spent_under(state, rules.calendar(now)):
        is_night = cap.name == NIGHT
        since = 0.0 if is_night else cap.since
        said = night.alerted if is_night else state.said.get(f"{cap.name}@{since:.0f}", ())
        due = (p for p in rules.alerts if p not in said and is_reached(p, cap.spent, cap.usd))
        made += [BudgetAlert(percent, cap.spent, cap.usd, cap.name, since) for percent in due]
    return tuple(made)


def least_cap(state: State) -> float:
    """What the night's cap must be at least for all that is set aside to stay so."""
    return state.spent_usd + reserved(state)


def remaining(state: State) -> float | None:
    """What is left of the night's cap, in dollars; None where there is no cap."""
    night = state.night
    if night is None or night.cap_usd is None:
        return None
    return max(0.0, night.cap_usd - state.spent_usd)
