"""What an emulator can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

HISTORY = 5_000
"""Lines that have scrolled off the top and are kept."""

Colour = int | tuple[int, int, int] | None
"""A number of the palette, red, green and blue, or the terminal's own."""

Shape = Literal["block", "underline", "bar"]


class EmulatorError(Exception):
    """The emulator failed; what it showed is lost, and the program's output must be fed to a new one."""


class NoEmulator(Exception):
    """No emulator can be used here; the text says why."""


class Pen(NamedTuple):
    """How text looks."""

    fg: Colour = None
    bg: Colour = None
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False
    blink: bool = False
    inverse: bool = False
    invisible: bool = False
    strike: bool = False


PLAIN = Pen()


class Span(NamedTuple):
    """Text that looks the same, and how many columns it takes; a wide character takes two."""

    text: str
    width: int
    pen: Pen = PLAIN


Row = Sequence[Span]
"""A row of the screen; together its spans are as wide as the screen."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the program's cursor is."""

    x: int
    y: int
    visible: bool = True
    shape: Shape = "block"


@dataclass(frozen=True, slots=True)
class Modes:
    """What the program has asked the terminal for."""

    alternate: bool = False
    """It draws on the second screen, which has no history."""
    application_cursor: bool = False
    bracketed_paste: bool = False
    focus_events: bool = False
    mouse: Literal["", "press", "click", "drag", "motion"] = ""
    """Which moves of the mouse it wants to hear of; none if empty."""
    mouse_sgr: bool = False
    """It wants to hear of them in the form that has no limit on columns."""
    alternate_scroll: bool = True
    """On the second screen the wheel is the arrow keys."""


class Emulator(Protocol):
    """One program's screen. Every method may raise EmulatorError; what was filtered by `filter` goes in."""

    name: str
    columns: int
    rows: int

    def feed(self, data: bytes) -> bytes:
        """Take in output; what the program must be answered (where its cursor is, what the terminal can do)."""
        ...

    def resize(self, columns: int, rows: int) -> None:
        """Have another size."""
        ...

    def changed(self) -> list[int]:
        """The rows that look different since the last time it was asked."""
        ...

    def row(self, y: int) -> Row:
        """A row of what is looked at, as `changed` last found it."""
        ...

    @property
    def cursor(self) -> Cursor:
        """The cursor; not visible while the history is looked at."""
        ...

    @property
    def modes(self) -> Modes:
        """What the program has asked for."""
        ...

    @property
    def history(self) -> int:
        """Lines that have scrolled off and are kept."""
        ...

    @property
    def back(self) -> int:
        """How many of those lines are looked at; 0 at the end."""
        ...

    def look_back(self, lines: int) -> None:
        """Look at the screen as it was so many lines ago, as far as they are kept; 0 goes to the end."""
        ...

    def close(self) -> None:
        """Free what is held."""
        ...


def text_of(row: Row) -> str:
    """The row without its looks, trailing blanks dropped."""
    return "".join(span.text for span in row).rstrip()
