"""Tokens by model and sort: what was really used, to be priced by any model's rates. Plain values, below State."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cockpit.value import Value, frozen


@frozen
class Tokens(Value):
    """The tokens of one model."""

    model: str
    input: int = 0
    """Neither read from a cache nor written to one."""
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


@frozen
class Yardstick(Value):
    """The strongest model that is configured, and its price: what all work is compared with."""

    model: str
    input: float
    """US dollars for a million tokens."""
    output: float
    cache_read: float
    cache_write: float

    def usd(self, tokens: Tokens) -> float:
        """What these would have cost on it."""
        millionths = (
            self.input * tokens.input
            + self.output * tokens.output
            + self.cache_read * tokens.cache_read
            + self.cache_write * tokens.cache_write
        )
        return millionths / 1_000_000


@frozen
class YardstickChosen(Value):
    """Work is compared with this model from now on: part of the vocabulary of `events`."""

    yardstick: Yardstick


Used = tuple[Tokens, ...]
"""One for each model."""


def added(some: Iterable[Tokens], more: Iterable[Tokens]) -> Used:
    """Both together."""
    return tuple(summed({one.model: one for one in some}, more).values())


def summed(sums: Mapping[str, Tokens], more: Iterable[Tokens]) -> dict[str, Tokens]:
    """The same by model."""
    found = dict(sums)
    for one in more:
        old = found.get(one.model)
        found[one.model] = one if old is None else _each(old, one, 1)
    return found


def beyond(now: Iterable[Tokens], before: Iterable[Tokens]) -> Used:
    """What came on top of an earlier count; never less than nothing."""
    known = {one.model: one for one in before}
    found = (one if one.model not in known else _each(one, known[one.model], -1) for one in now)
    return tuple(one for one in found if one.input or one.output or one.cache_read or one.cache_write)


def _each(left: Tokens, right: Tokens, sign: int) -> Tokens:
    return Tokens(
        left.model,
        max(0, left.input + sign * right.input),
        max(0, left.output + sign * right.output),
        max(0, left.cache_read + sign * right.cache_read),
        max(0, left.cache_write + sign * right.cache_write),
    )


def of_usage(model: str, usage: Mapping[str, Any]) -> Tokens:
    """As the Messages API counts one answer."""
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return Tokens(model, *(_count(usage.get(name)) for name in names))


def of_cli(usage: Any) -> Used:
    """As the Claude Code CLI counts a process, model by model."""
    names = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
    models = usage.items() if isinstance(usage, Mapping) else ()
    counts = ((model, counts if isinstance(counts, Mapping) else {}) for model, counts in models)
    return tuple(Tokens(str(model), *(_count(found.get(name)) for name in names)) for model, found in counts)


def _count(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15 else 0
