"""A screen that looks at a terminal agent's terminal, without any screen: connects, types, remembers what came."""

from __future__ import annotations

import selectors
import time
from pathlib import Path

from cockpit.hosts import frames
from cockpit.hosts.frames import Frames, Size

SECONDS = 90.0
"""Bound of every wait."""


class Looker:
    """Use as a context manager."""

    def __init__(self, run_dir: Path, size: Size | None = (80, 24)) -> None:
        """Connects at once; with no size it says none."""
        self._line = frames.connect(str(run_dir))
        self._line.setblocking(False)
        self._parts = Frames()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._line, selectors.EVENT_READ)
        self.seen = b""
        """All output since the last reset."""
        self.told = 0
        """Bytes of output, ever."""
        self.resets = 0
        self.actual: list[Size] = []
        self.is_over = False
        self.is_dropped = False
        if size:
            self.resize(*size)

    def __enter__(self) -> Looker:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        self._line.close()

    def types(self, keys: bytes) -> None:
        """Type."""
        self._line.setblocking(True)
        self._line.sendall(frames.frame(frames.KEYS, keys))
        self._line.setblocking(False)

    def resize(self, columns: int, rows: int) -> None:
        """Say what it shows."""
        self._line.sendall(frames.size_frame(frames.SIZE, (columns, rows)))

    def says(self, data: bytes) -> None:
        """Send anything at all."""
        self._line.sendall(data)

    def looks(self, seconds: float = SECONDS) -> bool:
        """Wait for something to come; False where nothing did, or the line has ended."""
        if self.is_dropped or not self._selector.select(seconds):
            return False
        try:
            data = self._line.recv(1 << 18)
        except ConnectionError:
            data = b""
        self.is_dropped = not data
        for kind, body in self._parts.take(data):
            match kind:
                case frames.RESET:
                    self.seen, self.resets = b"", self.resets + 1
                case frames.OUTPUT:
                    self.seen, self.told = (self.seen + body)[-(1 << 20) :], self.told + len(body)
                case frames.ACTUAL:
                    self.actual.append(frames.read_size(body))
                case frames.OVER:
                    self.is_over = True
        return bool(data)

    def waits_for(self, wanted: bytes) -> None:
        """Look until `wanted` was seen."""
        until = time.monotonic() + SECONDS
        while wanted not in self.seen:
            alive = self.looks(max(0.0, until - time.monotonic()))
            assert alive, f"waited for {wanted!r}, {'was dropped' if self.is_dropped else ''} saw {self.seen[-2000:]!r}"

    def waits_for_the_end(self) -> None:
        """Look until the line ends."""
        while not self.is_dropped:
            assert self.looks() or self.is_dropped, f"the line did not end; saw {self.seen[-2000:]!r}"
