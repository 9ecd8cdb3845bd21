"""Holding: while the disk is full or read-only, nothing new is begun, and nothing that happened is forgotten.

What could not be recorded waits here, in its order, and goes into the ledger before anything is decided again; so the
ledger never says what did not happen, and later says all that did. The status reads what holds us in the lock's file,
which has room for it since the engine began. A try is made ever less often, at least every `SLOWEST` seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cockpit.events import Event
from cockpit.held import HeldUp
from cockpit.policy.actions import AskPlanner, Compare, Effect, Merge, Review, RunGates, SendTurn, StartRun

SOONEST, SLOWEST = 0.5, 60.0
"""Seconds between two tries."""

NEEDS_ROOM = (StartRun, SendTurn, RunGates, Review, Merge, Compare, AskPlanner)
"""What is not begun meanwhile; ending, pausing and answering go on."""


@dataclass
class Hold:
    """What holds the engine up, if anything does."""

    tell: Callable[[str], None] = lambda words: None
    """Says it where others can read it though nothing can be written."""
    reason: str = ""
    since: float = 0.0
    retry: float = 0.0
    """When to try again."""
    waiting: list[Event] = field(default_factory=list)
    """What happened and is not recorded yet."""
    _pause: float = SOONEST
    _ended: float = 0.0

    @property
    def is_on(self) -> bool:
        """Whether nothing new may be begun."""
        return bool(self.reason)

    def begin(self, reason: str, now: float) -> None:
        """Something can't be written, still or again."""
        if not self.reason:
            self.since = now
            if now - self._ended > SLOWEST:
                self._pause = SOONEST
        self.reason, self.retry = reason, now + self._pause
        self._pause = min(SLOWEST, self._pause * 2)
        self.tell(f"holding: {reason}")

    def told(self, now: float) -> HeldUp:
        """What is to be recorded of it, when it is over."""
        return HeldUp(self.reason, self.since, max(0.0, now - self.since))

    def over(self, now: float) -> None:
        """It works again."""
        self.reason, self._ended = "", now
        self.tell("")

    def lets(self, effect: Effect) -> bool:
        """Whether an effect may begin now."""
        return not self.is_on or not isinstance(effect, NEEDS_ROOM)
