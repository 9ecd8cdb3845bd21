"""Notifications as State knows them: what is to be told a person who is elsewhere, and which services told it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cockpit.value import Value, frozen

NEEDS_YOU, BUDGET, STOPPED, FINISHED, FAILING = "needs_you", "budget", "stopped", "finished", "failing"
KINDS = (NEEDS_YOU, BUDGET, STOPPED, FINISHED, FAILING)
"""Something waits for a decision; a share of a cap is spent; nothing new starts; the night is over (its report);
agents or tasks fail again and again."""

HOUR = 3600.0

SAID_KEPT = 5_000
"""Occasions that are remembered, so that none is told twice."""


@frozen
class Notification(Value):
    """Something to tell."""

    id: str
    """`N1`, `N2`, … in the order they came up."""
    kind: str
    key: str
    """The occasion: what has the same key is the same, and is told once."""
    title: str
    text: str = ""
    do: str = ""
    """The command that answers it."""
    about: str = ""
    """The task, where it is about one."""
    at: float = 0.0


@frozen
class Outbox(Value):
    """What one service has to tell yet, and how it went before."""

    waiting: tuple[str, ...] = ()
    """The ids of notifications, oldest first."""
    tries: int = 0
    """How often in a row it has failed."""
    tried_at: float = 0.0
    error: str = ""
    """Why it failed last; empty when it worked."""
    fatal: bool = False
    """Trying again can't help."""
    failed_at: float = 0.0
    sent_at: float = 0.0
    sent: int = 0
    """Messages that it took, ever."""
    dropped: int = 0
    """Notifications that it never took."""
    lately: tuple[float, ...] = ()
    """When it took the messages of the last hour."""


@frozen
class Told(Value):
    """All that was to be told."""

    raised: int = 0
    said: Mapping[str, float] = field(default_factory=dict)
    """The occasions that came up, and when."""
    notifications: Mapping[str, Notification] = field(default_factory=dict)
    """Those that an outbox still has."""
    outboxes: Mapping[str, Outbox] = field(default_factory=dict)
    """By service."""

    @property
    def is_behind(self) -> bool:
        """Whether something is still to be told."""
        return any(box.waiting for box in self.outboxes.values())


NOTHING_TOLD = Told()
