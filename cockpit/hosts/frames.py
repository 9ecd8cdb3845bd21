"""What a host and the screens that look at its terminal say to each other: frames over a Unix socket.

A frame is a letter, four bytes of length (big-endian) and so many bytes. A frame of a kind that one does not
know is passed over, so that older and newer versions get along.

The socket lies in the run's folder, which may be deep, and the system's limit for a socket's path is about
a hundred bytes: where it would be longer, both ends reach the folder through a short link.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

# From the host
RESET = b"r"
"""Forget everything: what comes next starts afresh, with a stretch of the past."""
OUTPUT = b"o"
"""What the program printed, as it is."""
ACTUAL = b"a"
"""The terminal's size now: the smallest of all screens'."""
LIVE = b"l"
"""The past was told; what comes next is being printed."""
OVER = b"x"
"""The agent is gone; nothing follows."""

# From a screen
KEYS = b"k"
"""To be typed."""
ANSWER = b"q"
"""What the program asked of its terminal; of several screens one is heard."""
SIZE = b"s"
"""This screen shows so many columns and rows."""

MAX_FRAME = 1 << 20
"""Whoever sends a longer one is no screen of ours."""

MAX_SIDE = 1_000
"""Columns or rows of a terminal; more is nonsense."""

SOCKET = "terminal.sock"

_HEAD = struct.Struct("!cI")
_SIZE = struct.Struct("!HH")
_MAX_PATH = 100
"""Bytes of a socket's path that every system takes."""

Size = tuple[int, int]
"""Columns, rows."""


class BadFrame(Exception):
    """The other end does not speak our language."""


def frame(kind: bytes, body: bytes = b"") -> bytes:
    """The frame's bytes."""
    return _HEAD.pack(kind, len(body)) + body


def size_frame(kind: bytes, size: Size) -> bytes:
    """A frame that tells a size."""
    columns, rows = (min(max(1, side), MAX_SIDE) for side in size)
    return frame(kind, _SIZE.pack(columns, rows))


def read_size(body: bytes) -> Size:
    """The size that a frame tells. Raises BadFrame for one that no terminal has."""
    if len(body) != _SIZE.size:
        raise BadFrame("a size of a strange length")
    columns, rows = _SIZE.unpack(body)
    if not (1 <= columns <= MAX_SIDE and 1 <= rows <= MAX_SIDE):
        raise BadFrame(f"a terminal of {columns}x{rows}")
    return columns, rows


class Frames:
    """Puts frames together again from whatever pieces the socket gives."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._part = bytearray()

    def take(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """The frames that are whole now: kind and body. Raises BadFrame."""
        self._part += data
        found, at = [], 0
        while len(self._part) - at >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._part, at)
            if length > MAX_FRAME:
                raise BadFrame(f"a frame of {length} bytes")
            end = at + _HEAD.size + length
            if len(self._part) < end:
                break
            found.append((kind, bytes(self._part[at + _HEAD.size : end])))
            at = end
        del self._part[:at]
        return found


def listen(folder: str) -> socket.socket:
    """A socket that screens can connect to, for this user alone; takes the place of an older one."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = os.path.join(folder, SOCKET)
    if os.path.lexists(path):
        os.unlink(path)
    before = os.umask(0o177)
    try:
        with _short(folder) as near:
            server.bind(os.path.join(near, SOCKET))
    except OSError:
        server.close()
        raise
    finally:
        os.umask(before)
    server.listen(64)
    server.setblocking(False)
    return server


def connect(folder: str, seconds: float = 5.0) -> socket.socket:
    """A socket to the host that serves the terminal in `folder`. Raises OSError where none does."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(seconds)
    try:
        with _short(folder) as near:
            client.connect(os.path.join(near, SOCKET))
    except OSError:
        client.close()
        raise
    return client


@contextmanager
def _short(folder: str) -> Iterator[str]:
    """A path to `folder` that is short enough for a socket in it."""
    if len(os.fsencode(os.path.join(folder, SOCKET))) <= _MAX_PATH:
        yield folder
        return
    import tempfile  # hosts have a memory bound, and most folders are not that deep

    with tempfile.TemporaryDirectory(prefix="cockpit-", dir="/tmp") as aside:
        near = os.path.join(aside, "r")
        os.symlink(folder, near)
        try:
            yield near
        finally:
            os.unlink(near)
