"""Chance that can be replayed: every roll is a hash of the night's seed and of what is rolled for.

There is no stream of random numbers to get out of step: taking one task or one fault away leaves all other rolls
as they were, so a failing night can be made smaller and still fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Rolls for one seed."""

    def __init__(self, seed: int) -> None:
        """The same seed rolls the same."""
        self.seed = seed

    def roll(self, *what: object) -> float:
        """A number from 0 to below 1."""
        text = f"{self.seed}/{'/'.join(map(str, what))}"
        return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56

    def chance(self, share: float, *what: object) -> bool:
        """True as often as `share` says."""
        return share > 0 and self.roll(*what) < share

    def between(self, low: float, high: float, *what: object) -> float:
        """A number between the two."""
        return low + (high - low) * self.roll(*what)

    def count(self, low: int, high: int, *what: object) -> int:
        """A whole number, both ends included."""
        return low + int(self.roll(*what) * (high - low + 1))

    def pick(self, options: Sequence[T], *what: object) -> T:
        """One of `options`."""
        return options[int(self.roll(*what) * len(options))]
