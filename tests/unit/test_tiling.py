"""Where the agents' panes lie: never one over another, never an agent left out, at any size."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panes.tiling import LEAST_HEIGHT, LEAST_WIDTH, MIN_HEIGHT, MIN_WIDTH, Box, Layout, Plan, Room, Wish, plan

BARS = 4
"""Rows of the screen that are not the agents'."""


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    numbers = draw(st.lists(st.integers(1, 10), min_size=1, max_size=10, unique=True).map(sorted))
    some = st.frozensets(st.sampled_from(numbers))
    return Room(
        numbers,
        draw(st.sampled_from(numbers)),
        draw(st.integers(80, 300)),
        draw(st.integers(24, 80)) - BARS,
        draw(some),
        draw(some),
    )


wishes = st.builds(Wish, st.sampled_from(Layout), st.none() | st.integers(1, 12), st.booleans())


@given(rooms(), wishes)
def test_panes_never_overlap_never_leave_the_room_and_no_agent_is_lost(room: Room, wish: Wish) -> None:
    found = plan(room, wish)

    cells = [(x, y) for b in found.boxes for x in range(b.x, b.x + b.width) for y in range(b.y, b.y + b.height)]
    assert len(cells) == len(set(cells))
    assert all(0 <= x < room.width and 0 <= y < room.height - len(found.lines) for x, y in cells)
    assert room.selected in found.panes
    if wish.zoomed:
        assert found.panes == (room.selected,)
    else:
        assert sorted([*found.panes, *found.lines]) == list(room.numbers)


@given(rooms(), wishes)
def test_panes_fill_the_room_but_for_the_rules_between_them(room: Room, wish: Wish) -> None:
    found = plan(room, wish)
    for y in range(room.height - len(found.lines)):
        across = [b for b in found.boxes if b.y <= y < b.y + b.height]
        assert sum(b.width for b in across) + len(across) - 1 == room.width


@given(rooms(), wishes)
def test_no_pane_is_too_small_to_say_anything(room: Room, wish: Wish) -> None:
    for box in plan(room, wish).boxes:
        assert box.width >= LEAST_WIDTH
        assert box.height >= LEAST_HEIGHT


@given(rooms())
def test_nothing_is_split_finer_than_is_worth_it_unasked(room: Room) -> None:
    found = plan(room, Wish())
    if len(found.boxes) > 1:
        assert min(b.width for b in found.boxes) >= MIN_WIDTH
        assert min(b.height for b in found.boxes) >= MIN_HEIGHT


@given(rooms(), wishes)
def test_the_same_again_changes_nothing(room: Room, wish: Wish) -> None:
    found = plan(room, wish)
    assert plan(replace(room, before=found.panes), wish) == found


@given(rooms(), st.integers(1, 12))
def test_never_more_panes_than_were_wished_for(room: Room, most: int) -> None:
    assert len(plan(room, Wish(most=most)).boxes) <= most


def test_no_agents_no_panes() -> None:
    assert plan(Room((), 1, 80, 20), Wish()) == Plan()


@pytest.mark.parametrize(
    ("count", "size", "panes"),
    [(1, (80, 20), 1), (3, (80, 20), 1), (2, (110, 46), 2), (3, (116, 46), 3), (10, (174, 76), 10), (10, (80, 20), 1)],
)
def test_as_many_panes_as_are_worth_it(count: int, size: tuple[int, int], panes: int) -> None:
    assert len(plan(Room(range(1, count + 1), 1, *size), Wish()).boxes) == panes


def test_a_pane_that_was_there_stays_when_another_agent_is_selected() -> None:
    before = plan(Room((1, 2, 3, 4), 4, 66, 30), Wish())
    after = plan(Room((1, 2, 3, 4), 1, 66, 30, before.panes), Wish())
    assert before.panes == (1, 4)
    assert after.panes == (1, 4)


def test_an_idle_agent_makes_room_until_it_is_selected_or_asked_for() -> None:
    room = Room((1, 2, 3), 1, 116, 46, quiet=(2, 3))
    assert plan(room, Wish()).lines == (2, 3)
    assert plan(replace(room, selected=3), Wish()).lines == (2,)
    assert plan(room, Wish(most=3)).lines == ()


def test_main_is_the_selected_agent_beside_a_stack_or_over_it() -> None:
    wide = plan(Room((1, 2, 3), 2, 200, 40), Wish(Layout.MAIN))
    assert wide.boxes == (Box(2, 0, 0, 119, 40), Box(1, 120, 0, 80, 20), Box(3, 120, 20, 80, 20))

    narrow = plan(Room((1, 2, 3), 2, 80, 20), Wish(Layout.MAIN))
    assert narrow.boxes == (Box(2, 0, 0, 80, 11), Box(1, 0, 11, 80, 8))
    assert narrow.lines == (3,)


def test_one_pane_alone_leaves_a_line_for_each_of_the_others() -> None:
    assert plan(Room((1, 2, 3), 2, 200, 40), Wish(Layout.ONE)) == Plan((Box(2, 0, 0, 200, 38),), (1, 3))


def test_a_room_that_is_far_too_low_still_shows_the_selected_agent() -> None:
    assert plan(Room(range(1, 11), 7, 40, 8), Wish()).panes == (7,)
