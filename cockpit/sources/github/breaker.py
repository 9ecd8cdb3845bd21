"""A breaker: after several failures in a row nothing is tried for a while, then once; each time the while doubles."""

from __future__ import annotations

from dataclasses import dataclass

FAILURES = 4
"""In a row, before it opens."""
FIRST_SECONDS = 30.0
MOST_SECONDS = 900.0


@dataclass
class Breaker:
    """Counts what fails; `until` is when the next try may be made."""

    failures: int = 0
    until: float = 0.0
    why: str = ""
    _opened: int = 0

    def is_open(self, now: float) -> bool:
        """Whether nothing may be tried now."""
        return now < self.until

    def failed(self, now: float, why: str) -> None:
        """One more failure; a try after it was open fails it at once."""
        self.failures += 1
        self.why = why
        if self.failures >= FAILURES or self._opened:
            self.until = now + min(MOST_SECONDS, FIRST_SECONDS * 2**self._opened)
            self._opened = min(self._opened + 1, 10)

    def worked(self) -> None:
        """All is well again."""
        self.failures, self.until, self.why, self._opened = 0, 0.0, "", 0
