"""A night, its engine, and what people asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit.state import MergePolicy
from cockpit.value import Value, frozen


@frozen
class CommandGiven(Value):
    """A person or a script asked for something; `commands.py` knows the kinds."""

    id: str
    name: str
    data: Mapping[str, Any]
    by: str = "you"
    who: str = ""
    """The person's name, user number and terminal, and the way: the screen or the command line."""


@frozen
class CommandAnswered(Value):
    """The engine took or refused a command, and says so in words."""

    id: str
    ok: bool
    message: str = ""


@frozen
class EngineStarted(Value):
    """An engine took the lock and read the ledger to its end."""

    pid: int
    version: str
    node: str = ""


@frozen
class EngineStopped(Value):
    """The engine left on purpose."""

    reason: str


@frozen
class NightStarted(Value):
    """A night began: from now on agents claim tasks."""

    night: str
    agents: int
    target: str
    merge: MergePolicy = MergePolicy.ASK
    review: bool = True
    cap_usd: float | None = None
    reserve_usd: float = 0.0
    until: float | None = None
    network: bool = True
    """False: its agents reach their model and nothing else."""


@frozen
class NightChanged(Value):
    """A running night got other bounds; None leaves one as it is."""

    agents: int | None = None
    merge: MergePolicy | None = None
    cap_usd: float | None = None
    until: float | None = None
    network: bool | None = None


@frozen
class NightStopping(Value):
    """Nothing new starts any more; what runs is brought to a safe end."""

    reason: str
    by: str = ""


@frozen
class NightEnded(Value):
    """Every agent is at rest and the night's book is closed."""

    reason: str


@frozen
class NightReopened(Value):
    """A night that the budget had stopped goes on: its cap was raised."""

    by: str = ""


@frozen
class NightClosed(Value):
    """A person left it at that, after the budget had stopped the night."""

    by: str = ""
