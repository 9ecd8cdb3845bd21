"""Money: sums that agree, days by the local clock, speed and forecast, alerts once, and another cap."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import days, events, metrics
from cockpit.commands import ChangeNight, StopNight
from cockpit.days import day_start, month_start
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.fold.money import MINUTES_KEPT, QUARTERS_KEPT
from cockpit.policy import budget, cap, spending
from cockpit.policy.decide import decide
from cockpit.policy.rules import Rules
from cockpit.state import State
from cockpit.views import BUDGET, inbox
from tests.unit.test_requests import READY, give, refusal
from tests.zones import zone

BEGIN = 1_750_000_000.0
TASKS = ("T1", "T2", "T3")


def night(cap_usd: float | None = 10.0, until: float | None = None, **more: float) -> list[Event]:
    added: list[Event] = [events.TaskAdded(name, name) for name in TASKS]
    started = events.NightStarted("n", 3, "main", cap_usd=cap_usd, until=until, **more)  # type: ignore[arg-type]
    claims = [events.TaskClaimed(name, n, f"{name}-1", "s") for n, name in enumerate(TASKS, 1)]
    runs = [events.RunStarted(f"{name}-1", f"b-{name}", "/w", "base", 9, "sonnet") for name in TASKS]
    return [*added, started, *claims, *runs]


def at(*timed: tuple[float, Event], state: State | None = None) -> State:
    return fold((Recorded(n, "s", n, BEGIN + when, e) for n, (when, e) in enumerate(timed, 1)), state)


def running(*timed: tuple[float, Event], **bounds: float | None) -> State:
    return at(*((0.0, event) for event in night(**bounds)), *timed)  # type: ignore[arg-type]


def cost(task: str, usd: float, source: str = "cli", model: str = "sonnet", seq: int = 1) -> Event:
    return events.CostSeen(f"{task}-1", seq, usd, 100, model, source)


def call(usd: float, task: str = "", source: str = "cli", role: str = "reviewer", model: str = "opus") -> Event:
    return events.CallPaid(role, usd, 10, model, source, task)


# ── sums ─────────────────────────────────────────────────────────────────────────────────────────────

USD = st.floats(0, 5).map(lambda usd: round(usd, 4))
CHARGES = st.one_of(
    st.builds(cost, st.sampled_from(TASKS), USD, st.sampled_from(("cli", "genai-prices", "unknown"))),
    st.builds(call, USD, st.sampled_from(("", *TASKS)), st.sampled_from(("cli", "genai-prices"))),
)


@given(st.lists(st.tuples(st.floats(0, 40 * 86400), CHARGES), max_size=60))
def test_by_agent_by_role_by_model_and_by_task_all_come_to_what_was_spent(charges: list[tuple[float, Event]]) -> None:
    state = running(*sorted(charges, key=lambda entry: entry[0]))

    found = metrics.money(state, BEGIN + 40 * 86400)

    for group in ("by_agent", "by_role", "by_model", "by_task"):
        assert sum(row["night"] for row in found[group].values()) == pytest.approx(state.spent_usd, abs=1e-4)
    for group in metrics.GROUPS:
        for span in ("today", "month"):
            total = sum(row[span] for row in found[group].values())
            assert total == pytest.approx(found[span]["spent"], abs=1e-4)
    assert found["today"]["spent"] <= found["month"]["spent"] + 1e-6 <= state.spent_total_usd + 1e-5
    assert found["spent"] == pytest.approx(found["night"]["spent"], abs=1e-5)


def test_a_task_costs_what_its_agent_and_its_reviews_cost() -> None:
    state = running((10, cost("T1", 1.0)), (20, call(0.25, "T1")), (30, cost("T1", 1.5, seq=2)), (40, call(0.1)))

    found = metrics.money(state, BEGIN + 60)

    assert {name: row["night"] for name, row in found["by_task"].items()} == {"T1": 1.75, metrics.NO_TASK: 0.1}
    assert {name: row["night"] for name, row in found["by_agent"].items()} == {"agent-1": 1.5, metrics.NO_AGENT: 0.35}
    assert state.tasks["T1"].usd == pytest.approx(1.75)


def test_a_new_night_begins_with_nothing_but_the_day_goes_on() -> None:
    state = running((10, cost("T1", 1.0)))

    again = at((60, events.NightEnded("done")), (120, events.NightStarted("m", 1, "main")), state=state)
    found = metrics.money(again, BEGIN + 180)

    assert found["spent"] == 0
    assert found["by_task"] == {}
    assert found["today"]["spent"] == found["month"]["spent"] == found["ever"] == 1.0


def test_the_book_is_bounded_however_long_it_goes_on() -> None:
    state = running(*((n * 1000.0, call(0.01)) for n in range(QUARTERS_KEPT + 500)))

    assert len(state.quarters) == QUARTERS_KEPT
    assert len(state.minutes) == MINUTES_KEPT


# ── what is an estimate, and what is not known ───────────────────────────────────────────────────────


def test_money_by_a_price_list_is_an_estimate_wherever_it_shows() -> None:
    state = running((10, cost("T1", 1.0)), (20, call(0.2, "T2", "genai-prices")))

    found = metrics.money(state, BEGIN + 60)

    assert found["estimate"]
    assert found["night"]["estimate"]
    assert not found["by_agent"]["agent-1"]["estimate"]
    assert found["by_agent"][metrics.NO_AGENT]["estimate"]
    assert found["by_task"]["T2"]["estimate"]
    assert [task.estimated for task in state.tasks.values()] == [False, True, False]
    assert not found["by_task"]["T1"]["estimate"]


def test_a_model_without_a_price_is_named_in_every_sum_it_should_be_in() -> None:
    state = running((10, cost("T1", 0.0, "unknown", "new-model")), (20, cost("T2", 1.0)))

    found = metrics.money(state, BEGIN + 60)

    assert found["night"]["unpriced"] == found["today"]["unpriced"] == ["new-model"]
    assert found["by_agent"]["agent-1"] == {"night": 0, "today": 0, "month": 0, "estimate": False, "unknown": True}
    assert not found["by_agent"]["agent-2"]["unknown"]
    assert found["by_model"]["new-model"]["unknown"]


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────


def local(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu"])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-01-01"])
def test_today_begins_at_local_midnight_also_when_the_clocks_change(name: str, day: str) -> None:
    with zone(name):
        midnight = local(f"{day} 00:00:00")
        log = [(midnight - 1, call(1.0)), (midnight, call(2.0)), (midnight + 5 * 3600, call(4.0))]
        state = fold(Recorded(n, "s", n, when, e) for n, (when, e) in enumerate(log, 1))

        found = metrics.money(state, local(f"{day} 23:59:59"))

        assert day_start(local(f"{day} 23:59:59")) == midnight
        assert found["today"]["spent"] == 6.0
        assert found["month"]["spent"] == (6.0 if day.endswith("-01") else 7.0)
        assert day_start(midnight - 1) == local(f"{time.strftime('%Y-%m-%d', time.localtime(midnight - 1))} 00:00:00")


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Europe/Berlin", "2026-12-31", 24),
        ("America/Santiago", "2026-09-06", 23),  # its clocks change at midnight: the day begins at one
        ("America/Santiago", "2026-04-04", 25),
    ],
)
def test_a_cap_of_a_day_begins_anew_when_that_day_is_over_however_long_it_is(name: str, day: str, hours: int) -> None:
    with zone(name):
        for clock in ("01:30:00", "03:00:00", "12:00:00", "23:59:59"):
            found = days.local(local(f"{day} {clock}"))

            assert found.next_day - found.day == hours * 3600
            assert found.day <= found.now < found.next_day
            assert days.local(found.next_day).day == found.next_day
            assert days.local(found.next_day - 1).day == found.day


def test_the_month_begins_at_midnight_of_its_first_day() -> None:
    with zone("Europe/Berlin"):
        assert month_start(local("2026-03-31 12:00:00")) == local("2026-03-01 00:00:00")


@settings(max_examples=50)
@given(
    st.floats(1_700_000_000, 1_900_000_000), st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"])
)
def test_every_local_day_begins_with_a_quarter_of_an_hour(now: float, name: str) -> None:
    with zone(name):
        assert day_start(now) % 900 == 0
        assert day_start(now) <= now < day_start(now) + 26 * 3600


# ── how fast, and where that leads ───────────────────────────────────────────────────────────────────


def test_the_speed_is_that_of_the_last_half_hour() -> None:
    state = running((60, cost("T1", 6.0)), (2 * 3600 - 600, cost("T2", 1.0)))

    speed = spending.burn(state, BEGIN + 2 * 3600)

    assert speed is not None
    assert speed.usd_per_hour == pytest.approx(2.0)
    assert not speed.whole


def test_while_agents_work_and_no_bill_came_in_lately_the_whole_night_tells() -> None:
    state = running((60, cost("T1", 6.0)))

    speed = spending.burn(state, BEGIN + 2 * 3600)

    assert speed is not None
    assert speed.usd_per_hour == pytest.approx(3.0)
    assert speed.whole


def test_when_nothing_works_nothing_burns() -> None:
    state = running((60, cost("T1", 6.0)), *((90, events.RunEnded(f"{name}-1", "done")) for name in TASKS))

    speed = spending.burn(state, BEGIN + 2 * 3600)

    assert speed is not None
    assert speed.usd_per_hour == 0
    assert spending.forecast(state, BEGIN + 2 * 3600) is None


def test_a_night_that_is_over_tells_its_average_and_no_forecast() -> None:
    state = running((60, cost("T1", 6.0)), (3600, events.NightStopping("done")), (3600, events.NightEnded("done")))

    speed = spending.burn(state, BEGIN + 9 * 3600)

    assert speed is not None
    assert speed.usd_per_hour == pytest.approx(6.0)
    assert speed.whole
    assert spending.forecast(state, BEGIN + 9 * 3600) is None


def test_before_a_minute_has_passed_there_is_no_speed() -> None:
    assert spending.burn(running((1, cost("T1", 1.0))), BEGIN + 30) is None
    assert spending.burn(State(), BEGIN) is None


def test_the_money_at_the_deadline_is_foretold() -> None:
    state = running((1800, cost("T1", 1.0)), cap_usd=100.0, until=BEGIN + 3 * 3600)

    found = spending.forecast(state, BEGIN + 3600)

    assert found is not None
    assert (found.at, found.cap_reached) == (BEGIN + 3 * 3600, False)
    assert found.usd == pytest.approx(5.0)


def test_a_cap_that_is_reached_before_the_deadline_is_foretold_with_its_time() -> None:
    state = running((3000, cost("T1", 1.0)), cap_usd=2.0, until=BEGIN + 8 * 3600)

    found = spending.forecast(state, BEGIN + 3600)

    assert found == spending.Forecast(BEGIN + 3600 + 1800, 2.0, cap_reached=True)


@given(st.lists(st.tuples(st.floats(0, 7200), CHARGES), max_size=30), st.floats(60, 30000), st.floats(1, 50))
def test_a_forecast_is_never_below_what_is_spent_nor_above_the_cap(
    charges: list[tuple[float, Event]], age: float, cap_usd: float
) -> None:
    state = running(*sorted(charges, key=lambda e: e[0]), cap_usd=cap_usd, until=BEGIN + 40000)

    found = spending.forecast(state, BEGIN + age)

    assert found is None or found.at >= BEGIN + age
    assert found is None or min(state.spent_usd, cap_usd) - 1e-9 <= found.usd <= cap_usd + 1e-9


# ── alerts ───────────────────────────────────────────────────────────────────────────────────────────


def alerts(state: State, rules: Rules | None = None) -> list[int]:
    decided = decide(state, rules or Rules(), BEGIN + 7200).records
    return [e.percent for e in decided if isinstance(e, events.BudgetAlert)]


def said(state: State) -> State:
    """The state after every alert that is due was recorded, as the engine does."""
    return at(*((7200, alert) for alert in budget.alerts(state, Rules())), state=state)


def test_each_share_of_the_cap_is_said_once_and_in_a_notice() -> None:
    state = running((10, cost("T1", 5.5)))

    assert alerts(state) == [50]
    state = said(state)
    assert alerts(state) == []
    assert state.notices[-1] == "50 % of the night's cap is reached: $5.50 of $10.00"
    state = at((20, cost("T2", 3.7)), state=state)
    assert alerts(state) == [75, 90]
    assert alerts(said(state)) == []


@given(st.lists(CHARGES, max_size=40))
def test_whatever_is_spent_each_alert_comes_once_also_when_the_engine_forgets_everything(charges: list[Event]) -> None:
    log: list[Event] = night()
    for event in charges:
        log.append(event)
        state = fold(Recorded(n, "s", n, BEGIN, e) for n, e in enumerate(log, 1))  # as a new engine would
        log += budget.alerts(state, Rules())
    state = fold(Recorded(n, "s", n, BEGIN, e) for n, e in enumerate(log, 1))
    told = [e.percent for e in log if isinstance(e, events.BudgetAlert)]

    assert told == [percent for percent in (50, 75, 90) if state.spent_usd * 100 >= percent * 10]


def test_a_higher_cap_makes_what_it_has_not_reached_be_said_again() -> None:
    state = said(running((10, cost("T1", 9.5))))
    assert state.night is not None
    assert state.night.alerted == (50, 75, 90)

    state, _ = give(state, ChangeNight(14.0))

    assert state.night is not None
    assert state.night.alerted == (50,)
    assert alerts(state) == []
    state = at((30, cost("T2", 3.2)), state=state)
    assert alerts(state) == [75, 90]


def test_a_new_night_and_other_percentages() -> None:
    state = said(running((10, cost("T1", 9.5))))
    again = at((60, events.NightEnded("x")), (61, events.NightStarted("m", 1, "main", cap_usd=1.0)), state=state)

    assert alerts(again) == []
    assert alerts(at((62, call(0.3)), state=again), Rules(alerts=(20, 80))) == [20]
    assert alerts(running((10, cost("T1", 9.5)), cap_usd=None)) == []


# ── another cap ──────────────────────────────────────────────────────────────────────────────────────

REACHED: tuple[Event, ...] = (events.NightStopping("budget", "policy"), events.NightEnded("budget"))


def stopped(**bounds: float | None) -> State:
    ends: list[Event] = [events.RunEnded(f"{name}-1", "budget") for name in TASKS]
    return running((10, cost("T1", 10.02)), *((20.0, e) for e in [*REACHED[:1], *ends, *REACHED[1:]]), **bounds)


def test_a_night_that_the_budget_stopped_waits_for_you_and_goes_on_with_a_higher_cap() -> None:
    state = stopped()
    (entry,) = inbox(state)
    assert (entry.id, entry.why) == (BUDGET, "spent $10.02 of $10.00; 3 tasks are not done")

    state, answer = give(state, ChangeNight(15.0))

    assert answer.message == "the night goes on, with a cap of $15.00"
    assert state.night is not None
    assert (state.night.cap_usd, state.night.is_open, state.night.started) == (15.0, True, BEGIN)
    assert state.spent_usd == pytest.approx(10.02)
    assert inbox(state) == []
    assert [type(e).__name__ for e in decide(said(state), Rules(), BEGIN + 100).records] == ["TaskClaimed"] * 3


def test_leaving_it_at_that_answers_the_entry() -> None:
    state, answer = give(stopped(), StopNight())

    assert answer.ok
    assert "stays stopped" in answer.message
    assert inbox(state) == []
    assert give(state, StopNight())[1].message == "no night is running"
    assert cap.is_stopped_by_budget(give(state, ChangeNight(12.0))[0]) is False


def test_a_budget_that_is_reached_when_all_is_done_asks_for_nothing() -> None:
    landed = [events.TaskSkipped(name) for name in TASKS]
    assert inbox(at(*((50, e) for e in landed), state=stopped())) == []


@pytest.mark.parametrize(
    ("state", "usd", "words"),
    [
        (stopped(), 9.0, "$10.02 is spent already"),
        (stopped(), 10.02, "$10.02 is spent already"),
        (stopped(reserve_usd=2.0), 11.0, "give at least $12.02"),
        (stopped(until=BEGIN + 30), 20.0, "deadline has passed"),
        (running((10, cost("T1", 4.0))), 3.0, "$4.00 is spent already"),
        (running(), -1.0, "more than 0, not -1.0"),
        (running(), float("inf"), "more than 0, not inf"),
        (State(), 5.0, "no night is going on"),
        (at((9, events.NightEnded("done")), state=running()), 5.0, "no night is going on"),
    ],
)
def test_a_cap_that_can_not_be_is_refused_in_words(state: State, usd: float, words: str) -> None:
    if state.night and state.night.until:
        assert words in cap.refusal(state, usd, BEGIN + 100)
    else:
        assert words in refusal(state, ChangeNight(usd))


def test_a_running_night_gets_another_cap() -> None:
    state, answer = give(running((10, cost("T1", 4.0))), ChangeNight(6.0))

    assert answer.message == "the night's cap is $6.00 now, $4.00 of it spent"
    assert state.night is not None
    assert state.night.cap_usd == 6.0
    assert give(state, ChangeNight(6.0))[1].message == "the night's cap is $6.00 already"


# ── metrics ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_lead_times_are_of_what_landed_in_this_night() -> None:
    state = at(
        *((float(n), e) for n, e in enumerate(READY)),
        (100, events.MergeApproved("T1", "head", "you")),
        (603, events.TaskLanded("T1", "c", "main")),
    )

    found = metrics.build(state, BEGIN + 1000)

    assert found["lead_times"] == {
        "landed": 1,
        "queued_to_landed": {"median": 603.0, "longest": 603.0},
        "started_to_landed": {"median": 600.0, "longest": 600.0},
    }
    assert found["tasks"] == {
        "total": 1,
        "by_state": {"landed": 1},
        "runs": 1,
        "sent_back_by_review": 0,
        "flaky_gates": {},
    }
    assert json.loads(json.dumps(found)) == found
