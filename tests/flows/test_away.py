"""While you were away: what shows when you come back, what it says, and the keys that act from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cockpit.commands import AnswerQuestion, Approve, ChangeNight, Reject, RetryTask, RollBack, StopNight
from cockpit.presence import Seen
from cockpit.state import Account, Night, State, TaskState
from cockpit.tale import Odd
from tests.fakes.link import FakeLink
from tests.flows.test_asked import BASE, asking
from tests.nights import PATCH, fleet, of, ready, task
from tests.session import NOON, User, session
from tests.zones import zone

HOUR = 3600.0


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    """Times on the screen are local ones; noon of the tests is 15:06."""
    with zone("UTC"):
        yield


def landed(name: str, title: str, minutes: float, **more: object) -> object:
    at = NOON - 60 * minutes
    facts = {"landed": f"{name.lower()}0123456789", "landed_at": at, "diffstat": "2 files, +9 -1", "usd": 0.5, **more}
    return task(name, title, TaskState.LANDED, minutes, **facts)


def night_state(**more: object) -> State:
    """Two landed, one of them before you left; one waits, one failed, one is not done."""
    tasks = [
        landed("T1", "Landed before you left", 9 * 60),
        landed("T2", "Read ISO dates", 120),
        ready("T3", "Add a flag", minutes=90),
        task("T4", "Measure it", TaskState.FAILED, 60, reason="the agent changed nothing", usd=0.25),
        task("T5", "Document it", TaskState.QUEUED, 600),
    ]
    night = Night("n", NOON - 10 * HOUR, 2, "main", cap_usd=10.0)
    charges = {Account("builder", 1, "m", "genai-prices", "T2"): 2.0, Account("reviewer", 0, "o", "cli", "T2"): 0.5}
    return replace(
        of(tasks, night=night),  # type: ignore[arg-type]
        spent_usd=6.5,
        charges={**charges, Account("builder", 1, "m", "cli", "T1"): 4.0},
        quarters={
            int(NOON - 9 * HOUR) // 900: {Account("builder", 1, "m", "cli"): 4.0},
            int(NOON - 2 * HOUR) // 900: {a._replace(task=""): usd for a, usd in charges.items()},
        },
        **more,  # type: ignore[arg-type]
    )


def back_after(hours: float, state: State) -> FakeLink:
    link = FakeLink(state)
    link.seen.append(Seen(NOON - hours * HOUR))
    return link


async def test_whoever_comes_back_reads_what_happened_meanwhile() -> None:
    async with session(back_after(8, night_state()), size=(100, 50)) as user:
        user.sees("away").has_lines(
            "While you were away, since 07:06 (8h00m)",
            "1 landed, 1 waits for you, 1 failed, 1 not done; $6.50 of $10.00 est.",
            "2 agents on main, 05:06, still going on (10h00m).",
            "w shows the whole night",
            "",
            "What next",
            "a Merge T3 Add a flag, or send it back",
            "R Look at T4 Measure it (it failed)",
            "B rolls back what landed and should not have",
            "",
            "Waiting for you 1",
            "◆ T3 Add a flag new ready $0.00 1h30m",
            "gates and review are good; it waits for your yes",
            "a merge x send back enter look",
            "",
            "Failed 1",
            "✗ T4 Measure it $0.25",
            "the agent changed nothing",
            "R restart",
            "",
            "Landed 1",
            "✓ T2 Read ISO dates $0.50 2h00m ago",
            "t201234567 · 2 files, +9 -1",
            "",
            "Money",
            "Spent $2.50 (est.) since 07:00.",
            "By role: builder $2.00, reviewer $0.50.",
            "The night: $6.50 of $10.00 (est.).",
            "Today $6.50 (est.), this month $6.50 (est.).",
            "",
            "Not done yet 1",
            "○ T5 Document it queued",
            "1 task is not begun, in this order; too little was done to say what they need.",
        )
        user.sees("away").lacks("Landed before you left")


async def test_what_was_answered_and_what_nobody_expects_is_told_too() -> None:
    state = night_state()
    answer = task("T9", "Where are dates read?", TaskState.ANSWERED, 60, answer="In dates.py, and in cli.py.")
    odd = Odd("restart", "T2", count=2, at=NOON - 3600)
    state = replace(state, tasks={**state.tasks, "T9": answer}, tale=(odd,))
    async with session(back_after(8, state), size=(100, 60)) as user:
        user.sees("away").contains("Answered 1", "T9 Where are dates read?", "In dates.py, and in cli.py.")
        user.sees("away").contains("What you may not expect", "T2: its turn broke off and was taken up again")


async def test_the_whole_night_is_one_key_away_and_back() -> None:
    async with session(back_after(8, night_state()), size=(100, 50)) as user:
        await user.presses("w")
        user.sees("away").contains("The night of 2025-06-15", "Landed 2", "T1 Landed before you left")
        user.sees("away").contains("w shows only what came since you were here last", "Spent $6.50 of $10.00 (est.).")
        await user.presses("w")
        user.sees("away").contains("since 07:06", "Landed 1")


async def test_nothing_shows_after_a_short_absence_or_when_nothing_happened_or_at_first() -> None:
    for link in (back_after(0.1, night_state()), back_after(8, fleet(2)), FakeLink(night_state())):
        async with session(link) as user:
            assert not user.shows("away")
            assert user.shows("board")


async def test_escape_goes_back_to_where_you_were() -> None:
    async with session(back_after(8, night_state())) as user:
        await user.presses("escape")
        assert user.shows("board")
        await user.presses("4", "w")
        user.sees("away").contains("since 07:06 (8h00m)")
        await user.presses("escape")
        assert user.shows("inbox")


async def test_where_nobody_was_away_the_key_shows_the_night() -> None:
    async with session(FakeLink(night_state())) as user:
        await user.presses("w")
        user.sees("away").contains("The night of 2025-06-15", "Landed 2")
        user.sees("away").lacks("w shows")


async def test_before_any_night_the_key_says_so() -> None:
    async with session(FakeLink(State()), size=(100, 40)) as user:
        await user.presses("w")
        user.sees("away").contains("No night was started yet.", "Landed 0", "nothing", "Nothing waits for you.")


# ── acting from there ────────────────────────────────────────────────────────────────────────────────


async def chooses(user: User, text: str) -> None:
    await user.presses("home")
    for _ in range(6):
        if text in user.app.main.away.selected:  # type: ignore[union-attr]
            return
        await user.presses("down")
    raise AssertionError(f"{text} can't be chosen")


async def test_what_waits_is_merged_or_sent_back_from_there() -> None:
    link = back_after(8, night_state())
    async with session(link) as user:
        await chooses(user, "T3")
        await user.presses("a")
        user.sees("status").contains("✓ Approve: done")
        await user.presses("x")
        await user.writes("Name it --pedantic.", question="Send T3 back?")
    assert link.commands == [Approve("T3"), Reject("T3", "Name it --pedantic.")]


async def test_what_failed_is_restarted_and_what_landed_is_rolled_back_from_there() -> None:
    link = back_after(8, night_state())
    async with session(link) as user:
        await chooses(user, "T4")
        await user.presses("R")
        await chooses(user, "T2")
        await user.presses("B")
        await user.confirms(question="Roll back T2?", detail="Read ISO dates")
    assert link.commands == [RetryTask("T4"), RollBack("T2")]


async def test_enter_opens_the_task() -> None:
    link = back_after(8, night_state())
    link.patches["T3"] = PATCH
    async with session(link) as user:
        await chooses(user, "T2")
        await user.presses("enter")
        user.sees("dialog").contains("T2 Read ISO dates", "landed for 2h00m", "B roll back")
        await user.presses("escape")
        assert user.shows("away")
        await chooses(user, "T3")
        await user.presses("enter")
        user.sees("dialog").contains("a merge x send back enter diff")
        await user.presses("enter")
        user.sees("desk").contains("T3 Add a flag", "--strict")


async def test_a_question_of_an_agent_is_answered_from_there() -> None:
    link = back_after(8, asking(BASE))
    async with session(link, size=(100, 50)) as user:
        user.sees("away").contains(
            "? Q1 Build part 1", "agent-1 asks: Which base should the cache use?", "enter answer"
        )
        await chooses(user, "Q1")
        await user.presses("enter", "2")
    assert link.commands == [AnswerQuestion("Q1", ("2",))]


async def test_a_budget_that_was_reached_is_raised_or_left_from_there() -> None:
    stopped = Night(
        "n", NOON - 10 * HOUR, 2, "main", cap_usd=6.0, stopping="budget", stopped_at=NOON - HOUR, ended=NOON - HOUR
    )
    link = back_after(8, replace(night_state(), night=stopped))
    async with session(link, size=(100, 50)) as user:
        user.sees("away").contains("It ended: budget.", "$ The budget stopped the night", "a raise the cap")
        await chooses(user, "budget")
        await user.presses("a")
        await user.writes("20", question="Raise the cap?")
        await user.presses("s")
        await user.confirms(question="Leave it at that?", detail="all work is kept")
    assert link.commands == [ChangeNight(20.0), StopNight()]


async def test_what_was_rolled_back_says_so() -> None:
    undone = [
        landed("T1", "Read ISO dates", 120, rollback="T2"),
        landed("T2", "Roll back T1", 60, reverts="T1"),
    ]
    async with session(back_after(8, of(undone))) as user:  # type: ignore[arg-type]
        user.sees("away").contains("rolled back by T2")


async def test_the_list_stays_true_while_it_shows() -> None:
    link = back_after(8, night_state())
    async with session(link, size=(100, 50)) as user:
        tasks = {**link.state.tasks, "T3": replace(link.state.tasks["T3"], state=TaskState.MERGING)}
        await link.becomes(replace(link.state, tasks=tasks))
        await user.waits()
        user.sees("away").contains("Waiting for you 0", "▶ T3 Add a flag merging")


# ── with the screen open all the time ────────────────────────────────────────────────────────────────


async def test_the_first_key_after_a_while_is_told_what_happened_and_still_does_its_work() -> None:
    times = [NOON]
    link = FakeLink(of([task("T1", "Read dates", TaskState.WORKING)]))
    async with session(link, size=(100, 50), clock=lambda: times[0]) as user:
        await user.presses("down")
        times[0] += 2 * HOUR
        done = replace(link.state.tasks["T1"], state=TaskState.LANDED, landed="abc", landed_at=NOON + HOUR)
        await link.becomes(of([done]))
        await user.waits()
        await user.presses("4")
        assert user.shows("inbox")
        user.sees("status").contains("while you were away: 1 landed. w shows it")
        await user.presses("w")
        user.sees("away").contains("since 15:06 (2h00m)", "Landed 1")
    assert link.seen[-1] == Seen(NOON + 2 * HOUR, NOON)


async def test_being_here_is_noted_and_not_with_every_key() -> None:
    times = [NOON]
    link = FakeLink(fleet(1))
    async with session(link, clock=lambda: times[0]) as user:
        await user.presses("down", "up", "down")
        assert link.seen == [Seen(NOON)]
        times[0] += 30
        await user.presses("down", "up")
        assert link.seen == [Seen(NOON), Seen(NOON + 30)]


async def test_a_note_that_can_not_be_read_is_said_and_harms_nothing() -> None:
    class Broken(FakeLink):
        async def last_seen(self) -> Seen | None:
            raise OSError("the disk is gone")

    async with session(Broken(night_state())) as user:
        user.sees("status").contains("✗ when you were here last can't be read: the disk is gone")
        await user.presses("w")
        user.sees("away").contains("The night of 2025-06-15")


async def test_the_list_fits_every_size() -> None:
    async with session(back_after(8, night_state())) as user:
        for size in ((80, 24), (120, 40), (200, 50)):
            await user.resizes(*size)
            user.sees("away").contains("since 07:06 (8h00m)", "1 landed", "T3 Add a flag")
            user.sees("keys").contains("a approve", "esc back")
            await user.presses("end")
            user.sees("away").contains("T5 Document it")
            await user.presses("home")
