"""Money on the screen: the gauge on its line, the card, alerts, and a budget that is used up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cockpit.commands import ChangeNight, StopNight
from cockpit.state import Account, Answer, Night, Run, State, TaskState
from tests.fakes.link import FakeLink
from tests.nights import fleet, full_link, of, ready, task
from tests.session import NOON, session
from tests.zones import zone


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    """Times on the screen are local ones."""
    with zone("UTC"):
        yield


def _spent(usd: float, cap: float | None = 10.0, source: str = "cli", until: float | None = None) -> State:
    """A night that is half an hour old, in which an agent has spent so much."""
    night = Night("n", NOON - 1800, 1, "main", cap_usd=cap, until=until)
    charges = {Account("builder", 1, "sonnet", source, "T1"): usd} if usd or source == "unknown" else {}
    return State(
        night=night,
        tasks={"T1": task("T1", "Read dates", TaskState.WORKING, agent=1, run="T1-1")},
        runs={"T1-1": Run("T1-1", "T1", 1, "s", live=True, started=NOON - 100, usd=usd, cost_source=source)},
        spent_usd=usd,
        charges=charges,
        quarters={int(NOON // 900): charges},
        minutes={int(NOON // 60) - 5: usd},
        unpriced=frozenset({"sonnet"}) if source == "unknown" else frozenset(),
    )


UNTIL = NOON + 3600  # 16:06 UTC


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (_spent(2.5), "$2.50 of $10.00 █░░░░░ 25% $5.00/h cap reached 16:36 est."),
        (_spent(2.5, until=UNTIL), "$2.50 of $10.00 █░░░░░ 25% $5.00/h $7.50 by 16:06 est."),
        (_spent(7.5, until=UNTIL), "$7.50 of $10.00 ████░░ 75%! $15.00/h cap reached 15:16 est."),
        (_spent(10.0), "$10.00 of $10.00 ██████ 100%!! $20.00/h cap reached 15:06 est."),
        (_spent(2.5, cap=None), "$2.50 (no cap) $5.00/h"),
        (_spent(2.5, cap=None, source="genai-prices"), "$2.50 (no cap) est. $5.00/h"),
        (_spent(0.0, source="unknown"), "$0.00 of $10.00 ░░░░░░ 0% + unknown: sonnet"),
        (State(), "$0.00 (no cap)"),
    ],
)
async def test_the_gauge_tells_the_truth_about_money(state: State, line: str) -> None:
    async with session(FakeLink(state), size=(130, 30)) as user:
        user.sees("gauge").has_lines(line)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (_spent(2.5, until=UNTIL), "$2.50 of $10.00 25% $5.00/h → $7.50 est."),
        (_spent(7.5, until=UNTIL), "$7.50 of $10.00 75%! $15.00/h"),
        (_spent(0.0, source="unknown"), "$0.00 of $10.00 ░░░░░░ 0% + unknown"),
    ],
)
async def test_on_a_small_screen_the_gauge_leaves_out_and_never_cuts(state: State, line: str) -> None:
    async with session(FakeLink(state)) as user:
        user.sees("gauge").has_lines(line)


async def test_the_card_tells_where_the_money_goes_and_stays_true_while_it_is_open() -> None:
    link = FakeLink(_spent(2.5, until=UNTIL))
    async with session(link) as user:
        await user.presses("dollar_sign")
        user.sees("dialog").has_lines(
            "spent $2.50 of $10.00 (25%)",
            "speed $5.00 an hour, over the whole night",
            "then $7.50 by 16:06, the deadline, est.",
            "today $2.50",
            "month $2.50",
        )
        user.sees("dialog").has_lines("By agent night today month", "agent-1 $2.50 $2.50 $2.50")
        await link.becomes(_spent(5.0, source="genai-prices"))
        await user.waits()
        user.sees("dialog").contains("$5.00 of $10.00 (50%) est.", "agent-1 est. $5.00")
        await user.presses("end", "pagedown", "pagedown")
        user.sees("dialog").contains("T1 Read dates est. $5.00")


async def test_of_very_many_tasks_the_card_shows_the_dearest_and_the_sum_of_the_rest() -> None:
    charges = {Account("builder", 1, "m", "cli", f"T{n}"): float(n) for n in range(1, 41)}
    state = replace(_spent(2.5), charges=charges)
    async with session(FakeLink(state), size=(120, 60)) as user:
        await user.presses("dollar_sign")
        user.sees("dialog").contains("T40", "$40.00", "29 more: `cockpit metrics` has them $435.00")


async def test_an_amount_that_is_none_is_said_and_not_sent() -> None:
    link = full_link()
    async with session(link) as user:
        await user.presses("dollar_sign", "c", "enter")
        user.sees("dialog").contains("No amount yet.")
        await user.writes("ten", question="The night's cap?")
        user.sees("dialog").contains("'ten' is no amount of dollars, such as 15 or 12.50.")
        await user.presses("escape")
    assert link.commands == []


async def test_what_the_engine_says_to_a_cap_is_on_the_status_line() -> None:
    link = full_link()
    link.replies = lambda command: Answer(False, "$3.80 is spent already")
    async with session(link) as user:
        await user.presses("dollar_sign", "c")
        await user.writes("2", question="The night's cap?")
        user.sees("status").contains("✗ $3.80 is spent already")


async def test_an_alert_is_a_notice() -> None:
    link = FakeLink(fleet(1))
    async with session(link) as user:
        await link.becomes(replace(link.state, notices=("50 % of the night's cap is reached: $5.00 of $10.00",)))
        await user.waits()
        user.sees("status").contains("50 % of the night's cap is reached")


# ── a budget that is used up ─────────────────────────────────────────────────────────────────────────


def used_up() -> State:
    night = Night("n", NOON - 3600, 1, "main", cap_usd=10.0, stopping="budget", stopped_at=NOON - 600, ended=NOON - 590)
    return of([task("T1"), task("T2"), task("T3", state=TaskState.LANDED)], night=night, spent_usd=10.02)


async def test_a_budget_that_is_used_up_waits_in_the_inbox_with_its_keys() -> None:
    async with session(FakeLink(used_up(), alive=False)) as user:
        user.sees("top").contains("1 waits for you", "ended (budget)")
        await user.presses("4")
        user.sees("inbox").has_lines(
            "$ The budget stopped the night budget 10m",
            "spent $10.02 of $10.00; 2 tasks are not done",
            "a raise the cap s leave it at that enter look",
        )
        await user.presses("enter")
        user.sees("dialog").contains("$10.02 of $10.00 (100%)", "c changes the cap")


async def test_the_cap_is_raised_from_the_inbox() -> None:
    link = FakeLink(used_up(), alive=False)
    async with session(link) as user:
        await user.presses("4", "a")
        user.sees("dialog").contains("With a higher cap it goes on where it was")
        await user.writes("20", question="Raise the cap?")
    assert link.commands == [ChangeNight(20.0)]


async def test_a_night_is_left_stopped_from_the_inbox() -> None:
    link = FakeLink(used_up(), alive=False)
    async with session(link) as user:
        await user.presses("4", "s")
        await user.confirms(question="Leave it at that?", detail="all work is kept")
        assert link.commands == [StopNight()]
        assert link.state.night is not None
        await link.becomes(replace(link.state, night=replace(link.state.night, closed_by="you")))
        await user.waits()
        user.sees("inbox").has_lines("Nothing waits for you.")


async def test_the_card_of_a_used_up_budget_raises_the_cap_too() -> None:
    link = FakeLink(used_up(), alive=False)
    async with session(link) as user:
        await user.presses("4", "enter", "c")
        await user.writes("11.5", question="Raise the cap?")
    assert link.commands == [ChangeNight(11.5)]


@pytest.mark.parametrize("size", [(80, 24), (118, 30)])
async def test_what_a_task_cost_says_where_it_is_an_estimate(size: tuple[int, int]) -> None:
    tasks = [ready("T1", "Guessed", usd=0.25, estimated=True), ready("T2", "Counted", usd=0.75)]
    async with session(FakeLink(of(tasks)), size=size) as user:
        user.sees("board").contains("≈$0.25", " $0.75")
        user.sees("board").lacks("≈$0.75")
        await user.presses("3")
        user.sees("desk").contains("$0.25 est.")
