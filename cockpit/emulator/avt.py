"""The second emulator: asciinema's, by `pyavt`. Slower, less exact about combined characters, never seen to crash."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from cockpit.emulator.asked import Asked
from cockpit.emulator.base import HISTORY, PLAIN, Colour, Cursor, EmulatorError, Modes, NoEmulator, Pen, Row, Span

if TYPE_CHECKING:
    import avt

Given = TypeVar("Given")


class Avt:
    """A `base.Emulator`."""

    name = "avt"

    def __init__(self, columns: int, rows: int, history: int = HISTORY) -> None:
        """Raises NoEmulator where the package can't be used."""
        try:
            import avt
        except ImportError as error:
            raise NoEmulator(f"avt can't be loaded: {error}") from error
        self.columns, self.rows = columns, rows
        self._colours = avt.Color
        self._vt = avt.Vt(columns, rows, history)
        self._asked = Asked()
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self._stale = set(range(rows))
        self._back = 0

    def feed(self, data: bytes) -> bytes:
        """Take in output; what the program must be answered."""
        answers = []
        for piece, question in self._asked.read(data):
            if piece:
                self._feed(self._text.decode(piece))
            if question:
                answers.append(self._asked.answer(question, self._vt.cursor.col, self._vt.cursor.row))
        return b"".join(answers)

    def _feed(self, text: str) -> None:
        before = self.history if self._back else 0
        lines, dropped = _guarded(lambda: self._vt.feed_str(text))
        if self._back:  # stay at the lines that are looked at
            self.look_back(self._back + self.history - before + len(dropped))
        else:
            self._stale.update(lines)

    def resize(self, columns: int, rows: int) -> None:
        """Have another size."""
        _guarded(lambda: self._vt.resize(columns, rows))
        self.columns, self.rows, self._back = columns, rows, 0
        self._stale = set(range(rows))

    def changed(self) -> list[int]:
        """The rows that look different since the last time."""
        found = sorted(y for y in self._stale if y < self.rows)
        self._stale.clear()
        return found

    def row(self, y: int) -> Row:
        """A row of what is looked at."""
        line = self._vt.lines()[y - self.rows - self._back] if self._back else self._vt[y]
        shown = [(cell.char, cell.width, self._pen(cell.pen)) for cell in line.cells if cell.width]
        spans = []
        for pen, group in groupby(shown, lambda cell: cell[2]):
            found = list(group)
            spans.append(Span("".join(char for char, _, _ in found), sum(width for _, width, _ in found), pen))
        return spans

    def _pen(self, pen: avt.Pen) -> Pen:
        if pen.is_default():
            return PLAIN
        fg, bg = self._colour(pen.foreground), self._colour(pen.background)
        looks = pen.bold, pen.faint, pen.italic, pen.underline, pen.blink, pen.inverse
        return Pen(fg, bg, *looks, strike=pen.strikethrough)

    def _colour(self, colour: avt.Color | None) -> Colour:
        if isinstance(colour, self._colours.Indexed):
            return int(colour[0])
        if isinstance(colour, self._colours.RGB):
            return (colour[0], colour[1], colour[2])
        return None

    @property
    def cursor(self) -> Cursor:
        """The cursor."""
        found = self._vt.cursor
        return Cursor(found.col, found.row, found.visible and not self._back, self._asked.shape)

    @property
    def modes(self) -> Modes:
        """What the program has asked for."""
        return self._asked.modes

    @property
    def history(self) -> int:
        """Lines that have scrolled off and are kept."""
        return 0 if self.modes.alternate else max(0, len(self._vt.lines()) - self.rows)

    @property
    def back(self) -> int:
        """How many of those lines are looked at."""
        return self._back

    def look_back(self, lines: int) -> None:
        """Look at the screen as it was so many lines ago."""
        self._back = max(0, min(lines, self.history))
        self._stale.update(range(self.rows))

    def close(self) -> None:
        """Nothing is held that is not freed by itself."""


def _guarded(call: Callable[[], Given]) -> Given:
    """Its panics derive from BaseException, so that nobody catches them by mistake; here it is meant."""
    try:
        return call()
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise EmulatorError(f"avt: {error}") from error
