"""Limits of the model's service, as they are told: by status, by header, or in a sentence with a time in it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

TOO_MANY = 429

_SAID = re.compile(
    r"(usage|session|weekly|daily|monthly|rate|5-hour|opus|sonnet|haiku|spend)[ _]limit"
    r"|hit your .{0,40}limit|too many requests",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"limit reached\s*\|\s*(\d{9,13})", re.IGNORECASE)
_CLOCK = re.compile(
    r"resets?\s+(?:at\s+)?(?:(?P<month>[A-Z][a-z]{2})[a-z]*\s+(?P<day>\d{1,2})(?:,|\s+at)?\s+)?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s*(?P<half>am|pm)?(?:\s*\((?P<zone>[A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*)\))?",
    re.IGNORECASE,
)
_IN = re.compile(
    r"(?:resets?|try again|retry)\s+(?:in|after)\s+(?:(\d+)\s*h\w*)?\s*(?:(\d+)\s*m\w*)?\s*(?:(\d+)\s*s\w*)?", re.I
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

SOON = 60.0
"""A wait that is shorter is left to whoever asked: no need to stop everybody."""


def is_limit(text: str, status: int | None = None) -> bool:
    """Whether a failure is one: it goes away by waiting, and concerns everybody who shares the quota."""
    return status == TOO_MANY or (status is None and _SAID.search(text) is not None)


def resets_at(text: str, now: float) -> float:
    """When the limit is over, by what the sentence says; 0.0 where it doesn't."""
    if found := _EPOCH.search(text):
        number = float(found[1])
        return number / 1000 if number > 1e11 else number
    if (found := _IN.search(text)) and any(found.groups()):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return now + hours * 3600 + minutes * 60 + seconds
    if found := _CLOCK.search(text):
        return _by_clock(found, now)
    return 0.0


def _by_clock(found: re.Match[str], now: float) -> float:
    """The next such time of day, in the zone that is named, else in ours."""
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), (found["half"] or "").lower()
    zone = _zone(found["zone"])
    if (found["zone"] and zone is None) or (half and not 1 <= hour <= 12):
        return 0.0
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59 or not (half or found["minute"]):
        return 0.0
    here = datetime.fromtimestamp(now, zone)
    then = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    month = (found["month"] or "").lower()
    try:
        if month in _MONTHS:
            then = then.replace(month=_MONTHS.index(month) + 1, day=int(found["day"]))
            then = then if then >= here - timedelta(days=1) else then.replace(year=then.year + 1)
        elif then <= here:
            then += timedelta(days=1)
    except ValueError:
        return 0.0
    return _timestamp(then)


def _timestamp(then: datetime) -> float:
    return then.timestamp() if then.tzinfo is not None else time.mktime(then.timetuple())


def _zone(name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def from_headers(headers: Mapping[str, str]) -> float:
    """The latest reset among what an answer's headers say is used up; 0.0 where they say nothing."""
    text = headers.get("anthropic-ratelimit-unified-reset")
    if text and headers.get("anthropic-ratelimit-unified-status", "rejected") == "rejected":
        return _number(text)
    found = []
    for what in ("requests", "tokens", "input-tokens", "output-tokens"):
        used_up = headers.get(f"anthropic-ratelimit-{what}-remaining", "").strip() == "0"
        if used_up and (text := headers.get(f"anthropic-ratelimit-{what}-reset")):
            found.append(_moment(text))
    return max(found, default=0.0)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text.strip().replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
