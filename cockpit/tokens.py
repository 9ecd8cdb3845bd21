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
        found[one.model] = one if old is None else _together(old, one)
    return found


def beyond(now: Iterable[Tokens], before: Iterable[Tokens]) -> Used:
    """What came on top of an earlier count; never less than nothing."""
    known = {one.model: one for one in before}
    found = (_above(one, known.get(one.model, _NONE)) for one in now)
    return tuple(one for one in found if one is not None)


def _above(now: Tokens, before: Tokens) -> Tokens | None:
    """One model's; None where nothing came on top, as with every second thing that an agent tells of its cost."""
    given, said = now.input - before.input, now.output - before.output
    read, write = now.cache_read - before.cache_read, now.cache_write - before.cache_write
    if given <= 0 and said <= 0 and read <= 0 and write <= 0:
        return None
    return Tokens(now.model, max(0, given), max(0, said), max(0, read), max(0, write))


_NONE = Tokens("")


def _together(one: Tokens, other: Tokens) -> Tokens:
    return Tokens(
        one.model,
        one.input + other.input,
        one.output + other.output,
        one.cache_read + other.cache_read,
        one.cache_write + other.cache_write,
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
