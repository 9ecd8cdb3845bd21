"""The numbers of many nights: what landed, how well, how fast, and what it cost; by local day and over spans of days.

Made from the sums that the fold keeps (`fold.numbers`), so nothing is read again and nothing is guessed. A figure
for which nothing happened yet is None, never 0: no review is no bad review.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from cockpit import tallies as t
from cockpit.state import QUARTER_SECONDS, State

DAYS = 30
SPANS = {"today": 1, "week": 7, "month": DAYS}
"""Local days that each span has, today being the last."""

Sums = Mapping[str, float]

_USD = "usd"
"""What was spent, beside the sums that the fold has."""


def build(state: State, now: float) -> dict[str, Any]:
    """`spans` by name, and `days`: the newest 30 local days, oldest first."""
    by_day = _by_day(state)
    today = datetime.fromtimestamp(now).date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    found = {day: figures(by_day.get(day, {})) for day in days}
    spans = {name: figures(_sum(by_day.get(day, {}) for day in days[-count:]), count) for name, count in SPANS.items()}
    return {"spans": spans, "days": [{"day": day.isoformat(), **one} for day, one in found.items()]}


def figures(sums: Sums, days: int = 1) -> dict[str, Any]:
    """The figures of some days, from the sums of all their quarters. Seconds, US dollars, shares from 0 to 1."""
    landed = sums.get(t.LANDED, 0.0)
    busy, red = t.busy(sums), t.red(sums)
    checked = sums.get(t.GATES_GREEN, 0.0) + sums.get(t.GATES_RED, 0.0)
    return {
        "landed": int(landed),
        "landed_by_agent": {f"agent-{name}": int(n) for name, n in sorted(t.by_agent(sums).items(), key=_number)},
        "landed_per_agent_and_day": _ratio(landed, len(busy) * days),
        "mean_completion_seconds": _ratio(sums.get(t.LEAD_SECONDS, 0.0), landed),
        "busy_seconds": {f"agent-{name}": round(s, 1) for name, s in sorted(busy.items(), key=_number)},
        "utilisation": _ratio(sum(busy.values()), sums.get(t.OFFERED_SECONDS, 0.0), most=1.0),
        "gate_runs": int(checked),
        "gate_pass_rate": _ratio(sums.get(t.GATES_GREEN, 0.0), checked),
        "gates_failed": {name: int(n) for name, n in sorted(red.items())},
        "reviews": int(sums.get(t.REVIEWS, 0.0)),
        "first_review_approval": _ratio(sums.get(t.FIRST_APPROVALS, 0.0), sums.get(t.FIRST_REVIEWS, 0.0)),
        "mean_review_cycles": _ratio(sums.get(t.REVIEWS_REWORK, 0.0), sums.get(t.FIRST_REVIEWS, 0.0)),
        "rework_causes": {name: int(n) for name, n in sorted(t.rework(sums).items())},
        "regressions": int(sums.get(t.REGRESSIONS, 0.0)),
        "spent_usd": round(sums.get(_USD, 0.0), 6),
        "usd_per_landed": _ratio(sums.get(t.LANDED_USD, 0.0), landed),
        "overruns": int(sums.get(t.OVERRUNS, 0.0)),
        "emergency_stops": int(sums.get(t.EMERGENCY_STOPS, 0.0)),
        "mean_emergency_stop_seconds": _ratio(sums.get(t.EMERGENCY_SECONDS, 0.0), sums.get(t.EMERGENCY_STOPS, 0.0)),
        "rate_limit_violations": int(sums.get(t.LIMIT_VIOLATIONS, 0.0)),
        "restarts": int(sums.get(t.RESTARTS, 0.0)),
        "person_seconds": round(sums.get(t.PERSON_SECONDS, 0.0), 1),
        "decisions": int(sums.get(t.DECISIONS, 0.0)),
    }


def _by_day(state: State) -> dict[date, dict[str, float]]:
    """All sums by the local day that their quarter is in."""
    found: dict[date, dict[str, float]] = {}
    for quarter, sums in state.tallies.items():
        _add(found.setdefault(_day(quarter), {}), sums)
    for quarter, charges in state.quarters.items():
        _add(found.setdefault(_day(quarter), {}), {_USD: sum(charges.values())})
    return found


def _day(quarter: int) -> date:
    return datetime.fromtimestamp(quarter * QUARTER_SECONDS).date()


def _sum(days: Iterable[Sums]) -> dict[str, float]:
    whole: dict[str, float] = {}
    for one in days:
        _add(whole, one)
    return whole


def _add(whole: dict[str, float], more: Sums) -> None:
    for name, value in more.items():
        whole[name] = whole.get(name, 0.0) + value


def _ratio(part: float, whole: float, most: float | None = None) -> float | None:
    if not whole:
        return None
    share = part / whole
    return round(share if most is None else min(share, most), 4)


def _number(entry: tuple[str, float]) -> int:
    return int(entry[0]) if entry[0].isdigit() else 0


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────

BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None]) -> str:
    """One bar for each value, `·` where there is none; the highest reaches the top."""
    most = max((value for value in values if value), default=0.0)
    if not most:
        return "".join("·" if value is None else BARS[0] for value in values)
    return "".join("·" if v is None else BARS[round((len(BARS) - 1) * max(0.0, v) / most)] for v in values)


def lines(found: Mapping[str, Any], width: int = 80) -> list[str]:
    """The figures as lines: a name, today, 7 and 30 days, and a bar for each of the newest days there is room for."""
    room = max(7, min(DAYS, width - _NAME - 3 * _CELL - 2))
    days = found["days"][-room:]
    head = f"{'':<{_NAME}}" + "".join(f"{name:>{_CELL}}" for name in ("today", "7 days", "30 days"))
    made = [f"{head}  by day"]
    for name, key, show in _ROWS:
        cells = "".join(f"{_shown(one[key], show):>{_CELL}}" for one in found["spans"].values())
        made.append(f"{name:<{_NAME}}{cells}  {sparkline([_size(day[key]) for day in days])}")
    month = found["spans"]["month"]
    for name, key in (("went back, by", "rework_causes"), ("gates that failed", "gates_failed")):
        if month[key]:
            made.append(f"{name}: {_listed(month[key])}")
    if month["landed_by_agent"]:
        made.append("landed by: " + _listed(month["landed_by_agent"]))
    return made


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) + " (30 days)"


_NAME, _CELL = 28, 9
_ROWS: tuple[tuple[str, str, str], ...] = (
    ("landed", "landed", "count"),
    ("landed per agent and day", "landed_per_agent_and_day", "number"),
    ("queue to landed, mean", "mean_completion_seconds", "time"),
    ("agents busy", "utilisation", "share"),
    ("gates passed", "gate_pass_rate", "share"),
    ("approved at first review", "first_review_approval", "share"),
    ("review cycles, mean", "mean_review_cycles", "number"),
    ("rolled back or reopened", "regressions", "count"),
    ("waited for you", "person_seconds", "time"),
    ("spent", "spent_usd", "money"),
    ("a landed task, mean", "usd_per_landed", "money"),
    ("nights over their cap", "overruns", "count"),
    ("starts against a limit", "rate_limit_violations", "count"),
    ("restarts", "restarts", "count"),
    ("emergency stop, mean", "mean_emergency_stop_seconds", "seconds"),
)


def _size(value: float | None) -> float | None:
    return None if value is None else float(value)


def _shown(value: float | None, show: str) -> str:
    from cockpit.words import duration, money

    if value is None:
        return "–"
    match show:
        case "time":
            return duration(value) if value else "–"
        case "share":
            return f"{value:.0%}"
        case "money":
            return money(value)
        case "number":
            return f"{value:.1f}"
        case "seconds":
            return f"{value:.2f} s"
        case _:
            return f"{value:.0f}"
