"""The ledger's format: its version, the step from each older one, and the refusal of a newer one.

An upgrade is one transaction, made under the lock that writers take, on a ledger of which a copy was kept beside
it. Whoever only reads a ledger that can't be upgraded now (a full disk, one that is read-only) still reads it.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from cockpit import __version__
from cockpit.ledger import NewerLedger

SCHEMA = 2
"""Version of the tables; a ledger with a higher one is refused."""

_NEW = """
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (stream, version)
)
"""

STEPS: dict[int, tuple[str, ...]] = {
    0: (_NEW,),
    1: (
        # A checksum of each event, so that one that was changed on the disk is not believed. Older ones have none.
        "ALTER TABLE events ADD COLUMN crc INTEGER",
        # Who made and upgraded it: a version that is too old for it can say whose it is.
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    ),
}
"""From each version to the next; a version that was ever released keeps its step for good."""


def version(db: sqlite3.Connection, path: Path) -> int:
    """The version of an open ledger. Raises NewerLedger where it is too new for us."""
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found > SCHEMA:
        raise NewerLedger(
            f"the ledger {path} was written by {_writer(db)}: it has format {found}, this is cockpit {__version__} "
            f"and knows up to {SCHEMA}. Nothing was changed; install that version, or use it where it is installed"
        )
    return int(found)


def _writer(db: sqlite3.Connection) -> str:
    try:
        (found,) = db.execute("SELECT value FROM meta WHERE name = 'written_by'").fetchone()
    except (sqlite3.Error, TypeError):
        return "a newer cockpit"
    return f"cockpit {found}"


def upgrade(db: sqlite3.Connection, path: Path) -> None:
    """Bring the ledger to our version, all at once; the caller holds the writers' lock. Raises what SQLite raises."""
    found = version(db, path)  # somebody else may have done it while we waited for the lock
    if found == SCHEMA:
        return
    if found:
        keep(db, path, path.with_name(f"{path.name}.format-{found}"))
    db.execute("BEGIN IMMEDIATE")
    try:
        for step in range(found, SCHEMA):
            for statement in STEPS[step]:
                db.execute(statement)
        db.execute("INSERT OR REPLACE INTO meta VALUES ('written_by', ?)", (__version__,))
        db.execute(f"PRAGMA user_version = {SCHEMA}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def keep(db: sqlite3.Connection, path: Path, beside: Path) -> None:
    """A copy of the whole ledger, what is still in its log included, on the disk before this returns."""
    temporary = path.with_name(f".{beside.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        copy = sqlite3.connect(temporary)
        try:
            db.backup(copy)
        finally:
            copy.close()
        put_in_place(temporary, beside)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def put_in_place(temporary: Path, path: Path) -> None:
    """Rename a file that was written to its name; it is on the disk when this returns."""
    for place in (temporary, None, path.parent):
        if place is None:
            os.replace(temporary, path)
            continue
        fd = os.open(place, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
