"""Files that grow line by line: read on from where we were, within a bound, torn lines waited for."""

from __future__ import annotations

import os

CHUNK = 65_536
MAX_READ = 1 << 20
"""Bytes read in one go, so that a torrent doesn't keep a host from its other duties."""

MAX_LINE = 1 << 20
"""A longer line is skipped to its end and reported as its first bytes."""


class Splitter:
    """Cuts what comes in pieces into lines."""

    def __init__(self) -> None:
        self._part = bytearray()
        self._skipping = False

    def take(self, chunk: bytes, lines: list[str], broken: list[str]) -> None:
        """Add the lines that are whole now, and the beginnings of those that are too long."""
        *whole, rest = chunk.split(b"\n")
        for piece in whole:
            if not self._skipping:
                self._part += piece
                lines.append(self._part.decode("utf-8", "replace"))
            self._part.clear()
            self._skipping = False
        if self._skipping:
            return
        self._part += rest
        if len(self._part) > MAX_LINE:
            broken.append(self._part[:200].decode("utf-8", "replace"))
            self._part.clear()
            self._skipping = True

    def rest(self) -> str:
        """A last line without its end, once nobody writes any more."""
        text = self._part.decode("utf-8", "replace")
        self._part.clear()
        return text


class LineReader:
    """Gives the whole lines of a file that another process appends to, from `offset` on."""

    def __init__(self, path: str, offset: int = 0) -> None:
        """The file must exist."""
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.offset = offset
        self._splitter = Splitter()

    def read(self) -> tuple[list[str], list[str]]:
        """The lines that are whole now, and the beginnings of those that were too long to be any."""
        lines: list[str] = []
        broken: list[str] = []
        for _ in range(MAX_READ // CHUNK):
            chunk = os.pread(self._fd, CHUNK, self.offset)
            if not chunk:
                break
            self.offset += len(chunk)
            self._splitter.take(chunk, lines, broken)
        return lines, broken

    def rest(self) -> str:
        """A last line without its end, once nobody writes any more."""
        return self._splitter.rest()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


def end_last_line(path: str) -> int:
    """Create the file, or end a last line that was torn off; the file's size."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(fd).st_size
        if size and os.pread(fd, 1, size - 1) != b"\n":
            size += os.write(fd, b"\n")
        return size
    finally:
        os.close(fd)
