"""A snapshot of State beside the ledger, so that nobody has to fold a long season anew to show one screen.

It can save work and never lie: it counts only where the very code that made it reads it, for a position whose
event is still the one it was made at; what came later is folded on. In doubt it is as if there were none.
Whoever folded much writes one. It is JSON and not a pickle, because agents can write where it lies.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path

from cockpit import codec, events, fold, state
from cockpit.events import Recorded
from cockpit.fold import fold as fold_events
from cockpit.ledger import Ledger
from cockpit.state import State

NAME = "state.json"

WORTH = 2_000
"""Events that take long enough to fold that a snapshot pays."""


def replay(ledger: Ledger, folder: Path) -> State:
    """The state of a ledger in `folder`: the snapshot there, if it counts, and what came after it."""
    known = read(ledger, folder)
    found = ledger.read(known.position)
    now = fold_events(found, known)
    if len(found) >= WORTH:
        write(folder, found[-1], now)
    return now


def read(ledger: Ledger, folder: Path) -> State:
    """The snapshot in `folder`; the state before anything happened where none counts."""
    try:
        kept = json.loads((folder / NAME).read_bytes())
        if kept["code"] == _code() and kept["mark"] == _mark(ledger.read(kept["position"] - 1, 1)[0]):
            return codec.decode(State, kept["state"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        pass
    return State()


def write(folder: Path, last: Recorded, now: State) -> None:
    """Keep `now`, the state after `last`. It is only a help, so a full disk is no trouble."""
    if now.pending or now.position != last.position:
        return  # a command on its way is answered in a moment; the next one will do
    temporary = folder / f".{NAME}.{os.getpid()}"
    kept = {"position": last.position, "code": _code(), "mark": _mark(last), "state": codec.encode(now)}
    try:
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(kept, separators=(",", ":")), encoding="utf-8")
        os.replace(temporary, folder / NAME)
    except OSError:
        temporary.unlink(missing_ok=True)


def _mark(last: Recorded) -> list[object]:
    """Tells an event from any other that could have its position, in another ledger or in a mended one."""
    return [last.stream, last.version, last.at, *events.dump(last.event)]


@cache
def _code() -> str:
    """A digest of the code that makes State out of events."""
    home = Path(fold.__file__).parent
    sources = [Path(str(state.__file__)), Path(str(events.__file__)), *sorted(home.glob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
