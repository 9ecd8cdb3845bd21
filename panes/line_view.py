"""A view of very many rows of which only those on the screen are built; quick enough to be told a lot.

Three things that Textual does for any widget are left out, because they are what makes a busy log slow:

- Its rows go to the screen as they are built, already padded and filtered, straight to the terminal where that
  can be (`panes.direct`). So it has no border, padding or opacity of its own; put those on what holds it.
- It becomes longer without a new layout of the whole screen. The scrollbar is always there, so a longer
  text changes nothing about where widgets lie.
- The scrollbar is painted only when its thumb would look different.
"""

from __future__ import annotations

from math import ceil
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from panes.direct import Direct, scrollbar_of
from panes.paragraphs import Tone
from panes.scroll_bar import Bar

TONES = {tone: f"line--{tone.value}" for tone in Tone}
"""The component class of every tone."""


def thumb_of(height: int, total: int, top: float) -> tuple[int, int]:
    """Where Textual paints the thumb of a view's scrollbar, and how long it is, in eighths of a cell."""
    if total <= height:
        return (0, 0)
    length = max(1, height / (total / height))  # each step as Textual takes it, or the last eighth may differ
    return int((height - length) * (top / (total - height)) * 8), ceil(length * 8)


class LineView(ScrollView, Direct, can_focus=True):
    """Shows `row_strip(0)` to `row_strip(n - 1)`; subclasses build them, and say how many with `lay`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_by(-1)", "Up", show=False, id="up"),
        Binding("down", "scroll_by(1)", "Down", show=False, id="down"),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "top", "Top", show=False),
        Binding("end,G", "bottom", "End", show=False),
    ]
    FILTERED: ClassVar[bool] = True
    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONES.values())
    DEFAULT_CSS = """
    LineView {
        overflow: hidden scroll;
        scrollbar-size-vertical: 1;
        .line--thought { color: $text-muted; text-style: italic; }
        .line--tool { color: $text-primary; text-style: bold; }
        .line--detail { color: $text-muted; }
        .line--added { color: $text-success; background: $success 15%; }
        .line--removed { color: $text-error; background: $error 15%; }
        .line--hunk { color: $text-accent; }
        .line--told { color: $text-warning; text-style: bold; }
        .line--note { color: $text-muted; text-style: italic; }
        .line--good { color: $text-success; }
        .line--warning { color: $text-warning; }
        .line--error { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._component_cache: dict[tuple[str, ...], Style] = {}
        self._thumb = (0, 0)
        self._placing = False

    # ── for subclasses ───────────────────────────────────────────────────────────────────────────────

    def row_strip(self, row: int) -> Strip:
        """The row, `row_width` cells wide."""
        raise NotImplementedError

    def scrolled(self) -> None:
        """A person moved the view."""

    @property
    def vertical_scrollbar(self) -> Bar:
        """The scrollbar, made when it is first asked for."""
        return scrollbar_of(self, Bar)

    @property
    def top_row(self) -> int:
        """The row at the top of the screen."""
        return round(self.scroll_y)

    def lay(self, count: int, row: int) -> None:
        """Have `count` rows from now on, with `row` at the top as far as there are rows to fill the screen."""
        if not self.size:
            return
        # Not assigned: assigning `virtual_size` asks for a layout of the whole screen.
        self.set_reactive(Widget.virtual_size, Size(self.row_width, count))
        self._placing = True
        try:
            self.scroll_y = self.scroll_target_y = min(max(0, row), self.max_scroll_y)
        finally:
            self._placing = False
        self._update_bar()
        self.mark(soon=True)

    def tone_strip(self, tone: Tone, text: str) -> Strip:
        """A row of text, all in one tone."""
        width = self.row_width
        return Strip([Segment(set_cell_size(text, width), self.component(TONES[tone]))], width)

    def blank(self) -> Strip:
        """An empty row."""
        return Strip.blank(self.row_width, self.component())

    def component(self, *names: str) -> Style:
        """The filtered style of component classes, the later ones over the earlier; of the view itself for none."""
        style = self._component_cache.get(names)
        if style is None:
            style = self.filtered(self._laid_over(names))
            self._component_cache[names] = style
        return style

    def _laid_over(self, names: tuple[str, ...]) -> Style:
        """Textual can't lay a colour over another class's background: it blends each with the view's own."""
        base = self.rich_style
        style = base
        for name in names:
            over = self.get_component_rich_style(name)
            style += Style(
                color=over.color if over.color != base.color else None,
                bgcolor=over.bgcolor if over.bgcolor != base.bgcolor else None,
                bold=over.bold or None,
                italic=over.italic or None,
            )
        return style

    def notify_style_update(self) -> None:
        """Forget colours that may be others now."""
        super().notify_style_update()
        self._component_cache.clear()

    # ── painting ─────────────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        """The row of the screen at `y`."""
        row = self.top_row + y
        return self.row_strip(row) if row < self.virtual_size.height else self.blank()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Paint the other rows; ScrollView's own watcher would paint the scrollbar every time."""
        if round(old_value) == round(new_value):
            return
        self.mark(soon=True)
        if not self._placing:
            self._update_bar()
            self.scrolled()

    def _update_bar(self) -> None:
        """Tell the scrollbar; it is painted where it would look different."""
        height, total = self.size.height, max(1, self.virtual_size.height)
        if self.is_attached:
            before, self._thumb = self._thumb, thumb_of(height, total, self.scroll_y)
            self.vertical_scrollbar.move(total, height, self.scroll_y, paint=self._thumb != before)

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────

    def go(self, row: int) -> None:
        """Scroll so that `row` is at the top, as a person would."""
        self.scroll_target_y = self.scroll_y = min(max(0, row), self.max_scroll_y)

    def action_scroll_by(self, rows: int) -> None:
        """Scroll a few rows."""
        self.go(self.top_row + rows)

    def action_page(self, pages: int) -> None:
        """Scroll a screenful, less one row."""
        self.go(self.top_row + pages * max(1, self.size.height - 1))

    def action_top(self) -> None:
        """Go to the first row."""
        self.go(0)

    def action_bottom(self) -> None:
        """Go to the last row."""
        self.go(self.max_scroll_y)
