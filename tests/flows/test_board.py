"""The task board: groups and counts, one line a task, a cursor that stays on its task."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.commands import (
    AddTasks,
    Approve,
    EditTask,
    MoveTask,
    PromoteTask,
    ReassignTask,
    RetryTask,
    SkipTask,
)
from cockpit.state import Agent, Answer, Kind, Run, Session, State, Task, TaskChanges, TaskDraft, TaskState
from panes import task_card, task_line
from tests.fakes.link import FakeLink
from tests.flows.queue_keys import editor, small_queue
from tests.nights import fleet, full_link, of, ready, task
from tests.session import NOON, session


async def test_an_empty_board_says_how_to_begin() -> None:
    async with session(FakeLink()) as user:
        user.sees("board").has_lines("No tasks yet.", "`cockpit plan PLAN.md` reads a plan; the key n adds one task.")
        user.sees("top").contains("no night yet: S starts one")


async def test_tasks_stand_in_groups_with_counts_what_needs_you_first() -> None:
    tasks = [
        task("T1", "Landed first", TaskState.LANDED, 90, usd=0.41, diffstat="2 files"),
        task("T2", "Still queued", minutes=30),
        task("T3", "Needs the first", minutes=30, depends_on=("T2",)),
        ready("T4", "Wants a yes", usd=1.5, minutes=125),
        task("T5", "Fell over", TaskState.FAILED, 8, reason="the agent changed nothing"),
    ]
    async with session(FakeLink(of(tasks))) as user:
        user.sees("board").has_lines(
            "Waiting for you 1",
            "◆ T4 Wants a yes ready $1.50 2h05m",
            "Next 2",
            "○ T2 Still queued queued 30m",
            "… T3 Needs the first after T2 waiting 30m",
            "Done 2",
            "✗ T5 Fell over the agent changed no… failed 8m",
            "✓ T1 Landed first 2 files landed $0.41 1h30m",
        )


async def test_a_working_task_shows_its_agent_its_step_its_cycles_and_its_cost() -> None:
    state = of(
        [task("T1", "Parse dates", TaskState.WORKING, 12, agent=2, run="T1-1", cycles=2, usd=0.34)],
        runs={"T1-1": Run("T1-1", "T1", 2, "s", live=True)},
        agents={1: Agent(1), 2: Agent(2, "T1", "T1-1")},
        sessions={2: Session("agent-2", current_step="edit dates.py")},
    )
    async with session(FakeLink(state)) as user:
        user.sees("board").has_lines("At work 1", "◐ T1 Parse dates edit dates.py working a2 ↻2 $0.34 12m")


async def test_the_cursor_stays_on_its_task_while_the_board_changes() -> None:
    link = FakeLink(of([task("T1"), task("T2", state=TaskState.FAILED), task("T3")]))
    async with session(link) as user:
        await user.presses("end")  # T2: failed tasks come last
        await link.becomes(of([ready("T1"), task("T2", state=TaskState.FAILED), task("T3", state=TaskState.FAILED)]))
        await user.presses("R")
        assert link.commands == [RetryTask("T2")]


async def test_the_cursor_moves_on_when_its_task_is_gone() -> None:
    link = FakeLink(of([task("T1", state=TaskState.FAILED), task("T2", state=TaskState.FAILED)]))
    async with session(link) as user:
        await user.presses("end")
        await link.becomes(of([task("T9", state=TaskState.FAILED)]))
        await user.presses("R")
        assert link.commands == [RetryTask("T9")]


async def test_a_long_board_scrolls_to_the_cursor_and_back() -> None:
    tasks = [task(f"T{n}", f"Number {n}", priority=-n) for n in range(1, 101)]
    async with session(FakeLink(of(tasks))) as user:
        user.sees("board").contains("Next 100", "Number 1 ")
        await user.presses("end")
        user.sees("board").contains("Number 100")
        user.sees("board").lacks("Number 50 ")
        await user.presses("pageup", "pageup")
        user.sees("board").lacks("Number 100")
        await user.presses("home")
        user.sees("board").contains("Next 100", "Number 1 ")


async def test_enter_goes_where_there_is_most_to_see() -> None:
    link = FakeLink(fleet(2))
    async with session(link) as user:
        await user.presses("down", "enter")  # at work: its agent
        assert user.app.main.view == "agents"
        user.sees("agents").contains("agent-2")
        assert link.followed == ["T2-1"]
        await link.becomes(of([ready("T1", "Ready one"), ready("T2", "Ready two", minutes=3)]))
        await user.presses("1", "home", "down", "enter")  # ready: the merge desk, on this task
        assert user.app.main.view == "desk"
        assert user.app.main.desk is not None
        assert user.app.main.desk.selected == "T2"


async def test_ages_grow_by_themselves_while_an_agent_lives() -> None:
    times = [NOON]
    async with session(FakeLink(fleet(1)), clock=lambda: times[0]) as user:
        user.sees("board").contains(" 5m")
        times[0] = NOON + 3600
        await user.sees_soon("board", "1h05m")


async def test_what_was_kept_from_the_agents_last_run_is_not_shown_as_work() -> None:
    state = replace(fleet(1, busy=False), sessions={1: Session("agent-1", current_step="edit old.py")})
    async with session(FakeLink(state)) as user:
        user.sees("board").lacks("edit old.py")


async def test_a_fast_typists_keys_go_where_they_were_meant_to() -> None:
    link = FakeLink(
        of([task("T1", "Old", TaskState.FAILED, 50), task("T2", "sqRp"), task("T3", "sqRp too", TaskState.FAILED)])
    )
    async with session(link) as user:
        await user.presses_at_once("slash", *"sqRp", "enter", "down", "R")
        await user.waits()
        user.sees("board").contains("2 of 3")
        assert link.commands == [RetryTask("T3")]
        await user.presses_at_once("escape", "home", "slash", *"sx", "backspace", "escape", "end", "R")
        await user.waits()
        assert link.commands == [RetryTask("T3"), RetryTask("T1")]


async def test_a_new_task_may_have_a_place_and_nothing_written_is_lost_by_a_slip() -> None:
    link = FakeLink()
    async with session(link) as user:
        await small_queue(user, link)
        await user.presses("n")
        await user.types("Fourth thing")
        await user.presses("tab", "tab", "tab")
        await user.types("t1, 9")
        await user.presses("enter")
        await user.types("high")
        await user.presses("ctrl+s")
        user.sees("dialog").contains("There is no task 9.")
        await user.presses("backspace", "2", "ctrl+s")
        user.sees("dialog").contains("The priority is a whole number")
        await user.presses(*["backspace"] * 4, "3", "ctrl+s")
    draft = TaskDraft("new", "Fourth thing", priority=3, depends_on=("T1", "T2"), source="you")
    assert link.commands == [AddTasks((draft,))]


# ── the editor ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_slip_in_the_editor_is_said_and_the_text_is_not_lost() -> None:
    link = FakeLink()
    steps = (
        'sed -i "s/^priority = 0/priority = high/; s/First/Very first/" "$1"',
        'sed -i "s/^priority = high/priority = 4/" "$1"',
    )
    async with session(link) as user:
        await small_queue(user, link)
        with editor(*steps) as seen:
            await user.presses("e")
            again = (seen / "shown-2").read_text()
            assert again.startswith("✗ the fields are not TOML: Invalid value (at line 6")
            assert "Very first thing" in again
    assert link.commands == [EditTask("T1", TaskChanges(title="Very first thing", priority=4))]


async def test_what_the_engine_refuses_comes_back_into_the_editor_too() -> None:
    link = FakeLink()
    answers = [Answer(False, "title: T1 is working: its text stays"), Answer(True, "T1: title changed")]
    link.replies = lambda command: answers.pop(0)
    async with session(link) as user:
        await small_queue(user, link)
        with editor('sed -i "s/First/Second/" "$1"', 'sed -i "s/Second/Third/" "$1"') as seen:
            await user.presses("e")
            assert (seen / "shown-2").read_text().startswith("✗ title: T1 is working: its text stays")
        user.sees("status").contains("✓ T1: title changed")
    assert [c.changes.title for c in link.commands if isinstance(c, EditTask)] == ["Second thing", "Third thing"]


async def test_a_text_that_is_left_as_it_is_or_emptied_changes_nothing() -> None:
    link = FakeLink()
    async with session(link) as user:
        await small_queue(user, link)
        with editor("true", ': > "$1"'):
            await user.presses("e")
            user.sees("status").contains("✓ nothing was changed in T1")
            await user.presses("e")
            user.sees("status").contains("✓ nothing was changed in T1")
    assert link.commands == []


async def test_giving_up_after_a_slip_keeps_what_was_written() -> None:
    link = FakeLink()
    async with session(link, size=(200, 24)) as user:
        await small_queue(user, link)
        with editor('sed -i "s/^kind.*/kind = 3/" "$1"', "true"):
            await user.presses("e")
        said = user.sees("status").text
        assert said.startswith("✗ T1 is as it was; what was written is kept in ")
    kept = Path(said.rpartition(" ")[2])
    assert "kind = 3" in kept.read_text()
    shutil.rmtree(kept.parent)


async def test_an_editor_that_fails_or_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    link = FakeLink(of([task("T1"), task("T2", state=TaskState.LANDED)]))
    async with session(link, size=(200, 24)) as user:
        await user.presses("1")
        with editor("exit 3"):
            await user.presses("e")
        said = user.sees("status").text
        assert "ended with 3; what was written is kept in" in said
        shutil.rmtree(Path(said.rpartition(" ")[2]).parent)
        monkeypatch.setenv("VISUAL", "no-such-editor -w")
        await user.presses("e")
        user.sees("status").contains("✗ $VISUAL names 'no-such-editor', which is not there")
        await user.presses("end", "e")
        user.sees("status").contains("✗ T2 is landed; what happened can't be edited: add a new task")


# ── the mouse ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_card_dragged_onto_an_agent_goes_to_it() -> None:
    link = FakeLink(replace(fleet(2, busy=False), tasks={"T9": task("T9", "Mow the lawn")}))
    async with session(link, size=(120, 40)) as user:
        await user.drags("Mow the lawn", onto="agent-2")
    assert link.commands == [ReassignTask("T9", 2)]


async def test_where_no_agent_shows_a_line_of_agents_comes_up_while_dragging() -> None:
    one = task("T9", "Mow the lawn", pinned=1)
    link = FakeLink(replace(fleet(2, busy=False), tasks={"T9": one}))
    async with session(link) as user:
        user.sees().lacks("a2 idle")
        await user.drags("Mow the lawn", onto="a2 idle")
        user.sees().lacks("a2 idle")
        await user.drags("Mow the lawn", onto="any agent")
    assert link.commands == [ReassignTask("T9", 2), ReassignTask("T9", None)]


async def test_cards_are_dragged_between_columns() -> None:
    link = FakeLink()
    async with session(link, size=(118, 40)) as user:
        await small_queue(user, link)
        await user.drags("Third thing", onto="Second thing")
        await user.drags("An idea", onto="First thing")
        await user.drags("First thing", onto="Working")
        user.sees("status").contains("✗ drop it on an agent: a task starts when one takes it")
        await user.drags("First thing", onto="Done")
        await user.confirms(question="Skip T1?", detail="it can be retried")
        await link.becomes(of([ready("T7", "Green work"), task("T8", "Red work", TaskState.FAILED)]))
        await user.waits()
        await user.drags("Green work", onto="Done")
        await user.drags("Red work", onto="Next")
    wanted = [MoveTask("T3", before="T2"), PromoteTask("T4"), SkipTask("T1"), Approve("T7"), RetryTask("T8")]
    assert link.commands == wanted


async def test_a_click_is_no_drag() -> None:
    link = FakeLink()
    async with session(link) as user:
        await small_queue(user, link)
        await user.clicks("Second thing")
        assert user.app.main.board.selected == "T2"
        assert not user.shows("drop-bar")
    assert link.commands == []


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_wide_board_has_columns_by_itself_with_counts_and_what_is_under_way() -> None:
    async with session(FakeLink(fleet(2)), size=(118, 30)) as user:
        user.sees("board").contains("Suggested 0", "Next 0", "Working 2 2/2", "Checking 0", "For you 0", "Done 0")
        user.sees("board").contains("Build part 1", "Build part 2", "edit part1.py", "a1 5m")
        await user.resizes(80, 24)
        user.sees("board").has_lines("At work 2")


async def test_a_narrow_board_shows_the_columns_around_the_cursor() -> None:
    states = (TaskState.SUGGESTED, TaskState.QUEUED, TaskState.WORKING, TaskState.TESTING, TaskState.ESCALATED)
    tasks = [task(f"T{n}", f"Task {n}", state) for n, state in enumerate((*states, TaskState.FAILED), 1)]
    async with session(FakeLink(of(tasks))) as user:
        await user.presses("home", "b")
        user.sees("board").contains("‹1 Next", "Working", "Checking", "For you", "1›")
        await user.presses("left", "left", "left", "left")
        user.sees("board").contains("Suggested", "Next", "Working", "Checking 1", "2›")
        user.sees("board").lacks("Done")
        assert user.app.main.board.selected == "T1"
        await user.presses("left", "right", "right", "right", "right", "right", "right")
        assert user.app.main.board.selected == "T6"


async def test_columns_survive_a_terminal_that_becomes_taller() -> None:
    async with session(full_link(), size=(119, 24)) as user:
        await user.presses("slash")
        await user.resizes(200, 50)
        await user.resizes(119, 50)
        user.sees("board").contains("For you 2", "Add a --strict")


async def test_a_terminal_that_becomes_narrow_may_leave_a_list_no_room_for_a_moment() -> None:
    async with session(full_link(), size=(200, 50)) as user:
        await user.presses("b", "2")
        await user.resizes(40, 12)
        user.sees("agents").contains("agent-1")


async def test_a_long_column_scrolls_with_the_cursor() -> None:
    tasks = [task(f"T{n}", f"Number {n}.", rank=float(n)) for n in range(1, 41)]
    async with session(FakeLink(of(tasks)), size=(118, 24)) as user:
        user.sees("board").contains("Next 40", "Number 1.", "↓36")
        await user.presses("pagedown", "pagedown", "down")
        user.sees("board").contains("Number 10.", "↑")
        user.sees("board").lacks("Number 1.")
        await user.presses("end")
        user.sees("board").contains("Number 40.", "↑36")
        await user.presses("home")
        user.sees("board").contains("Number 1.")


async def test_the_cursor_goes_along_when_its_task_moves_to_another_column() -> None:
    link = FakeLink(of([task("T1", "One"), task("T2", "Two")]))
    async with session(link, size=(118, 30)) as user:
        await user.presses("home")
        await link.becomes(of([task("T1", "One", TaskState.FAILED), task("T2", "Two")]))
        await user.presses("R")
        assert link.commands == [RetryTask("T1")]


async def test_columns_that_were_asked_for_get_the_room() -> None:
    async with session(FakeLink(fleet(3)), size=(130, 40)) as user:
        assert user.shows("agents")
        await user.presses("1", "b")
        assert not user.shows("agents")
        user.sees("board").contains("Working 3 3/2")
        await user.presses("2")
        assert user.shows("agents")
        await user.presses("1", "b")
        assert user.shows("agents")


async def test_the_next_screen_has_columns_if_this_one_had() -> None:
    link = FakeLink(fleet(2))
    async with session(link, size=(130, 40)) as user:
        await user.presses("1", "b")
        assert link.choices["board"] == {"columns": True}
    async with session(link, size=(130, 40)) as user:
        user.sees("board").contains("Working 2 2/2", "Checking 0")
        await user.presses("b")
        assert link.choices["board"] == {"columns": False}


# ── a thousand tasks ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [(80, 24), (118, 50)])
async def test_of_a_thousand_tasks_only_what_shows_is_built(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def counted(make: Callable[..., object]) -> Callable[..., object]:
        def making(state: State, one: Task, *more: object) -> object:
            built.append(one.id)
            return make(state, one, *more)

        return making

    monkeypatch.setattr("panes.task_list.line", counted(task_line.line))
    monkeypatch.setattr("panes.columns.card", counted(task_card.card))
    many = [task(f"T{n}", f"Number {n}.", rank=float(n)) for n in range(1, 1001)]
    link = FakeLink(of(many))
    async with session(link, size=size) as user:
        await user.presses("home")
        assert 0 < len(set(built)) <= size[1]
        built.clear()
        await user.presses("down", "up")
        assert len(built) <= 4
        await user.presses("end")
        user.sees("board").contains("Number 1000.")
        assert len(set(built)) <= size[1]
        built.clear()
        await link.becomes(of([replace(many[0], priority=9), *many[1:]]))
        await user.waits()
        assert len(built) <= 2 * size[1]


@pytest.mark.parametrize("size", [(80, 24), (118, 30)])
async def test_a_task_that_says_something_else_is_painted_anew_where_it_stands(size: tuple[int, int]) -> None:
    link = FakeLink(of([task("T1", "Before"), task("T2", "Beside")]))
    async with session(link, size=size) as user:
        user.sees("board").contains("Before", "Beside")
        await link.becomes(of([task("T1", "Afterwards", pinned=2), task("T2", "Beside")]))
        await user.waits()
        user.sees("board").contains("Afterwards", "→2", "Beside")
        user.sees("board").lacks("Before")


async def test_an_exploration_is_asked_for_with_several_explorers_by_tab_and_arrow() -> None:
    link = FakeLink(of([task("T1")]))
    async with session(link) as user:
        await user.presses("n")
        await user.types("Where is time lost at start-up?")
        await user.presses("enter", "tab")
        user.sees("dialog").contains("‹ build ›", "Acceptance criteria", "After: T1 T2", "Priority: 0")
        await user.presses("right")
        user.sees("dialog").contains("‹ explore ›", "Explorers: 1", "What its answer must say", "ctrl+s adds it")
        await user.presses("tab")
        await user.types("30")
        await user.presses("ctrl+s")
        user.sees("dialog").contains("1 to 10 explorers can look at once.")
        await user.presses("backspace", "ctrl+s")
        wanted = TaskDraft("new", "Where is time lost at start-up?", kind=Kind.EXPLORE, parallel=3, source="you")
        assert link.commands == [AddTasks((wanted,))]


async def test_a_review_is_asked_for_by_its_letter_and_says_of_what() -> None:
    link = FakeLink(of([task("T1")]))
    async with session(link) as user:
        await user.presses("n")
        await user.types("Is the parser sound?")
        await user.presses("enter", "tab", "e", "r", "enter")
        user.sees("dialog").contains("‹ review ›", "Of: branch", "of a branch, commit or path")
        await user.types("src/parser.py")
        await user.presses("ctrl+s")
        wanted = TaskDraft("new", "Is the parser sound?", kind=Kind.REVIEW, subject="src/parser.py", source="you")
        assert link.commands == [AddTasks((wanted,))]


async def test_the_written_answer_of_an_exploration_stands_on_its_tasks_card() -> None:
    answer = "Two thirds go into importing pandas.\n\nOnly `export` needs it."
    asked = task("T1", "Where is time lost?", TaskState.ANSWERED, kind=Kind.EXPLORE, answer=answer)
    async with session(FakeLink(of([asked]))) as user:
        await user.presses("enter")
        user.sees("dialog").contains("state answered", "Answer Two thirds go into importing pandas.", "Only `export`")
