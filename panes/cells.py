"""Rows of the screen as cells, what differs between two of them, and the bytes that turn one into the other.

Pure: rows come as Textual's strips, and text with escape sequences comes out. A row with characters that
terminals measure differently (emoji made of several, accents that combine) is written whole, as the
compositor would, for nobody knows in which cell its parts lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import ne
from typing import NamedTuple

from rich.cells import split_graphemes
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from panes.wrap import is_narrow

NEAR = 4
"""Cells that stay the same between two runs and are yet cheaper to write again than to jump over."""

_NO_STYLE = Style()


class Cells(NamedTuple):
    """A row, cell by cell."""

    glyphs: Sequence[str]
    """What each column shows; the second half of a wide character is empty."""
    styles: Sequence[Style]
    """How each column shows it."""
    sure: bool = True
    """Every terminal has these characters in these columns."""


def cells(strip: Strip) -> Cells:
    """The cells of a row."""
    segments = [(text, style or _NO_STYLE) for text, style, control in strip if text and not control]
    if all(is_narrow(text) for text, _ in segments):
        return Cells("".join(text for text, _ in segments), _spread(segments))
    return _measured(segments)


def _spread(segments: Sequence[tuple[str, Style]]) -> list[Style]:
    styles: list[Style] = []
    for text, style in segments:
        styles += [style] * len(text)
    return styles


def _measured(segments: Sequence[tuple[str, Style]]) -> Cells:
    glyphs: list[str] = []
    styles: list[Style] = []
    sure = True
    for text, style in segments:
        spans = split_graphemes(text)[0]
        sure = sure and len(spans) == len(text)  # one code point each, and none without a cell of its own
        for start, end, width in spans:
            glyphs += [text[start:end], *[""] * (width - 1)]
            styles += [style] * width
    return Cells(glyphs, styles, sure)


def runs(old: Cells, new: Cells) -> list[tuple[int, int]]:
    """Which columns must be written where `old` is on the screen: (first, the one after the last) of each run."""
    width = len(new.glyphs)
    if not (old.sure and new.sure) or len(old.glyphs) != width:
        return [(0, width)]
    # A list finds equal parts by identity first; styles are mostly the very same objects.
    if old.styles == new.styles:
        marks = list(map(ne, old.glyphs, new.glyphs))
    else:
        marks = [
            (g is not h and (g != h)) or (s is not t and s != t)
            for g, h, s, t in zip(old.glyphs, new.glyphs, old.styles, new.styles, strict=True)
        ]
    return _joined(marks, new)


def _joined(marks: list[bool], new: Cells) -> list[tuple[int, int]]:
    """Runs of marked cells, whole characters each; near ones of one style become one."""
    found: list[tuple[int, int]] = []
    width, end = len(marks), 0
    while end < width:
        try:
            start = marks.index(True, end)
        except ValueError:
            break
        try:
            end = marks.index(False, start)
        except ValueError:
            end = width
        while end < width and not new.glyphs[end]:
            end += 1
        if found and start - found[-1][1] <= NEAR and _is_plain(new, found[-1][1] - 1, end):
            start = found.pop()[0]
        found.append((start, end))
    return found


def _is_plain(row: Cells, start: int, end: int) -> bool:
    style = row.styles[start]
    return all(other is style for other in row.styles[start:end])


class Pen:
    """Collects what is to be written: moves no further and changes colours no oftener than needed."""

    def __init__(self, colors: ColorSystem | None) -> None:
        """`colors` is what the terminal can show."""
        self._colors = colors or ColorSystem.TRUECOLOR
        self._parts: list[str] = []
        self._style: Style | None = None
        self._codes: dict[Style, str] = {}
        self._at = (-1, -1)
        """Column and row of the cursor, as far as they are sure."""

    def __bool__(self) -> bool:
        return bool(self._parts)

    def change(self, x: int, y: int, old: Cells, new: Cells) -> None:
        """Make `old` into `new` where it lies on the terminal, its first cell at column `x` of row `y`."""
        for start, end in runs(old, new):
            self._move(x + start, y)
            for style, text in _pieces(new, start, end):
                self._write(style, text)
            self._at = (x + end, y) if new.sure else (-1, -1)

    def text(self) -> str:
        """Everything so far; the terminal's colours are as before when it was written."""
        if self._style is not None:
            self._parts.append("\x1b[0m")
            self._style = None
        return "".join(self._parts)

    def _move(self, x: int, y: int) -> None:
        at_x, at_y = self._at
        if y == at_y and at_x <= x:
            # Relative moves never start from a line's last column, where terminals differ about the cursor:
            # then there is nothing further right to write.
            if x > at_x:
                self._parts.append(f"\x1b[{x - at_x}C")
        else:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H")

    def _write(self, style: Style, text: str) -> None:
        if style.link:
            self._parts += ["\x1b[0m", Strip.render_style(style, text, self._colors)]
            self._style = None
            return
        if style is not self._style:
            self._parts.append(self._code(style))
            self._style = style
        self._parts.append(text)

    def _code(self, style: Style) -> str:
        code = self._codes.get(style)
        if code is None:
            ansi = Strip.render_ansi(style, self._colors)
            code = self._codes[style] = f"\x1b[0;{ansi}m" if ansi else "\x1b[0m"
        return code


def _pieces(row: Cells, start: int, end: int) -> Iterator[tuple[Style, str]]:
    """Stretches of one style."""
    styles, glyphs = row.styles, row.glyphs
    while start < end:
        style, stop = styles[start], start + 1
        while stop < end and styles[stop] is style:
            stop += 1
        yield style, "".join(glyphs[start:stop])
        start = stop
