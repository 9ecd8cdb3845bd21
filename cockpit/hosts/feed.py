"""The agent's stdin: a FIFO that is written without ever waiting, however large the message.

A FIFO holds 64 KB and an agent at work reads late, so what doesn't fit is queued here and written when the
selector says that there is room.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable

Done = Callable[[], None]


def _nothing() -> None:
    """Nobody waits for it."""


class Feed:
    """A new FIFO at `path`: `child` is the agent's end, `fd` ours."""

    def __init__(self, path: str) -> None:
        """Takes the place of an older FIFO."""
        if os.path.lexists(path):
            os.unlink(path)
        os.mkfifo(path, 0o600)
        self.child = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._queue: deque[tuple[bytes, Done]] = deque()
        self._written = 0

    def release_child(self) -> None:
        """The agent has its end now; from here on it alone keeps the FIFO open for reading."""
        os.close(self.child)

    @property
    def is_full(self) -> bool:
        """Whether something waits for room."""
        return bool(self._queue)

    def put(self, line: str, done: Done = _nothing) -> None:
        """Write `line` as soon as there is room; `done` is called when all of it is in."""
        self._queue.append((line.encode("utf-8", "replace"), done))
        self.flush()

    def flush(self) -> None:
        """Write what there is room for."""
        while self._queue:
            data, done = self._queue[0]
            try:
                self._written += os.write(self.fd, data[self._written : self._written + 65_536])
            except BlockingIOError:
                return
            except BrokenPipeError:
                self._queue.clear()  # nobody reads any more; the agent's exit will say so
                return
            if self._written >= len(data):
                self._written = 0
                self._queue.popleft()
                done()

    def close(self) -> None:
        """Let go of our end."""
        os.close(self.fd)
