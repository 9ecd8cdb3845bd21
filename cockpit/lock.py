"""The engine's lock: one engine for each ledger. The kernel drops it when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

_NUMBER, _WORDS = 32, 480
"""Bytes of the lock's file: for its holder's number, and for what the holder says."""


class EngineRuns(Exception):
    """Another engine holds the lock; the text names its process."""


class EngineLock:
    """Held for the life of an engine, or for as long as a command without an engine is settled."""

    def __init__(self, folder: Path) -> None:
        """`folder` is `.cockpit/`."""
        self._path = folder / "engine.lock"
        self._fd = -1

    def __enter__(self) -> EngineLock:
        """Take the lock or raise EngineRuns."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not take(fd):
            holder = os.pread(fd, 32, 0).decode(errors="replace").strip()
            os.close(fd)
            raise EngineRuns(f"an engine runs on this repository already (process {holder})")
        self._fd = fd
        os.ftruncate(fd, 0)
        with suppress(OSError):  # a full disk: then nobody learns the number, and the lock holds all the same
            os.pwrite(fd, f"{os.getpid()}\n".encode().ljust(_NUMBER + _WORDS), 0)
        return self

    def say(self, words: str) -> None:
        """Say something to whoever asks, in room that the file has already: it works on a full disk."""
        with suppress(OSError):
            os.pwrite(self._fd, words.encode("utf-8", "replace")[:_WORDS].ljust(_WORDS), _NUMBER)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it go."""
        os.close(self._fd)


def take(fd: int) -> bool:
    """Whether the lock could be taken; whoever only looks holds it for an instant, so try for a moment."""
    for _ in range(10):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def engine_words(folder: Path) -> str:
    """What the engine has to say while it can record nothing; empty where all is well."""
    try:
        with (folder / "engine.lock").open("rb") as file:
            return file.read(_NUMBER + _WORDS)[_NUMBER:].decode("utf-8", "ignore").strip(" \0\n")
    except OSError:
        return ""


def engine_pid(folder: Path) -> int | None:
    """The process that holds the engine's lock; None when nobody does. 0 if it has not said yet."""
    try:
        fd = os.open(folder / "engine.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(fd, 32, 0).decode(errors="replace").strip()
        return int(text) if text.isdigit() else 0
    finally:
        os.close(fd)
    return None
