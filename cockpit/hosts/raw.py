"""What an agent's process prints, on its way to the disk: read from a pipe, cleaned of secrets, kept to a bound.

The agent's stdout and stderr are pipes that its host reads, so that nothing is stored as it came. The host reads on
in them as it would in a growing file. Lines are given whole and as they are to who translates them; the file
has them without their secrets, as JSON where they were JSON. A full file makes room: the one before it is let go.
Should the host be killed, its agent is too, and what was in the pipe is lost; the conversation itself is the CLI's.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from cockpit import redact
from cockpit.hosts.lines import CHUNK, MAX_READ, Splitter

ROOM = 1 << 20
"""Bytes that an agent may print before its host must have read them, where the system allows so many."""

TAIL = 8_192
"""Bytes of the last that was printed, kept in memory."""


class Kept:
    """An append-only file of a bounded size; what was in it before lies beside it as `.1`."""

    def __init__(self, path: str, most: int) -> None:
        self._path, self._most = path, most
        self._open()

    def _open(self) -> None:
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._fd).st_size

    def append(self, data: bytes) -> None:
        """Write; a full disk loses this, and must not end the agent."""
        with suppress(OSError):
            if self._size and self._size + len(data) > self._most // 2:
                os.replace(self._path, f"{self._path}.1")
                os.close(self._fd)
                self._open()
            self._size += len(data)
            while data:
                data = data[os.write(self._fd, data) :]


class _Pipe:
    """A pipe from the agent, read without ever waiting."""

    def __init__(self) -> None:
        self._read_end, self.child = os.pipe()
        os.set_blocking(self._read_end, False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):
                fcntl.fcntl(self._read_end, fcntl.F_SETPIPE_SZ, ROOM)

    def release_child(self) -> None:
        """The agent has its end now."""
        os.close(self.child)

    def take(self, size: int) -> bytes:
        """What is there, at most so much; empty where nothing is."""
        try:
            return os.read(self._read_end, size)
        except BlockingIOError:
            return b""


class RawStream(_Pipe):
    """The agent's stdout: lines."""

    def __init__(self, path: str, most: int) -> None:
        super().__init__()
        self._file = Kept(path, most)
        self._splitter = Splitter()
        self.offset = 0
        """Bytes read so far."""

    def read(self) -> tuple[list[str], list[str]]:
        """The lines that are whole now, and the beginnings of those that were too long to be any."""
        lines: list[str] = []
        broken: list[str] = []
        for _ in range(MAX_READ // CHUNK):
            chunk = self.take(CHUNK)
            if not chunk:
                break
            self.offset += len(chunk)
            old, old_broken = len(lines), len(broken)
            self._splitter.take(chunk, lines, broken)
            self._keep(lines[old:], broken[old_broken:])
        return lines, broken

    def rest(self) -> str:
        """A last line without its end, once nobody writes any more."""
        line = self._splitter.rest()
        self._keep([line] if line else [], [])
        return line

    def _keep(self, lines: list[str], broken: list[str]) -> None:
        if lines:
            said = "\n".join(lines)
            self._append(said if redact.is_plain(said) else "\n".join(map(redact.json_line, lines)))
        for start in broken:
            self._append(f"{redact.text(start)}… (left out: more than a megabyte)")

    def _append(self, said: str) -> None:
        self._file.append(f"{said}\n".encode("utf-8", "replace"))


class RawErrors(_Pipe):
    """The agent's stderr: text."""

    def __init__(self, path: str, most: int) -> None:
        super().__init__()
        self._file = Kept(path, most)
        self._flow = redact.ByteFlow()
        self._tail = b""

    def pump(self) -> None:
        """Take over what was printed."""
        for _ in range(MAX_READ // CHUNK):
            chunk = self.take(CHUNK)
            if not chunk:
                return
            self._put(self._flow.feed(chunk))

    def last(self) -> bytes:
        """The last that was printed, once nobody prints any more."""
        self.pump()
        self._put(self._flow.flush())
        return self._tail

    def _put(self, data: bytes) -> None:
        if data:
            self._file.append(data)
            self._tail = (self._tail + data)[-TAIL:]
