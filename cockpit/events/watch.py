"""What watching over agents comes to: nudges, cuts, tasks handed on, limit windows, the breaker, gaps in time.

Part of the ledger's vocabulary (`cockpit.events`), where all of these are known by the same names.
"""

from __future__ import annotations

from cockpit.value import Value, frozen


@frozen
class Nudged(Value):
    """An agent was silent for long; it was asked how it stands, or, where nothing can be said to it, this was noted."""

    run: str
    why: str


@frozen
class RunCut(Value):
    """A run's processes are to be ended: it is stuck, silent, over its time, or takes more than its share."""

    run: str
    kind: str
    """heartbeat, stuck, limit, disk."""
    why: str


@frozen
class LimitBreached(Value):
    """A host ended its agent, which took more of the machine than it may."""

    run: str
    what: str
    """memory, processes."""
    why: str
    seq: int = 0


@frozen
class TaskHandedOn(Value):
    """Restarting did not help: another agent begins a conversation of its own on the same branch."""

    task: str
    run: str
    why: str


@frozen
class LimitHit(Value):
    """The model's service said to come back later: nobody who shares the quota starts anything before it `reopens`."""

    quota: str
    why: str
    reopens: float
    run: str = ""


@frozen
class WindowOpened(Value):
    """A limit's time is over, or a person said to try again now."""

    quota: str
    by: str = ""


@frozen
class BreakerOpened(Value):
    """Agents died at once, one after the other: nothing starts until a person says so."""

    why: str


@frozen
class BreakerClosed(Value):
    """A person said to try again."""

    by: str = ""


@frozen
class StartsChanged(Value):
    """The machine has no room for another agent, and why; empty: it has room again."""

    why: str = ""


@frozen
class Overslept(Value):
    """So many seconds went by on the clock in which nobody watched: the machine slept, or its clock was set."""

    seconds: float


WatchEvent = (
    Nudged
    | RunCut
    | LimitBreached
    | TaskHandedOn
    | LimitHit
    | WindowOpened
    | BreakerOpened
    | BreakerClosed
    | StartsChanged
    | Overslept
)
