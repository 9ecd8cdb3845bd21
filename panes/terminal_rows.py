"""Rows of an emulator as rows of the screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from cockpit.emulator.base import Colour, Cursor, Pen, Row, Span
from panes.wrap import is_narrow

MAX_STYLES = 4_096
"""Looks that are kept ready."""

# Joiners and variation selectors have terminals draw several characters as one, which takes other columns than
# the emulator gave them; turners of the direction of writing let a line show something that it does not say.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")


class Styles:
    """The screen's style for each look of a program's text."""

    def __init__(self, base: Style, filtered: Callable[[Style], Style]) -> None:
        """`base` is the pane's own style; `filtered` a style as the app's filters want it."""
        self.base = filtered(base)
        self._under, self._filtered = base, filtered
        self._made: dict[Pen, Style] = {}

    def of(self, pen: Pen) -> Style:
        """The style of a look."""
        style = self._made.get(pen)
        if style is None:
            if len(self._made) >= MAX_STYLES:
                self._made.clear()
            style = self._made[pen] = self._filtered(self._under + _style(pen))
        return style


def _style(pen: Pen) -> Style:
    return Style(
        color=_colour(pen.fg),
        bgcolor=_colour(pen.bg),
        bold=pen.bold or None,
        dim=pen.faint or None,
        italic=pen.italic or None,
        underline=pen.underline or None,
        blink=pen.blink or None,
        reverse=pen.inverse or None,
        conceal=pen.invisible or None,
        strike=pen.strike or None,
    )


def _colour(colour: Colour) -> Color | None:
    if colour is None:
        return None
    return Color.from_ansi(colour) if isinstance(colour, int) else Color.from_rgb(*colour)


def strip(row: Row, width: int, styles: Styles, cursor: Cursor | None = None) -> Strip:
    """A row in exactly `width` cells, with the cursor in it if there is one."""
    if cursor is None:
        segments = [Segment(shown(span), styles.of(span.pen)) for span in row]
    else:
        before, under, after = parted(row, cursor.x)
        segments = [Segment(shown(span), styles.of(span.pen)) for span in before]
        segments.append(Segment(shown(under), styles.of(under.pen) + _mark(cursor, under.pen)))
        segments += [Segment(shown(span), styles.of(span.pen)) for span in after]
    columns = sum(span.width for span in row)
    if columns < width:
        segments.append(Segment(" " * (width - columns), styles.base))
    found = Strip(segments, max(columns, width))
    return found if columns <= width else found.crop(0, width)


def _mark(cursor: Cursor, pen: Pen) -> Style:
    return Style(reverse=not pen.inverse) if cursor.shape == "block" else Style(underline=True, bold=True)


def shown(span: Span) -> str:
    """The text of a span, in just as many cells as the emulator gave it."""
    text = span.text
    if is_narrow(text) and len(text) == span.width:
        return text
    text = _UNSHOWN.sub("", text)
    return text if cell_len(text) == span.width else set_cell_size(text, span.width)


def parted(row: Row, x: int) -> tuple[Sequence[Span], Span, Sequence[Span]]:
    """The row before column `x`, the character that lies there, and the row behind it."""
    left = 0
    for n, span in enumerate(row):
        if left + span.width > x:
            before, under, after = _parted(span, x - left)
            return [*row[:n], *before], under, [*after, *row[n + 1 :]]
        left += span.width
    return row, Span(" ", 1), []


def _parted(span: Span, x: int) -> tuple[list[Span], Span, list[Span]]:
    left = start = 0
    text = shown(span)
    while start < len(text):
        end = start + 1
        while end < len(text) and cell_len(text[end]) == 0:
            end += 1
        width = max(1, cell_len(text[start]))
        if left + width > x:
            before = [Span(text[:start], left, span.pen)] if start else []
            rest = span.width - left - width
            return (
                before,
                Span(text[start:end], width, span.pen),
                [Span(text[end:], rest, span.pen)] if rest > 0 else [],
            )
        left, start = left + width, end
    return [span], Span(" ", 1, span.pen), []


def badge(row: Strip, text: str, style: Style) -> Strip:
    """The row with a text laid over its right end."""
    room = row.cell_length
    text = set_cell_size(text, min(cell_len(text), room))
    return Strip([*row.crop(0, room - cell_len(text)), Segment(text, style)], room)
