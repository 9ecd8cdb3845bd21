"""The ledger in one SQLite file: write-ahead log, full sync, one writer at a time.

SQLite's own waiting starves writers under load, so an advisory lock (flock) is taken around each append;
the kernel hands it on fairly. After each commit a byte is appended to `bell`, beside the database: readers
watch that one small file, because the database's own files change before a commit can be seen.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cockpit import events, faults
from cockpit.events import Event, Recorded
from cockpit.ledger import Batch, Conflict, LedgerError

SCHEMA = 1
"""Version of the tables; a ledger with a higher one is refused."""

BELL_LIMIT = 64 * 1024
"""The bell starts anew at this many bytes: only that it changed matters."""

_TABLES = """
CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (stream, version)
);
"""


class SqliteLedger:
    """A `Ledger` in the folder `.cockpit/`. One instance belongs to one thread at a time."""

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        """Open `folder/ledger.db`, making both where they are missing unless `create` is False."""
        self.folder = folder
        self.path = folder / "ledger.db"
        if not create and not self.path.exists():
            raise LedgerError(f"there is no ledger at {self.path}; run `cockpit init` in the repository")
        try:
            if create:
                prepare_folder(folder)
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
            self._open()
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"the ledger {self.path} can't be opened: {error}") from error

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (found,) = self._db.execute("PRAGMA user_version").fetchone()
        if found > SCHEMA:
            self._db.close()
            raise LedgerError(
                f"the ledger {self.path} has schema {found}, this version knows up to {SCHEMA}; "
                "use the newer cockpit that wrote it"
            )
        if found < SCHEMA:
            with self._locked():
                self._db.executescript(_TABLES)
                self._db.execute(f"PRAGMA user_version = {SCHEMA}")

    def append(
        self, stream: str, expected: int, events: Sequence[Event], at: float, *, also: Sequence[Batch] = ()
    ) -> list[Recorded]:
        """See `Ledger.append`."""
        try:
            faults.reach(f"ledger.before {type(events[0]).__name__ if events else ''}")
            with self._locked():
                made = self._append([(stream, expected, events), *also], at)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"nothing could be written to {self.path}: {error}") from error
        faults.reach(f"ledger.after {type(events[0]).__name__ if events else ''}")
        self._ring()
        return made

    def _append(self, batches: Sequence[Batch], at: float) -> list[Recorded]:
        made: list[Recorded] = []
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for stream, expected, new in batches:
                version = self.version(stream)
                if version != expected:
                    raise Conflict(f"{stream} is at version {version}, not {expected}")
                made += [self._insert(stream, version + n, at, event) for n, event in enumerate(new, 1)]
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return made

    def _insert(self, stream: str, version: int, at: float, event: Event) -> Recorded:
        row = self._db.execute(
            "INSERT INTO events (stream, version, at, kind, data) VALUES (?, ?, ?, ?, ?)",
            (stream, version, at, *events.dump(event)),
        )
        return Recorded(int(row.lastrowid or 0), stream, version, at, event)

    def read(self, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """See `Ledger.read`."""
        rows = self._db.execute(
            "SELECT position, stream, version, at, kind, data FROM events WHERE position > ? ORDER BY position LIMIT ?",
            (after, -1 if limit is None else limit),
        )
        try:
            return [Recorded(p, s, v, at, events.load(kind, data)) for p, s, v, at, kind, data in rows]
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path} can't be read: {error}") from error

    def version(self, stream: str) -> int:
        """See `Ledger.version`."""
        (found,) = self._db.execute(
            "SELECT COALESCE(MAX(version), 0) FROM events WHERE stream = ?", (stream,)
        ).fetchone()
        return int(found)

    async def follow(self, after: int = 0) -> AsyncIterator[list[Recorded]]:
        """See `Ledger.follow`."""
        from cockpit.ledger.bell import rings

        async for _ in rings(self.folder):
            batch = self.read(after)
            if batch:
                after = batch[-1].position
                yield batch

    def close(self) -> None:
        """See `Ledger.close`."""
        self._db.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self.folder / "ledger.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _ring(self) -> None:
        """Wake who follows. The events are safe already, so a full disk may lose a ring, never an event."""
        try:
            bell = os.open(self.folder / "bell", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.write(bell, b".")
                if os.fstat(bell).st_size > BELL_LIMIT:
                    os.ftruncate(bell, 0)
            finally:
                os.close(bell)
        except OSError:
            return


def prepare_folder(folder: Path) -> None:
    """Make `.cockpit/`: readable by its owner alone, and ignored by git without touching the user's files."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
