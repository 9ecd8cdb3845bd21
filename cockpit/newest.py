"""The newest state: the ledger folded on, with the session files of this moment laid over it."""

from __future__ import annotations

from cockpit.fold import fold, see
from cockpit.hosts.session_file import BrokenSession, read
from cockpit.ledger import snapshot
from cockpit.ledger.sqlite import SqliteLedger, prepare_folder
from cockpit.places import Places
from cockpit.state import Session, State


class Newest:
    """Reads on from where it was; one thread at a time."""

    def __init__(self, places: Places) -> None:
        """Opens the ledger, and makes what is to be watched."""
        self._places = places
        self._ledger = SqliteLedger(places.folder)
        self._state = snapshot.replay(self._ledger, places.folder)
        prepare_folder(places.sessions)
        (places.folder / "bell").touch(mode=0o600)

    def state(self) -> State:
        """The state now."""
        folded = fold(self._ledger.read(self._state.position), self._state)
        self._state = see(folded, {n: s for n in folded.agents if (s := self._session(n)) is not None})
        return self._state

    def _session(self, number: int) -> Session | None:
        try:
            return read(self._places.session_file(number))
        except (BrokenSession, FileNotFoundError):
            return None

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()
