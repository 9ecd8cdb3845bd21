"""Takes out of a program's output whatever could reach past its pane, before any emulator sees it.

All strings go (OSC, DCS, APC, PM, SOS and the title of `screen`): they set titles and the clipboard, send
notifications, make hyperlinks, show pictures from files, wrap other sequences. Only the question for the
terminal's own colours stays, for a program picks its colours by the answer. So do the 8-bit controls go, which
are second spellings of the same, and bytes beyond ASCII inside a sequence, which terminals disagree about.

The output can be cut anywhere: what comes out is the same however it was cut.
"""

from __future__ import annotations

import re
from enum import Enum, auto

MAX_QUESTION = 8
"""Bytes of a string that are kept, to see whether it is a question for a colour."""

_TROUBLES = (
    # Each begins with a fixed byte, which is what makes the search quick; `+` after `*` spares the way back. What
    # nearly all sequences are is passed over at once.
    re.compile(
        rb"\x1b(?!\[[\x00-\x17\x19\x1c-\x3f]*+[@-~]|[()][0-9A-Z])(?:\[[\x00-\x17\x19\x1c-\x3f]*+(?:[\x7f-\xff]|\Z)|[\]P^_Xk\x00-\x1f\x7f-\xff]"
        rb"|[ -/][\x00-\x17\x19\x1c-\x2f]*+(?:[\x7f-\xff]|\Z)|\Z)"
    ),
    re.compile(rb"\xc2(?:[\x80-\x9f]|\Z)"),
)
"""Strings, odd bytes after an ESC or inside a sequence, 8-bit controls, and what the next piece may make one."""
_BESIDE_ESCAPE = re.compile(rb"[\x00-\x17\x19\x1c-\x1f\x7f-\xff]*")
_IN_SEQUENCE = re.compile(rb"[\x00-\x17\x19\x1c-\x3f\x7f-\xff]*")
_IN_ESCAPE = re.compile(rb"[\x00-\x17\x19\x1c-\x2f\x7f-\xff]*")
_STRING_END = re.compile(rb"[\x18\x1a\x1b]")
_OSC_END = re.compile(rb"[\x07\x18\x1a\x1b]")
_ODD = bytes(range(0x7F, 0x100))
_STRINGS = frozenset(b"]P^_Xk")
_QUESTION = re.compile(rb"1[012];\?")


class _In(Enum):
    GROUND = auto()
    LEAD = auto()
    """After the byte that may begin an 8-bit control; the byte is held back."""
    ESCAPE = auto()
    """After an ESC, which is held back."""
    INTERMEDIATE = auto()
    SEQUENCE = auto()
    STRING = auto()


class Filter:
    """One program's output, piece by piece."""

    def __init__(self) -> None:
        self._in = _In.GROUND
        self._is_osc = False
        self._kept = b""

    def feed(self, data: bytes) -> bytes:
        """What the emulator may have of `data`; an unfinished beginning is held back."""
        troubles = _Troubles(data)
        if self._in is _In.GROUND and troubles.after(0) == len(data):
            return data
        out: list[bytes] = []
        at = 0
        while at < len(data):
            match self._in:
                case _In.GROUND:
                    at = self._ground(data, at, troubles.after(at), out)
                case _In.LEAD:
                    at = self._lead(data, at, out)
                case _In.ESCAPE:
                    at = self._escape(data, at, out)
                case _In.STRING:
                    at = self._string(data, at, out)
                case _:
                    at = self._sequence(data, at, out)
        return b"".join(out)

    def _ground(self, data: bytes, at: int, end: int, out: list[bytes]) -> int:
        out.append(data[at:end])
        if end < len(data):
            self._in = _In.ESCAPE if data[end] == 0x1B else _In.LEAD
        return end + 1

    def _lead(self, data: bytes, at: int, out: list[bytes]) -> int:
        self._in = _In.GROUND
        if 0x80 <= data[at] <= 0x9F:
            out.append(b"\0")  # not nothing: what lies on both sides must not grow together
            return at + 1
        out.append(b"\xc2")
        return at

    def _escape(self, data: bytes, at: int, out: list[bytes]) -> int:
        """Right after an ESC: controls are carried out as if they came before it, odd bytes are dropped."""
        end = _after(_BESIDE_ESCAPE, data, at)
        out.append(data[at:end].translate(None, _ODD))
        if end == len(data) or data[end] == 0x1B:
            return end + 1
        byte = data[end]
        if byte in _STRINGS:
            self._in, self._is_osc, self._kept = _In.STRING, byte == 0x5D, b""
        elif byte in b"\x18\x1a":
            self._in = _In.GROUND
            out.append(data[end : end + 1])
        else:
            self._in = _In.SEQUENCE if byte == 0x5B else _In.INTERMEDIATE if byte < 0x30 else _In.GROUND
            out.append(b"\x1b" + data[end : end + 1])
        return end + 1

    def _sequence(self, data: bytes, at: int, out: list[bytes]) -> int:
        end = _after(_IN_SEQUENCE if self._in is _In.SEQUENCE else _IN_ESCAPE, data, at)
        out.append(data[at:end].translate(None, _ODD))
        if end == len(data):
            return end
        if data[end] == 0x1B:
            self._in = _In.ESCAPE
        else:
            self._in = _In.GROUND
            out.append(data[end : end + 1])
        return end + 1

    def _string(self, data: bytes, at: int, out: list[bytes]) -> int:
        found = (_OSC_END if self._is_osc else _STRING_END).search(data, at)
        end = found.start() if found else len(data)
        if len(self._kept) < MAX_QUESTION:
            self._kept += data[at : min(end, at + MAX_QUESTION)]
        if found is None:
            return end
        self._leave_string(data[end], out)
        return end + 1

    def _leave_string(self, last: int, out: list[bytes]) -> None:
        """A string that is left out still ends what came before it, as its ESC would have."""
        if self._is_osc and last in b"\x07\x1b" and _QUESTION.fullmatch(self._kept):
            out.append(b"\x1b]" + self._kept + (b"\x07" if last == 7 else b""))  # else the ESC that follows ends it
        elif last != 0x1B:
            out.append(b"\x18")
        self._in = _In.ESCAPE if last == 0x1B else _In.GROUND


class _Troubles:
    """Where each kind of trouble comes next; each is sought once through the data, however often it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._found = [-1] * len(_TROUBLES)

    def after(self, at: int) -> int:
        """The first trouble from `at` on, or the end."""
        for n, pattern in enumerate(_TROUBLES):
            if self._found[n] < at:
                found = pattern.search(self._data, at)
                self._found[n] = found.start() if found else len(self._data)
        return min(self._found)


def _after(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    found = pattern.match(data, at)
    return found.end() if found else at
