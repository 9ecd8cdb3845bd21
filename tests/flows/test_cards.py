"""The cards behind the inbox: each with its evidence, the keys that apply, and what they do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.commands import Approve, Command, Reject, RetryTask, RollBack, SkipTask
from cockpit.pulls import Pull
from cockpit.state import CriterionCheck, Finding, GateResult, Run, Severity, Task, TaskState, Verdict
from tests.fakes.link import FakeLink
from tests.nights import GREEN, PATCH, full_link, of, ready, task
from tests.session import User, session

VERDICT = Verdict(
    False,
    "The file stays open when a caller stops early.",
    (CriterionCheck("it is a generator", True), CriterionCheck("no file stays open", False, "see close()")),
    (Finding(Severity.BLOCKING, "close it in a finally", "reader.py", 41), Finding(Severity.NOTE, "nice names")),
    head="77aa",
)
RED = (GateResult("lint", True, seconds=2.0), GateResult("tests", False, "E  assert 3 == 4\n1 failed, 12 passed", 9.0))


def said(words: str) -> dict[str, Run]:
    return {"T1-1": Run("T1-1", "T1", 2, "s", said=words)}


def stuck(**more: object) -> Task:
    return task("T1", "Rewrite the tokenizer", TaskState.ESCALATED, 34, run="T1-1", head="77aa", **more)


async def opened(user: User) -> None:
    await user.presses("4", "enter")


async def test_an_escalation_shows_both_sides_and_what_the_gates_said() -> None:
    both = stuck(verdict=VERDICT, gates=RED, reason="the reviewer still asks for changes after 3 cycles", cycles=3)
    link = FakeLink(of([both], runs=said("The generator closes the file when it is exhausted; that is enough.")))
    async with session(link, size=(100, 50)) as user:
        await opened(user)
        user.sees("dialog").contains(
            "T1 Rewrite the tokenizer",
            "the reviewer still asks for changes after 3 cycles",
            "✓ lint 2s ✗ tests 9s",
            "What the reviewer says rework: The file stays open when a caller stops early.",
            "✓ it is a generator ✗ no file stays open (see close())",
            "blocking: reader.py:41: close it in a finally note: nice names",
            "What agent-2 said last The generator closes the file when it is exhausted",
            "What tests said E assert 3 == 4 1 failed, 12 passed",
            "x send back R restart s drop enter diff esc closes it",
        )


async def test_a_cost_that_is_an_estimate_says_so() -> None:
    async with session(FakeLink(of([stuck(usd=1.5, estimated=True)]))) as user:
        await opened(user)
        user.sees("dialog").contains("$1.50 est.")


async def test_a_verdict_on_older_work_says_so() -> None:
    old = stuck(verdict=replace(VERDICT, head="older"))
    async with session(FakeLink(of([old]))) as user:
        await opened(user)
        user.sees("dialog").contains("rework, about an older commit: The file stays open")


async def test_the_evidence_fits_a_small_screen_by_scrolling_and_the_keys_stay() -> None:
    long = stuck(gates=(GateResult("tests", False, "\n".join(f"line {n}" for n in range(60))),))
    async with session(FakeLink(of([long], runs=said("It works here.")))) as user:
        await opened(user)
        user.sees("dialog").contains("It works here.", "x send back")
        user.sees("dialog").lacks("line 59")
        await user.presses(*["pagedown"] * 7)
        user.sees("dialog").contains("line 59", "x send back")


WAITING: dict[str, tuple[Task, list[tuple[str, Command]]]] = {
    "ready": (ready("T1", "Add a flag"), [("a", Approve("T1"))]),
    "escalated": (stuck(reason="the tests fail"), [("R", RetryTask("T1"))]),
    "blocked": (
        task("T1", "Read dates", TaskState.MERGING, stumble="main is checked out with changes", head="b", gates=GREEN),
        [("a", Approve("T1"))],
    ),
}


@pytest.mark.parametrize("kind", WAITING)
async def test_a_key_on_a_card_acts_on_its_task_and_closes_it(kind: str) -> None:
    waiting, presses = WAITING[kind]
    for key, command in presses:
        link = FakeLink(of([task("T0", "Another", TaskState.ESCALATED, 1), waiting]))
        async with session(link) as user:
            await opened(user)
            user.sees("dialog").contains(waiting.title)
            await user.presses(key)
            assert not user.is_asked
        assert link.commands == [command]


async def test_work_is_sent_back_from_its_card_with_a_note() -> None:
    link = FakeLink(of([ready("T1", "Add a flag")]))
    async with session(link) as user:
        await opened(user)
        await user.presses("x")
        await user.writes("Name it --pedantic.", question="Send T1 back?")
    assert link.commands == [Reject("T1", "Name it --pedantic.")]


async def test_a_task_is_dropped_from_its_card_after_a_question() -> None:
    link = FakeLink(of([stuck()]))
    async with session(link) as user:
        await opened(user)
        await user.presses("s")
        await user.confirms(question="Skip T1?", detail="Its work is kept")
    assert link.commands == [SkipTask("T1")]


async def test_enter_on_a_card_goes_on_to_the_diff() -> None:
    link = FakeLink(of([ready("T1", "Add a flag")]))
    link.patches["T1"] = PATCH
    async with session(link) as user:
        await opened(user)
        user.sees("dialog").contains("a merge x send back enter diff")
        await user.presses("enter")
        assert not user.is_asked
        user.sees("desk").contains("T1 Add a flag", "--strict")


async def test_a_card_stays_true_and_its_keys_are_about_its_own_task() -> None:
    """While the card is open its task leaves the inbox; the entry below must not be hit in its place."""
    first, second = ready("T1", "First", minutes=9), ready("T2", "Second")
    link = FakeLink(of([first, second]))
    async with session(link) as user:
        await opened(user)
        landed = replace(first, state=TaskState.LANDED, landed="abcdef0123456")
        await link.becomes(of([landed, second]))
        await user.waits()
        user.sees("dialog").contains("T1 First", "landed for", "B roll back")
        await user.presses("a")
        assert user.is_asked
        await user.presses("escape")
    assert link.commands == []


async def test_what_landed_is_rolled_back_from_its_card() -> None:
    link = full_link()
    async with session(link) as user:
        await user.presses("end", "enter")
        user.sees("dialog").contains("T1 Read ISO dates with week numbers", "B roll back")
        await user.presses("B")
        await user.confirms(question="Roll back T1?", detail="once the gates pass on the result")
    assert link.commands == [RollBack("T1")]


async def test_a_failed_task_is_restarted_from_its_card() -> None:
    link = FakeLink(of([task("T1", "Measure", TaskState.FAILED, reason="the agent changed nothing")]))
    async with session(link) as user:
        await user.presses("enter")
        user.sees("dialog").contains("the agent changed nothing", "R restart")
        await user.presses("R")
    assert link.commands == [RetryTask("T1")]


async def test_keys_of_the_configuration_work_on_cards() -> None:
    link = FakeLink(of([ready("T1")]))
    async with session(link, keys={"approve": "Y"}) as user:
        await opened(user)
        user.sees("dialog").contains("Y merge")
        await user.presses("Y")
    assert link.commands == [Approve("T1")]


async def test_words_of_an_agent_cannot_paint_or_send_sequences() -> None:
    evil = "[bold]not bold[/] \x1b]52;c;aGk=\x07done \x1b[31mred"
    link = FakeLink(of([stuck()], runs=said(evil)))
    async with session(link) as user:
        await opened(user)
        user.sees("dialog").contains("[bold]not bold[/] done red")


async def test_the_address_of_a_pull_request_or_issue_on_a_card_is_a_link() -> None:
    address = "https://github.com/o/n/pull/7"
    state = replace(of([ready("T1", issue=3)]), pulls={"T1": Pull(7, address, state="open")})
    link = FakeLink(replace(state, github=replace(state.github, web="https://github.com/o/n")))
    async with session(link) as user:
        await user.presses("4", "enter")
        user.sees("dialog").contains("from https://github.com/o/n/issues/3", address)
        strips = user.app.screen._compositor.render_strips()
        links = [(part.text, part.style.link) for strip in strips for part in strip if part.style and part.style.link]
    assert links == [("https://github.com/o/n/issues/3",) * 2, (address,) * 2]
