"""What a model's answer cost: its token counts as money, by the price list of genai-prices.

A model that the list does not know has no price, which is not a price of zero: its money is `None` and
its source `unknown`. The user may give prices of their own, and those win. They reach the processes that
need them in the variable COCKPIT_PRICES, as JSON: {"my-model": {"input": 3, "output": 15}}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VARIABLE = "COCKPIT_PRICES"


@dataclass(frozen=True, slots=True)
class Rates:
    """The user's own price of a model, in dollars for a million tokens."""

    input: float
    output: float
    cache_read: float | None = None
    """None: as `input`."""
    cache_write: float | None = None
    """None: as `input`."""


@dataclass(frozen=True, slots=True)
class Price:
    """What something cost, and who says so."""

    usd: float | None
    source: str
    """genai-prices, config, or unknown."""


UNKNOWN = Price(None, "unknown")

PROVIDERS = ("anthropic", None, "aws", "openrouter")
"""Whose price list is asked, in this order; None lets genai-prices guess from the name. The last two are for
gateways, which name the same models differently."""


def price(model: str, usage: Mapping[str, Any], own: Mapping[str, Rates] | None = None) -> Price:
    """The price of one answer; `usage` is as the Messages API gives it, in which cached tokens count apart."""
    if own and model in own:
        return Price(_by_rates(own[model], usage), "config")
    return _by_list(model, usage)


def tokens(usage: Mapping[str, Any]) -> int:
    """All the tokens of one answer, cached ones included."""
    return _input(usage) + _count(usage, "output_tokens")


def estimate(characters: int) -> int:
    """The tokens of a text not sent yet: two characters a token, more than text, code and numbers come to."""
    return characters // 2


def worst(model: str, request: int, answer: int, own: Mapping[str, Rates] | None = None) -> float | None:
    """The most that one answer of so many tokens to a request of so many can cost; None without a price."""
    usage = {"cache_creation_input_tokens": request, "output_tokens": answer}
    return price(ALIASES.get(model, model), usage, own).usd


ALIASES = {"sonnet": "claude-sonnet-5-5", "opus": "claude-opus-5-5", "haiku": "claude-haiku-5-5"}
"""What the Claude Code CLI lets its models be called."""


def answer_limit(model: str, usd: float, request_tokens: int, most: int, own: Mapping[str, Rates] | None = None) -> int:
    """How many tokens, up to `most`, an answer may have so that it and its request cost no more than `usd`.

    The request counts as if all of it were written to the cache, which is the dearest it can be. Without a
    price there is nothing to limit by.
    """
    written = {"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": request_tokens}
    request = price(model, written, own).usd
    answer = price(model, {"input_tokens": 0, "output_tokens": most}, own).usd
    if request is None or not answer:
        return most
    return max(0, min(most, int((usd - request) / (answer / most))))


def from_environment(environ: Mapping[str, str]) -> dict[str, Rates]:
    """The user's own prices as they came in COCKPIT_PRICES; none where it is not set or not readable."""
    try:
        return {model: Rates(**rates) for model, rates in json.loads(environ.get(VARIABLE) or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _by_rates(rates: Rates, usage: Mapping[str, Any]) -> float:
    read = rates.input if rates.cache_read is None else rates.cache_read
    write = rates.input if rates.cache_write is None else rates.cache_write
    millionths = (
        rates.input * _count(usage, "input_tokens")
        + read * _count(usage, "cache_read_input_tokens")
        + write * _count(usage, "cache_creation_input_tokens")
        + rates.output * _count(usage, "output_tokens")
    )
    return millionths / 1_000_000


def _by_list(model: str, usage: Mapping[str, Any]) -> Price:
    # Half a second of import, which only those pay who price something.
    from genai_prices import Usage, calc_price

    counted = Usage(
        input_tokens=_input(usage),  # genai-prices wants the cached ones in it; the API leaves them out
        output_tokens=_count(usage, "output_tokens"),
        cache_read_tokens=_count(usage, "cache_read_input_tokens"),
        cache_write_tokens=_count(usage, "cache_creation_input_tokens"),
    )
    for provider in PROVIDERS:
        try:
            return Price(float(calc_price(counted, model, provider_id=provider).total_price), "genai-prices")
        except LookupError:
            continue
    return UNKNOWN


def _input(usage: Mapping[str, Any]) -> int:
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return sum(_count(usage, name) for name in names)


def _count(usage: Mapping[str, Any], name: str) -> int:
    return int(usage.get(name) or 0)
