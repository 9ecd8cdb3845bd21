"""A ledger in memory that keeps the promises of `Ledger`, and whose disk can fill up and whose writer can die."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from cockpit.events import Event, Recorded
from cockpit.ledger import Batch, Conflict, LedgerFull


class Killed(BaseException):
    """The process that was writing is gone, in the middle of what it did."""


class MemoryLedger:
    """A `Ledger`. Whoever crashes loses its own memory; this is the disk, and stays."""

    def __init__(self) -> None:
        """Empty."""
        self.log: list[Recorded] = []
        self.versions: dict[str, int] = {}
        self.is_full = False
        """Nothing can be written."""
        self.bomb: tuple[int, bool] | None = None
        """After so many appends more the writer dies: before the last of them is on the disk, or after."""

    def append(
        self, stream: str, expected: int, events: Sequence[Event], at: float, *, also: Sequence[Batch] = ()
    ) -> list[Recorded]:
        """See `Ledger.append`."""
        dies, is_kept = self._countdown()
        if dies and not is_kept:
            raise Killed
        if self.is_full:
            raise LedgerFull("nothing could be written: no space left on device")
        made, versions = list[Recorded](), dict[str, int]()
        for name, wanted, some in ((stream, expected, events), *also):
            version = versions.get(name, self.version(name))
            if version != wanted:
                raise Conflict(f"{name} is at version {version}, not {wanted}")
            position = len(self.log) + len(made)
            made += [Recorded(position + n, name, version + n, at, event) for n, event in enumerate(some, 1)]
            versions[name] = version + len(some)
        self.log += made
        self.versions.update(versions)
        if dies:
            raise Killed
        return made

    def _countdown(self) -> tuple[bool, bool]:
        if self.bomb is None:
            return False, False
        left, is_kept = self.bomb
        self.bomb = (left - 1, is_kept) if left > 1 else None
        return left <= 1, is_kept

    def read(self, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """See `Ledger.read`."""
        return self.log[after : None if limit is None else after + limit]

    def happened(self, after: int = 0) -> Iterator[tuple[int, float, Any]]:
        """See `Ledger.happened`."""
        return ((one.position, one.at, one.event) for one in self.read(after))

    def last(self) -> int:
        """See `Ledger.last`."""
        return len(self.log)

    def version(self, stream: str) -> int:
        """See `Ledger.version`."""
        return self.versions.get(stream, 0)

    async def follow(self, after: int = 0) -> AsyncIterator[list[Recorded]]:
        """See `Ledger.follow`; nobody waits in a simulated night, so this gives what is there."""
        yield self.read(after)

    def close(self) -> None:
        """See `Ledger.close`."""
