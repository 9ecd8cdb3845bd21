"""Quiet hours by the local clock: `23:00-07:00`, across midnight, and through the nights when clocks change."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

SHAPE = r"([01]?\d|2[0-3]):[0-5]\d"
PATTERN = rf"^{SHAPE}\s*-\s*{SHAPE}$"

MINUTE, DAY_MINUTES = 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one minute of the day to another; nothing where they are the same."""

    begin: int
    end: int

    def ends(self, now: float) -> float:
        """When the quiet hours end that `now` lies in; 0 where it lies in none."""
        if not self._holds(now):
            return 0.0
        minute = now // MINUTE * MINUTE
        at = minute + (self.end - _minute(now)) % DAY_MINUTES * MINUTE
        # Where clocks change in between, that is an hour off.
        while self._holds(at):
            at += MINUTE
        while at - MINUTE > now and not self._holds(at - MINUTE):
            at -= MINUTE
        return at

    def _holds(self, at: float) -> bool:
        minute = _minute(at)
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


def _minute(at: float) -> int:
    local = time.localtime(at)
    return local.tm_hour * 60 + local.tm_min


def read(text: str) -> Quiet | None:
    """The quiet hours that `HH:MM-HH:MM` means; None for an empty text. Raises ValueError."""
    if not text.strip():
        return None
    if re.match(PATTERN, text.strip()) is None:
        raise ValueError("expected HH:MM-HH:MM, such as 23:00-07:00")
    begin, end = (int(h) * 60 + int(m) for h, m in re.findall(r"(\d+):(\d+)", text))
    if begin == end:
        raise ValueError("it begins when it ends; leave it empty for no quiet hours")
    return Quiet(begin, end)
