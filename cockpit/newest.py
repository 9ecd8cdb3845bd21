"""The newest state: the ledger folded on, with the session files of this moment laid over it."""

from __future__ import annotations

import os
from dataclasses import replace

from cockpit.fold import fold, see
from cockpit.hosts.session_file import BrokenSession, read
from cockpit.ledger import snapshot
from cockpit.ledger.sqlite import SqliteLedger, prepare_folder
from cockpit.places import Places
from cockpit.state import Session, State

Mark = tuple[int, int, int]


def _still(state: State) -> State:
    sessions = {n: replace(s, last_heartbeat=0.0, last_activity=0.0) for n, s in state.sessions.items()}
    return replace(state, sessions=sessions)


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
        (places.folder / "bell").touch(mode=0o600)

    def state(self) -> State:
        """The state now."""
        folded = fold(self._ledger.read(self._state.position), self._state)
        self._state = see(folded, {n: s for n in folded.agents if (s := self._session(n)) is not None})
        return self._state

    @staticmethod
    def only_breathes(before: State, after: State) -> bool:
        """Whether nothing is different but how lately agents were heard."""
        return _still(before) == _still(after)

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
