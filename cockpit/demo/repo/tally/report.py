"""Reports: what Tally says about a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .numbers import mean, parse, total
from .table import render
from .words import frequencies

MEASURES: dict[str, Callable[[Sequence[float]], float]] = {
    "count": len,
    "total": total,
    "mean": mean,
}
"""What is measured, in the order of the report."""


def summary(text: str) -> dict[str, float]:
    """Every measure of the numbers in a text. Raises ValueError where it has none."""
    values = parse(text)
    if not values:
        raise ValueError("there are no numbers in it")
    return {name: measure(values) for name, measure in MEASURES.items()}


def numbers_report(text: str) -> str:
    """A table of every measure."""
    return render(["measure", "value"], [[name, shown(v)] for name, v in summary(text).items()])


def words_report(text: str, top: int) -> str:
    """A table of the most frequent words."""
    return render(["word", "times"], [[word, str(n)] for word, n in frequencies(text, top)])


def shown(value: float) -> str:
    """A number as people write it: whole ones without a point, others with two digits after it."""
    return str(int(value)) if value == int(value) else f"{value:.2f}"
