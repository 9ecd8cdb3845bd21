"""Where today and this month begin, by the local clock."""

from __future__ import annotations

import time

from cockpit.reserves import Days


def local(now: float) -> Days:
    """The days of `now` by the local clock; a day has 23 or 25 hours where clocks change."""
    day = time.localtime(now)
    following = time.mktime((day.tm_year, day.tm_mon, day.tm_mday + 1, 0, 0, 0, 0, 0, -1))
    return Days(now, day_start(now), month_start(now), following)


def day_start(now: float) -> float:
    """The last local midnight; in a zone whose day begins later, when clocks change at midnight, that moment."""
    local = time.localtime(now)
    return time.mktime((local.tm_year, local.tm_mon, local.tm_mday, 0, 0, 0, 0, 0, -1))


def month_start(now: float) -> float:
    """Local midnight of the month's first day."""
    local = time.localtime(now)
    return time.mktime((local.tm_year, local.tm_mon, 1, 0, 0, 0, 0, 0, -1))
