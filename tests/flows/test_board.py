"""The task board: groups and counts, one line a task, a cursor that stays on its task."""

from __future__ import annotations

from dataclasses import replace

from cockpit.commands import RetryTask
from cockpit.state import Agent, Run, Session, TaskState
from tests.fakes.link import FakeLink
from tests.nights import fleet, of, ready, task
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
