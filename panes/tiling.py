"""Which agents have a pane, where each pane lies, and which agents have a line instead. Pure.

The layouts are those of tmux: tiled, a main pane with a stack beside or below it, and one pane alone; any of
them may be zoomed to the selected agent. The selected agent always has a pane, no agent is ever left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import NamedTuple

MIN_WIDTH, MIN_HEIGHT = 44, 11
"""A pane is not made smaller than this unless somebody asks for more panes."""
LEAST_WIDTH, LEAST_HEIGHT = 30, 5
"""The smallest pane that says anything."""
GOOD_WIDTH, GOOD_HEIGHT = 88, 20
"""A pane of this size is as good as any larger one; shapes are compared by it."""
MAIN_SHARE = 0.6
"""Of the room, for the main pane."""


class Layout(StrEnum):
    """How panes share the room."""

    TILED = "tiled"
    MAIN = "main+stack"
    ONE = "one"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person wants the agents shown."""

    layout: Layout = Layout.TILED
    most: int | None = None
    """So many panes at once; None for as many as are worth it."""
    zoomed: bool = False
    """The selected agent's pane alone."""


class Box(NamedTuple):
    """Where an agent's pane lies."""

    number: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The panes, and the agents that have a line below them."""

    boxes: tuple[Box, ...] = ()
    lines: tuple[int, ...] = ()

    @property
    def panes(self) -> tuple[int, ...]:
        """The agents with a pane, by number."""
        return tuple(sorted(box.number for box in self.boxes))


@dataclass(frozen=True, slots=True)
class Room:
    """The agents to show, and the cells there are for them."""

    numbers: Sequence[int]
    selected: int
    width: int
    height: int
    before: Collection[int] = ()
    """The agents that had a pane until now: they keep it if they can."""
    quiet: Collection[int] = ()
    """The agents of which there is nothing to see: a line does, unless more panes are asked for."""


def plan(room: Room, wish: Wish) -> Plan:
    """Where everything goes."""
    numbers = room.numbers
    if not numbers:
        return Plan()
    if wish.zoomed or len(numbers) == 1:
        return Plan((Box(_selected(room), 0, 0, room.width, room.height),), ())
    ranked = sorted(numbers, key=lambda n: (n != room.selected, n in room.quiet, n not in room.before, n))
    for count in range(_wanted(room, wish), 0, -1):
        height = room.height - (len(numbers) - count)
        boxes = _boxes(ranked[:count], room.width, height, wish)
        if boxes:
            break
    else:
        boxes = (Box(ranked[0], 0, 0, room.width, max(1, LEAST_HEIGHT, room.height - len(numbers) + 1)),)
    shown = {box.number for box in boxes}
    return Plan(boxes, tuple(n for n in numbers if n not in shown))


def _selected(room: Room) -> int:
    return room.selected if room.selected in room.numbers else room.numbers[0]


def _wanted(room: Room, wish: Wish) -> int:
    if wish.layout is Layout.ONE:
        return 1
    if wish.most is not None:
        return max(1, min(wish.most, len(room.numbers)))
    return max(1, sum(n == room.selected or n not in room.quiet for n in room.numbers))


def _boxes(ranked: Sequence[int], width: int, height: int, wish: Wish) -> tuple[Box, ...]:
    """The boxes of so many panes; none where they would be too small."""
    if len(ranked) == 1:
        return (Box(ranked[0], 0, 0, width, height),) if height >= LEAST_HEIGHT else ()
    if wish.layout is Layout.MAIN:
        return _main_and_stack(ranked, width, height)
    least = (MIN_WIDTH, MIN_HEIGHT) if wish.most is None else (LEAST_WIDTH, LEAST_HEIGHT)
    return _tiles(sorted(ranked), width, height, least)


def _tiles(numbers: Sequence[int], width: int, height: int, least: tuple[int, int]) -> tuple[Box, ...]:
    """Rows of panes, in the shape that gives each the best size."""
    count, best, columns = len(numbers), 0.0, 0
    for across in range(1, count + 1):
        wide, high = _share(width, across), height // ceil(count / across)
        score = min(wide / GOOD_WIDTH, high / GOOD_HEIGHT)
        if wide >= least[0] and high >= least[1] and score > best:
            best, columns = score, across
    if not columns:
        return ()
    down = ceil(count / columns)
    found: list[Box] = []
    for row, (top, high) in enumerate(_split(height, down, 0)):
        members = numbers[row * count // down : (row + 1) * count // down]
        found += [
            Box(n, left, top, wide, high)
            for n, (left, wide) in zip(members, _split(width, len(members), 1), strict=True)
        ]
    return tuple(found)


def _main_and_stack(ranked: Sequence[int], width: int, height: int) -> tuple[Box, ...]:
    """The selected agent large; the others beside it, or below it where the room is narrow."""
    main, others = ranked[0], sorted(ranked[1:])
    big = int((width - 1) * MAIN_SHARE)
    if width - 1 - big >= MIN_WIDTH:
        if height // len(others) < LEAST_HEIGHT:
            return ()
        beside = [
            Box(n, big + 1, top, width - big - 1, high)
            for n, (top, high) in zip(others, _split(height, len(others), 0), strict=True)
        ]
        return (Box(main, 0, 0, big, height), *beside)
    tall = max(LEAST_HEIGHT, int(height * MAIN_SHARE))
    if (height - tall) // len(others) < LEAST_HEIGHT:
        return ()
    below = [
        Box(n, 0, tall + top, width, high)
        for n, (top, high) in zip(others, _split(height - tall, len(others), 0), strict=True)
    ]
    return (Box(main, 0, 0, width, tall), *below)


def _share(total: int, parts: int) -> int:
    """The cells of the smallest of so many columns."""
    return (total - (parts - 1)) // parts


def _split(total: int, parts: int, gap: int) -> list[tuple[int, int]]:
    """Where each part begins and how long it is; what is left over goes to the first ones."""
    size, rest = divmod(total - gap * (parts - 1), parts)
    found, at = [], 0
    for part in range(parts):
        long = size + (part < rest)
        found.append((at, long))
        at += long + gap
    return found
