"""What people do to agents: pausing, holding, killing, taking over."""

from __future__ import annotations

from cockpit.state import Visit
from cockpit.value import Value, frozen


@frozen
class AgentPaused(Value):
    """A person held an agent."""

    agent: int
    by: str = ""


@frozen
class AgentResumed(Value):
    """A person let an agent go on."""

    agent: int
    by: str = ""


@frozen
class WorkHeld(Value):
    """A person held all work of a category or of a role."""

    what: str
    name: str
    by: str = ""


@frozen
class WorkReleased(Value):
    """A person let a category or a role go on."""

    what: str
    name: str
    by: str = ""


@frozen
class Halted(Value):
    """An emergency stop: every process was killed; what ran can go on in the same conversations."""

    by: str = ""
    seconds: float = 0.0
    """From the wish to the last process gone."""


@frozen
class HaltLifted(Value):
    """A person let the night go on after an emergency stop."""

    by: str = ""


@frozen
class TakeOverAsked(Value):
    """A person wants an agent's conversation for themselves; its process is brought to an end."""

    agent: int
    run: str
    by: str = ""


@frozen
class TakenOver(Value):
    """The agent's process is gone and its conversation is free for the person."""

    agent: int
    run: str
    visit: Visit


@frozen
class HandedBack(Value):
    """The person gave the conversation back; its agent goes on."""

    agent: int
    run: str
    by: str = ""
    note: str = ""


@frozen
class KillAsked(Value):
    """A person wants a run's processes gone; the work is kept."""

    run: str
    by: str = ""
