"""The board as columns: a card for each task, a column for each lane; arrows go everywhere.

One widget paints all columns, row by row, and only what shows: each column scrolls for itself, and a card is
built when one of its rows is painted. A terminal that is too narrow for all columns shows those around the
cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from cockpit.state import State
from panes.choices import Choices
from panes.lanes import COLUMNS, EMPTY, NEXT, WORKING, Lanes
from panes.task_card import card, head

MIN_WIDTH = 18
"""A narrower card shows too little of a title."""

GAP = 1
HEAD = 2
"""Rows of a column's head."""

TALL = 30
"""From this height on a card has two rows for its title."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A column on the screen."""

    lane: str
    left: int
    width: int


class Painted(NamedTuple):
    """A card, and its rows as they were painted, by row, width and style."""

    rows: Sequence[Content]
    strips: dict[tuple[int, int, str], Strip]


class TaskColumns(Widget, can_focus=True):
    """The tasks of each lane side by side."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="up"),
        Binding("down", "move(1)", "Down", show=False, id="down"),
        Binding("left", "across(-1)", "Left", show=False, id="board.left"),
        Binding("right", "across(1)", "Right", show=False, id="board.right"),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(-1)", "Last", show=False),
        Binding("enter", "open", "Open", show=False, id="open"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"columns--cursor", "columns--cursor-blurred", "columns--target"}
    DEFAULT_CSS = """
    TaskColumns {
        height: 1fr;
        & > .columns--cursor { background: $primary 40%; text-style: bold; }
        & > .columns--cursor-blurred { background: $primary 15%; }
        & > .columns--target { background: $accent 20%; }
    }
    """

    selected: reactive[str] = reactive("", init=False)
    """The task under the cursor; empty while there is none."""

    target: reactive[str] = reactive("", init=False)
    """The lane over which a card is being dragged."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state = State()
        self._now = 0.0
        self._lanes = EMPTY
        self._slots: tuple[Slot, ...] = ()
        self._tops: dict[str, int] = {}
        """The first card that shows of each column."""
        self._cards: dict[str, Painted] = {}
        """The cards that were painted, as long as they say the same."""
        self._blanks: dict[tuple[int, str], Strip] = {}

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────

    def show(self, state: State, now: float, lanes: Lanes) -> None:
        """Show `state` as it is at `now`, sorted into `lanes`."""
        moved = lanes is not self._lanes
        place = self._place()
        self._state, self._now, self._lanes = state, now, lanes
        if moved:
            self._keep_cursor(place)
            self._arrange()
        if self._renew() or moved:
            self.refresh()

    def _renew(self) -> bool:
        """Build the cards anew that show; whether one says something else now."""
        before, self._cards = self._cards, {}
        for name in self._visible() & before.keys():
            now = self._card(name)
            if not _differs(before[name].rows, now.rows):
                self._cards[name] = before[name]
        return any(self._cards[name] is not before[name] for name in self._cards)

    def _visible(self) -> set[str]:
        tops = ((slot.lane, self._tops.get(slot.lane, 0)) for slot in self._slots)
        return {name for lane, top in tops for name in self._lanes.ids[lane][top : top + self.cards_that_fit + 1]}

    def _keep_cursor(self, place: tuple[str, int]) -> None:
        """The cursor stays on its task; where that is gone, on the one that took its place."""
        if self._lanes.lane_of(self.selected):
            return
        lane, index = place
        ids = self._lanes.ids.get(lane) or next((ids for ids in self._lanes.ids.values() if ids), ())
        self.selected = ids[min(index, len(ids) - 1)] if ids else ""

    def _place(self) -> tuple[str, int]:
        lane = self._lanes.lane_of(self.selected)
        return lane, self._lanes.ids[lane].index(self.selected) if lane else 0

    def _arrange(self) -> None:
        """Choose the columns that fit around the cursor's, and scroll each to where it may be."""
        if not self.size.area:
            return
        lane, _ = self._place()
        before, self._slots = self._slots, slots(self._lanes, lane, self.size.width, self._slots)
        if [slot.width for slot in before] != [slot.width for slot in self._slots]:
            self._cards = {}
        for name, ids in self._lanes.ids.items():
            most = max(0, len(ids) - self.cards_that_fit)
            self._tops[name] = min(max(self._tops.get(name, 0), 0), most)
        self._show_cursor()

    @property
    def card_height(self) -> int:
        """Rows of a card with the one below it."""
        return 5 if self.size.height >= TALL else 4

    @property
    def cards_that_fit(self) -> int:
        """Whole cards of a column that show at once."""
        return max(1, (self.size.height - HEAD) // self.card_height)

    def _show_cursor(self) -> None:
        lane, index = self._place()
        if lane:
            top = self._tops.get(lane, 0)
            self._tops[lane] = min(max(top, index - self.cards_that_fit + 1), index)

    def _card(self, name: str) -> Painted:
        """The card as it is now; one from before a resize may have fewer rows than are painted."""
        height = self.card_height - 1
        if name not in self._cards or len(self._cards[name].rows) != height:
            width = self._slots[0].width if self._slots else MIN_WIDTH
            rows = card(self._state, self._state.tasks[name], self._now, width - 1, height)
            self._cards[name] = Painted(rows, {})
        return self._cards[name]

    # ── watching and events ──────────────────────────────────────────────────────────────────────────

    def watch_selected(self, before: str, task: str) -> None:
        """Show the cursor."""
        tops, shown = dict(self._tops), self._slots
        self._arrange()
        if tops != self._tops or shown != self._slots:
            self.refresh()
        else:
            self._refresh_cards(before, task)
        self.post_message(Choices.Moved(self, task))

    def watch_target(self) -> None:
        """Show where a card would fall."""
        self.refresh()

    def _refresh_cards(self, *names: str) -> None:
        for slot in self._slots:
            ids, top = self._lanes.ids[slot.lane], self._tops.get(slot.lane, 0)
            for number, name in enumerate(ids[top : top + self.cards_that_fit + 1]):
                if name in names:
                    y = HEAD + number * self.card_height
                    self.refresh(Region(slot.left, y, slot.width, self.card_height))

    def on_resize(self) -> None:
        """Another number of columns fits."""
        self._cards = {}
        self._arrange()
        self.refresh()

    def on_focus(self) -> None:
        """The cursor's colour says where keys go."""
        self._refresh_cards(self.selected)

    def on_blur(self) -> None:
        """The cursor's colour says where keys go."""
        self._refresh_cards(self.selected)

    def on_click(self, event: events.Click) -> None:
        """Choose with the mouse; a second click opens."""
        if task := self.task_at(event.x, event.y):
            self.selected = task
            if event.chain > 1:
                self.action_open()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The column under the mouse goes up."""
        self._scroll(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The column under the mouse goes down."""
        self._scroll(event, 1)

    def _scroll(self, event: events.MouseEvent, cards: int) -> None:
        event.stop()
        if (slot := self.slot_at(event.x)) is not None:
            most = max(0, len(self._lanes.ids[slot.lane]) - self.cards_that_fit)
            self._tops[slot.lane] = min(max(self._tops.get(slot.lane, 0) + cards, 0), most)
            self.refresh()

    # ── where is what ────────────────────────────────────────────────────────────────────────────────

    def slot_at(self, x: int) -> Slot | None:
        """The column at a cell."""
        return next((slot for slot in self._slots if slot.left <= x < slot.left + slot.width), None)

    def task_at(self, x: int, y: int) -> str:
        """The task whose card is at a cell; empty where there is none."""
        slot = self.slot_at(x)
        if slot is None or y < HEAD:
            return ""
        index = self._tops.get(slot.lane, 0) + (y - HEAD) // self.card_height
        ids = self._lanes.ids[slot.lane]
        return ids[index] if index < len(ids) else ""

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────

    def action_move(self, steps: int) -> None:
        """Move the cursor within its column; it stops at the ends."""
        lane, index = self._place()
        if lane:
            ids = self._lanes.ids[lane]
            self.selected = ids[min(max(index + steps, 0), len(ids) - 1)]

    def action_page(self, pages: int) -> None:
        """Move the cursor by as many cards as fit."""
        self.action_move(pages * self.cards_that_fit)

    def action_edge(self, index: int) -> None:
        """Go to the first or the last card of the column."""
        lane, _ = self._place()
        if lane:
            self.selected = self._lanes.ids[lane][index]

    def action_across(self, steps: int) -> None:
        """Go to the next column that has a card, at the same height."""
        lane, index = self._place()
        names = [name for name in COLUMNS if self._lanes.ids[name]]
        if lane in names and 0 <= (at := names.index(lane) + steps) < len(names):
            row = index - self._tops.get(lane, 0)
            ids = self._lanes.ids[names[at]]
            self.selected = ids[min(self._tops.get(names[at], 0) + row, len(ids) - 1)]

    def action_open(self) -> None:
        """Ask for more of the chosen task."""
        if self.selected:
            self.post_message(Choices.Opened(self, self.selected))

    # ── painting ─────────────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        """One row through all columns."""
        pieces: list[Strip] = []
        at = 0
        for slot in self._slots:
            if slot.left > at:
                pieces.append(self._blank(slot.left - at))
            pieces.append(self._piece(slot, y))
            at = slot.left + slot.width
        if at < self.size.width:
            pieces.append(self._blank(self.size.width - at))
        return Strip.join(pieces)

    def _piece(self, slot: Slot, y: int) -> Strip:
        """What a column shows in a row."""
        style = "columns--target" if self.target == slot.lane else ""
        ids, top = self._lanes.ids[slot.lane], self._tops.get(slot.lane, 0)
        if y < HEAD:
            rows = head(self._state, slot.lane, len(ids), top, self.cards_that_fit, slot.width)
            return self._paint(self._with_hint(slot, rows[0]) if y == 0 else rows[1], slot.width, style)
        number, row = divmod(y - HEAD, self.card_height)
        if top + number >= len(ids) or row == self.card_height - 1:
            return self._blank(slot.width, style)
        name = ids[top + number]
        if name == self.selected:
            style = "columns--cursor" if self.has_focus else "columns--cursor-blurred"
        return self._card_piece(self._card(name), row, slot.width, style)

    def _card_piece(self, card: Painted, row: int, width: int, style: str) -> Strip:
        key = (row, width, style)
        if key not in card.strips:
            card.strips[key] = self._paint(card.rows[row], width, style)
        return card.strips[key]

    def _blank(self, width: int, style: str = "") -> Strip:
        if (width, style) not in self._blanks:
            painted = self.get_visual_style(style) if style else self.visual_style
            self._blanks[width, style] = Strip.blank(width, painted.rich_style)
        return self._blanks[width, style]

    def _paint(self, content: Content, width: int, style: str) -> Strip:
        painted = self.get_visual_style(style) if style else self.visual_style
        return Visual.to_strips(self, content, width, 1, painted, pad=True)[0]

    def notify_style_update(self) -> None:
        """Another theme: nothing that was painted holds any more."""
        super().notify_style_update()
        self._cards, self._blanks = {}, {}

    def _with_hint(self, slot: Slot, title: Content) -> Content:
        """At the edges: how many columns are out of sight there."""
        shown = [s.lane for s in self._slots]
        names = [n for n in COLUMNS if self._lanes.ids[n] or n in shown]
        left, right = names.index(shown[0]), len(names) - 1 - names.index(shown[-1])
        if slot is self._slots[0] and left:
            title = Content.assemble((f"‹{left} ", "$text-accent"), title)
        if slot is self._slots[-1] and right:
            room = slot.width - title.cell_length - 3
            title = Content.assemble(title.truncate(slot.width - 3), " " * max(0, room), (f" {right}›", "$text-accent"))
        return title


def _differs(before: Sequence[Content], after: Sequence[Content]) -> bool:
    return len(before) != len(after) or any(not a.is_same(b) for a, b in zip(before, after, strict=True))


def slots(lanes: Lanes, lane: str, width: int, before: Sequence[Slot]) -> tuple[Slot, ...]:
    """The columns that fit: all, or those with cards, or as many around the cursor's as there is room for.

    What was shown before stays where it can, so that the columns don't jump under the cursor.
    """
    fit = max(1, (width + GAP) // (MIN_WIDTH + GAP))
    names = [n for n in COLUMNS if fit >= len(COLUMNS) or lanes.ids[n] or n in (lane, NEXT, WORKING)]
    names = [n for n in names if len(names) <= fit or lanes.ids[n] or n == lane] or [COLUMNS[0]]
    first = next((names.index(s.lane) for s in before if s.lane in names), 0)
    at = names.index(lane) if lane in names else 0
    first = min(max(first, at - fit + 1), at, max(0, len(names) - fit))
    shown = names[first : first + fit]
    each, more = divmod(width - GAP * (len(shown) - 1), len(shown))
    found: list[Slot] = []
    left = 0
    for number, name in enumerate(shown):
        cells = max(1, each + (number < more))
        found.append(Slot(name, left, cells))
        left += cells + GAP
    return tuple(found)
