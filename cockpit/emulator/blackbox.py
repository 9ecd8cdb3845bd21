"""Remembers, past a crash, which program's output an emulator was reading.

The emulators are compiled: a fault in one takes the whole process with it. So the process says in a few bytes of
memory that the kernel keeps in a file whose output it is about to read, and wipes them when it has; and Python's
fault handler writes behind them when the process dies of a fault, and not when somebody kills it. What stands
there then is read by the second emulator from that time on: attaching again shows it instead of crashing again.
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import mmap
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

SIZE = 512
"""Bytes of a name that are kept."""


def entry(name: str) -> bytes:
    """A name as it stands in the box, where the last byte ends it and a first one of 0 says that there is none."""
    return name.encode()[: SIZE - 1] + b"\0"


KEPT_SECONDS = 30 * 86_400.0
"""How long a crash is remembered."""

_PATTERN = "reading-*"


class BlackBox:
    """One process's own."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where nothing can be kept."""
        self._path = folder / f"reading-{uuid.uuid4().hex}"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)  # held as long as this process lives
        os.ftruncate(self._file, SIZE)
        self._memory = mmap.mmap(self._file, SIZE)
        self._fault = self._path.open("ab")
        if not faulthandler.is_enabled():
            faulthandler.enable(self._fault, all_threads=False)

    def begin(self, name: bytes) -> None:
        """From now on a crash is laid to `name`."""
        self._memory[: len(name)] = name

    def end(self) -> None:
        """It was read without one."""
        self._memory[0] = 0

    @contextlib.contextmanager
    def reading(self, name: bytes) -> Iterator[None]:
        """While this lasts, a crash is laid to `name`."""
        self.begin(name)
        try:
            yield
        finally:
            self.end()

    def close(self) -> None:
        """This process has come to a good end."""
        faulthandler.disable()
        self._fault.close()
        self._memory.close()
        os.close(self._file)
        self._path.unlink(missing_ok=True)


def crashed(folder: Path) -> set[str]:
    """What processes were reading when they died of a fault; tidies up after all others that are gone."""
    names = set()
    for path in folder.glob(_PATTERN):
        with contextlib.suppress(OSError), path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # that process lives
            name = file.read(SIZE).partition(b"\0")[0].decode(errors="replace")
            stat = path.stat()
            if name and stat.st_size > SIZE and time.time() - stat.st_mtime < KEPT_SECONDS:
                names.add(name)
            else:
                path.unlink(missing_ok=True)
    return names
