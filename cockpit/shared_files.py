"""The folder of the shared context: what lies there, and putting something in or taking it out."""

from __future__ import annotations

import os
from pathlib import Path

from cockpit import durable, redact
from cockpit.shared import MOST_BYTES, MOST_FILES, NAME


class CannotShare(Exception):
    """A file can't be shared, or is not there; the text says why and what to do."""


def names(folder: Path) -> list[str]:
    """What is shared, by name."""
    try:
        return sorted(e.name for e in os.scandir(folder) if NAME.fullmatch(e.name) and e.is_file(follow_symlinks=False))
    except OSError:
        return []


def sizes(folder: Path) -> list[tuple[str, int]]:
    """What is shared, with the bytes of each."""
    return [(name, (folder / name).stat().st_size) for name in names(folder)]


def read(folder: Path, name: str) -> str:
    """The text of a shared file. Raises CannotShare."""
    if name not in names(folder):
        raise CannotShare(f"nothing called {name!r} is shared; `cockpit context list` lists what is")
    return (folder / name).read_text(encoding="utf-8", errors="replace")


def put(folder: Path, name: str, text: str) -> None:
    """Share a text, without the secrets in it. Raises CannotShare."""
    if not NAME.fullmatch(name):
        raise CannotShare(f"{name!r} can't be the name of a shared file: use letters, digits, `.`, `_` and `-`")
    data = redact.text(text).encode("utf-8", "replace")
    if len(data) > MOST_BYTES:
        raise CannotShare(f"{name} has {len(data)} bytes, and a shared file may have {MOST_BYTES}: share a part of it")
    if name not in (known := names(folder)) and len(known) >= MOST_FILES:
        raise CannotShare(f"{len(known)} files are shared already; take one out: `cockpit context remove NAME`")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable.replace(folder / name, data)
    (folder / name).chmod(0o400)


def take_out(folder: Path, name: str) -> None:
    """Share it no more."""
    if NAME.fullmatch(name):
        (folder / name).unlink(missing_ok=True)
