"""Sums over what was spent, how fast money goes, and where that leads. Pure: whoever asks brings the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from cockpit.state import QUARTER_SECONDS, Account, Night, State

RECENT_SECONDS = 1800.0
"""The stretch of time that "how fast" is about."""

LEAST_SECONDS = 60.0
"""There is no speed to tell before a night is this old."""

K = TypeVar("K")


def sums(charges: Mapping[Account, float], of: Callable[[Account], K]) -> dict[K, float]:
    """Money by whatever `of` says of an account, the most expensive first."""
    found: dict[K, float] = {}
    for account, usd in charges.items():
        key = of(account)
        found[key] = found.get(key, 0.0) + usd
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))


def since(state: State, begin: float) -> dict[Account, float]:
    """All money from `begin` on, which must be the beginning of a quarter of an hour, as every local day's is."""
    found: dict[Account, float] = {}
    for quarter, charges in state.quarters.items():
        if quarter * QUARTER_SECONDS >= begin:
            for account, usd in charges.items():
                found[account] = found.get(account, 0.0) + usd
    return found


def total_since(state: State, begin: float) -> float:
    """The same as one sum."""
    total = 0.0
    for quarter, charges in state.quarters.items():
        if quarter * QUARTER_SECONDS >= begin:
            total += sum(charges.values())
    return total


def is_estimate(charges: Mapping[Account, float]) -> bool:
    """Whether part of the money was estimated from a price list."""
    return any(usd and account.is_estimate for account, usd in charges.items())


def unknown_models(charges: Mapping[Account, float]) -> list[str]:
    """Models that were used and whose price nobody knows: what they cost is in no sum."""
    return sorted({a.model or "a model without a name" for a in charges if a.source == "unknown"})


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast money goes, in dollars an hour."""

    usd_per_hour: float
    seconds: float
    """Over how long that was measured, up to now or to the night's end."""
    whole: bool
    """That is the whole night."""


def burn(state: State, now: float) -> Burn | None:
    """How fast money went lately; over the whole night where it is over, or where no bill came in lately."""
    night = state.night
    if night is None:
        return None
    age = (night.ended or now) - night.started
    if age < LEAST_SECONDS:
        return None
    window = min(RECENT_SECONDS, age)
    recent = sum(usd for minute, usd in state.minutes.items() if minute * 60 > now - window - 60)
    at_work = any(run.live for run in state.runs.values())
    if night.ended or (not recent and at_work):  # an agent's bill may come only at the end of a long turn
        return Burn(state.spent_usd * 3600 / age, age, whole=True)
    return Burn(recent * 3600 / window, window, whole=window == age)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where the money goes if it goes on like this: an estimate, always."""

    at: float
    """The deadline, or the time the cap is reached where that is sooner."""
    usd: float
    cap_reached: bool


def forecast(state: State, now: float) -> Forecast | None:
    """When the cap is reached, or what is spent at the deadline; None where nothing leads to either."""
    night, speed = state.night, burn(state, now)
    if night is None or not night.is_open or speed is None or speed.usd_per_hour <= 0:
        return None
    reached = _cap_reached(state, night, speed, now)
    if reached is not None and (night.until is None or reached < night.until):
        assert night.cap_usd is not None
        return Forecast(reached, night.cap_usd, cap_reached=True)
    if night.until is None or night.until <= now:
        return None
    return Forecast(night.until, state.spent_usd + speed.usd_per_hour * (night.until - now) / 3600, cap_reached=False)


def _cap_reached(state: State, night: Night, speed: Burn, now: float) -> float | None:
    if night.cap_usd is None:
        return None
    return now + max(0.0, night.cap_usd - state.spent_usd) * 3600 / speed.usd_per_hour
