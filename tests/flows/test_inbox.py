"""The inbox and the bars: what waits for you and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.commands import Approve, DiscardPlan, Resume, RetryTask, TryAgain
from cockpit.git_facts import Lost
from cockpit.state import Agent, GateResult, MergePolicy, Night, Plan, State, TaskState
from cockpit.watching import Breaker
from tests.fakes.link import FakeLink
from tests.nights import GREEN, fleet, full_link, of, ready, task
from tests.session import NOON, session


async def test_the_oldest_waits_on_top_each_with_its_reason_and_keys() -> None:
    tasks = [
        ready("T1", "Young", minutes=2),
        task("T2", "Stuck", TaskState.ESCALATED, 40, reason="the tests fail in three ways"),
        task("T3", "Blocked", TaskState.MERGING, 10, stumble="main is checked out with changes", head="b", gates=GREEN),
        task("T4", "Argued over", TaskState.ESCALATED, 5, reason="three reviews", gates=GREEN, head="c"),
    ]
    async with session(FakeLink(of(tasks))) as user:
        user.sees("top").contains("4 wait for you")
        await user.presses("4")
        user.sees("inbox").has_lines(
            "▲ T2 Stuck escalated 40m",
            "the tests fail in three ways",
            "x send back R restart s drop enter look",
            "▶ T3 Blocked blocked 10m",
            "main is checked out with changes",
            "a try again now x send back enter look",
            "▲ T4 Argued over escalated 5m",
            "three reviews",
            "a merge anyway x send back R restart s drop enter look",
            "◆ T1 Young ready 2m",
            "gates and review are good; it waits for your yes",
            "a merge x send back enter look",
        )


async def test_an_answer_goes_to_the_chosen_entry() -> None:
    link = full_link()
    async with session(link) as user:
        await user.presses("4", "R", "down", "a")
    assert link.commands == [RetryTask("T4"), Approve("T3")]


async def test_an_empty_inbox_says_so() -> None:
    async with session(FakeLink(fleet(1))) as user:
        await user.presses("4")
        user.sees("inbox").has_lines("Nothing waits for you.")
        user.sees("top").lacks("for you")


async def test_what_merges_by_itself_does_not_wait_for_you() -> None:
    auto = Night("n", NOON - 60, 1, "main", MergePolicy.AUTO)
    async with session(FakeLink(of([ready("T1")], night=auto))) as user:
        await user.presses("4")
        user.sees("inbox").has_lines("Nothing waits for you.")


async def test_a_long_reason_is_whole_on_the_card() -> None:
    reason = " ".join(f"reason{n}" for n in range(120))
    async with session(FakeLink(of([task("T1", state=TaskState.ESCALATED, reason=reason)]))) as user:
        await user.presses("4")
        user.sees("inbox").contains("reason0", "lines more")
        await user.presses("enter")
        user.sees("dialog").contains("reason0 ")
        await user.presses("pagedown")
        user.sees("dialog").contains("reason119")


async def test_an_entry_that_arrives_shows_at_once() -> None:
    link = FakeLink(fleet(2))
    async with session(link, size=(120, 40)) as user:
        user.sees("inbox").has_lines("Nothing waits for you.")
        await link.becomes(of([ready("T1", "Done at last")]))
        await user.waits()
        user.sees("inbox").contains("T1 Done at last")
        user.sees("views").contains("4 inbox (1)")


# ── the top line ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("night", "alive", "texts"),
    [
        (None, False, ["no night yet: S starts one", "○ no engine"]),
        (Night("n", NOON, 3, "main"), True, ["night on main", "● engine", "3 agents", "merge: ask"]),
        (Night("n", NOON, 1, "main"), False, ["night on main", "✗ no engine: S goes on", "1 agent"]),
        (Night("n", NOON, 1, "main", stopping="budget"), True, ["stopping (budget) on main"]),
        (Night("n", NOON, 1, "main", stopping="done", ended=NOON), False, ["ended (done) on main", "○ no engine"]),
    ],
)
async def test_the_top_line_says_what_goes_on(night: Night | None, alive: bool, texts: list[str]) -> None:
    async with session(FakeLink(State(night=night), alive=alive), size=(120, 30)) as user:
        user.sees("top").contains("◆ parsers", *texts)


async def test_a_notice_shows_but_not_over_a_fresh_answer() -> None:
    link = full_link()
    times = [NOON]
    async with session(link, clock=lambda: times[0]) as user:
        await link.becomes(replace(link.state, notices=("work is kept as refs/cockpit/rescue/T1-1",)))
        await user.waits()
        user.sees("status").has_lines("· work is kept as refs/cockpit/rescue/T1-1")
        await user.presses("down", "a")
        await link.becomes(replace(link.state, notices=("one", "two")))
        await user.waits()
        user.sees("status").has_lines("✓ Approve: done")
        times[0] += 60
        await link.becomes(replace(link.state, notices=("one", "two", "three")))
        await user.waits()
        user.sees("status").has_lines("· three")


@pytest.mark.parametrize("view", ["4", "w"])
async def test_rows_fit_beside_a_scrollbar_from_the_first_paint_on(view: str) -> None:
    async with session(FakeLink(of(ready(f"T{n}", usd=1.5) for n in range(1, 21)))) as user:
        await user.presses(view)
        rows = [line for line in user.screen() if "◆ T" in line]
        assert rows
        assert all(line.rstrip("▁▂▃▄▅▆▇█ ").endswith(" 5m") for line in rows), "\n".join(rows)


async def test_a_refusal_that_was_read_does_not_stay_for_ever() -> None:
    times = [NOON]
    async with session(full_link(), clock=lambda: times[0]) as user:
        await user.presses("end", "u")
        user.sees("status").contains("only a suggested task can be promoted")
        times[0] += 5
        await user.presses("up")
        user.sees("status").contains("only a suggested task can be promoted")
        times[0] += 10
        await user.presses("up")
        assert user.sees("status").text == ""


async def test_agents_that_die_at_once_wait_for_you_and_one_key_tries_again() -> None:
    link = FakeLink(replace(fleet(1), breaker=Breaker("4 agents in a row died at once", NOON - 60)))
    async with session(link) as user:
        user.sees("top").contains("agents die at once")
        await user.presses("4")
        user.sees("inbox").has_lines(
            "✗ Agents die at once, none is started stopped 1m", "4 agents in a row died at once", "N try again"
        )
        await user.presses("enter")
        assert link.commands == [TryAgain()]


async def test_an_agent_with_too_many_conflicts_waits_for_your_leave() -> None:
    names = tuple(f"T{n}" for n in range(1, 5))
    both = "app.py\nline 1:\n<<<<<<< main (what landed)\nVALUE = 3\n=======\nVALUE = 2\n>>>>>>> agent-1/task-T1"
    tasks = [task(n, state=TaskState.ESCALATED, agent=1, conflict=both, reason="still conflicts") for n in names]
    held = Agent(1, paused=True, held=names, held_at=NOON - 600)
    link = FakeLink(of(tasks, agents={1: held}))
    async with session(link) as user:
        await user.presses("4")
        user.sees("inbox").contains("paused 10m", "agent-1 pauses: 4 of its tasks conflict", "p let it go on")
        await user.presses("p")
        assert link.commands == [Resume(1)]
        await user.presses("enter")
        user.sees("dialog").contains("The conflict, both sides", "VALUE = 3", "VALUE = 2")


async def test_a_merge_that_would_drop_what_landed_says_so_here_and_at_the_desk() -> None:
    auto = Night("n", NOON - 60, 1, "main", MergePolicy.AUTO)
    lost = (Lost("T2", "abc", "app.py", ("VALUE = 3",), 1),)
    async with session(FakeLink(of([ready("T1", lost=lost)], night=auto))) as user:
        await user.presses("4")
        user.sees("inbox").contains("it would drop 1 line that T2 landed in app.py", "a merge")
        await user.presses("3")
        user.sees("desk").contains("! it would drop 1 line that T2 landed in app.py", "- VALUE = 3")


# ── money, red gates, and a plan that came to nothing ────────────────────────────────────────────────


async def test_a_run_that_used_up_its_money_gets_more_with_one_key() -> None:
    short = task("T2", "Parse dates", TaskState.ESCALATED, 4, reason="its money is used up", asks_usd=1.5, head="c")
    link = FakeLink(of([short]))
    async with session(link) as user:
        await user.presses("4")
        user.sees("inbox").has_lines(
            "▲ T2 Parse dates escalated 4m",
            "its money is used up",
            "x send back R give $1.50 more s drop enter look",
        )
        await user.presses("R")
        assert link.commands == [RetryTask("T2")]
        user.sees("status").contains("✓ RetryTask: done")


async def test_a_red_gate_on_secrets_or_sizes_is_overruled_only_by_a_second_key() -> None:
    red = GateResult("secrets", False, "an AWS key in config.py:3 looks like a secret")
    link = FakeLink(of([task("T1", "Read the config", TaskState.ESCALATED, gates=(*GREEN, red), head="c")]))
    async with session(link) as user:
        await user.presses("4")
        user.sees("inbox").contains("a merge anyway")
        await user.presses("a")
        assert link.commands == []
        asked = "Let T1 through in spite of its gate secrets?"
        await user.confirms(question=asked, detail="an AWS key in config.py:3", yes=False)
        assert link.commands == []
        await user.presses("a", "y")
        assert link.commands == [Approve("T1", anyway=True)]


async def test_a_plan_that_came_to_nothing_waits_with_its_reason_until_it_is_dismissed() -> None:
    plan = Plan(
        "p1", ("docs/my notes.md",), "Phase 2", asked=NOON - 600, failed="the service is down", failed_at=NOON - 60
    )
    link = FakeLink(replace(of([task("T1")]), plan=plan))
    async with session(link) as user:
        await user.presses("4")
        user.sees("inbox").has_lines(
            "✗ No plan came of my notes.md no plan 1m",
            "the service is down. Nothing was added",
            "L ask again s dismiss",
        )
        await user.presses("enter")
        user.sees("dialog").contains("Plan what?", "The last one came to nothing: the service is down")
        await user.presses("escape", "s")
        assert link.commands == [DiscardPlan()]
        await link.becomes(replace(link.state, plan=None))
        await user.waits()
        user.sees("inbox").contains("Nothing waits for you.")
