"""A screen's line to the terminal of a living agent: the real `link.Wire`.

It comes again by itself when the host dropped it (it was too slow) and ends when the host is gone. Whoever
reads must take a reset (`RESET`) as it comes: after it the past is told again, from a later beginning.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from cockpit.hosts import control, frames
from cockpit.hosts.frames import BadFrame, Frames, Size

RESET = b"\x1bc"
"""What a terminal forgets everything at."""

FIRST_WAIT, LAST_WAIT = 0.02, 1.0
"""Seconds before a dropped line is taken up again; doubles while that fails."""

CHUNK = 1 << 18
MAX_TYPED = 1 << 16
"""Bytes typed while there is no line; beyond that nobody types blindly."""

MAX_QUEUED = 1 << 22
"""Bytes on the way to a host that does not read."""


class HostWire:
    """One screen's line to the host of the run in `run_dir`."""

    def __init__(self, run_dir: Path) -> None:
        """Nothing is opened before `output` is read."""
        self._dir = run_dir
        self._writer: asyncio.StreamWriter | None = None
        self._typed = b""
        self._size: Size | None = None
        self._closed = asyncio.Event()
        self.actual: Size | None = None
        """The terminal's own size, in columns and rows: the smallest of all screens'."""
        self.is_live = False
        """What `output` gives now is being printed; until then it is the past."""

    async def output(self) -> AsyncIterator[bytes]:
        """What the program prints: a bounded stretch of its past first, then as it comes; ends with the agent."""
        wait = FIRST_WAIT
        while not self._closed.is_set():
            is_over = False
            line = await self._connect()
            if line is not None:
                async with contextlib.aclosing(self._listen(*line)) as heard:
                    async for data in heard:
                        wait = FIRST_WAIT
                        is_over = data is None
                        if data:
                            yield data
            if is_over or self._closed.is_set():
                return
            if not await asyncio.to_thread(control.is_alive, self._dir):
                yield RESET + await asyncio.to_thread(past, self._dir)
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), wait)
            wait = min(LAST_WAIT, wait * 2)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        try:
            line = await asyncio.to_thread(frames.connect, str(self._dir))
        except OSError:
            return None
        return await asyncio.open_unix_connection(sock=line, limit=CHUNK)

    async def _listen(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> AsyncGenerator[bytes | None, None]:
        """What one connection brings; None at last if the agent is gone for good."""
        self._writer = writer
        try:
            if self._size:
                writer.write(frames.size_frame(frames.SIZE, self._size))
            typed, self._typed = self._typed, b""
            self.send(typed)
            parts = Frames()
            while data := await reader.read(CHUNK):
                for kind, body in joined(parts.take(data)):
                    match kind:
                        case frames.RESET:
                            self.is_live = False
                            yield RESET
                        case frames.LIVE:
                            self.is_live = True
                        case frames.OUTPUT:
                            yield body
                        case frames.ACTUAL:
                            self.actual = frames.read_size(body)
                        case frames.OVER:
                            yield None
                            return
        except (OSError, BadFrame):
            return
        finally:
            self._writer = None
            writer.close()

    def send(self, data: bytes) -> None:
        """Type these bytes."""
        if not data or self._closed.is_set():
            return
        if self._writer is None:
            self._typed = (self._typed + data)[:MAX_TYPED]
        elif self._writer.transport.get_write_buffer_size() < MAX_QUEUED:
            for at in range(0, len(data), MAX_TYPED):
                self._writer.write(frames.frame(frames.KEYS, data[at : at + MAX_TYPED]))

    def answer(self, data: bytes) -> None:
        """Answer what the program has asked its terminal; of all the screens that look on, one is heard."""
        if self._writer is not None and self.is_live:
            for at in range(0, len(data), MAX_TYPED):
                self._writer.write(frames.frame(frames.ANSWER, data[at : at + MAX_TYPED]))

    def resize(self, columns: int, rows: int) -> None:
        """This screen shows so much of it; the program gets the smallest of all screens that look on."""
        self._size = (columns, rows)
        if self._writer is not None:
            self._writer.write(frames.size_frame(frames.SIZE, self._size))

    def close(self) -> None:
        """Look no more; the program goes on."""
        self._closed.set()
        if self._writer is not None:
            self._writer.close()


def joined(parts: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """The same with output that came in several frames in one: each piece costs its reader more than its bytes do."""
    for kind, group in groupby(parts, itemgetter(0)):
        if kind == frames.OUTPUT:
            yield kind, b"".join(body for _, body in group)
        else:
            yield from group


def past(run_dir: Path) -> bytes:
    """The last that was printed, of an agent that is gone; nothing where nothing was."""
    from cockpit.hosts.terminal_log import NAME, TerminalLog

    if not (run_dir / NAME).exists():
        return b""
    log = TerminalLog(str(run_dir))
    try:
        place, modes = log.past()
        pieces = [modes]
        while piece := log.read(place, CHUNK):
            pieces.append(piece)
            place += len(piece)
        return b"".join(pieces)
    finally:
        log.close()
