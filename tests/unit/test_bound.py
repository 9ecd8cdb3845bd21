"""What a host does when its agent reaches the money that it was given."""

from __future__ import annotations

from cockpit.agents import Spec
from cockpit.agents.claude_stream import ClaudeTranslator
from cockpit.agents.stream import Ended, Said, Spent
from cockpit.agents.unsettled import Unsettled
from cockpit.hosts.bound import Bound
from tests.unit.test_claude_stream import line

SPEC = Spec("T1-1", "s", False, "m", ".", ".", budget_usd=2.0, hold_back_usd=0.5)


def test_the_turn_is_cut_once_where_the_next_answer_could_pass_the_reserve() -> None:
    bound = Bound(SPEC)
    assert [bound.is_reached(usd) for usd in (0.0, 1.49, 1.5, 1.9)] == [False, False, True, False]


def test_the_end_of_a_cut_turn_says_that_money_was_the_reason() -> None:
    bound = Bound(SPEC)
    bound.is_reached(1.6)
    ended = bound.seen(Ended(False, error="interrupted"))
    assert isinstance(ended, Ended)
    assert ended.broke
    assert ended == bound.refusal()
    assert bound.seen(Said("hello")) == Said("hello")


def test_a_turn_that_came_to_its_end_is_no_failure_though_the_money_is_used_up() -> None:
    bound = Bound(SPEC)
    bound.is_reached(1.6)
    assert bound.seen(Ended(True, "done")) == Ended(True, "done")


def test_an_agent_that_goes_on_is_ended() -> None:
    bound = Bound(SPEC)
    assert bound.due is None
    bound.is_reached(1.6)
    assert bound.due is not None
    assert not bound.is_ignored(bound.cut_at + 1)
    assert bound.is_ignored(bound.due)


def test_without_a_reserve_nothing_is_cut() -> None:
    assert not Bound(Spec("T1-1", "s", False, "m", ".", ".")).is_reached(1e6)


def test_answers_on_their_way_are_counted_at_their_most_until_the_cost_is_told() -> None:
    unsettled = Unsettled(0.5)
    unsettled.turn_begins()
    assert unsettled.usd == 0.5
    for message in ("a", "b", "b", "c"):
        unsettled.answered(message, "")
    assert unsettled.usd == 0.5 * 3, "the one on its way, and two that the CLI has not told of"
    unsettled.counted()
    assert unsettled.usd == 0.5
    unsettled.answered("x", "toolu_subagent")
    assert unsettled.usd == 1.0, "a subagent has a request of its own on its way"
    unsettled.thread_ends("toolu_subagent")
    unsettled.counted()
    unsettled.turn_ends("completed")
    assert unsettled.usd == 0.0


def test_an_answer_that_was_broken_off_stays_counted_for_its_cli_says_it_cost_nothing() -> None:
    unsettled = Unsettled(0.5)
    unsettled.turn_begins()
    unsettled.turn_ends("aborted_streaming")
    assert unsettled.usd == 0.5
    unsettled.turn_begins()
    unsettled.turn_ends("aborted_tools")
    assert unsettled.usd == 0.5


def test_the_streams_costs_say_what_may_come_on_top() -> None:
    reader = ClaudeTranslator(answer_usd=0.5)
    begun = list(reader.read(line("system", subtype="init", session_id="s", model="m")))
    assert [e.open_usd for e in begun if isinstance(e, Spent)] == [0.5]
    ended = list(reader.read(line("result", total_cost_usd=0.2, modelUsage={}, result="ok")))
    assert [(e.usd, e.open_usd) for e in ended if isinstance(e, Spent)] == [(0.2, 0.0)]
