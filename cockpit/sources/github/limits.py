"""GitHub's limits as its answers tell them: how much of the quota is left, and until when nobody may ask.

What is known is kept in `.cockpit/github/limits.json`, so that the next process does not find out anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cockpit import durable
from cockpit.sources.github.errors import Limited
from cockpit.sources.github.turns import Priority

PATIENCE = 90.0
"""Seconds that a request waits by itself; for a longer while whoever asks is told, and comes again."""

SECONDARY_SECONDS = 60.0
"""After a secondary limit that names no time, as GitHub's documentation says; doubles with each in a row."""

LONGEST = 3600.0

FLOORS: Mapping[Priority, float] = {Priority.REVIEWS: 0.0, Priority.EXECUTION: 0.05, Priority.IDEAS: 0.25}
"""The share of the quota that each leaves to those before it."""


@dataclass
class Limits:
    """What is known of the quota."""

    path: Path
    limit: int = 0
    remaining: int = 0
    reset: float = 0.0
    """When the quota is whole again."""
    blocked_until: float = 0.0
    """Nobody asks before."""
    why: str = ""
    secondary: int = 0
    """Secondary limits in a row."""

    def load(self, now: float) -> None:
        """Take up what another process has found out."""
        try:
            said = json.loads(self.path.read_bytes())
            until = float(said["until"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        if now < until <= now + LONGEST + 60:
            self.blocked_until, self.why = until, str(said.get("why", ""))

    def saw(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer says of the quota."""
        if headers.get("x-ratelimit-resource", "core") != "core":
            return
        with suppress(KeyError, ValueError):
            remaining, limit = int(headers["x-ratelimit-remaining"]), int(headers["x-ratelimit-limit"])
            self.remaining, self.limit = remaining, limit
            self.reset = float(headers["x-ratelimit-reset"])

    def check(self, priority: Priority, now: float) -> None:
        """Raise Limited where a request of this priority must not be sent for longer than one waits."""
        if now + PATIENCE < self.blocked_until:
            raise Limited(f"{self.why or 'GitHub asks us to wait'}", self.blocked_until)
        if self.limit and now < self.reset and self.remaining <= self.floor(priority):
            left = f"{self.remaining} of {self.limit} requests are left, and are kept for what is more urgent"
            raise Limited(left if self.remaining else "GitHub's quota is used up", self.reset)

    def floor(self, priority: Priority) -> int:
        """How many requests are kept from this priority."""
        return int(self.limit * FLOORS[priority])

    def refused(self, status: int, headers: Mapping[str, str], text: str, now: float) -> float | None:
        """Until when a refusal makes everybody wait; None where it is none of a limit."""
        if status not in (403, 429):
            return None
        after, used_up = headers.get("retry-after", ""), headers.get("x-ratelimit-remaining") == "0"
        secondary = "secondary" in text.lower() or "abuse" in text.lower()
        if after.isdigit():
            until = now + float(after)
        elif used_up:
            until = _number(headers.get("x-ratelimit-reset"), now + SECONDARY_SECONDS) + 1.0
        elif secondary or status == 429:
            until = now + min(LONGEST, SECONDARY_SECONDS * 2**self.secondary)
        else:
            return None
        self.secondary += 1
        why = "GitHub's quota is used up" if used_up and not secondary else "GitHub's secondary limit is reached"
        return self.block(min(until, now + LONGEST), why)

    def block(self, until: float, why: str) -> float:
        """Nobody asks before `until`."""
        self.blocked_until, self.why = max(self.blocked_until, until), why
        with suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.replace(self.path, json.dumps({"until": self.blocked_until, "why": why}).encode())
        return self.blocked_until

    def worked(self) -> None:
        """A request went through."""
        self.secondary = 0


def _number(text: str | None, otherwise: float) -> float:
    try:
        return float(text or "")
    except ValueError:
        return otherwise
