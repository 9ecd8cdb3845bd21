"""Breaks text into rows of a width measured in terminal cells, where a CJK character takes two."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size, split_graphemes

_NOT_NARROW = re.compile(r"[^\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u2010-\u2027\u2500-\u25fc]")
"""Finds a character that may take another number of cells than one."""

ONE_ROW = (0,)


def is_narrow(text: str) -> bool:
    """Whether every character surely takes one cell."""
    return (text.isascii() and text.isprintable()) or not _NOT_NARROW.search(text)


def breaks(text: str, width: int) -> Sequence[int]:
    """Where each row of `text` begins, the first at 0; a row ends at a space where one is near enough."""
    width = max(1, width)
    if len(text) <= width and not _NOT_NARROW.search(text):
        return ONE_ROW
    if not _NOT_NARROW.search(text):
        return _narrow_breaks(text, width)
    return ONE_ROW if cell_len(text) <= width else _measured_breaks(text, width)


def line_breaks(text: str, width: int) -> list[int]:
    """As `breaks`, of a text of several lines: each line begins a row."""
    found: list[int] = []
    start = 0
    for line in text.split("\n"):
        found += [start + at for at in breaks(line, width)]
        start += len(line) + 1
    return found


def rows(text: str, width: int) -> list[str]:
    """The rows themselves, without the spaces at their ends."""
    starts = breaks(text, width)
    ends = [*starts[1:], len(text)]
    return [text[start:end].rstrip() for start, end in zip(starts, ends, strict=True)]


def fit(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where something is missing."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def _narrow_breaks(text: str, width: int) -> list[int]:
    starts, start = [0], 0
    while len(text) - start > width:
        space = text.rfind(" ", start + 1, start + width + 1)
        # A space in the first third would leave the row nearly empty: break the long word instead.
        start = space + 1 if space > start + width // 3 else start + width
        starts.append(start)
    return starts


def _measured_breaks(text: str, width: int) -> list[int]:
    starts, used, space, after_space = [0], 0, -1, 0
    for start, _end, cells in split_graphemes(text)[0]:
        if used + cells > width and start > starts[-1]:
            if space > starts[-1] + (start - starts[-1]) // 3:
                starts.append(space + 1)
                used -= after_space
            else:
                starts.append(start)
                used = 0
            space = -1
        used += cells
        if text[start] == " ":
            space, after_space = start, used
    return starts
