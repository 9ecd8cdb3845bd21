"""Folding very many events at once: the same State as by `apply`, one event after another, in far less time.

`apply` makes a new State for each event, because somebody may look at any of them. Nobody sees the states in the
middle of a long stretch, so here the State, its tasks, its runs and its mappings are twins that are changed where
they are, by the very functions that `apply` is made of; at the end they become what they are everywhere else.
Tests hold it against `apply`, and hold those functions to what makes it right: once a function has made a new value
out of an old one, nothing looks at the old one any more.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cockpit.fold.own import GROWING, SHARED, STAND_INS, Own, OwnState, changed
from cockpit.standing import Board
from cockpit.state import State

Happened = tuple[int, float, Any]
"""A position, a time and an event, or a stand-in for one."""

Change = Callable[[State, Any, float], State]
"""One event folded in, without its position."""


def fold_all(happened: Iterable[Happened], state: State, ways: Mapping[type[Any], Change], other: Change) -> State:
    """Fold a long stretch, oldest first, onto `state`, which is left as it is."""
    all_ways = _Ways(ways, other)
    own, position = _own_of(state), state.position
    with no_collector():
        for reached, at, event in happened:
            if reached > position:
                position = reached
            own = all_ways[type(event)](own, event, at)
    return _shared_of(own, position)


@contextmanager
def no_collector() -> Iterator[None]:
    """For making very many values, none of which points in a circle: the search for such takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Ways(dict[type[Any], Change]):
    """The way of each kind of event, of stand-ins too: those may be made while we fold."""

    def __init__(self, ways: Mapping[type[Any], Change], other: Change) -> None:
        super().__init__(ways)
        self._other = other

    def __missing__(self, kind: type[Any]) -> Change:
        found = self[kind] = self.get(STAND_INS.get(kind, kind), self._other)
        return found


def _own_of(state: State) -> State:
    """A copy that is changed in place; a task or a run in it is copied when it is first changed."""
    own: State = object.__new__(OwnState)
    for name in State.__slots__:
        object.__setattr__(own, name, getattr(state, name))
    changed(own, {name: Own(getattr(state, name)) for name in GROWING})
    return own


def _shared_of(own: State, position: int) -> State:
    """What anybody may have: nothing in it changes any more."""
    for held in (own.tasks, own.runs):
        for value in held.values():
            if type(value) in SHARED:
                object.__setattr__(value, "__class__", SHARED[type(value)])
    changed(own, {"position": position, **{name: dict(getattr(own, name)) for name in GROWING}})
    object.__setattr__(own, "tasks", Board(own.tasks))
    for name in ("quarters", "tallies"):
        object.__setattr__(own, name, {quarter: dict(sums) for quarter, sums in getattr(own, name).items()})
    object.__setattr__(own, "__class__", State)
    return own
