"""The numbers of many nights: each event counts once, on its day, and nothing is made up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from cockpit import events, numbers
from cockpit.events import Recorded
from cockpit.fold import fold, fold_all
from cockpit.state import GateResult, Kind, State, Verdict
from tests.zones import zone

HOUR = 3600.0
DAY = 24 * HOUR
NOON = 1_790_000_000 // DAY * DAY + 12 * HOUR
GREEN, RED = GateResult("tests", True), GateResult("tests", False, "boom")


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    with zone("UTC"):
        yield


def night(*happened: tuple[float, events.Event], start: State | None = None) -> State:
    """The State after these events; a night of two agents began at noon, and T1 was added then."""
    first: list[tuple[float, events.Event]] = [
        (NOON, events.NightStarted("n", 2, "main", cap_usd=1.0)),
        (NOON, events.TaskAdded("T1", "Add a median")),
        (NOON, events.TaskClaimed("T1", 1, "T1-1", "s")),
        (NOON, events.RunStarted("T1-1", "agent-1/task-T1", "/w", "base", 1, model="sonnet")),
    ]
    position = count(1)
    return fold([Recorded(next(position), "s", 0, at, event) for at, event in (*first, *happened)], start)


def today(state: State, now: float = NOON + HOUR) -> dict[str, Any]:
    found: dict[str, Any] = numbers.build(state, now)["spans"]["today"]
    return found


def gates(*results: GateResult) -> events.GatesFinished:
    return events.GatesFinished("T1", "h", "t", "m", results)


def test_of_nothing_nothing_is_said() -> None:
    found = today(State())

    assert found["landed"] == 0
    for name in ("gate_pass_rate", "first_review_approval", "utilisation", "usd_per_landed", "mean_completion_seconds"):
        assert found[name] is None


def test_a_task_that_lands_after_rework() -> None:
    state = night(
        (NOON + 60, events.CostSeen("T1-1", 1, 0.5, 100, "sonnet", "cli")),
        (NOON + 60, events.TurnEnded("T1-1", 2, True)),
        (NOON + 61, gates(RED)),
        (NOON + 62, events.ReworkAsked("T1", "gates", "boom")),
        (NOON + 63, gates(GREEN)),
        (NOON + 64, events.VerdictGiven("T1", Verdict(False, "no"))),
        (NOON + 65, events.ReworkAsked("T1", "reviewer", "no")),
        (NOON + 66, gates(GREEN)),
        (NOON + 67, events.VerdictGiven("T1", Verdict(True, "yes"))),
        (NOON + 68, events.TaskReady("T1")),
        (NOON + 668, events.MergeApproved("T1", "h", "you")),
        (NOON + 700, events.TaskLanded("T1", "c", "main")),
        (NOON + 720, events.RunEnded("T1-1", "landed")),
        (NOON + 720, events.NightEnded("done")),
    )
    found = today(state)

    assert found["landed"] == 1
    assert found["landed_by_agent"] == {"agent-1": 1}
    assert found["mean_completion_seconds"] == 700
    assert found["gate_pass_rate"] == round(2 / 3, 4)
    assert found["gates_failed"] == {"tests": 1}
    assert found["first_review_approval"] == 0.0
    assert found["mean_review_cycles"] == 1.0
    assert found["rework_causes"] == {"gates": 1, "reviewer": 1}
    assert found["usd_per_landed"] == 0.5
    assert found["spent_usd"] == 0.5
    assert found["utilisation"] == 0.5
    assert (found["person_seconds"], found["decisions"]) == (600, 1)
    assert found["overruns"] == found["rate_limit_violations"] == found["regressions"] == 0


def test_what_is_rolled_back_is_a_regression_and_no_second_landing() -> None:
    landed = night((NOON + 1, events.TaskLanded("T1", "c", "main")))
    undone: list[tuple[float, events.Event]] = [
        (NOON + 2, events.TaskAdded("T2", "Roll back T1", reverts="T1")),
        (NOON + 3, events.TaskLanded("T2", "d", "main")),
    ]
    state = fold([Recorded(10 + n, "s", 0, at, event) for n, (at, event) in enumerate(undone)], landed)

    assert today(state)["landed"] == 1
    assert today(state)["regressions"] == 1


def test_each_day_has_its_own() -> None:
    state = night(
        (NOON + HOUR, events.TaskLanded("T1", "c", "main")),
        (NOON + DAY, events.Halted("you", 0.4)),
    )
    found = numbers.build(state, NOON + DAY + 1)

    assert [day["landed"] for day in found["days"][-3:]] == [0, 1, 0]
    assert found["spans"]["today"]["landed"] == 0
    assert found["spans"]["week"]["landed"] == 1
    assert found["spans"]["today"]["mean_emergency_stop_seconds"] == 0.4


def test_a_night_over_its_cap_is_said() -> None:
    spent = events.CostSeen("T1-1", 1, 1.01, 100, "sonnet", "cli")
    state = night((NOON + 1, spent), (NOON + 2, events.NightEnded("done")), (NOON + 3, events.NightEnded("done")))

    assert today(state)["overruns"] == 1


def test_a_start_against_a_known_limit_is_said() -> None:
    limit = events.TurnEnded("T1-1", 1, False, error="limit", quota="claude", reopens=NOON + HOUR)
    again = events.RunStarted("T1-1", "b", "/w", "base", 1, restart=True)
    state = night((NOON + 1, limit), (NOON + 2, again))

    assert today(state)["rate_limit_violations"] == 1
    assert today(state)["restarts"] == 1


def test_a_long_stretch_counts_the_same_as_event_by_event() -> None:
    told: list[events.Event] = [
        events.NightStarted("n", 1, "main"),
        *(events.TaskAdded(f"T{n}", "x", kind=Kind.BUILD) for n in range(1, 40)),
        *(events.TaskLanded(f"T{n}", "c", "main") for n in range(1, 40)),
    ]
    happened = [(n + 1, NOON + n, event) for n, event in enumerate(told)]
    slow = State()
    for position, at, event in happened:
        slow = fold([Recorded(position, "s", 0, at, event)], slow)
    quick = fold_all(happened, State())

    assert quick.tallies == slow.tallies
    assert today(quick)["landed"] == 39
    assert type(next(iter(quick.tallies.values()))) is dict


@pytest.mark.parametrize(
    ("values", "bars"),
    [([0, 1, 2], "▁▅█"), ([None, 3, None], "·█·"), ([0, 0], "▁▁"), ([], ""), ([None], "·")],
)
def test_bars(values: list[float | None], bars: str) -> None:
    assert numbers.sparkline(values) == bars


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_lines_fit(width: int) -> None:
    state = night((NOON + 1, gates(RED)), (NOON + 9, events.TaskLanded("T1", "c", "main")))

    for line in numbers.lines(numbers.build(state, NOON + HOUR), width):
        assert len(line) <= max(width, numbers._NAME + 3 * numbers._CELL + 9)


def test_a_waiting_task_that_the_policy_approves_waited_for_nobody() -> None:
    state = night((NOON + 68, events.TaskReady("T1")), (NOON + 70, events.MergeApproved("T1", "h", "policy")))

    assert today(state)["decisions"] == 0
