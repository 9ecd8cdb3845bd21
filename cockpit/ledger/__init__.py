"""The ledger: the append-only record of everything that happened, and the only source of truth.

One protocol; `sqlite` is the default for one machine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from cockpit.events import Event, Recorded


class Conflict(Exception):
    """Somebody else appended to the stream first; read, decide again, append again."""


class LedgerError(Exception):
    """The ledger can't be read or written; the text says what and where, and what to do."""


Batch = tuple[str, int, Sequence[Event]]
"""A stream, the version that it is expected to have, and what is to be appended to it."""


class Ledger(Protocol):
    """Appends with an expected version per stream, reads after a position, follows without busy polling."""

    def append(
        self, stream: str, expected: int, events: Sequence[Event], at: float, *, also: Sequence[Batch] = ()
    ) -> list[Recorded]:
        """Append all of `events` or none. `expected` is the stream's version (0 for a new one).

        `also` goes with it, after it: whoever is killed in the middle has appended nothing at all.
        Raises Conflict where the stream has another version, LedgerError where nothing can be written.
        """
        ...

    def read(self, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """Everything after position `after`, oldest first."""
        ...

    def version(self, stream: str) -> int:
        """The stream's version; 0 where it does not exist."""
        ...

    def follow(self, after: int = 0) -> AsyncIterator[list[Recorded]]:
        """Batches of what comes after `after`, for ever; waits without polling while nothing happens."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...
