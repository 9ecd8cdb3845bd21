"""What watching over agents is told of in State: closed limit windows, the breaker, why nothing starts."""

from __future__ import annotations

from cockpit.value import Value, frozen


@frozen
class Window(Value):
    """The model's service takes nothing more from us for a while; everybody who shares the quota waits."""

    quota: str
    """Who shares it: `claude`, or `api`."""
    why: str
    since: float
    until: float
    """When it opens again, as far as the service said; else a guess that doubles."""


@frozen
class Breaker(Value):
    """Agents die at once, one after the other: nothing starts until a person says so."""

    why: str
    at: float


@frozen
class StartsHeld(Value):
    """The machine has no room for another agent."""

    why: str
    at: float
