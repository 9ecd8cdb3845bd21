"""What a measurement gives, and the arithmetic that several share."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    target: str
    met: bool


def p95(values: Sequence[float]) -> float:
    """The value that 95 % stay below."""
    return statistics.quantiles(values, n=20)[-1]


def ratio(what: str, mine: Sequence[float], base: Sequence[float], limit: float, against: str) -> Row:
    """A row that compares two medians, in milliseconds."""
    a, b = statistics.median(mine), statistics.median(base)
    measured = f"{a * 1000:.0f} ms / {b * 1000:.0f} ms = {a / b:.2f}x"
    return Row(what, measured, f"≤ {limit:g}x {against}", a / b <= limit)


def in_turn(count: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Each measure `count` times, in turn, so that a machine's moods meet all; the first round does not count."""
    found: list[list[float]] = [[] for _ in measures]
    for n in range(count + 1):
        for values, measure in zip(found, measures, strict=True):
            seconds = measure()
            if n:
                values.append(seconds)
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    line = next(li for li in Path(f"/proc/{pid}/status").read_text().splitlines() if li.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
