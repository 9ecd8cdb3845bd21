"""tmux as the referee: what it makes of a program's output, cell by cell."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cockpit.emulator.base import PLAIN, Colour, Pen, Row
from tests.e2e.terminal import need_tmux

PATIENCE = 60.0

Cell = tuple[str, Pen]
"""A character and its looks; the second column of a wide character is empty."""

# tmux answers where its cursor is in the order of what it reads: once it has, it has read everything.
_PLAY = """
import os, signal, sys, tty
tty.setraw(0)
data = open(sys.argv[1], 'rb').read()
while data:
    data = data[os.write(1, data):]
os.write(1, b'\\x1b[6n')
seen = b''
while b'R' not in seen:
    seen += os.read(0, 100)
os.system(sys.argv[2])
signal.pause()
"""
_TOKENS = re.compile(r"\x1b\[([0-9;:]*)m|([\x0e\x0f])|([^\x1b])")
_LINES = dict(zip("jklmnqtuvwxaf`~yz{|}", "┘┐┌└┼─├┤┴┬│▒°◆·≤≥π≠£", strict=True))


class Referee:
    """A tmux server; `screen` plays bytes in a window of it and reads what it shows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = f"cockpit-{uuid.uuid4().hex[:12]}"
        self._count = 0

    def screen(self, data: bytes, columns: int = 80, rows: int = 24) -> list[list[Cell]]:
        """The cells of the screen after a program printed `data`; blank cells at the end of a row are left out."""
        self._count += 1
        name = f"w{self._count}"
        path = self._folder / f"{name}.bin"
        path.write_bytes(data)
        said = f"tmux -L {self._socket} wait-for -S {name}"
        played = shlex.join([sys.executable, "-S", "-c", _PLAY, str(path), said])
        self._tmux("-f", "/dev/null", "new-session", "-d", "-s", name, "-x", str(columns), "-y", str(rows), played)
        self._tmux("wait-for", name)
        shown = self._tmux("capture-pane", "-p", "-e", "-N", "-t", name)
        self._tmux("new-session", "-d", "-s", f"after-{name}", "cat", ";", "kill-session", "-t", name)
        return _cells(shown)[:rows]

    def _tmux(self, *words: str) -> str:
        environment = {k: v for k, v in os.environ.items() if k != "TMUX"} | {"LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            ["tmux", "-u", "-L", self._socket, *words],
            capture_output=True,
            env=environment,
            timeout=PATIENCE,
            check=True,
        )
        return done.stdout.decode()

    def leave(self) -> None:
        """End the server."""
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], capture_output=True, check=False)


@contextmanager
def referee(folder: Path) -> Iterator[Referee]:
    """A referee who leaves at the end; skips the test where there is no tmux."""
    need_tmux()
    one = Referee(folder)
    try:
        yield one
    finally:
        one.leave()


def cells_of(row: Row) -> list[Cell]:
    """An emulator's row in the referee's form."""
    found: list[Cell] = []
    for span in row:
        for char in span.text:
            if _width(char) == 0 and found:  # belongs to the character before it
                at = len(found) - 1 - (found[-1][0] == "")
                found[at] = (found[at][0] + char, found[at][1])
                continue
            found.append((char, span.pen))
            found += [("", span.pen)] * (_width(char) - 1)
    return found


def _cells(shown: str) -> list[list[Cell]]:
    """What `capture-pane -e` prints, as cells."""
    pen, is_graphic = PLAIN, False
    screen = []
    for line in shown.split("\n"):
        row: list[Cell] = []
        for sgr, shift, char in _TOKENS.findall(line):
            if shift:
                is_graphic = shift == "\x0e"
            elif not char:
                pen = _pen(pen, sgr)
            elif _width(char) == 0 and row:
                at = len(row) - 1 - (row[-1][0] == "")
                row[at] = (row[at][0] + char, row[at][1])
            else:
                row.append((_LINES.get(char, char) if is_graphic else char, pen))
                row += [("", pen)] * (_width(char) - 1)
        screen.append(row)
    return screen


def _width(char: str) -> int:
    from rich.cells import cell_len

    return cell_len(char)


_ON = {1: "bold", 2: "faint", 3: "italic", 4: "underline", 5: "blink", 7: "inverse", 8: "invisible", 9: "strike"}
_OFF = {22: ("bold", "faint"), 23: ("italic",), 24: ("underline",), 25: ("blink",), 27: ("inverse",)}
_OFF |= {28: ("invisible",), 29: ("strike",)}


def _pen(pen: Pen, sgr: str) -> Pen:
    numbers = [int(part.split(":")[0] or 0) for part in sgr.split(";")]
    while numbers:
        match numbers:
            case [0, *rest]:
                pen = PLAIN
            case [38 | 48 as which, 5, n, *rest]:
                pen = _paint(pen, which, n)
            case [38 | 48 as which, 2, r, g, b, *rest]:
                pen = _paint(pen, which, (r, g, b))
            case [n, *rest] if n in _ON:
                pen = pen._replace(**{_ON[n]: True})
            case [n, *rest] if n in _OFF:
                pen = pen._replace(**dict.fromkeys(_OFF[n], False))
            case [n, *rest]:
                pen = _coloured(pen, n)
        numbers = rest
    return pen


def _coloured(pen: Pen, number: int) -> Pen:
    if number in (39, 49):
        return _paint(pen, number - 1, None)
    return _paint(pen, 38 if number // 10 in (3, 9) else 48, number % 10 + (8 if number >= 90 else 0))


def _paint(pen: Pen, which: int, colour: Colour) -> Pen:
    return pen._replace(fg=colour) if which == 38 else pen._replace(bg=colour)
