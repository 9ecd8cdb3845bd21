"""A small model of a terminal, for tests of what is written to one: cells with a character and a look.

It knows what the screen uses (moves, colours, text, links) and refuses every sequence that it does not know, so
that no test passes because something was skipped. Characters are as wide as Textual believes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rich.cells import split_graphemes

_TOKEN = re.compile(r"\x1b\[([?<>=]?)([0-9;]*)([A-Za-z])|\x1b\](.*?)(?:\x07|\x1b\\)|(\n)|([^\x1b\n]+)", re.DOTALL)
_ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 5: "blink", 7: "reverse", 9: "strike", 53: "overline"}

Look = frozenset[tuple[str, str]]


class Cell(NamedTuple):
    """What one place of the terminal shows."""

    text: str
    """Empty in the second half of a wide character."""
    look: Look = frozenset()


GARBAGE = Cell("¿", frozenset({("fg", "garbage")}))
"""What stands where nobody wrote, so that it is found out when nobody does."""


class Terminal:
    """What a terminal shows after all that was written to it."""

    def __init__(self, width: int, height: int) -> None:
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Another size; nothing of what was there can be relied on."""
        self.width, self.height = width, height
        self.rows = [[GARBAGE] * width for _ in range(height)]
        self._x = self._y = 0
        self._look: dict[str, str] = {}
        self._link = ""

    def write(self, data: str) -> None:
        """Take what a program writes."""
        end = 0
        for token in _TOKEN.finditer(data):
            assert token.start() == end, f"not understood: {data[end : token.start() + 20]!r}"
            end = token.end()
            private, numbers, final, command, line, text = token.groups()
            if text is not None:
                self._text(text)
            elif line:
                self._y = min(self.height - 1, self._y + 1)
            elif command is not None:
                self._command(command)
            elif not private:
                self._control(final, numbers)
        assert end == len(data), f"not understood: {data[end:]!r}"

    def _control(self, final: str, numbers: str) -> None:
        values = [int(n or 0) for n in numbers.split(";")] if numbers else []
        match final:
            case "H":
                y, x = values or (1, 1)
                self._y, self._x = min(y, self.height) - 1, min(x, self.width) - 1
            case "C":
                self._x = min(self._x + values[0], self.width - 1)
            case "m":
                self._color(values or [0])
            case _:
                raise AssertionError(f"not understood: CSI {numbers} {final}")

    def _command(self, command: str) -> None:
        name, _, rest = command.partition(";")
        if name == "8":
            self._link = rest.partition(";")[2]
        else:
            assert name in ("2", "22"), f"not understood: OSC {command}"  # the title, the mouse pointer

    def _color(self, values: list[int]) -> None:
        while values:
            code = values.pop(0)
            if code == 0:
                self._look = {}
            elif code in _ATTRIBUTES:
                self._look[_ATTRIBUTES[code]] = "on"
            elif code in (38, 48):
                many = 4 if values[0] == 2 else 2
                self._look["fg" if code == 38 else "bg"] = str(values[:many])
                del values[:many]
            elif code in (39, 49):
                self._look.pop("fg" if code == 39 else "bg", None)
            else:
                base, name = next((b, n) for b, n in ((100, "bg"), (90, "fg"), (40, "bg"), (30, "fg")) if code >= b)
                assert code - base < 8, f"not understood: colour {code}"
                self._look[name] = f"{'bright ' if base >= 90 else ''}{code - base}"

    def _text(self, text: str) -> None:
        for start, end, width in split_graphemes(text)[0]:
            if self._x + width > self.width:  # lines do not wrap
                break
            for x in range(self._x, self._x + width):
                self._break(x)
            look = {**self._look, **({"link": self._link} if self._link else {})}
            self.rows[self._y][self._x] = _seen(text[start:end], look)
            for x in range(self._x + 1, self._x + width):
                self.rows[self._y][x] = Cell("", frozenset(look.items()))
            self._x += width

    def _break(self, x: int) -> None:
        """A wide character of which one half is written over is gone."""
        row = self.rows[self._y]
        if not row[x].text:
            row[x - 1] = row[x] = _seen(" ", dict(row[x].look))
        if x + 1 < self.width and not row[x + 1].text:
            row[x + 1] = _seen(" ", dict(row[x + 1].look))


def _seen(text: str, look: dict[str, str]) -> Cell:
    """The cell as an eye sees it: of a space only what is behind it and through it."""
    if text == " " and not look.keys() & {"underline", "overline", "strike", "reverse", "link"}:
        look = {name: value for name, value in look.items() if name == "bg"}
    return Cell(text, frozenset(look.items()))
