"""Where wrapped paragraphs lie on a screen of one width: row numbers to paragraphs and back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from panes.wrap import breaks


class Place(NamedTuple):
    """A spot in the text that stays the same when the width changes."""

    paragraph: int
    offset: int
    """The first character of the row, counted within the paragraph."""


class Rows:
    """The rows of a growing list of (mark, text) at one width.

    Row numbers are kept counting from the first row ever, so that dropping the oldest rows costs a slice and
    no renumbering; callers see them counted from the first row that is left.
    """

    def __init__(self) -> None:
        self.width = 0
        self._breaks: list[Sequence[int]] = []
        self._starts: list[int] = []
        self._begin = 0
        self._end = 0

    @property
    def count(self) -> int:
        """All rows together."""
        return self._end - self._begin

    @property
    def paragraphs(self) -> int:
        """The paragraphs that are laid out."""
        return len(self._starts)

    def extend(self, paragraphs: Sequence[tuple[str, str]]) -> None:
        """Lay out further paragraphs, (mark, text) each, at the end."""
        for mark, text in paragraphs:
            self.append(breaks(text, self.width - cell_len(mark)))

    def append(self, found: Sequence[int]) -> None:
        """Lay out a further paragraph that breaks like this; one that does not show has no row at all."""
        self._starts.append(self._end)
        self._breaks.append(found)
        self._end += len(found)

    def replace(self, first: int, found: Sequence[Sequence[int]]) -> None:
        """Lay some paragraphs out differently; the later ones move."""
        self._breaks[first : first + len(found)] = found
        at = self._starts[first]
        for index in range(first, len(self._starts)):
            self._starts[index] = at
            at += len(self._breaks[index])
        self._end = at

    def drop(self, paragraphs: int) -> int:
        """Forget the oldest paragraphs; gives the number of rows that went."""
        before = self._begin
        self._begin = self._starts[paragraphs] if paragraphs < len(self._starts) else self._end
        del self._starts[:paragraphs], self._breaks[:paragraphs]
        return self._begin - before

    def clear(self, width: int) -> None:
        """Begin anew at another width."""
        self.width = width
        self._breaks, self._starts = [], []
        self._begin = self._end = 0

    def at(self, row: int) -> tuple[int, int]:
        """The paragraph that shows at `row`, and which of its rows it is."""
        index = bisect_right(self._starts, row + self._begin) - 1
        return index, row + self._begin - self._starts[index]

    def span(self, paragraph: int, row: int) -> tuple[int, int | None]:
        """The first character of a paragraph's row, and the one after its last (None: to the end)."""
        found = self._breaks[paragraph]
        return found[row], found[row + 1] if row + 1 < len(found) else None

    def place(self, row: int) -> Place:
        """The spot that shows at `row`."""
        paragraph, part = self.at(row)
        return Place(paragraph, self._breaks[paragraph][part])

    def row_of(self, place: Place) -> int:
        """The row that a spot shows at."""
        part = max(0, bisect_right(self._breaks[place.paragraph], place.offset) - 1)
        return self._starts[place.paragraph] - self._begin + part
