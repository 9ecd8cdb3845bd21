"""Everything that a terminal agent printed, as it came: append only, bounded, and the buffer of every screen.

Two files: `terminal.log`, and `terminal.log.1` with what was printed before it. When the first is full it
takes the place of the second. Screens read here at their own pace, so a slow one costs no memory; one that
fell behind by more than is kept has lost its place.

A stretch of the past means something only together with the modes that were set before it (alternate
screen, mouse, cursor keys), so these are put in front: of a replay, and of each new file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from cockpit.anchors import Anchors
from cockpit.terminal_text import SAFE_POINT

NAME, OLDER = "terminal.log", "terminal.log.1"

MAX_BYTES = 4 << 20
"""Of each of the two files."""

REPLAY = 512 << 10
"""Bytes of the past that a screen gets when it begins to look."""

_MODES = re.compile(rb"\x1b(?:(c)|\[(!)p|([=>])|\[\?([0-9;]+)([hl]))")

_MODES_BEGIN = ("\x1bc", "\x1b[!p", "\x1b=", "\x1b>", "\x1b[?")
"""How those begin, among all the sequences that there are."""

_LONGEST = 256
"""Bytes of a sequence that sets modes, at most."""

_PIECE = 1 << 17
"""Bytes of a file that are looked through in one go."""

_NOT_RESTORED = frozenset({3, 2026})
"""132 columns, and a frame that was being drawn: both are over when somebody looks."""

_ALTERNATE = frozenset({47, 1047, 1049})
"""The modes of the alternate screen, to be entered first."""

_ON_BY_ITSELF = frozenset({7, 25})
"""Wrapping and the cursor: what a fresh terminal has on."""


@dataclass(slots=True)
class Modes:
    """What a program has switched on or off in its terminal."""

    private: dict[int, bool]
    """By number, as in `CSI ? 1049 h`."""
    keypad: bool = False

    def sequences(self) -> bytes:
        """What sets them in a fresh terminal, the alternate screen first."""
        wanted = sorted((n for n in self.private if n not in _NOT_RESTORED), key=lambda n: (n not in _ALTERNATE, n))
        each = (b"\x1b[?%d%c" % (n, b"h" if self.private[n] else b"l") for n in wanted)
        return b"".join(each) + (b"\x1b=" if self.keypad else b"")


@dataclass(slots=True)
class _File:
    """One of the two files; `start` is the place in all that was printed where its content begins."""

    fd: int
    start: int
    head: int
    """Bytes in front of the content: the modes that were set when the file was begun."""
    size: int
    """Bytes of content."""

    @property
    def end(self) -> int:
        return self.start + self.size


class TerminalLog:
    """Places in it count from 0 and only ever grow while it is open."""

    def __init__(self, folder: str, max_bytes: int = MAX_BYTES) -> None:
        """Goes on after what an earlier host wrote."""
        self._folder = folder
        self._max = max_bytes
        self._older = self._open(OLDER, 0) if os.path.exists(self._path(OLDER)) else None
        self._newer = self._open(NAME, self._older.end if self._older else 0)
        self._last = b""
        """What was appended last: most screens read it before more comes."""

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _open(self, name: str, start: int) -> _File:
        fd = os.open(self._path(name), os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return _File(fd, start, 0, os.fstat(fd).st_size)

    @property
    def begin(self) -> int:
        """The oldest place that is kept."""
        return self._older.start if self._older else self._newer.start

    @property
    def end(self) -> int:
        """The place where the next byte goes."""
        return self._newer.end

    def append(self, data: bytes) -> None:
        """Keep what was printed. Raises OSError where the disk is full."""
        self._last = b""
        if self._newer.size + len(data) > self._max and (at := self._cut(data)) is not None:
            self._write(data[:at])
            self._turn_over()
            data = data[at:]
        self._write(data)
        self._last = data

    def _cut(self, data: bytes) -> int | None:
        """Where `data` may be divided between two files; anywhere, if it has no such place for too long."""
        if safe := SAFE_POINT.search(data):
            return safe.end()
        return 0 if self._newer.size > 2 * self._max else None

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.write(self._newer.fd, view)
            self._newer.size += written
            view = view[written:]

    def _turn_over(self) -> None:
        """Begin a new file; at no moment is there none, for others read along."""
        modes = self._modes_before(self._newer, self._newer.end)
        next_name = f".{NAME}.new"
        with suppress(FileNotFoundError):
            os.unlink(self._path(next_name))  # a host that died just here left it
        os.link(self._path(NAME), self._path(next_name))
        os.replace(self._path(next_name), self._path(OLDER))
        if self._older:
            os.close(self._older.fd)
        self._older, full = self._newer, self._newer
        self._newer = self._open(next_name, full.end)
        self._newer.head, self._newer.size = os.write(self._newer.fd, modes) if modes else 0, 0
        os.replace(self._path(next_name), self._path(NAME))

    def read(self, place: int, limit: int) -> bytes | None:
        """What was printed from `place` on, at most `limit` bytes; None where that is no longer kept."""
        if place < self.begin:
            return None
        if place == self.end - len(self._last) and 0 < len(self._last) <= limit:
            return self._last
        file = self._older if self._older and place < self._older.end else self._newer
        room = min(limit, file.end - place)
        return os.pread(file.fd, room, file.head + place - file.start) if room > 0 else b""

    def past(self, limit: int = REPLAY) -> tuple[int, bytes]:
        """Where the last `limit` bytes begin, at a safe point, and the modes that were set by then."""
        wanted = max(self.begin, self.end - limit)
        place = wanted
        if wanted > self.begin and (safe := SAFE_POINT.search(self.read(wanted, 65_536) or b"")):
            place = wanted + safe.end()
        file = self._older if self._older and place < self._older.end else self._newer
        return place, self._modes_before(file, place)

    def tail(self, limit: int, since: int = 0) -> bytes:
        """The last bytes that were printed, none from before the place `since`."""
        place = max(self.begin, since, self.end - limit)
        first = self.read(place, limit) or b""
        return first + (self.read(place + len(first), limit) or b"")

    def at_rest(self) -> bytes:
        """What ends all that a program left undone: its modes and colours, a part of the screen that scrolls."""
        undone = self._modes(self._newer, self.end)
        left = {n: n in _ON_BY_ITSELF for n, is_on in undone.private.items() if is_on != (n in _ON_BY_ITSELF)}
        return b"\x1b[0m\x1b7\x1b[r\x1b8\x1b>" + Modes(left).sequences()

    def _modes_before(self, file: _File, place: int) -> bytes:
        return self._modes(file, place).sequences()

    def _modes(self, file: _File, place: int) -> Modes:
        """The modes that are set at `place`."""
        upto = file.head + place - file.start
        return modes(_pieces(file.fd, upto))

    def close(self) -> None:
        """Let go of the files."""
        for file in (self._older, self._newer):
            if file:
                os.close(file.fd)


def modes(pieces: Iterable[bytes]) -> Modes:
    """The modes that are set after all this was printed."""
    found, rest, begin = Modes({}), b"", Anchors(_MODES_BEGIN)
    for piece in pieces:
        content = rest + piece
        for at in begin.starts(content):
            if match := _MODES.match(content, at):
                _follow(found, match)
        last = content.rfind(b"\x1b", -_LONGEST)
        rest = content[last:] if last >= 0 and not _MODES.match(content, last) else b""
    return found


def _follow(found: Modes, match: re.Match[bytes]) -> None:
    reset, soft, pad, numbers, how = match.groups()
    if reset or soft:
        found.private, found.keypad = {}, False
    elif pad:
        found.keypad = pad == b"="
    else:
        found.private.update({int(n): how == b"h" for n in numbers.split(b";") if n.isdigit()})


def _pieces(fd: int, upto: int) -> Iterator[bytes]:
    """The first `upto` bytes of a file; a host's memory has a bound."""
    at = 0
    while at < upto and (piece := os.pread(fd, min(_PIECE, upto - at), at)):
        yield piece
        at += len(piece)
