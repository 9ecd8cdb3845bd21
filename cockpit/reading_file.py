"""`.cockpit/reading.json`: what a person has read and written at the merge desk, shared by all terminals.

Each change is applied to what the file holds now, under a lock, so that two terminals lose nothing of each
other's. A file that can't be read is set aside, never trusted and never fatal.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cockpit import codec, reading
from cockpit.reading import Change, Readings

NAME = "reading.json"


def read(folder: Path) -> Readings:
    """What is remembered in `.cockpit/`."""
    try:
        return reading.load(codec.parse((folder / NAME).read_bytes()))
    except (OSError, ValueError):
        return {}


def note(folder: Path, change: Change) -> Readings:
    """Remember a change; gives all that is remembered now."""
    with _locked(folder):
        _set_aside(folder / NAME)
        after = reading.apply(read(folder), change)
        fresh = folder / f"{NAME}.{os.getpid()}.new"
        fresh.write_text(json.dumps(reading.dump(after), indent=1), encoding="utf-8")
        fresh.replace(folder / NAME)
    return after


def _set_aside(path: Path) -> None:
    """Move a file that can't be read out of the way; what is in it may be of use to a person."""
    with suppress(FileNotFoundError):
        try:
            reading.load(codec.parse(path.read_bytes()))
        except ValueError:
            path.replace(path.with_name(f"{NAME}.broken"))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / f"{NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
