"""When somebody was last at a screen of this repository, kept in `.cockpit/seen`, and when they had been away.

Two times on one line: of the last key, and of the last key before the last long absence. Nothing depends on the
file: one that is missing or can't be read means that nobody was ever here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

AWAY_SECONDS = 600.0
"""Without a key for so long, somebody was away."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody was here."""

    at: float
    """When last."""
    since: float | None = None
    """When they were here before the last time that they had been away; None where they never were."""

    def away_since(self, now: float) -> float | None:
        """Since when they are away, or were away last before they came back."""
        return self.at if now - self.at > AWAY_SECONDS else self.since


def read(path: Path) -> Seen | None:
    """What the file says."""
    try:
        at, _, since = path.read_text(encoding="ascii").strip().partition(" ")
        return Seen(float(at), float(since) if since else None)
    except (OSError, ValueError):
        return None


def write(path: Path, seen: Seen) -> None:
    """Keep it. It is only a help, so a full disk is no trouble."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        temporary.write_text(f"{seen.at} {seen.since or ''}\n", encoding="ascii")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
