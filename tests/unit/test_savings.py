"""What was saved against everything on the strongest model: from tokens that were used, over processes and folds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit import events, metrics, savings
from cockpit.agents.claude_stream import ClaudeTranslator
from cockpit.agents.stream import Spent
from cockpit.config import load
from cockpit.engine import pricing
from cockpit.events import Recorded
from cockpit.fold import fold
from cockpit.hosts.journal import Journal
from cockpit.money_words import facts
from cockpit.state import State
from cockpit.tokens import Tokens, Yardstick, YardstickChosen, added, beyond, of_cli

STRONG = Yardstick("strong", 10.0, 50.0, 1.0, 12.5)

COUNTS = st.integers(0, 10**9)
USED = st.lists(
    st.builds(Tokens, st.sampled_from("abc"), COUNTS, COUNTS, COUNTS, COUNTS), max_size=3, unique_by=lambda t: t.model
).map(tuple)


def told(*more: events.Event) -> State:
    """A night with one run, and what happened in it."""
    begun = (
        events.TaskAdded("T1", "Say hello"),
        events.NightStarted("n", 1, "main"),
        YardstickChosen(STRONG),
        events.TaskClaimed("T1", 1, "T1-1", "s", model="small"),
        events.RunStarted("T1-1", "b", "/w", "c", 1, "small"),
    )
    return fold([Recorded(n, "s", n, float(n), event) for n, event in enumerate((*begun, *more), 1)])


def seen(seq: int, usd: float, *used: Tokens) -> events.CostSeen:
    return events.CostSeen("T1-1", seq, usd, 100, "small", "cli", used=used)


def test_the_same_tokens_on_the_strongest_model_less_what_they_cost() -> None:
    state = told(
        seen(1, 1.0, Tokens("small", 100_000, 10_000)),
        seen(2, 2.0, Tokens("small", 200_000, 20_000, 1_000_000, 100_000)),
        events.CallPaid("reviewer", 0.5, 10, "strong", "cli", "T1", used=(Tokens("strong", 25_000, 5_000),)),
    )

    found = savings.build(state)

    assert found is not None
    assert found["on_strongest"] == pytest.approx(2.0 + 1.0 + 1.0 + 1.25 + 0.25 + 0.25)
    assert found["spent"] == 2.5
    assert found["saved"] == pytest.approx(3.25)
    assert found["by_model"]["small"]["cache_read"] == 1_000_000
    words = dict(facts(metrics.money(state, 100.0)))
    assert words["saved"] == "$3.25 est. (57%) against everything on strong"


def test_what_cost_more_is_said_as_it_is() -> None:
    state = told(seen(1, 3.0, Tokens("dear", 100_000)))

    assert savings.in_words(savings.build(state)) == "nothing: $2.00 more est. than everything on strong"


def test_money_whose_tokens_nobody_counted_is_in_no_comparison() -> None:
    assert savings.build(told(events.CostSeen("T1-1", 1, 4.0, 9, "small", "cli"))) is None
    mixed = told(events.CostSeen("T1-1", 1, 4.0, 9, "small", "cli"), seen(2, 5.0, Tokens("small", 200_000)))
    found = savings.build(mixed)
    assert found is not None
    assert found["spent"] == 1.0


def test_another_night_begins_with_nothing_saved() -> None:
    state = told(seen(1, 1.0, Tokens("small", 100_000)), events.NightEnded("done"), events.NightStarted("m", 1, "main"))

    assert savings.build(state) is None


def test_many_events_fold_to_the_same_savings_at_once() -> None:
    costs = [seen(n, n / 10, Tokens("small", n * 1000, n * 100), Tokens("helper", n)) for n in range(1, 60)]

    whole, single = told(*costs), State()
    for n, event in enumerate((*_events_of(whole), *costs), 1):
        single = fold([Recorded(n, "s", n, float(n), event)], single)
    assert savings.build(whole) == savings.build(single)
    assert whole.used["small"] == Tokens("small", 59_000, 5_900)


def _events_of(_: State) -> tuple[events.Event, ...]:
    return (
        events.TaskAdded("T1", "Say hello"),
        events.NightStarted("n", 1, "main"),
        YardstickChosen(STRONG),
        events.TaskClaimed("T1", 1, "T1-1", "s", model="small"),
        events.RunStarted("T1-1", "b", "/w", "c", 1, "small"),
    )


@given(USED, USED)
def test_what_came_on_top_and_what_was_there_are_the_whole(
    before: tuple[Tokens, ...], more: tuple[Tokens, ...]
) -> None:
    whole = added(before, more)
    again = {t.model: t for t in added(before, beyond(whole, before))}
    assert again == {t.model: t for t in whole}


def test_a_run_over_two_processes_counts_each_token_once(tmp_path: Path) -> None:
    path = str(tmp_path / "events.jsonl")
    for _ in range(2):
        journal = Journal(path)
        journal.append(Spent(0.5, 10, "m", "cli", used=(Tokens("m", 3, 2),)))
        journal.append(Spent(1.0, 20, "m", "cli", used=(Tokens("m", 6, 4), Tokens("h", 1))))
        last = journal.spent
        journal.close()
    assert last.used == (Tokens("m", 12, 8), Tokens("h", 2))


def test_a_resumed_cli_that_carries_its_count_over_is_counted_from_where_it_began() -> None:
    translator = ClaudeTranslator(resumed=True)

    def usage(count: int) -> str:
        models = {"m": {"inputTokens": count, "outputTokens": 1, "cacheReadInputTokens": 5, "costUSD": 0.1}}
        session = {"total_cost_usd": count / 100, "model_usage": models}
        return json.dumps({"type": "control_response", "response": {"response": {"session": session}}})

    assert list(translator.read(usage(100))) == []
    (spent,) = translator.read(usage(150))
    assert isinstance(spent, Spent)
    assert spent.used == (Tokens("m", 50),)


def test_nonsense_in_a_count_is_no_count() -> None:
    assert of_cli({"m": {"inputTokens": "many", "outputTokens": True, "cacheReadInputTokens": -3}}) == (Tokens("m"),)
    assert of_cli(["m"]) == ()


def test_the_dearest_configured_model_is_the_yardstick(tmp_path: Path) -> None:
    (tmp_path / "cockpit.toml").write_text('[routing]\nhard_model = "mine"\n[prices.mine]\ninput = 90\noutput = 900\n')

    found = pricing.yardstick(load(tmp_path, {}))

    assert found is not None
    assert (found.model, found.input, found.output) == ("mine", 90.0, 900.0)
    plain = pricing.yardstick(load(tmp_path.parent / "nowhere", {}))
    assert plain is not None
    assert plain.model == "claude-opus-5-5"
