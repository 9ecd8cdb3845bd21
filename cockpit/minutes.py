"""How long a plan says that a task takes: `2h`, `1-2 hours`, `45 min`, `1h 30m`, in minutes."""

from __future__ import annotations

import re

_MINUTES = {"m": 1.0, "h": 60.0, "d": 480.0, "w": 2400.0}
"""A day of work has eight hours, a week five days."""

_PART = re.compile(r"(?i)(\d+(?:[.,]\d+)?)(?:\s?[-–]\s?(\d+(?:[.,]\d+)?))?\s?(h|m|d|w)[a-z]*")


def minutes_in(text: str) -> float:
    """The minutes; the middle of a span; 0 where none are told, as of points."""
    total = 0.0
    for low, high, unit in _PART.findall(text):
        first = float(low.replace(",", "."))
        last = float(high.replace(",", ".")) if high else first
        total += (first + last) / 2 * _MINUTES[unit.lower()]
    return total


def in_words(minutes: float) -> str:
    """`45 min`, `2 h`, `1 h 30 min`, as `minutes_in` reads it."""
    hours, rest = divmod(max(1, round(minutes)), 60)
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "")))
