"""A scrollbar that can move many times a second: Textual's own, painted past the compositor."""

from __future__ import annotations

from typing import Self, cast

from rich.segment import Segment, Segments
from rich.style import Style
from textual.color import Color
from textual.css.styles import RenderStyles
from textual.geometry import Region
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.widget import Widget

from panes.direct import Direct


class Bar(ScrollBar, Direct):
    """The vertical scrollbar of a view; `move` is cheap."""

    FILTERED = True

    def __init__(self) -> None:
        """One cell wide."""
        super().__init__(vertical=True, name="vertical")
        self._segments: list[Segment] | None = None
        self._strips: dict[Segment, Strip] = {}
        """The few rows there can be in one look, so that a row that stays the same is the same row."""

    def move(self, total: int, height: int, row: float, *, paint: bool) -> None:
        """Show that `height` rows of `total` are in sight, from `row` on.

        Where that looks the same it need not `paint`; but it must know, for the compositor may paint it any time.
        """
        # Not assigned: assigning asks the compositor for a repaint.
        self.set_reactive(ScrollBar.window_virtual_size, total)
        self.set_reactive(ScrollBar.window_size, height)
        self.set_reactive(ScrollBar.position, self.validate_position(row))
        self._segments = None
        if paint:
            self.mark()

    def render_line(self, y: int) -> Strip:
        """A cell of it."""
        if self._segments is None or len(self._segments) != self.size.height:
            self._segments = self._cells()
        segment = self._segments[y]
        strip = self._strips.get(segment)
        if strip is None:
            style = self.filtered(segment.style or Style())
            strip = self._strips[segment] = Strip([Segment(segment.text, style)], 1)
        return strip

    def _cells(self) -> list[Segment]:
        view = cast("Widget", self.parent)
        back, bar = self._colors(view.styles)
        back = view.background_colors[0] + back
        total, window = self.window_virtual_size, self.window_size
        drawn: Segments = self.renderer.render_bar(
            size=self.size.height,
            virtual_size=total,
            window_size=window if window < total else 0,
            position=self.position,
            back_color=back.rich_color,
            bar_color=(back + bar).rich_color,
        )
        return list(drawn.segments)

    def _colors(self, styles: RenderStyles) -> tuple[Color, Color]:
        if self.grabbed:
            return styles.scrollbar_background_active, styles.scrollbar_color_active
        if self.mouse_over:
            return styles.scrollbar_background_hover, styles.scrollbar_color_hover
        return styles.scrollbar_background, styles.scrollbar_color

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """The mouse is over it, or grabs it: another look."""
        self._segments = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Other colours."""
        super().notify_style_update()
        self._segments = None
        self._strips.clear()
