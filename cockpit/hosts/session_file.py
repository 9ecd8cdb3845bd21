"""The session file, `.claude-sessions/agent-N.session`: what a host says about its agent now, as TOML.

One writer, by temporary file and rename, so a reader sees the old or the new one, whole. Readers trust
nothing: a file that is not exactly what the contract says is `BrokenSession`, to be set aside. Keys that
we don't know are let be, for other tools may write such files too. Neither pydantic nor anything else
that is slow to import: every host and `cockpit status` read this.
"""

from __future__ import annotations

import errno
import math
import os
import stat
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import tomli_w

from cockpit import durable
from cockpit.state import Session
from cockpit.text import plain

STATUSES = frozenset({"working", "reviewing", "ideating", "idle", "paused"})
"""What `status` may be."""

MAX_BYTES = 65_536
"""A session file is small; anything larger is none."""

TYPES = {f.name: str(f.type) for f in fields(Session)}
"""Every key and its type's name, in the order in which they are written."""


class BrokenSession(Exception):
    """A session file can't be trusted; the text says why."""


def write(path: str | Path, session: Session) -> None:
    """Put `session` in place of what is there. Raises OSError where that can't be done."""
    data = {name: _clean(getattr(session, name)) for name in TYPES}
    durable.replace(path, tomli_w.dumps(data).encode("utf-8", "replace"), mode=0o644)


def _clean(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


def read(path: str | Path) -> Session:
    """The session in the file. Raises BrokenSession; FileNotFoundError where there is none."""
    data = _parse(Path(path))
    missing = [name for name in TYPES if name not in data]
    if missing:
        raise BrokenSession(f"{missing[0]} is missing")
    values: dict[str, Any] = {name: _value(name, kind, data[name]) for name, kind in TYPES.items()}
    session = Session(**values)
    _check(session)
    return session


def _parse(path: Path) -> dict[str, Any]:
    try:
        raw = _read(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise BrokenSession("it is a link to somewhere else") from error
        raise BrokenSession(f"it can't be read: {error.strerror or error}") from error
    if len(raw) > MAX_BYTES:
        raise BrokenSession(f"it is larger than {MAX_BYTES} bytes")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BrokenSession("it is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a mere ValueError
        raise BrokenSession(f"it is not TOML: {error}") from error


def _read(path: Path) -> bytes:
    """The first bytes of it; nothing that it leads to, and nobody is waited for."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise BrokenSession("it is no ordinary file")
        if found.st_uid not in (os.geteuid(), 0):
            raise BrokenSession(f"it belongs to another user ({found.st_uid})")
        return os.read(fd, MAX_BYTES + 1)
    finally:
        os.close(fd)


def _value(name: str, kind: str, value: Any) -> str | float | int:
    """`value` as the key's type; whole numbers will do for a float."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "str" and isinstance(value, str):
        return plain(value)
    if kind == "int" and number and isinstance(value, int):
        return value
    if kind == "float" and number:
        try:
            return float(value)
        except OverflowError as error:
            raise BrokenSession(f"{name} is out of range") from error
    raise BrokenSession(f"{name} must be {kind}, not {type(value).__name__}")


def _check(session: Session) -> None:
    if session.status not in STATUSES:
        raise BrokenSession(f"status must be one of {', '.join(sorted(STATUSES))}, not {session.status!r:.40}")
    if not session.agent.strip():
        raise BrokenSession("agent is empty")
    if not 0.0 <= session.progress <= 1.0:
        raise BrokenSession(f"progress must lie between 0 and 1, not {session.progress!r}")
    for name, kind in TYPES.items():
        value = getattr(session, name)
        if kind != "str" and not (value >= 0 and math.isfinite(value) and value < 2**63):
            raise BrokenSession(f"{name} is out of range")


def set_aside(path: str | Path) -> Path:
    """Move a broken file to `broken/<name>-<n>.session` beside it; where it is now."""
    path = Path(path)
    folder = path.parent / "broken"
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        os.replace(folder, _free(path.parent, "broken-was"))  # whoever put it there wants it elsewhere
    folder.mkdir(mode=0o700, exist_ok=True)
    target = _free(folder, path.stem, ".session")
    os.replace(path, target)
    return target


def _free(folder: Path, stem: str, suffix: str = "") -> Path:
    n = 1
    while os.path.lexists(target := folder / f"{stem}-{n}{suffix}"):
        n += 1
    return target
