"""Which rows of a diff show, and where: files may be folded to their heading, and notes stand between the rows.

It is kept as a few segments, not row by row, so that a diff of any length is laid out in no time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from panes.diff_model import Diff


class Note(NamedTuple):
    """Something that stands under a row: a comment."""

    row: int
    """Of the diff."""
    key: str
    lines: tuple[str, ...]


class Spot(NamedTuple):
    """What shows on one line of the view: a row (or a pair of rows) of the diff, or a line of a note."""

    base: int
    """The row, or with both sides the pair; of a note the one that it stands under."""
    note: int = -1
    part: int = 0


class _Segment(NamedTuple):
    line: int
    base: int
    size: int
    note: int = -1


class Layout:
    """The lines of a diff on the screen, counted from its first."""

    def __init__(
        self, diff: Diff, is_split: bool = False, folded: Set[int] = frozenset(), notes: Sequence[Note] = ()
    ) -> None:
        """`folded` are files, by their number."""
        self.diff = diff
        self.is_split = is_split
        self.notes = list(notes)
        self._segments = list(self._laid(folded))
        self._lines = [segment.line for segment in self._segments]
        self._code = [segment for segment in self._segments if segment.note < 0]
        self._bases = [segment.base for segment in self._code]
        last = self._segments[-1] if self._segments else _Segment(0, 0, 0)
        self.count = last.line + last.size

    def at(self, line: int) -> Spot:
        """What shows on a line."""
        segment = self._segments[bisect_right(self._lines, line) - 1]
        if segment.note >= 0:
            return Spot(segment.base, segment.note, line - segment.line)
        return Spot(segment.base + line - segment.line)

    def line_of(self, row: int) -> int:
        """Where a row of the diff shows; one in a folded file shows as its heading."""
        base = self._base(row)
        found = bisect_right(self._bases, base) - 1
        if found < 0:
            return 0
        segment = self._code[found]
        return segment.line + min(base - segment.base, segment.size - 1)

    def line_of_note(self, key: str) -> int | None:
        """Where a note begins; None where it does not show."""
        found = (s for s in self._segments if s.note >= 0 and self.notes[s.note].key == key)
        return next((segment.line for segment in found), None)

    def row_at(self, line: int) -> int:
        """The row of the diff that a line shows, or that its note is about; with both sides the new one."""
        spot = self.at(line)
        if spot.note >= 0:
            return self.notes[spot.note].row
        if not self.is_split:
            return spot.base
        left, right = self.diff.pairs[spot.base]
        return right if right >= 0 else left

    def _base(self, row: int) -> int:
        return self.diff.pair_of[row] if self.is_split else row

    def _laid(self, folded: Set[int]) -> Iterator[_Segment]:
        """The stretches that show, cut where a note stands."""
        notes = sorted(((self._base(note.row), number) for number, note in enumerate(self.notes)), reverse=True)
        line, last = 0, -1
        for first, end in self._shown(folded):
            while notes and notes[-1][0] < end:
                base, number = notes.pop()
                if first <= base:
                    yield _Segment(line, first, base + 1 - first)
                    line, last, first = line + base + 1 - first, base, base + 1
                if base == last:  # else it is in what is folded away
                    yield _Segment(line, base, len(self.notes[number].lines), number)
                    line += len(self.notes[number].lines)
            if end > first:
                yield _Segment(line, first, end - first)
                line, last = line + end - first, end - 1

    def _shown(self, folded: Set[int]) -> Iterator[tuple[int, int]]:
        """Stretches of rows or pairs; each file is one, or its heading alone."""
        total = len(self.diff.pairs) if self.is_split else len(self.diff.rows)
        if not folded or not self.diff.file_rows:
            if total:
                yield 0, total
            return
        starts = [self._base(row) for row in self.diff.file_rows]
        begin = starts[0]
        for file, start in enumerate(starts):
            end = starts[file + 1] if file + 1 < len(starts) else total
            if file in folded:
                yield begin, start + 1
                begin = end
        if begin < total:
            yield begin, total
