"""The ledger in one SQLite file: write-ahead log, full sync, one writer at a time.

SQLite's own waiting starves writers under load, so an advisory lock (flock) is taken around each append;
the kernel hands it on fairly. Readers take no lock and wait for nobody. After each commit a byte is appended to
`bell`, beside the database: readers watch that one small file, because the database's own files change before a
commit can be seen.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cockpit import events, faults
from cockpit.events import Event, Recorded
from cockpit.ledger import Batch, Conflict, LedgerDamaged, LedgerError, LedgerFull, schema

NAME = "ledger.db"
MENDED = "ledger.db.mended"
"""A ledger that was mended (`ledger.damage`) and is complete, on its way to its place."""

BELL_LIMIT = 64 * 1024
"""The bell starts anew at this many bytes: only that it changed matters."""

LONG = 10_000
"""Events from which on it pays to import what decodes them quickly."""

FAR = 1e12
"""No time that an event can have is so far from now."""

_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG}
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class SqliteLedger:
    """A `Ledger` in the folder `.cockpit/`. One instance belongs to one thread at a time."""

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        """Open `folder/ledger.db`, making both where they are missing unless `create` is False."""
        self.folder = folder
        self.path = folder / NAME
        if not create and not self.path.exists():
            raise LedgerError(f"there is no ledger at {self.path}; run `cockpit init` in the repository")
        try:
            if create:
                prepare_folder(folder)
            if (folder / MENDED).exists():
                with writing(folder):
                    finish(folder)
            self._open()
        except (OSError, sqlite3.Error) as error:
            raise trouble(error, f"the ledger {self.path} can't be opened") from error

    def _open(self) -> None:
        is_there = self.path.exists()
        self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        try:
            found = schema.version(self._db, self.path)
            if is_there and not found and _was_more(self.folder):
                raise LedgerDamaged(
                    f"the ledger {self.path} is empty, and it was not: `status.json` beside it knows of events. Put a "
                    "copy of it back, or have `cockpit repair` begin a new one"
                )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            if found < schema.SCHEMA:
                with self._locked():
                    if not is_there:
                        _forget(self.folder)
                    schema.upgrade(self._db, self.path)
            self._file = _identity(self.path)
        except BaseException:
            self._db.close()
            raise

    def append(
        self, stream: str, expected: int, events: Sequence[Event], at: float, *, also: Sequence[Batch] = ()
    ) -> list[Recorded]:
        """See `Ledger.append`."""
        try:
            faults.reach(f"ledger.before {type(events[0]).__name__ if events else ''}")
            with self._locked():
                if _identity(self.path) != self._file:  # it was mended, and what we have open is no longer it
                    self._db.close()
                    self._open()
                made = self._append([(stream, expected, events), *also], at)
        except (OSError, sqlite3.Error) as error:
            raise trouble(error, f"nothing could be written to {self.path}") from error
        faults.reach(f"ledger.after {type(events[0]).__name__ if events else ''}")
        self._ring()
        return made

    def _append(self, batches: Sequence[Batch], at: float) -> list[Recorded]:
        made: list[Recorded] = []
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for stream, expected, new in batches:
                version = self._version(stream)
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
        kind, data = events.dump(event)
        row = self._db.execute(
            "INSERT INTO events (stream, version, at, kind, data, crc) VALUES (?, ?, ?, ?, ?, ?)",
            (stream, version, at, kind, data, checksum(stream, version, at, kind, data)),
        )
        return Recorded(int(row.lastrowid or 0), stream, version, at, event)

    def read(self, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """See `Ledger.read`."""
        wanted = (
            "SELECT position, stream, version, at, kind, data FROM events WHERE position > ? ORDER BY position LIMIT ?"
        )
        rows = self._rows(wanted, after, -1 if limit is None else limit)
        return [
            Recorded(position, str(stream), version, *_timed(at, kind, data))
            for position, stream, version, at, kind, data in rows
        ]

    def happened(self, after: int = 0) -> Iterator[tuple[int, float, Any]]:
        """See `Ledger.happened`. A damaged event comes as `Unknown`."""
        wanted = "SELECT position, at, kind, CAST(data AS BLOB) FROM events WHERE position > ? ORDER BY position"
        if self.last() - after < LONG:
            for position, at, kind, data in self._rows(wanted, after):
                yield position, *_timed(at, kind, data)
            return
        from cockpit.ledger.quick import decoder

        decoders = _Decoders(decoder)
        for position, at, kind, data in self._rows(wanted, after):
            try:
                event = decoders[kind](data)
                if not -FAR < at < FAR:
                    raise ValueError(at)
            except (ValueError, TypeError):  # `events.load` has the last word
                at, event = _timed(at, kind, data)
            yield position, at, event

    def _rows(self, wanted: str, *arguments: int) -> Iterator[tuple[Any, ...]]:
        """Rows as they come; text that is none is made readable, so that the rest can be read."""
        last = arguments[0]
        try:
            for row in self._db.execute(wanted, arguments):
                last = row[0]
                yield row
        except sqlite3.OperationalError as error:
            if "decode" not in str(error) or self._db.text_factory is not str:
                raise trouble(error, f"{self.path} can't be read") from error
        except sqlite3.Error as error:
            raise trouble(error, f"{self.path} can't be read") from error
        else:
            return
        self._db.text_factory = _readable
        try:
            yield from self._rows(wanted, last, *arguments[1:])
        finally:
            self._db.text_factory = str

    def last(self) -> int:
        """See `Ledger.last`."""
        return self._one("SELECT COALESCE(MAX(position), 0) FROM events")

    def version(self, stream: str) -> int:
        """See `Ledger.version`."""
        return self._one("SELECT COALESCE(MAX(version), 0) FROM events WHERE stream = ?", stream)

    def _version(self, stream: str) -> int:
        (found,) = self._db.execute(
            "SELECT COALESCE(MAX(version), 0) FROM events WHERE stream = ?", (stream,)
        ).fetchone()
        return int(found)

    def _one(self, wanted: str, *arguments: str) -> int:
        try:
            (found,) = self._db.execute(wanted, arguments).fetchone()
        except sqlite3.Error as error:
            raise trouble(error, f"{self.path} can't be read") from error
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
        with writing(self.folder):
            yield

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


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Nobody else writes the ledger in `folder` meanwhile; the kernel hands the lock on in the order of asking."""
    lock = os.open(folder / "ledger.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def finish(folder: Path) -> None:
    """Put a mended ledger in its place, if there is one; the caller holds the writers' lock."""
    if (folder / MENDED).exists():
        for name in (f"{NAME}-wal", f"{NAME}-shm"):  # those of the broken one: they must not be read into this one
            (folder / name).unlink(missing_ok=True)
        schema.put_in_place(folder / MENDED, folder / NAME)


HELPS = ("state.json", "status.json")
"""What is kept beside a ledger to save work, and is about that ledger alone."""


def _was_more(folder: Path) -> bool:
    """Whether a ledger in which there is nothing once held something."""
    return any((folder / name).exists() for name in HELPS)


def _forget(folder: Path) -> None:
    """A new ledger begins where an older one was removed."""
    for name in HELPS:
        (folder / name).unlink(missing_ok=True)


def checksum(stream: str, version: int, at: float, kind: str, data: str) -> int:
    """What `crc` holds beside an event."""
    return zlib.crc32(f"{stream}\n{version}\n{at!r}\n{kind}\n{data}".encode("utf-8", "surrogatepass"))


def trouble(error: Exception, what: str) -> LedgerError:
    """The error to raise for one of the system's or SQLite's."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BROKEN:
        return LedgerDamaged(f"{what}: {error}. `cockpit repair` saves what can be read and keeps the rest aside")
    if code in _ROOM or getattr(error, "errno", None) in _NO_ROOM:
        return LedgerFull(f"{what}: {error}; is there room on the disk, and may it be written to?")
    return LedgerError(f"{what}: {error}")


def _timed(at: Any, kind: Any, data: Any) -> tuple[float, Event]:
    """An event and its time, whatever a row holds."""
    if not isinstance(data, str | bytes):
        return 0.0, events.Unknown(str(kind), damage="it has no text")
    if not isinstance(at, float) or not -FAR < at < FAR:
        return 0.0, events.Unknown(str(kind), damage=f"its time is {at!r:.40}")
    return at, events.load(str(kind), data)


class _Decoders(dict[Any, Callable[[bytes], Any]]):
    """Decoders by kind, each made when it is first asked for: a dictionary is quicker to ask than a function."""

    def __init__(self, make: Callable[[str], Callable[[bytes], Any]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, kind: Any) -> Callable[[bytes], Any]:
        made = self[kind] = self._make(str(kind))
        return made


def _readable(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def prepare_folder(folder: Path) -> None:
    """Make `.cockpit/`: readable by its owner alone, and ignored by git without touching the user's files."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
