"""Prices: tokens as money, cached ones included, and unknown is not zero."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cockpit.prices import Price, Rates, answer_limit, from_environment, price, tokens

MODEL = "claude-sonnet-4-5"
USAGE = {
    "input_tokens": 500,
    "cache_read_input_tokens": 400,
    "cache_creation_input_tokens": 100,
    "output_tokens": 50,
}


def test_cached_tokens_have_their_own_price() -> None:
    found = price(MODEL, USAGE)
    assert found.source == "genai-prices"
    assert found.usd == pytest.approx((500 * 3 + 400 * 0.3 + 100 * 3.75 + 50 * 15) / 1e6)
    assert tokens(USAGE) == 1050


def test_a_dated_name_is_the_same_model() -> None:
    assert price("claude-sonnet-4-5-20250929", USAGE) == price(MODEL, USAGE)


def test_counts_that_are_missing_or_null_count_nothing() -> None:
    assert price(MODEL, {"output_tokens": 1_000_000, "cache_read_input_tokens": None}).usd == pytest.approx(15)


def test_an_unknown_model_has_no_price() -> None:
    assert price("scripted-model", USAGE) == Price(None, "unknown")


def test_the_users_own_price_wins() -> None:
    own = {MODEL: Rates(input=1, output=2), "scripted-model": Rates(1, 2, cache_read=0, cache_write=4)}
    assert price(MODEL, USAGE, own) == Price((1000 + 100) / 1e6, "config")
    assert price("scripted-model", USAGE, own).usd == pytest.approx((500 + 400 + 100) / 1e6)


def test_an_answer_is_limited_to_what_the_money_allows() -> None:
    assert answer_limit(MODEL, usd=100, request_tokens=100, most=8000) == 8000
    limit = answer_limit(MODEL, usd=0.05, request_tokens=1000, most=8000)
    worst = {"cache_creation_input_tokens": 1000, "output_tokens": limit}
    assert 0.0499 < (price(MODEL, worst).usd or 0) <= 0.05
    assert answer_limit(MODEL, usd=0.001, request_tokens=10_000, most=8000) == 0
    assert answer_limit("scripted-model", usd=0.001, request_tokens=10_000, most=8000) == 8000


def test_own_prices_come_through_the_environment() -> None:
    found = from_environment({"COCKPIT_PRICES": '{"mine": {"input": 3, "output": 15}}'})
    assert found == {"mine": Rates(3, 15)}
    for broken in ("", "nonsense", "[]", '{"mine": {"input": 3}}', '{"mine": 3}'):
        assert from_environment({"COCKPIT_PRICES": broken}) == {}


def test_importing_prices_loads_no_price_list() -> None:
    code = "import sys, cockpit.prices; sys.exit('genai_prices' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
