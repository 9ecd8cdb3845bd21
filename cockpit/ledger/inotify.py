"""Watching files by Linux's inotify on the event loop: no thread, no polling, and a change is known at once.

A library's watch costs a thread for each and wakes it many times a second; the screen has one for every pane.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

MODIFIED, ADDED, GONE = 0x2, 0x100 | 0x80, 0x200 | 0x40
"""Written to; made or moved here; deleted or moved away."""
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
_HEAD = struct.Struct("iIII")
_BUFFER = 65_536

TOGETHER_SECONDS = 0.005
"""What happens within so short a time is told together: few things are one change to a file system."""


def is_there() -> bool:
    """Whether this system has it and it sees all writers, which under WSL it does not; a person may know better."""
    return (
        hasattr(ctypes.CDLL(None), "inotify_init1")
        and "microsoft" not in os.uname().release.lower()
        and "WATCHFILES_FORCE_POLLING" not in os.environ
    )


class Watch:
    """A watch on some files and folders; not on folders in them, nor on hidden files in them."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Raises OSError where the system has no more watches to give, or a path is not there."""
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = _checked(libc.inotify_init1(_FLAGS))
        self._paths: dict[int, Path] = {}
        try:
            for path in paths:
                number = libc.inotify_add_watch(self._fd, os.fsencode(path), MODIFIED | ADDED | GONE)
                self._paths[_checked(number)] = path
        except OSError:
            os.close(self._fd)
            raise

    @property
    def fd(self) -> int:
        """Readable when something changed."""
        return self._fd

    def close(self) -> None:
        """Let go of it; `changes` does so itself."""
        os.close(self._fd)

    def read(self) -> set[Path]:
        """What changed since the last time."""
        found: set[Path] = set()
        while data := self._take():
            at = 0
            while at < len(data):
                number, _, _, length = _HEAD.unpack_from(data, at)
                at += _HEAD.size
                name = os.fsdecode(data[at : at + length].rstrip(b"\0"))
                at += length
                if number in self._paths and not name.startswith("."):  # temporary files are hidden
                    found.add(self._paths[number] / name)
        return found

    def _take(self) -> bytes:
        try:
            return os.read(self._fd, _BUFFER)
        except BlockingIOError:
            return b""

    async def changes(self, patrol: float) -> AsyncGenerator[set[Path]]:
        """What changed, whenever something did; nothing after `patrol` seconds without."""
        try:
            while True:
                if not await self._is_told(patrol):
                    yield set()
                    continue
                await asyncio.sleep(TOGETHER_SECONDS)
                if found := self.read():
                    yield found
        finally:
            os.close(self._fd)

    async def _is_told(self, patrol: float) -> bool:
        """Whether something changed before `patrol` seconds were over. What comes later waits in the kernel."""
        loop, something = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._fd, something.set)
        try:
            async with asyncio.timeout(patrol):
                return await something.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._fd)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
