"""What is said of tasks that could start and have no money: once, and of those behind one that waits only news."""

from __future__ import annotations

from collections.abc import Iterator

from cockpit import events
from cockpit.events import TaskWaitsForMoney
from cockpit.fold import fold
from cockpit.policy import reserving
from cockpit.policy.rules import Rules
from cockpit.state import State, Task
from tests.unit.test_fold import recorded

DEAR = events.NightStarted("n", 3, "main", cap_usd=1.0, reserve_usd=5.0)
KNOWN = Rules(models={"builder": "m"}, hold_back={"m": 0.0})


def queue(*added: events.TaskAdded) -> State:
    """A night whose cap can't hold a single start."""
    return fold(recorded([DEAR, *added]))


def test_the_first_says_which_cap_it_waits_for_and_nobody_looks_at_the_thousands_behind() -> None:
    state = queue(events.TaskAdded("T1", "first"), events.TaskAdded("T2", "second"))

    def line() -> Iterator[Task]:
        yield state.tasks["T1"]
        yield state.tasks["T2"]
        raise AssertionError("the third was looked at")

    assert reserving.waits(state, KNOWN, 0.0, line()) == (TaskWaitsForMoney("T1", "night", 5.0),)


def test_one_behind_it_whose_model_has_no_price_is_told_so_all_the_same() -> None:
    state = queue(events.TaskAdded("T1", "first"), events.TaskAdded("T2", "second", model="odd"))
    rules = Rules(models={"builder": "m"}, hold_back={"m": 0.0, "odd": None})

    first, second = reserving.waits(state, rules, 0.0, state.tasks.values())

    assert (first.task, first.cap) == ("T1", "night")
    assert (second.task, second.cap) == ("T2", "")
    assert "nobody knows the price of odd" in second.why
