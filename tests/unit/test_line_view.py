"""A long view paints its scrollbar when that would look different, and never leaves one that is out of date."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip

from panes.line_view import LineView, thumb_of


def looks(height: int, total: int, top: int) -> list[str]:
    """The bar as Textual paints it, with what a click on each part of it does."""
    window = height if height < total else 0
    return [repr(one) for one in ScrollBarRender.render_bar(height, total, window, top).segments]


@pytest.mark.parametrize("height", [2, 11, 23, 41])
@pytest.mark.parametrize("behind", [0, 1, 7])
def test_bars_that_count_as_the_same_look_the_same(height: int, behind: int) -> None:
    """However many rows came between the two, and wherever the view stands."""
    known: dict[tuple[int, int], list[str]] = {}
    for total in range(1, 300):
        top = max(0, total - height - behind)
        bar = looks(height, total, top)
        assert known.setdefault(thumb_of(height, total, top), bar) == bar


class Long(LineView):
    """Numbered rows."""

    def row_strip(self, row: int) -> Strip:
        return Strip([Segment(str(row).ljust(self.row_width))], self.row_width)


class OneView(App[None]):
    """Nothing but a view."""

    def compose(self) -> ComposeResult:
        yield Long()


async def test_a_bar_that_needs_no_paint_knows_where_the_view_is() -> None:
    """For the next whole repaint takes it from there: when a dialog closes, say."""
    async with OneView().run_test(size=(20, 11)) as pilot:
        view = pilot.app.query_one(Long)
        for rows in (163, 195):  # its thumb can't be any smaller, and stands at the bottom both times
            view.lay(rows, rows - 11)
        bar = view.vertical_scrollbar

        assert (bar.window_virtual_size, bar.window_size, bar.position) == (195, 11, 184)
