"""An agent asks: the card in the inbox, its choices as keys, and the answer on its way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.commands import AnswerQuestion
from cockpit.questions import PERMISSION, PERMISSION_CHOICES, Choice, Question, Resolved
from cockpit.state import Sent, State, TaskState
from tests.fakes.link import FakeLink
from tests.nights import fleet, task
from tests.session import NOON, session

BASE = Question(
    "Q1",
    "T1-1",
    1,
    "r1",
    "Which base should the cache use?",
    (Choice("sqlite", "small, no server"), Choice("postgres", "the one in production")),
    at=NOON - 600,
    since=NOON - 600,
    seconds=1800.0,
    otherwise=Resolved("sqlite"),
)
SEVERAL = replace(BASE, id="Q2", request="r2", text="Which checks?", many=True, choices=tuple(map(Choice, "abc")))
LEAVE = replace(
    BASE,
    id="Q3",
    request="r3",
    text="bash npm publish",
    kind=PERMISSION,
    choices=PERMISSION_CHOICES,
    tool="Bash",
    detail="npm publish --access public",
    header="a rule says to ask first",
    otherwise=Resolved("nobody was there to allow it", False),
)


def asking(*questions: Question) -> State:
    """Two agents at work, and what they ask."""
    return replace(fleet(2), questions={question.id: question for question in questions}, asked=len(questions))


async def test_a_question_is_answered_by_the_key_of_a_choice() -> None:
    link = FakeLink(asking(BASE))
    async with session(link) as user:
        user.sees("top").contains("1 waits for you")
        await user.presses("4")
        user.sees("inbox").has_lines("? Q1 T1 Build part 1 asks 10m")
        user.sees("inbox").contains("agent-1 asks: Which base should the cache use? (1 sqlite, 2 postgres)")
        user.sees("inbox").contains("enter answer")
        await user.presses("enter")
        user.sees("dialog").contains("Q1 agent-1 asks (T1)", "1 sqlite small, no server", "0 an answer in your own")
        user.sees("dialog").contains("When nobody answers until", ": sqlite")
        await user.presses("2")
        assert not user.is_asked
        assert link.commands == [AnswerQuestion("Q1", ("2",))]
        user.sees("status").contains("✓ AnswerQuestion: done")


async def test_several_choices_are_taken_and_left_before_they_are_sent() -> None:
    link = FakeLink(asking(SEVERAL))
    async with session(link) as user:
        await user.presses("4", "enter", "enter")
        user.sees("dialog").contains("Nothing is chosen yet.", "□ a")
        await user.presses("1", "2", "3", "2")
        user.sees("dialog").contains("■ a", "□ b", "■ c")
        await user.presses("9")
        user.sees("dialog").contains("There is no choice 9.")
        await user.presses("enter")
    assert link.commands == [AnswerQuestion("Q2", ("1", "3"))]


async def test_an_answer_in_words() -> None:
    link = FakeLink(asking(BASE))
    async with session(link) as user:
        await user.presses("4", "enter", "0")
        await user.writes("a flat file will do", question="Answer Q1")
        assert not user.is_asked
    assert link.commands == [AnswerQuestion("Q1", ("a flat file will do",))]


async def test_escape_leaves_it_for_later() -> None:
    link = FakeLink(asking(BASE))
    async with session(link) as user:
        await user.presses("4", "enter", "0", "escape", "escape")
        assert not user.is_asked
        user.sees("inbox").contains("Q1")
    assert link.commands == []


async def test_a_permission_shows_the_command_and_is_denied_with_words_or_allowed() -> None:
    link = FakeLink(asking(LEAVE))
    async with session(link) as user:
        await user.presses("4")
        user.sees("inbox").contains("agent-1 asks for leave to bash npm publish (1 allow, 2 deny)", "leave?")
        await user.presses("enter")
        user.sees("dialog").contains("May it bash npm publish?", "npm publish --access public", "a rule says to ask")
        user.sees("dialog").contains("deny: nobody was there to allow it")
        await user.presses("1")
        await user.presses("enter", "0")
        await user.writes("use npm pack", question="Answer Q3")
    assert link.commands == [AnswerQuestion("Q3", ("1",)), AnswerQuestion("Q3", ("use npm pack",))]


async def test_what_is_asked_stands_among_the_tasks_by_age() -> None:
    state = asking(BASE)
    state = replace(
        state,
        tasks={
            **state.tasks,
            "T8": task("T8", "Old", TaskState.ESCALATED, 40, reason="three reviews"),
            "T9": task("T9", "Young", TaskState.ESCALATED, 5, reason="three reviews"),
        },
    )
    async with session(FakeLink(state)) as user:
        await user.presses("4")
        shown = user.sees("inbox").text
        assert shown.index("T8") < shown.index("Q1") < shown.index("T9")


async def test_what_was_decided_without_you_is_said_and_does_not_wait() -> None:
    late = replace(BASE, settled=NOON - 60, answer="sqlite", by="nobody", expired=True)
    async with session(FakeLink(asking(late))) as user:
        user.sees("top").lacks("for you")
        await user.presses("4")
        user.sees("inbox").contains("Nothing waits for you.", "Decided without you 1")
        user.sees("inbox").contains("Which base should the cache use? · nobody answered in time; by default: sqlite")


async def test_keys_about_the_agent_work_on_its_question() -> None:
    link = FakeLink(asking(BASE))
    async with session(link) as user:
        await user.presses("4", "m")
        await user.writes("see CONTRIBUTING", question="Tell agent-1")
        await user.presses("a")
        user.sees("status").contains("nothing waits for a yes")


async def test_the_agents_bar_says_that_it_asks_and_where_a_message_is() -> None:
    link = FakeLink(asking(BASE))
    async with session(link, size=(120, 40)) as user:
        await user.presses("2")
        user.sees("agents").contains("? asks you Q1")
        sent = Sent("m1", "T2-1", 2, "mind the tabs", NOON - 9)
        await link.becomes(replace(fleet(2), messages={"m1": sent}))
        await user.waits()
        user.sees("agents").contains("✉ sent 9s")
        delivered = replace(sent, handed=True, delivered=True, delivered_at=NOON - 7)
        await link.becomes(replace(fleet(2), messages={"m1": delivered}))
        await user.waits()
        user.sees("agents").contains("✉ delivered 7s")
        await link.becomes(replace(fleet(2), messages={"m1": replace(delivered, read=True, read_at=NOON)}))
        await user.waits()
        user.sees("agents").lacks("✉")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_long_question_fits_the_screen_and_scrolls(size: tuple[int, int]) -> None:
    words = " ".join(f"word{n}" for n in range(400))
    async with session(FakeLink(asking(replace(BASE, text=words))), size=size) as user:
        await user.presses("4")
        user.sees("inbox").contains("enter shows")
        await user.presses("enter")
        user.sees("dialog").contains("word0 ", "a number answers")
        for _ in range(9):
            await user.presses("pagedown")
        user.sees("dialog").contains("word399", "2 postgres")


async def test_a_task_whose_agent_asks_waits_for_you_on_the_board_too_and_enter_answers_from_anywhere() -> None:
    link = FakeLink(asking(BASE))
    async with session(link) as user:
        user.sees("board").has_lines("Waiting for you 1")
        user.sees("board").has_lines("At work 1")
        await user.presses("home", "enter")
        user.sees("dialog").contains("Q1 agent-1 asks (T1)")
        await user.presses("escape", "2", "enter")
        user.sees("dialog").contains("Q1 agent-1 asks (T1)")
        await user.presses("2")
        assert link.commands == [AnswerQuestion("Q1", ("2",))]


async def test_enter_on_an_agent_that_asks_nothing_shows_its_task() -> None:
    async with session(FakeLink(fleet(2))) as user:
        await user.presses("2", "enter")
        user.sees("dialog").contains("T1 Build part 1", "working for 5m")
        await user.presses("escape")
        assert not user.is_asked


async def test_a_program_of_the_persons_own_asks_by_a_tool_and_is_answered_by_a_key() -> None:
    """Nobody's run and no task of anybody's: its card, its entry and its keys are those of any question."""
    by_tool = replace(BASE, run="", agent=0, caller="claude-code", otherwise=Resolved("Nobody answered in time."))
    link = FakeLink(asking(by_tool))
    async with session(link) as user:
        await user.presses("4")
        user.sees("inbox").has_lines("? Q1 claude-code asks by a tool asks 10m")
        user.sees("inbox").contains("claude-code asks: Which base should the cache use? (1 sqlite, 2 postgres)")
        await user.presses("enter")
        user.sees("dialog").contains("Q1 claude-code asks (by a tool)", "1 sqlite small, no server")
        await user.presses("1")
        assert link.commands == [AnswerQuestion("Q1", ("1",))]
