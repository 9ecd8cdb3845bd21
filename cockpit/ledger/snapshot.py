"""A snapshot of State beside the ledger, so that nobody has to fold a long season anew to show one screen.

It can save work and never lie: it counts only where the very code that made it reads it, whole (it has a checksum),
and for a position whose event is still the one it was made at; what came later is folded on. In doubt it is as if
there were none. Whoever folded much writes one. It is JSON and not a pickle, because agents can write where it lies.

The first line says what it is of, the second is the State.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import cockpit
from cockpit import codec, events
from cockpit.events import Recorded
from cockpit.fold import fold as fold_events
from cockpit.fold import fold_all
from cockpit.ledger import Ledger
from cockpit.state import State

NAME = "state.json"

WORTH = 2_000
"""Events that take long enough to fold that a snapshot pays."""

LARGEST = 1 << 30
"""Bytes of a snapshot that somebody may have put there; none of ours comes near."""

LONG = 256 * 1024
"""Bytes from which on it pays to import what decodes them quickly."""


def replay(ledger: Ledger, folder: Path) -> State:
    """The state of a ledger in `folder`: the snapshot there, if it counts, and what came after it."""
    known = read(ledger, folder)
    if ledger.last() - known.position < WORTH:
        return fold_events(ledger.read(known.position), known)
    now = fold_all(ledger.happened(known.position), known)
    if last := ledger.read(now.position - 1, 1):
        write(folder, last[0], now)
    return now


def read(ledger: Ledger, folder: Path) -> State:
    """The snapshot in `folder`; the state before anything happened where none counts."""
    try:
        head, text = _parts(folder / NAME)
        position = int(head["position"])
        is_of_it = head["code"] == _code() and head["mark"] == _mark(ledger.read(position - 1, 1)[0])
        if is_of_it and head["sum"] == zlib.crc32(text) and (found := _state(text)).position == position:
            return found
    except (OSError, ValueError, LookupError, TypeError, RecursionError, ArithmeticError):
        pass
    return State()


def _parts(path: Path) -> tuple[dict[str, Any], bytes]:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > LARGEST:
            raise ValueError("too large to be one")
        first, text = file.readline(), file.read()
    head: dict[str, Any] = json.loads(first)
    return head, text


def _state(text: bytes) -> State:
    if len(text) < LONG:
        return codec.decode(State, json.loads(text))
    from cockpit.ledger import quick

    return quick.state(text)


def write(folder: Path, last: Recorded, now: State) -> None:
    """Keep `now`, the state after `last`. It is only a help, so a full disk is no trouble."""
    if now.pending or now.position != last.position:
        return  # a command on its way is answered in a moment; the next one will do
    temporary = folder / f".{NAME}.{os.getpid()}"
    text = json.dumps(codec.encode(now), separators=(",", ":")).encode()
    head = {"position": last.position, "code": _code(), "mark": _mark(last), "sum": zlib.crc32(text)}
    try:
        temporary.touch(mode=0o600)
        temporary.write_bytes(json.dumps(head).encode() + b"\n" + text)
        os.replace(temporary, folder / NAME)
    except OSError:
        temporary.unlink(missing_ok=True)


def _mark(last: Recorded) -> list[object]:
    """Tells an event from any other that could have its position, in another ledger or in a mended one."""
    return [last.position, last.stream, last.version, last.at, *events.dump(last.event)]


FOLDED_BY = (
    *("codec", "commands", "confinement", "events", "fold", "git_facts", "github_facts", "held", "idea_facts"),
    *("ideas", "notified", "pulls", "questions", "reserves", "shared", "standing", "state", "tale", "talk"),
    *("tallies", "tokens", "value", "watching"),
)
"""The modules and packages of ours that make State out of events."""


@cache
def _code() -> str:
    """A digest of all that code."""
    home = Path(cockpit.__file__).parent
    found = [path for name in FOLDED_BY for path in (home / f"{name}.py", *sorted((home / name).glob("*.py")))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in found if path.is_file())).hexdigest()
