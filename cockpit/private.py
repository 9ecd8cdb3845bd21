"""Keeps what is the owner's alone from everybody else: folders 0700, files 0600, sockets and fifos too."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

OTHERS = 0o077


def tighten(folder: Path) -> list[str]:
    """Take the rights of group and others away below `folder`; the paths that had any. Links are not followed."""
    loose = [str(folder)] if _close(folder) else []
    for top, folders, files in os.walk(folder):
        loose += [path for name in (*folders, *files) if _close(path := os.path.join(top, name))]
    return loose


def _close(path: str | Path) -> bool:
    with suppress(OSError):  # gone meanwhile, or somebody else's
        found = os.lstat(path)
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISLNK(found.st_mode) and mode & OTHERS and found.st_uid == os.geteuid():
            os.chmod(path, mode & ~OTHERS)
            return True
    return False


def open_log(path: str, flags: int) -> int:
    """An opener for `open`: what it makes is the owner's alone."""
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def told(loose: list[str], root: Path) -> str:
    """What is said of paths that others could read; empty where they were behind a folder that is the owner's alone."""
    if not loose or not os.path.isdir(loose[0]):
        return ""
    names = ", ".join(os.path.relpath(path, root) for path in loose[:3])
    more = f" and {len(loose) - 3} more" if len(loose) > 3 else ""
    return f"other users could get at {names}{more}; now only you can"
