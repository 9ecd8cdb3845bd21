"""What a program asks of its terminal, read from its output: for an emulator that doesn't tell.

Modes such as the mouse's, the cursor's shape, and questions such as where the cursor is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cockpit.emulator.base import Modes, Shape

_FOUND = re.compile(rb"\x1b(?:\[(?:\?([0-9;]*)([hl])|([0-9]* )q|([?>=]?[0-9;]*)([nc])|(!)p)|(c))")
_UNFINISHED = re.compile(rb"\x1b(?:\[[?>=!]?[0-9;]{0,40} ?)?\Z")
_SWITCHES = {1: "application_cursor", 2004: "bracketed_paste", 1004: "focus_events", 1006: "mouse_sgr"}
_SWITCHES |= {1007: "alternate_scroll", 47: "alternate", 1047: "alternate", 1049: "alternate"}
_MICE = {9: "press", 1000: "click", 1002: "drag", 1003: "motion"}
_SHAPES: tuple[Shape, ...] = ("block", "block", "block", "underline", "underline", "bar", "bar")
DEVICE, DEVICE_VERSION, WELL = b"\x1b[?62;22c", b"\x1b[>1;0;0c", b"\x1b[0n"


class Asked:
    """What one program has asked for so far."""

    def __init__(self) -> None:
        self.modes = Modes()
        self.shape: Shape = "block"
        self._held = b""

    def read(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """`data` in pieces, each with the question that stands at its end, if any.

        An unfinished sequence at the end comes with the next piece.
        """
        data = self._held + data
        unfinished = _UNFINISHED.search(data, max(0, len(data) - 48))
        end = unfinished.start() if unfinished else len(data)
        self._held = data[end:]
        at = 0
        for found in _FOUND.finditer(data, 0, end):
            if found[5]:
                yield data[at : found.start()], found[4] + found[5]
                at = found.end()
            else:
                self._take(found)
        yield data[at:end], b""

    def _take(self, found: re.Match[bytes]) -> None:
        if found[2]:
            for number in found[1].split(b";"):
                if number.isdigit():
                    self._switch(int(number), found[2] == b"h")
        elif found[3]:
            number = int(found[3].strip() or 0)
            self.shape = _SHAPES[number] if number < len(_SHAPES) else self.shape
        elif found[6]:
            self.modes = replace(self.modes, application_cursor=False)
        else:
            self.modes, self.shape = Modes(), "block"

    def _switch(self, number: int, on: bool) -> None:
        change: dict[str, Any] = {}
        if name := _SWITCHES.get(number):
            change[name] = on
        elif name := _MICE.get(number):
            change["mouse"] = name if on else ""
        if change:
            self.modes = replace(self.modes, **change)

    def answer(self, question: bytes, x: int, y: int) -> bytes:
        """What a terminal says whose cursor is at `x`, `y`; nothing where it does not know."""
        match question:
            case b"5n":
                return WELL
            case b"6n":
                return b"\x1b[%d;%dR" % (y + 1, x + 1)
            case b"c" | b"0c":
                return DEVICE
            case b">c" | b">0c":
                return DEVICE_VERSION
        return b""
