"""The names of what is counted for `cockpit metrics`, as the fold sums it up by quarter of an hour."""

from __future__ import annotations

from collections.abc import Mapping

LANDED = "landed"
LEAD_SECONDS = "lead seconds"
"""From the queue to main, of all that landed."""
LANDED_USD = "landed usd"
OFFERED_SECONDS = "offered seconds"
"""The night's length times its agents."""
OVERRUNS = "overruns"
"""Nights that spent more than their cap."""
GATES_GREEN, GATES_RED = "gates green", "gates red"
REVIEWS, REVIEWS_REWORK = "reviews", "reviews rework"
FIRST_REVIEWS, FIRST_APPROVALS = "first reviews", "first approvals"
RESTARTS = "restarts"
LIMIT_VIOLATIONS = "limit violations"
"""Agents that were started while a limit of the service was known to be reached."""
EMERGENCY_STOPS, EMERGENCY_SECONDS = "emergency stops", "emergency seconds"
PERSON_SECONDS, DECISIONS = "person seconds", "decisions"
"""What waited for a person's decision, and how many decisions there were."""
REGRESSIONS = "regressions"
"""Landed work that was rolled back, or opened again."""

CENT_PART = 1e-6
"""Dollars that are the arithmetic's, not a service's."""

_LANDED_BY, _BUSY, _RED, _REWORK = "landed agent-", "busy agent-", "red ", "rework "


def landed_by(agent: int) -> str:
    """What an agent landed."""
    return f"{_LANDED_BY}{agent}"


def busy_of(agent: int) -> str:
    """Seconds that an agent's slot was taken."""
    return f"{_BUSY}{agent}"


def red_gate(name: str) -> str:
    """How often a gate failed."""
    return f"{_RED}{name}"


def rework_by(cause: str) -> str:
    """How often work went back, by who asked for it."""
    return f"{_REWORK}{cause}"


def after(prefix: str, sums: Mapping[str, float]) -> dict[str, float]:
    """The sums whose name begins so, by the rest of it."""
    return {name[len(prefix) :]: value for name, value in sums.items() if name.startswith(prefix)}


def by_agent(sums: Mapping[str, float]) -> dict[str, float]:
    """What each agent landed."""
    return after(_LANDED_BY, sums)


def busy(sums: Mapping[str, float]) -> dict[str, float]:
    """Seconds by agent."""
    return after(_BUSY, sums)


def red(sums: Mapping[str, float]) -> dict[str, float]:
    """Failures by gate."""
    return after(_RED, sums)


def rework(sums: Mapping[str, float]) -> dict[str, float]:
    """Rework by who asked for it."""
    return after(_REWORK, sums)
