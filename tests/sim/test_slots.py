"""How agents' slots are is handed on from event to event, and is always what a look at everybody would find."""

from __future__ import annotations

import random

import pytest

from cockpit.events import Recorded
from cockpit.fold import apply
from cockpit.fold.slots import SEEN, TOUCHES, Slots, known_of, slots
from cockpit.policy.decide import decide
from cockpit.policy.rules import Rules
from cockpit.standing import Board
from cockpit.state import State
from cockpit.value import replace
from tests.sim.result import play
from tests.sim.scenario import draw


def _found(known: Slots) -> dict[str, object]:
    return {name: getattr(known, name) for name in SEEN}


@pytest.mark.parametrize("seed", range(700, 708))
def test_slots_say_after_every_event_what_looking_at_everybody_says(seed: int) -> None:
    night, _ = play(draw(seed, 6))
    state, followed, asked = State(), 0, random.Random(seed)
    for one in night.log:
        before, known = state, known_of(state)
        state = apply(state, one)
        if known is not None and known_of(state) is known:
            followed += type(one.event) in TOUCHES
            assert _found(known) == _found(Slots(state)), f"{seed}: after {one.event}"
            if known_of(before) is known:  # nothing of all that was changed
                assert _found(known) == _found(Slots(before))
        if asked.random() < 0.9:
            slots(state)
    assert followed > 20


def test_deciding_with_what_is_handed_on_says_the_same_as_with_plain_mappings() -> None:
    night, _ = play(draw(31, 6))
    state, rules = State(), night.rules
    decided = 0
    for one in night.log:
        state = apply(state, one)
        plain = replace(state, tasks=dict(state.tasks))
        mine, theirs = decide(state, rules, one.at), decide(plain, rules, one.at)
        assert (mine.records, mine.wake) == (theirs.records, theirs.wake), f"after {one.event}"
        assert set(mine.effects) == set(theirs.effects)
        decided += bool(mine.effects)
    assert decided > 20


def test_another_future_of_the_same_state_makes_its_own() -> None:
    night, _ = play(draw(31, 6))
    log: list[Recorded] = night.log
    state = State()
    for one in log[: len(log) // 2]:
        state = apply(state, one)
    assert isinstance(state.tasks, Board)
    first = slots(state)
    ahead = apply(state, log[len(log) // 2])
    assert first is not slots(state) or known_of(ahead) is None
    assert _found(slots(state)) == _found(Slots(state))
    assert _found(slots(ahead)) == _found(Slots(ahead))
    assert decide(state, Rules(), 0.0) == decide(state, Rules(), 0.0)
