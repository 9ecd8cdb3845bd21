"""Files that are there whole or not at all, whenever the process is killed and, where it matters, the power fails.

A temporary file beside it, hidden and named after the process, then a rename. What lies at the temporary file's
place is never followed: agents can write where some of these files lie.
"""

from __future__ import annotations

import os
from contextlib import suppress

from cockpit import faults


def replace(path: str | os.PathLike[str], data: bytes, *, mode: int = 0o600, sync: bool = False) -> None:
    """Put `data` in place of the file at `path`. With `sync` it is on the disk when this returns. Raises OSError."""
    path = os.fspath(path)
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        _write(temporary, data, mode, sync)
        faults.reach(f"file.before {name}")
        os.replace(temporary, path)
        faults.reach(f"file.after {name}")
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    if sync:
        sync_folder(folder)


def _write(path: str, data: bytes, mode: int, sync: bool) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        while data:
            data = data[os.write(fd, data) :]
        if sync:
            os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Have the names in a folder on the disk."""
    fd = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
