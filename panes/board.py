"""The task board: a list or columns of all tasks, a filter above them, and cards that can be dragged.

It shows State and says what was asked for; what that comes to is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from cockpit.filters import Filter
from cockpit.state import State
from panes.choices import Choices
from panes.lanes import EMPTY, NEXT, lanes
from panes.task_line import shared, why_there
from panes.task_list import TaskList

if TYPE_CHECKING:
    from panes.columns import TaskColumns
    from panes.drop_bar import DropBar
    from panes.filter_line import FilterLine

__all__ = ["Board", "shared", "why_there"]

COLUMNS_WIDTH = 100
"""From this width on the board has columns by itself."""

DRAG_CELLS = 2
"""A mouse that moves less than this with its button down was a click."""


class Board(Vertical):
    """All tasks with their state, agent, cost and age."""

    ALLOW_SELECT = False
    BORDER_TITLE = "Tasks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "ask('edit')", "Edit", show=False, id="board.edit"),
        Binding("plus", "ask('raise')", "More urgent", show=False, id="board.raise"),
        Binding("minus", "ask('lower')", "Less urgent", show=False, id="board.lower"),
        Binding("shift+up", "ask('earlier')", "Earlier", show=False, id="board.earlier"),
        Binding("shift+down", "ask('later')", "Later", show=False, id="board.later"),
        Binding("u", "ask('promote')", "Promote", show=False, id="board.promote"),
        Binding("d", "ask('needs')", "Dependencies", show=False, id="board.needs"),
        Binding("b", "turn", "Columns", show=False, id="board.turn"),
        Binding("slash", "filter", "Filter", show=False, id="board.filter"),
        Binding("escape", "all", "All", show=False, id="board.all"),
    ]

    @dataclass
    class Asked(Message):
        """A key about a task."""

        board: Board
        what: str
        task: str

    @dataclass
    class Dropped(Message):
        """A card was dragged to a place on the screen, or to a lane, before a card of it or at its end."""

        board: Board
        task: str
        x: int
        y: int
        lane: str = ""
        before: str = ""
        agent: int | None = None
        """The agent of the bar that shows while a card is dragged; 0 is any."""

    @dataclass
    class Wished(Message):
        """Somebody chose columns or the list, which is worth remembering."""

        columns: bool

    @dataclass
    class Turned(Message):
        """It is a list now, or has columns; somebody who asked for them wants room for them."""

        wants_room: bool

    def __init__(self, chosen: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        """`chosen` is the key of every action."""
        super().__init__(id=id)
        self._filter_key = chosen["board.filter"]
        self._is_opening = False
        """The filter's field is not under the keys yet."""
        self._state = State()
        self._now = 0.0
        self._filter = Filter()
        self._line: FilterLine | None = None
        self._list = TaskList(id="task-list")
        self._columns: TaskColumns | None = None
        self._bar: DropBar | None = None
        """What few need at once is made, and its code brought, when it is first wanted."""
        self._lanes = EMPTY
        self._sorted: tuple[object, ...] = ()
        """What the lanes were made of; while it is the same they are."""
        self._wish: bool | None = None
        """Columns, a list, or what the width asks for."""
        self._held: tuple[str, int, int] | None = None
        """The card under a pressed mouse button, and where that was."""
        self._dragged = ""
        self.shown: TaskList | TaskColumns = self._list
        """The list or the columns."""

    def compose(self) -> ComposeResult:
        """The list; filter and columns are made when they are first wanted."""
        yield self.shown

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────

    @property
    def has_columns(self) -> bool:
        """Whether it shows columns now."""
        return self._wish if self._wish is not None else self.content_size.width >= COLUMNS_WIDTH

    @property
    def selected(self) -> str:
        """The task under the cursor; empty while there is none."""
        return self.shown.selected

    @property
    def visible_queue(self) -> tuple[str, ...] | None:
        """The queued tasks that the filter keeps; None while there is no filter."""
        return self._lanes.ids[NEXT] if self._filter.words else None

    def show(self, state: State, now: float) -> None:
        """Show `state` as it is at `now`."""
        self._state, self._now = state, now
        made_of = (state.tasks, state.night, state.agents, state.questions, self._filter)
        if len(self._sorted) != len(made_of) or any(a is not b for a, b in zip(self._sorted, made_of, strict=True)):
            self._sorted, self._lanes = made_of, lanes(state, self._filter)
        self.shown.show(state, now, self._lanes)
        if self._bar is not None:
            self._bar.show(state)
        if self._line is not None:
            self._line.count(self._lanes)

    def select(self, task: str) -> None:
        """Put the cursor on a task, if it shows."""
        if self._lanes.lane_of(task):
            self.shown.selected = task

    def on_resize(self) -> None:
        """Another width may ask for columns."""
        self._fit()

    def _fit(self) -> None:
        """Show what is wanted now, list or columns, with the cursor where it was."""
        wanted = self.has_columns
        if wanted is (self.shown is not self._list):
            return
        before, focused = self.shown, self.has_focus_within
        self.shown = (self._columns or self._make_columns()) if wanted else self._list
        before.display, self.shown.display = False, True
        if before.selected:
            self.shown.set_reactive(type(self.shown).selected, before.selected)
        self.show(self._state, self._now)
        if focused:
            self.shown.focus()
        self.post_message(self.Turned(self._wish is True))

    def _make_columns(self) -> TaskColumns:
        from panes.columns import TaskColumns

        self._columns = TaskColumns(id="task-columns")
        self.mount(self._columns, after=self._list)
        return self._columns

    def focus(self, scroll_visible: bool = True) -> Board:
        """Keys go to the list or the columns."""
        self.shown.focus(scroll_visible)
        return self

    # ── the filter ───────────────────────────────────────────────────────────────────────────────────

    def action_filter(self) -> None:
        """Write a filter; what is written counts at once."""
        from panes.filter_line import FilterLine

        if self._line is None:
            self._line = FilterLine(id="filter")
            self.mount(self._line, before=0)
        self._is_opening = True
        self._line.display = True
        self._line.focus()

    def on_key(self, event: events.Key) -> None:
        """Open the filter at once: a fast typist's next letters must go there, and nowhere else."""
        if self._is_opening and self._line is not None:
            event.stop()
            if self._line.leaves(event.key):
                self._leave_filter(event.key != "escape")
            else:
                self._line.take(event)
        elif event.key == self._filter_key:
            event.stop()
            self.action_filter()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """From now on the field gets the keys itself, or has given them back."""
        self._is_opening = False

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        """Keep what fits."""
        event.stop()
        self._filter = Filter.of(event.value)
        self.show(self._state, self._now)

    def on_filter_line_left(self, event: FilterLine.Left) -> None:
        """Back to the tasks; an empty filter goes away."""
        event.stop()
        self._leave_filter(event.keep)

    def _leave_filter(self, keep: bool) -> None:
        self._is_opening = False
        if self._line is not None:
            self._line.leave(keep)
        if not keep:
            self._forget_filter()
        self.focus()

    def action_all(self) -> None:
        """Show all tasks again; also ends a drag."""
        self._end_drag()
        self._forget_filter()

    def _forget_filter(self) -> None:
        selected = self.selected
        if self._line is not None:
            self._line.leave(keep=False)
        self._filter = Filter()
        self.show(self._state, self._now)
        self.select(selected)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────

    def action_ask(self, what: str) -> None:
        """Say what was asked for."""
        self.post_message(self.Asked(self, what, self.selected))

    def action_turn(self) -> None:
        """Columns instead of the list, or the list again."""
        self._wish = not self.has_columns
        self._fit()
        self.post_message(self.Wished(self._wish))

    def wish(self, columns: bool) -> None:
        """Begin as it was left; somebody who was quicker has chosen already."""
        if self._wish is None:
            self._wish = columns
            self._fit()

    # ── dragging ─────────────────────────────────────────────────────────────────────────────────────

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A card may be about to be dragged."""
        if event.button == 1 and (task := self._task_at(event.screen_x, event.screen_y)):
            self._held = (task, event.screen_x, event.screen_y)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """With the button down the card comes along."""
        if self._held is None:
            return
        task, x, y = self._held
        if not self._dragged and abs(event.screen_x - x) < DRAG_CELLS and event.screen_y == y:
            return
        self._drag(task)
        if self._columns is not None and self.shown is self._columns:
            self._columns.target = self._lane_at(event.screen_x, event.screen_y)

    def _drag(self, task: str) -> None:
        from panes.drop_bar import DropBar

        if not self._dragged:
            self._dragged = task
            if self._bar is None:
                self._bar = DropBar(id="drop-bar")
                self.mount(self._bar)
            self._bar.take(self._state, task)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The card falls where the mouse is."""
        task, x, y = self._dragged, event.screen_x, event.screen_y
        self._end_drag()
        bar = self._bar
        if not task or bar is None:
            return
        if bar.region.contains(x, y):
            self.post_message(self.Dropped(self, task, x, y, agent=bar.agent_at(x - bar.region.x)))
        else:
            self.post_message(self.Dropped(self, task, x, y, self._lane_at(x, y), self._task_at(x, y)))

    def _end_drag(self) -> None:
        self._held, self._dragged = None, ""
        self.release_mouse()
        if self._bar is not None:
            self._bar.display = False
        if self._columns is not None:
            self._columns.target = ""

    def _task_at(self, x: int, y: int) -> str:
        widget = self.shown
        inside = widget.scrollable_content_region if isinstance(widget, Choices) else widget.content_region
        at = widget.region.offset
        if not widget.region.contains(x, y) or not inside.area:
            return ""
        return widget.task_at(x - at.x, y - at.y)

    def _lane_at(self, x: int, y: int) -> str:
        widget: Widget = self.shown
        if not widget.region.contains(x, y):
            return ""
        if self._columns is not None and widget is self._columns:
            slot = self._columns.slot_at(x - widget.region.x)
            return slot.lane if slot else ""
        return self._lanes.lane_of(self._task_at(x, y))
