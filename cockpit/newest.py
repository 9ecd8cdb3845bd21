"""The newest state: the ledger folded on, with the session files of this moment laid over it."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from cockpit.fold import fold, see
from cockpit.hosts.session_file import BrokenSession, read
from cockpit.ledger import snapshot
from cockpit.ledger.sqlite import SqliteLedger, prepare_folder
from cockpit.places import Places
from cockpit.state import Session, State

Mark = tuple[int, int, int]


def _is_breath(before: Session, after: Session) -> bool:
    return before is after or before == replace(
        after, last_heartbeat=before.last_heartbeat, last_activity=before.last_activity
    )


def _mark(found: os.stat_result) -> Mark:
    """What is another one when a file was replaced or written to."""
    return found.st_ino, found.st_mtime_ns, found.st_size


class Newest:
    """Reads on from where it was; one thread at a time."""

    def __init__(self, places: Places) -> None:
        """Opens the ledger, and makes what is to be watched."""
        self._places = places
        self._sessions: dict[int, tuple[Mark | None, Session | None]] = {}
        self._ledger = SqliteLedger(places.folder)
        self._state = snapshot.replay(self._ledger, places.folder)
        prepare_folder(places.sessions)
        self._bell = places.folder / "bell"
        self._bell.touch(mode=0o600)

    def state(self, changed: Collection[Path] = ()) -> State:
        """The state now; where it is known which files changed, only these are looked at."""
        is_known = bool(changed) and self._bell not in changed
        new = [] if is_known else self._ledger.read(self._state.position)
        folded = fold(new, self._state) if new else self._state
        numbers = [n for n in folded.agents if not is_known or self._places.session_file(n) in changed]
        found = {n: self._session(n) for n in numbers}
        before = folded.sessions
        if new or any(session is not before.get(n) for n, session in found.items()):
            merged = {n: s for n in folded.agents if (s := found[n] if n in found else before.get(n)) is not None}
            folded = see(folded, merged)
        self._state = folded
        return folded

    @staticmethod
    def only_breathes(before: State, after: State) -> bool:
        """Whether nothing is different but how lately agents were heard."""
        if before.sessions.keys() != after.sessions.keys():
            return False
        if not all(_is_breath(before.sessions[n], session) for n, session in after.sessions.items()):
            return False
        return before == replace(after, sessions=before.sessions)

    def _session(self, number: int) -> Session | None:
        """What the file says now; read only where it is another one than last time."""
        path = self._places.session_file(number)
        try:
            is_now = _mark(path.stat())
            was, session = self._sessions.get(number, (None, None))
            if is_now != was:
                session = read(path)
                self._sessions[number] = (is_now, session)
            return session
        except (BrokenSession, OSError):
            return None

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()
