"""Whether a disk takes anything now: for the engine, which holds new work if not, and for `cockpit status`."""

from __future__ import annotations

import errno
import os
from pathlib import Path

LEAST_BYTES = 2 * 1024 * 1024
"""With less than this left nothing new is begun: what was begun must be able to come to its end and be recorded."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""Errors of a disk that takes nothing now and may again later."""

_WORDS = ("no space left on device", "disk quota exceeded", "read-only file system", "database or disk is full")


def lacking(*places: Path) -> str:
    """Why a disk takes nothing now, in words; empty where all of them do. Costs next to nothing."""
    for place in places:
        try:
            found = os.statvfs(next(folder for folder in (place, *place.parents) if folder.exists()))
        except OSError:
            continue
        if found.f_flag & os.ST_RDONLY:
            return f"the disk of {place} is read-only"
        if found.f_bavail * found.f_frsize < LEAST_BYTES:
            return f"the disk of {place} is full"
    return ""


def is_no_room(error: BaseException | None) -> bool:
    """Whether an error comes down to a disk that takes nothing now, also where it is told by another program."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return True
        text = str(error).lower()
        if any(words in text for words in _WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False
