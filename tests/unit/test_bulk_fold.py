"""Folding a long stretch at once gives the very State that folding event after event gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import events, value
from cockpit.events import Event, Recorded
from cockpit.fold import _WAYS, _apply, apply, bulk, fold_all
from cockpit.fold.own import SHARED
from cockpit.standing import Board
from cockpit.state import State
from tests.unit.test_fold import EVENTS, TASKS, event_of, recorded
from tests.unit.test_snapshot import a_night

BEGUN: list[Event] = [
    events.NightStarted("n", 3, "main", cap_usd=50.0),
    *(events.TaskAdded(task, task) for task in TASKS),
    *(events.TaskClaimed(task, n, f"{task}-1", "s") for n, task in enumerate(TASKS, 1)),
    *(events.RunStarted(f"{task}-1", "b", "w", "c", 1, "m") for task in TASKS),
]
"""A night in full swing, so that what comes after means something."""

MUCH = st.lists(
    st.one_of(EVENTS, event_of(events.CostSeen), event_of(events.PhaseChanged), event_of(events.CallPaid)),
    max_size=60,
)


def one_by_one(log: list[Recorded], state: State) -> State:
    for one in log:
        state = apply(state, one)
    return state


def at_once(log: list[Recorded], state: State) -> State:
    return fold_all(((one.position, one.at, one.event) for one in log), state)


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks at a field that was changed since, on the value as it was before, gets an error.

    In a long stretch it would be the value after the change.
    """
    former: dict[int, list[Any]] = {}

    def another(old: Any, changes: dict[str, Any]) -> Any:
        new = object.__new__(type(old))
        olds = [*former.pop(id(old), []), old]
        for name in type(old).__slots__:
            object.__setattr__(new, name, getattr(old, name))
        for name in changes:
            for one in olds:
                if hasattr(one, name):
                    object.__delattr__(one, name)
        former[id(new)] = olds
        return value.in_place(new, changes)

    for kind in SHARED:
        monkeypatch.setitem(value.COPIERS, kind, another)


@given(MUCH, st.integers(0, 60))
@settings(deadline=None)
def test_a_long_stretch_gives_the_same_state(log: list[Event], cut: int) -> None:
    whole = recorded([*BEGUN, *log])
    before = one_by_one(whole[: len(BEGUN) + cut], State())
    kept = repr(before)

    assert at_once(whole, State()) == one_by_one(whole, State())
    assert at_once(whole[before.position :], before) == one_by_one(whole, State())
    assert repr(before) == kept


@given(st.integers(), st.integers(0, 300), st.integers(0, 300))
@settings(max_examples=40, deadline=None)
def test_a_night_gives_the_same_state(seed: int, steps: int, cut: int) -> None:
    log = a_night(seed, steps).log
    before = one_by_one(log[:cut], State())

    assert at_once(log, State()) == one_by_one(log, State())
    assert at_once(log[before.position :], before) == one_by_one(log, State())


def test_no_part_of_the_fold_looks_at_what_it_has_replaced(strict: None) -> None:
    @given(MUCH)
    @settings(deadline=None)
    def holds(log: list[Event]) -> None:
        own, whole = bulk._own_of(State()), recorded([*BEGUN, *log])
        for one in whole:
            own = _WAYS.get(type(one.event), _apply)(own, one.event, one.at)

    holds()


def test_what_a_new_night_begins_anew_grows_where_it_is() -> None:
    """Or each event would copy the charges of all tasks before it, and a long season take the square of its time."""
    own, ways = bulk._own_of(State()), bulk._Ways(_WAYS, _apply)
    for one in recorded(BEGUN):
        own = ways[type(one.event)](own, one.event, one.at)
    held = {name: getattr(own, name) for name in ("charges", "minutes", "reserves", "agents", "runs", "tasks")}

    ways[events.CostSeen](own, events.CostSeen(f"{TASKS[0]}-1", 1, 0.5, 100, "m", "cli"), 7.0)

    assert sum(own.charges.values()) == 0.5
    assert all(getattr(own, name) is mapping for name, mapping in held.items())


def test_the_result_is_like_any_other_state() -> None:
    state = at_once(recorded(BEGUN), State())

    assert type(state) is State
    assert type(state.tasks) is Board
    assert {type(held) for held in (state.runs, state.charges, state.minutes)} == {dict}
    assert {type(one).__name__ for one in (*state.tasks.values(), *state.runs.values())} == {"Task", "Run"}
