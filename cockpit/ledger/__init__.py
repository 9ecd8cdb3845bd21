"""The ledger: the append-only record of everything that happened, and the only source of truth.

One protocol; `sqlite` is the default for one machine. `tests/unit/test_ledgers.py` says what any other has to hold.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Protocol

from cockpit.events import Event, Recorded


class Conflict(Exception):
    """Somebody else appended to the stream first; read, decide again, append again."""


class LedgerError(Exception):
    """The ledger can't be read or written; the text says what and where, and what to do."""


class LedgerFull(LedgerError):
    """There is no room to append, or the disk takes no writes now; nothing was written, and later it may go."""


class LedgerDamaged(LedgerError):
    """The ledger's file is broken; `ledger.damage` knows what can be done."""


class NewerLedger(LedgerError):
    """A newer version wrote it; nothing was changed."""


Batch = tuple[str, int, Sequence[Event]]
"""A stream, the version that it is expected to have, and what is to be appended to it."""


class Ledger(Protocol):
    """Appends with an expected version per stream, reads after a position, follows without busy polling."""

    def append(
        self, stream: str, expected: int, events: Sequence[Event], at: float, *, also: Sequence[Batch] = ()
    ) -> list[Recorded]:
        """Append all of `events` or none. `expected` is the stream's version (0 for a new one).

        `also` goes with it, after it: whoever is killed in the middle has appended nothing at all.
        Raises Conflict where the stream has another version, LedgerFull where there is no room for it now,
        LedgerError where nothing can be written.
        """
        ...

    def read(self, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """Everything after position `after`, oldest first."""
        ...

    def happened(self, after: int = 0) -> Iterator[tuple[int, float, Any]]:
        """Position, time and event of the same, for `fold.fold_all`: a long ledger need not fit into memory.

        An event may be a stand-in with the same fields (`fold.own.STAND_INS`).
        """
        ...

    def last(self) -> int:
        """The position of the newest event; 0 where there is none."""
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
