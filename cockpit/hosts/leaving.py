"""Bringing an agent's process to its end: politely first, harder each time it does not go."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Do this, then give it `seconds`."""

    name: str
    seconds: float
    signal: int = 0


LADDER = (
    Step("ask", 5.0),
    Step("interrupt", 5.0, signal.SIGINT),
    Step("terminate", 3.0, signal.SIGTERM),
    Step("kill", 2.0, signal.SIGKILL),
)


class Ladder:
    """Climbs one step when the last one's time is over."""

    def __init__(self, act: Callable[[Step], None]) -> None:
        """`act` does what a step says."""
        self._act = act
        self._next = 0
        self.due: float | None = None
        """When the next step is to be taken; None while nobody asked for the end."""

    @property
    def has_begun(self) -> bool:
        """Whether the agent is on its way out."""
        return self.due is not None

    def begin(self, now: float) -> None:
        """Take the first step; nothing where it is taken already."""
        if self.due is None:
            self.climb(now)

    def skip_to_kill(self, now: float) -> None:
        """Take the last step now."""
        self._next = len(LADDER) - 1
        self.climb(now)

    def climb(self, now: float) -> None:
        """Take the next step; the last one again and again."""
        step = LADDER[min(self._next, len(LADDER) - 1)]
        self._next += 1
        self.due = now + step.seconds
        self._act(step)
