"""Taking an agent's conversation over from the screen: in, back, and whatever keeps a person out."""

from __future__ import annotations

from dataclasses import replace

from cockpit.commands import HandBack, TakeOver
from cockpit.state import Agent, Answer
from tests.fakes.link import FakeLink
from tests.nights import fleet, full_link, taken_over
from tests.session import session


async def test_an_agent_that_is_with_you_waits_in_the_inbox_and_is_handed_back_from_there() -> None:
    link = FakeLink(taken_over(fleet(2)))
    async with session(link) as user:
        user.sees("top").contains("1 waits for you")
        await user.presses("4")
        user.sees("inbox").contains("⇄ agent-1 T1 Build part 1", "with you", "agent-1 is with you since", "t go in")
        await user.presses("enter")
        user.sees("dialog").contains("agent-1 is with you", "1 go in again", "2 hand it back")
        await user.presses("2")
    assert link.commands == [HandBack(1)]
    assert link.visits == []


async def test_going_in_again_and_leaving_hands_back() -> None:
    link = FakeLink(taken_over(fleet(2)))
    async with session(link, size=(120, 40)) as user:
        await user.presses("2")
        user.sees("agents").contains("⇄ with you")
        await user.presses("t", "1")
        assert link.visits == [1]
    assert link.commands == [HandBack(1)]


async def test_a_program_that_can_not_begin_leaves_the_agent_with_you() -> None:
    link = FakeLink(taken_over(fleet(2)))
    link.lets_in = False
    async with session(link, size=(120, 40)) as user:
        await user.presses("2", "t", "1")
        user.sees("status").contains("the program failed at once; agent-1 stays with you")
    assert link.commands == []


async def test_nobody_goes_in_before_the_agent_has_left() -> None:
    link = FakeLink(taken_over(fleet(2), is_free=False))
    async with session(link, size=(120, 40)) as user:
        await user.presses("2")
        user.sees("agents").contains("⇄ being ended for you")
        await user.presses("t")
        user.sees("status").contains("agent-1 is being ended for you")
    assert link.commands == []
    assert link.visits == []


async def test_a_refused_wish_is_forgotten() -> None:
    link = full_link()
    link.replies = lambda _: Answer(False, "agent-1 is just leaving T5")
    async with session(link) as user:
        await user.presses("2", "t")
        user.sees("status").contains("agent-1 is just leaving T5")
        await link.becomes(taken_over(link.state))
        await user.waits()
    assert link.commands == [TakeOver(1)]
    assert link.visits == []


async def test_an_agent_that_leaves_by_itself_meanwhile_is_said() -> None:
    link = full_link()
    async with session(link) as user:
        await user.presses("2", "t")
        await link.becomes(replace(link.state, agents={**link.state.agents, 1: Agent(1)}))
        await user.waits()
        user.sees("status").contains("agent-1 left before it could be taken over")
    assert link.visits == []


async def test_an_idle_agent_has_nothing_to_take_over() -> None:
    async with session(FakeLink(fleet(1, busy=False))) as user:
        await user.presses("2", "t")
        user.sees("status").contains("agent-1 runs nothing; there is no conversation to take over")
