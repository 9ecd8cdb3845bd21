"""What the model's service says of its limits, and what agents make of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cockpit.agents import limits
from cockpit.agents.claude_stream import ClaudeTranslator
from cockpit.agents.stream import Ended, Retrying

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC).timestamp()


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> float:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("Claude AI usage limit reached|1795348800", 1795348800.0),
        ("Claude AI usage limit reached|1795348800000", 1795348800.0),
        ("You've hit your session limit · resets 3pm (UTC)", at(21, 15)),
        ("You've hit your session limit · resets 3:45pm (UTC)", at(21, 15, 45)),
        ("5-hour limit reached ∙ resets 2am (UTC)", at(22, 2)),
        ("You've hit your weekly limit · resets 3pm (Europe/London)", at(21, 15)),
        ("You've hit your weekly limit · resets 3pm (Asia/Tokyo)", at(22, 6)),
        ("You've hit your weekly limit · resets Nov 24 at 9am (UTC)", at(24, 9)),
        ("You've hit your weekly limit · resets Dec 1, 12am (UTC)", at(1, 0, month=12)),
        ("rate limit: try again in 1h 30m", NOW + 5400),
        ("rate limit: retry after 90s", NOW + 90),
        ("You've hit your monthly spend limit", 0.0),
        ("resets 99pm (Nowhere/Atall)", 0.0),
        ("You've hit your weekly limit · resets Feb 31 at 9am (UTC)", 0.0),
    ],
)
def test_the_time_of_the_reset_is_read_from_the_sentence(said: str, when: float) -> None:
    assert limits.resets_at(said, NOW) == when


@pytest.mark.parametrize(
    ("text", "status", "is_one"),
    [
        ("anything", 429, True),
        ("You've hit your session limit", None, True),
        ("Claude AI usage limit reached|1", None, True),
        ("overloaded", 529, False),
        ("prompt is too long: 250000 tokens > 200000 maximum", None, False),
        ("the answers don't fit into 16000 tokens", None, False),
        ("Reached maximum budget ($0.1)", None, False),
        ("recursion limit reached", None, False),
    ],
)
def test_only_a_limit_is_one(text: str, status: int | None, is_one: bool) -> None:
    assert limits.is_limit(text, status) is is_one


def test_headers_say_when_what_is_used_up_comes_back() -> None:
    assert limits.from_headers({"anthropic-ratelimit-unified-reset": "1795348800"}) == 1795348800.0
    used = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-21T12:01:00Z",
        "anthropic-ratelimit-tokens-remaining": "5000",
        "anthropic-ratelimit-tokens-reset": "2026-11-21T13:00:00Z",
    }
    assert limits.from_headers(used) == NOW + 60
    assert limits.from_headers({"anthropic-ratelimit-unified-reset": "soon"}) == 0.0
    assert limits.from_headers({}) == 0.0


def ended(**data: object) -> Ended:
    line = json.dumps({"type": "result", "subtype": "success", "is_error": True, **data})
    translator = ClaudeTranslator(now=lambda: NOW)
    (found,) = [e for e in translator.read(line) if isinstance(e, Ended)]
    return found


def test_a_turn_of_the_cli_that_ran_into_a_limit_says_so_and_until_when() -> None:
    found = ended(result="You've hit your session limit · resets 3pm (UTC)", api_error_status=429)
    assert (found.limited, found.resets, found.fatal) == (True, at(21, 15), False)
    assert ended(result="API Error: 429 too many requests", api_error_status=429).limited
    assert not ended(result="API Error: overloaded", api_error_status=529).limited
    assert not ended(result="Credit balance is too low", api_error_status=400).limited


def test_the_reset_that_the_cli_told_before_counts_where_the_sentence_has_none() -> None:
    translator = ClaudeTranslator(now=lambda: NOW)
    told = {"type": "rate_limit_event", "rate_limit_info": {"status": "rejected", "resetsAt": int(NOW) + 600}}
    assert not list(translator.read(json.dumps(told)))
    result = {"type": "result", "is_error": True, "api_error_status": 429, "result": "limit"}
    (found,) = [e for e in translator.read(json.dumps(result)) if isinstance(e, Ended)]
    assert found.resets == NOW + 600


def test_a_retry_after_a_limit_is_told_apart_from_any_other() -> None:
    translator = ClaudeTranslator()
    retry = {"type": "system", "subtype": "api_retry", "error": "rate_limit", "retry_delay_ms": 30_000}
    (limited,) = translator.read(json.dumps(retry | {"error_status": 429}))
    (other,) = translator.read(json.dumps(retry | {"error_status": 529}))
    assert isinstance(limited, Retrying)
    assert isinstance(other, Retrying)
    assert (limited.limited, limited.seconds, other.limited) == (True, 30.0, False)
