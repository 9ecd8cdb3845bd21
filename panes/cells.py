"""Rows of the screen as cells, what differs between two of them, and the bytes that turn one into the other.

Pure: rows come as Textual's strips, and text with escape sequences comes out. A row with characters that
terminals measure differently (emoji made of several, accents that combine) is written whole, as the
compositor would, for nobody knows in which cell its parts lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
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
        ink = len(text.rstrip(" "))
        styles += [style] * ink
        if ink < len(text):
            styles += [_blank(style)] * (len(text) - ink)
    return styles


@lru_cache(1024)
def _blank(style: Style) -> Style:
    """How a space in this style looks: like any other on the same background, if nothing is drawn through it."""
    drawn = (style.underline, style.underline2, style.overline, style.strike, style.reverse, style.link)
    return style if any(drawn) else Style(bgcolor=style.bgcolor)


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
    """Collects what is to be written, and writes it colour by colour: colours are most of the bytes."""

    def __init__(self, colors: ColorSystem | None) -> None:
        """`colors` is what the terminal can show."""
        self._colors = colors or ColorSystem.TRUECOLOR
        self._pieces: dict[Style, list[tuple[int, int, int, str]]] = {}
        """By style: row, first column, the one after the last, and the text."""
        self._whole: list[str] = []
        """Rows that are written in one go, from their first cell to the last."""

    def __bool__(self) -> bool:
        return bool(self._pieces or self._whole)

    def change(self, x: int, y: int, old: Cells, new: Cells) -> None:
        """Make `old` into `new` where it lies on the terminal, its first cell at column `x` of row `y`."""
        for start, end in runs(old, new):
            if new.sure:
                self._add(x, y, new, start, end)
            else:
                parts = [Strip.render_style(style, text, self._colors) for _, _, style, text in pieces(new, start, end)]
                self._whole += [_move(x + start, y), *parts]

    def _add(self, x: int, y: int, row: Cells, start: int, end: int) -> None:
        for first, after, style, text in pieces(row, start, end):
            self._pieces.setdefault(style, []).append((y, x + first, x + after, text))

    def text(self) -> str:
        """Everything; the terminal's colours are reset before and after it."""
        parts = [*self._whole]
        for style, found in self._pieces.items():
            ansi = Strip.render_ansi(style, self._colors)
            parts.append(f"\x1b[0;{ansi}m" if ansi else "\x1b[0m")
            parts.append(_opened(style))
            row, column = -1, -1
            for y, start, end, text in found:
                parts.append(f"\x1b[{start - column}C" if y == row and start > column else _move(start, y))
                parts.append(text)
                row, column = y, end
            parts.append(_LINK_END if style.link else "")
        return "".join([*parts, "\x1b[0m"])


_LINK_END = "\x1b]8;;\x1b\\"


def _opened(style: Style) -> str:
    return f"\x1b]8;;{style.link}\x1b\\" if style.link else ""


def _move(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"


def pieces(row: Cells, start: int, end: int) -> Iterator[tuple[int, int, Style, str]]:
    """Stretches of one style: the first column, the one after the last, style and text."""
    styles, glyphs = row.styles, row.glyphs
    while start < end:
        style, stop = styles[start], start + 1
        blank = _blank(style)
        while stop < end and (styles[stop] is style or styles[stop] is blank):
            stop += 1
        yield start, stop, style, "".join(glyphs[start:stop])
        start = stop
