"""Numbers: reading them from text, and what can be said about many of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum


def parse(text: str) -> list[float]:
    """The numbers in a text, between any white space. Raises ValueError, naming the line."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for word in line.split():
            try:
                found.append(float(word))
            except ValueError:
                raise ValueError(f"line {number}: {word!r} is not a number") from None
    return found


def total(values: Sequence[float]) -> float:
    """The sum, exact to the last digit that a float can hold."""
    return fsum(values)


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean. Raises ValueError where there are no values."""
    if not values:
        raise ValueError("no values, so no mean")
    return total(values) / len(values)
