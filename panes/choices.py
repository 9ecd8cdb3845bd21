"""A list to choose from, painted row by row: what shows is built, the rest is not.

A choice is one row or several that belong together. The cursor is kept by the choice's id, so that it stays
on the same task while the list changes around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

_NOTHING = Content()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the screen."""

    content: Content = _NOTHING
    """Empty where the list builds it when the row is painted."""
    choice: str = ""
    """The id of the choice it belongs to; empty for a heading."""


class Choices(ScrollView, can_focus=True):
    """A list whose rows a subclass builds; arrows move, enter opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="up"),
        Binding("down", "move(1)", "Down", show=False, id="down"),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(-1)", "Last", show=False),
        Binding("enter", "open", "Open", show=False, id="open"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choices--cursor", "choices--cursor-blurred"}
    DEFAULT_CSS = """
    Choices {
        overflow: hidden auto;
        scrollbar-size-vertical: 1;
        & > .choices--cursor { background: $primary 40%; text-style: bold; }
        & > .choices--cursor-blurred { background: $primary 15%; }
    }
    """

    selected: reactive[str] = reactive("", init=False, repaint=False)
    """The id of the choice under the cursor; empty while there is none."""

    @dataclass
    class Moved(Message):
        """The cursor is on another choice."""

        choices: Widget
        choice: str

    @dataclass
    class Opened(Message):
        """Somebody wants to see more of a choice."""

        choices: Widget
        choice: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._order: list[str] = []
        self._spans: dict[str, tuple[int, int]] = {}
        self._strips: dict[int, tuple[Content, str, int, Strip]] = {}
        """Rows as they were painted, by number: what they say, the cursor's style, the width and the row itself."""

    def has(self, choice: str) -> bool:
        """Whether it can be chosen now."""
        return choice in self._spans

    # ── for subclasses ───────────────────────────────────────────────────────────────────────────────

    def rows(self, width: int) -> list[Row]:
        """All rows for a width in cells."""
        raise NotImplementedError

    def content(self, number: int) -> Content:
        """What the row with this number says; a subclass may build it only now."""
        return self._rows[number].content

    def rebuild(self) -> None:
        """Build the rows anew and paint what changed."""
        width = self.scrollable_content_region.width
        if width > 0:
            self._take(self.rows(width))

    def _take(self, rows: list[Row]) -> None:
        before, self._rows, self._strips = self._rows, rows, {}
        place = self._order.index(self.selected) if self.selected in self._order else 0
        self._index()
        if self.selected not in self._spans:
            self.selected = self._order[min(place, len(self._order) - 1)] if self._order else ""
        if len(before) != len(rows):
            self.virtual_size = Size(self.scrollable_content_region.width, len(rows))
            self.refresh()
        elif before != rows:
            self._refresh_changed(before)

    def _index(self) -> None:
        self._spans = {}
        for number, row in enumerate(self._rows):
            if row.choice:
                first, _ = self._spans.get(row.choice, (number, number))
                self._spans[row.choice] = (first, number + 1)
        self._order = list(self._spans)

    def _refresh_changed(self, before: Sequence[Row]) -> None:
        self._refresh_rows(n for n, row in enumerate(self._rows) if row != before[n])

    def _refresh_rows(self, numbers: Iterable[int]) -> None:
        top, width = round(self.scroll_y), self.size.width
        regions = [Region(0, n - top, width, 1) for n in numbers if 0 <= n - top < self.size.height]
        if regions:
            self.refresh(*regions)

    # ── watching and events ──────────────────────────────────────────────────────────────────────────

    def watch_selected(self, before: str, choice: str) -> None:
        """Show the cursor and tell whoever listens."""
        self._show_cursor()
        self._refresh_rows(n for name in (before, choice) for n in range(*self._spans.get(name, (0, 0))))
        self.post_message(self.Moved(self, choice))

    def watch_show_vertical_scrollbar(self) -> None:
        """A scrollbar that comes or goes takes or leaves a column, and no resize tells of it."""
        self.rebuild()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the rows into the new width."""
        self.rebuild()
        self._show_cursor()

    def on_focus(self) -> None:
        """The cursor's colour says where keys go."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor's colour says where keys go."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose with the mouse; a second click opens."""
        choice = self.task_at(event.x, event.y)
        if not choice:
            return
        if event.chain > 1:
            self.post_message(self.Opened(self, choice))
        self.selected = choice

    def task_at(self, _x: int, y: int) -> str:
        """The choice at a cell; empty where there is none."""
        row = y + round(self.scroll_y)
        return self._rows[row].choice if 0 <= row < len(self._rows) else ""

    def _show_cursor(self) -> None:
        if self.selected not in self._spans or not self.size.height:
            return
        first, end = self._spans[self.selected]
        top = 0 if self._order and self.selected == self._order[0] else first
        if end - top > self.size.height:
            top = first
        self.scroll_to_region(Region(0, top, 1, end - top), animate=False, force=True, x_axis=False)

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────

    def action_move(self, steps: int) -> None:
        """Move the cursor some choices on; it stops at the ends."""
        if self.selected in self._order:
            self._select(self._order.index(self.selected) + steps)

    def action_page(self, pages: int) -> None:
        """Move the cursor by as many choices as fit."""
        self.action_move(pages * max(1, self.size.height - 2))

    def action_edge(self, index: int) -> None:
        """Go to the first or the last choice."""
        if self._order:
            self.selected = self._order[index]

    def action_open(self) -> None:
        """Ask for more of the chosen one."""
        if self.selected:
            self.post_message(self.Opened(self, self.selected))

    def _select(self, index: int) -> None:
        self.selected = self._order[min(max(index, 0), len(self._order) - 1)]

    # ── painting ─────────────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        """The row of the screen at `y`."""
        number, width = round(self.scroll_y) + y, self.scrollable_content_region.width
        if number >= len(self._rows) or width <= 0:  # for a moment of a resize there may be no room at all
            return Strip.blank(width, self.rich_style)
        row, content, name = self._rows[number], self.content(number), ""
        if row.choice and row.choice == self.selected:
            name = "choices--cursor" if self.has_focus else "choices--cursor-blurred"
        painted = self._strips.get(number)
        if painted is None or painted[0] is not content or painted[1:3] != (name, width):
            painted = self._strips[number] = (content, name, width, self._paint(content, name, width))
        return painted[3]

    def _paint(self, content: Content, name: str, width: int) -> Strip:
        style = self.get_visual_style(name) if name else self.visual_style
        return Visual.to_strips(self, content.truncate(width, ellipsis=True), width, 1, style, pad=True)[0]

    def notify_style_update(self) -> None:
        """Another theme: nothing that was painted holds any more."""
        super().notify_style_update()
        self._strips = {}
