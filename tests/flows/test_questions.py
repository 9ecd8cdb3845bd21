"""Keys that can do nothing say why, what can't be undone is asked first, and answers come when they come."""

from __future__ import annotations

import asyncio

import pytest

from cockpit.commands import Approve, Reject, StartNight
from cockpit.state import Answer, TaskState
from tests.fakes.link import FakeLink
from tests.nights import fleet, full_link, of, ready, task
from tests.session import session

# ── keys that can do nothing now say why ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("pressed", "why"),
    [
        ("a", "nothing waits for a yes"),
        ("x", "nothing waits for an answer"),
        ("R", "T1 is queued; only a failed, skipped or escalated task can be retried"),
        ("p", "no agent is on T1 now; choose an agent first"),
        ("k", "no agent is on T1 now; choose an agent first"),
        ("m", "no agent is on T1 now; choose an agent first"),
        ("P", "there are no agents: no night was started"),
    ],
)
async def test_a_key_that_can_do_nothing_says_why(pressed: str, why: str) -> None:
    link = FakeLink(of([task("T1")]))
    async with session(link) as user:
        await user.presses(pressed)
        user.sees("status").has_lines(f"✗ {why}")
        assert not user.is_asked
    assert link.commands == []


async def test_the_wrong_task_is_refused_with_its_state() -> None:
    link = FakeLink(of([ready("T1"), task("T2")]))
    async with session(link) as user:
        await user.presses("down", "a")
        user.sees("status").has_lines("✗ T2 is queued; it can be approved when it is ready")
    assert link.commands == []


async def test_an_agent_whose_turn_is_over_can_not_be_told_anything() -> None:
    async with session(full_link()) as user:
        await user.presses("2", "tab", "m")
        user.sees("status").has_lines("✗ agent-2 has ended its turn: T6 is reviewing")


async def test_overruling_an_escalation_is_asked_first() -> None:
    link = full_link()
    async with session(link) as user:
        await user.presses("a")
        await user.confirms(question="Merge T4 anyway?", detail="three reviews asked for changes", yes=False)
        assert link.commands == []
        await user.presses("a")
        await user.confirms(question="Merge T4 anyway?", detail="three reviews asked for changes")
    assert link.commands == [Approve("T4")]


async def test_red_work_can_not_be_approved_by_a_slip() -> None:
    link = FakeLink(of([task("T1", state=TaskState.ESCALATED, reason="the tests fail")]))
    async with session(link) as user:
        await user.presses("a")
        user.sees("status").contains("T1 can't be merged with red gates: send it back, restart it or drop it")
    assert link.commands == []


# ── questions ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_no_or_escape_changes_nothing() -> None:
    link = full_link()
    async with session(link) as user:
        await user.presses("2", "k")
        await user.confirms(question="Kill agent-1?", detail="T5", yes=False)
        for opens in ("k", "m", "n", "S", "question_mark"):
            await user.presses(opens)
            assert user.is_asked
            await user.presses("escape")
            assert not user.is_asked
    assert link.commands == []


async def test_an_empty_note_is_not_sent() -> None:
    link = full_link()
    async with session(link) as user:
        await user.presses("down", "x", "enter")
        user.sees("dialog").contains("Nothing is written yet")
        await user.presses("escape", "n", "ctrl+s")
        user.sees("dialog").contains("A task needs a title")
    assert link.commands == []


async def test_keys_typed_into_a_note_are_text() -> None:
    link = full_link()
    async with session(link) as user:
        await user.presses("down", "x")
        await user.writes("q k P a 1 ?", question="Send T3 back?")
        assert not user.has_left
    assert link.commands == [Reject("T3", "q k P a 1 ?")]


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_is_heard_at_once_and_answered_later() -> None:
    link = full_link()
    link.gate.clear()
    async with session(link) as user:
        await user.presses_at_once("down", "a")
        user.sees("status").has_lines("… heard: approve T3")
        link.gate.set()
        await user.waits()
        user.sees("status").has_lines("✓ Approve: done")


async def test_a_refusal_by_the_engine_is_shown() -> None:
    link = full_link()
    link.replies = lambda _: Answer(False, "T3 moved on while you looked")
    async with session(link) as user:
        await user.presses("down", "a")
        user.sees("status").has_lines("✗ T3 moved on while you looked")


async def test_leaving_does_not_wait_for_an_answer() -> None:
    link = full_link()
    link.gate.clear()
    async with asyncio.timeout(60), session(link) as user:
        await user.presses_at_once("down", "a", "q")
        assert user.has_left
    assert link.commands == [Approve("T3")]


async def test_a_night_whose_engine_died_goes_on() -> None:
    link = FakeLink(fleet(2), alive=False)
    async with session(link) as user:
        user.sees("top").contains("✗ no engine: S goes on")
        await user.presses("S")
        await user.confirms(question="Go on with the night?", detail="nothing is lost")
    assert link.commands == [StartNight(2, "main", cap_usd=10.0)]


async def test_a_night_with_nothing_to_do_is_not_started() -> None:
    link = FakeLink()
    async with session(link) as user:
        await user.presses("S")
        user.sees("status").contains("there is nothing to do: add tasks with n")
    assert link.commands == []
