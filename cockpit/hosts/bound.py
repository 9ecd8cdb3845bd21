"""The bound on what a host's agent spends: its turn is ended when its running cost reaches it.

An agent's own CLI should have stopped before; this is for one that does not, or that looks too seldom.
"""

from __future__ import annotations

import time
from dataclasses import replace

from cockpit.agents import Spec
from cockpit.agents.stream import Ended, StreamEvent

PATIENCE = 10.0
"""Seconds for an interrupted agent to end its turn, before it is ended itself."""


class Bound:
    """Compares the running cost of one process with what it was given."""

    def __init__(self, spec: Spec) -> None:
        self._bound = None if spec.budget_usd is None else max(0.0, spec.budget_usd - spec.hold_back_usd)
        self._budget = spec.budget_usd or 0.0
        self._ended = False
        self.cut_at = 0.0
        """When the turn was cut, by the monotonic clock; 0 while it was not."""

    def is_reached(self, spent_usd: float) -> bool:
        """Whether the turn is to be ended now; says so once."""
        if self._bound is None or self.cut_at or self._ended or spent_usd < self._bound or not spent_usd:
            return False
        self.cut_at = time.monotonic()
        return True

    def seen(self, event: StreamEvent) -> StreamEvent:
        """The event, the end of a turn with why it came where it was cut."""
        if not isinstance(event, Ended):
            return event
        self._ended = self._ended or event.broke
        if not self.cut_at or event.ok:
            return event
        self._ended = True
        return replace(event, error=self.refusal().error, broke=True)

    def refusal(self) -> Ended:
        """What becomes of a turn for which there is no money."""
        return Ended(False, error=f"budget: what it was given, ${self._budget:.2f}, is used up", broke=True)

    @property
    def due(self) -> float | None:
        """When to look whether it did as it was told."""
        return self.cut_at + PATIENCE if self.cut_at and not self._ended else None

    def is_ignored(self, now: float) -> bool:
        """It was told to end its turn, and has not."""
        return self.due is not None and now >= self.due
