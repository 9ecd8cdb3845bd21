"""What a command prints, kept to a bound: its beginning and its end in memory, more of it in a file."""

from __future__ import annotations

import os
from contextlib import suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from cockpit import redact

KEPT = 40_000
"""Bytes kept of the beginning, and as many of the end."""

MAX_FILE = 50_000_000
"""Bytes written to the file; what comes later is only counted."""


class Output:
    """Takes bytes in any number and holds a bounded part of them."""

    def __init__(self, file: Path | None = None) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0
        self._path = file
        self._file: FileIO | None = None
        self._flow = redact.ByteFlow()

    def __enter__(self) -> Self:
        if self._path is not None:
            with suppress(OSError):  # the check matters more than the record of it
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = self._path.open("wb", buffering=0)
                os.fchmod(self._file.fileno(), 0o600)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.write(self._flow.flush())
            self._file.close()

    def add(self, chunk: bytes) -> None:
        """Take what was printed next."""
        if self._file is not None and self._total < MAX_FILE:
            with suppress(OSError):  # a full disk; the command must not block on a pipe that nobody reads
                self._file.write(self._flow.feed(chunk[: MAX_FILE - self._total]))
        self._total += len(chunk)
        room = KEPT - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > 4 * KEPT:  # not at each chunk: cutting costs a copy
            del self._tail[:-KEPT]

    def text(self) -> str:
        """What is kept, without secrets, with a line that says how much is not."""
        tail = self._tail[-KEPT:]
        missing = self._total - len(self._head) - len(tail)
        gap = f"\n… {missing} bytes left out …\n".encode() if missing else b""
        return redact.text((bytes(self._head) + gap + bytes(tail)).decode("utf-8", "replace"))
