"""What a power cut, a bad disk or a stray program left of the ledger: looked at, set aside, and the rest kept.

`check` only looks. `mend` takes what is broken out of the ledger and keeps it under `.cockpit/broken/`: single
events that can't be believed, or, where the file itself is broken, the whole file, of which everything that can still
be read becomes the new ledger. It is made aside and put in place at once; killed in the middle it is done again, or
finished by whoever opens the ledger next. No engine may run meanwhile (whoever calls `mend` holds its lock).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from cockpit import events
from cockpit.ledger import schema
from cockpit.ledger.sqlite import FAR, HELPS, MENDED, NAME, checksum, finish, writing
from cockpit.value import Value, frozen

KINDS_SHOWN = 5
FILE_FAULTS_SHOWN = 10
TRIED = 20_000
"""Positions that are tried one by one where the file is broken; a page holds some dozens."""
FARTHEST = 24
"""What lies more than two to the power of so many events behind a hole is not looked for."""

Row = tuple[int, Any, Any, Any, Any, Any, Any]


@frozen
class Damage(Value):
    """Something that is wrong with the ledger, in words for a person."""

    text: str
    position: int = 0
    """The event; 0 for the file as a whole."""
    is_mendable: bool = True
    """`mend` does something about it; the rest is only said."""


def check(folder: Path) -> list[Damage]:
    """All that is wrong with the ledger in `folder`; nothing is changed. Raises NewerLedger."""
    path = folder / NAME
    if not path.exists():
        return []
    found: list[Damage] = []
    try:
        with closing(_opened(path)) as db:
            schema.version(db, path)
            found += _of_the_file(db)
            found += _of_the_rows(db)
            found += _of_its_end(db, folder)
    except sqlite3.Error as error:
        if not any(one.position == 0 for one in found):
            found.append(Damage(f"the file can't be read: {error}"))
    return found


def mend(folder: Path, at: float) -> list[str]:
    """Set aside what is broken and keep the rest. Says what was done; nothing where nothing was wrong.

    Raises OSError or sqlite3.Error where there is no room for it; the ledger is then as it was.
    """
    with writing(folder):
        finish(folder)
        found = check(folder)
        broken = [one for one in found if one.is_mendable]
        if not broken:
            return []
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(at))
        aside = _folder(folder / "broken") / f"ledger-{stamp}"
        said = _rebuilt(folder, aside) if any(not one.position for one in broken) else _set_aside(folder, aside)
        for name in HELPS:
            (folder / name).unlink(missing_ok=True)
        return said


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    db.text_factory = bytes
    db.execute("PRAGMA writable_schema = ON")  # so that SQLite opens a file that was cut off; nothing of it is written
    return db


def _of_the_file(db: sqlite3.Connection) -> list[Damage]:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone():
        return [Damage("the file holds no ledger")]
    faults = [bytes(line).decode("utf-8", "replace") for (line,) in db.execute("PRAGMA integrity_check(100)")]
    return [Damage(f"the file is broken: {line}") for line in faults[:FILE_FAULTS_SHOWN] if line != "ok"]


def _of_the_rows(db: sqlite3.Connection) -> list[Damage]:
    found, unknown = [], Counter[str]()
    for row in _rows(db):
        if why := _fault(row):
            found.append(Damage(f"event {row[0]}: {why}", row[0]))
        elif (kind := bytes(row[4]).decode()) not in events.KINDS:
            unknown[kind] += 1
    if unknown:
        names = ", ".join(f"{name} ({count})" for name, count in unknown.most_common(KINDS_SHOWN))
        text = f"{unknown.total()} events of kinds that this version does not know are kept unread: {names}"
        found.append(Damage(text, is_mendable=False))
    return found


def _fault(row: Row) -> str:
    """Why an event can't be believed; empty where it can."""
    _, stream, version, at, kind, data, crc = row
    if not all(isinstance(text, bytes) for text in (stream, kind, data)) or not isinstance(version, int):
        return "what should be text or a number is something else"
    if not isinstance(at, float) or not -FAR < at < FAR:
        return f"its time is {at!r:.40}"
    try:
        words = stream.decode(), version, at, kind.decode(), data.decode()
    except UnicodeDecodeError:
        return "its text is torn"
    if crc is not None and crc != checksum(*words):
        return "it is not what was written: its checksum differs"
    event = events.load(words[3], words[4])
    return event.damage if isinstance(event, events.Unknown) else ""


def _of_its_end(db: sqlite3.Connection, folder: Path) -> list[Damage]:
    """Whether something beside the ledger knows of events that it has not: then its newest part is gone."""
    (last,) = db.execute("SELECT COALESCE(MAX(position), 0) FROM events").fetchone()
    known = max(_known(folder / name) for name in HELPS)
    if known <= last:
        return []
    text = f"it ends at event {last}, and there once were {known}: the newest are gone (was {NAME}-wal removed?)"
    return [Damage(text, is_mendable=False)]


def _known(path: Path) -> int:
    """The position that a snapshot or a status was made at."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.readline(1 << 24))["position"]
        return found if isinstance(found, int) else 0
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return 0


def _rows(db: sqlite3.Connection) -> Iterator[Row]:
    """Every event that can be read, past whatever can't."""
    columns = {bytes(column[1]) for column in db.execute("PRAGMA table_info(events)")}
    if not columns:
        return
    crc = "crc" if b"crc" in columns else "NULL"
    wanted = f"SELECT position, stream, version, at, kind, data, {crc} FROM events WHERE position"
    last = 0
    while True:
        try:
            for row in db.execute(f"{wanted} > ? ORDER BY position", (last,)):
                if row[0] <= last:
                    raise sqlite3.DatabaseError("events are out of order")
                last = row[0]
                yield row
            return
        except sqlite3.DatabaseError:
            beyond = _beyond(db, wanted, last)
        for position in range(last + 1, min(beyond or last + TRIED, last + TRIED)):
            yield from _at(db, wanted, position)
        if not beyond:
            return
        last = beyond - 1


def _beyond(db: sqlite3.Connection, wanted: str, last: int) -> int:
    """The first event after a hole that can be read again; 0 where there is none."""
    for power in range(FARTHEST):
        try:
            row = db.execute(f"{wanted} > ? ORDER BY position LIMIT 1", (last + 2**power,)).fetchone()
        except sqlite3.DatabaseError:
            continue
        return int(row[0]) if row and row[0] > last + 2**power else 0
    return 0


def _at(db: sqlite3.Connection, wanted: str, position: int) -> list[Row]:
    """The event at a position, or nothing."""
    try:
        return [row for row in db.execute(f"{wanted} = ?", (position,)) if row[0] == position]
    except sqlite3.DatabaseError:
        return []


def _set_aside(folder: Path, aside: Path) -> list[str]:
    """Take single events out of a sound file."""
    with closing(_opened(folder / NAME)) as db:
        broken = [(row, why) for row in _rows(db) if (why := _fault(row))]
        kept = aside.with_suffix(".jsonl")
        _write_rows(kept, broken)
        db.execute("BEGIN IMMEDIATE")
        db.executemany("DELETE FROM events WHERE position = ?", [(row[0],) for row, _ in broken])
        db.execute("COMMIT")
    return [f"event {row[0]} was set aside in {kept}: {why}" for row, why in broken]


def _rebuilt(folder: Path, aside: Path) -> list[str]:
    """Make a new file of what the broken one still says."""
    path, aside = folder / NAME, _folder(aside)
    for name in (NAME, f"{NAME}-wal"):
        if (folder / name).exists():
            schema.put_in_place(Path(shutil.copy(folder / name, aside / f".{name}")), aside / name)
    making = folder / f"{NAME}.mending"
    making.unlink(missing_ok=True)
    read, broken = _copied(path, making)
    if broken:
        _write_rows(aside / "events.jsonl", broken)
    schema.put_in_place(making, folder / MENDED)
    finish(folder)
    return [
        f"the ledger's file was broken and is kept as {aside}; the {read} events that it still gave are the ledger now",
        *(f"event {row[0]} was set aside: {why}" for row, why in broken),
    ]


def _copied(path: Path, making: Path) -> tuple[int, list[tuple[Row, str]]]:
    """Copy what can be read and believed; how much that was, and what can be read and not believed."""
    broken: list[tuple[Row, str]] = []
    read = 0
    os.close(os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(making, isolation_level=None)) as new:
        schema.upgrade(new, making)
        new.execute("BEGIN")
        try:
            with closing(_opened(path)) as old:
                for row in _rows(old):
                    if why := _fault(row):
                        broken.append((row, why))
                        continue
                    position, stream, version, at, kind, data, _ = row
                    words = stream.decode(), version, at, kind.decode(), data.decode()
                    new.execute(
                        "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (position, *words, checksum(*words)),
                    )
                    read += 1
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
                raise
        new.execute("COMMIT")
    return read, broken


def _write_rows(path: Path, rows: list[tuple[Row, str]]) -> None:
    temporary = path.with_name(f".{path.name}")
    temporary.unlink(missing_ok=True)
    names = ("position", "stream", "version", "at", "kind", "data", "crc")
    with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        for row, why in rows:
            held = {name: _shown(value) for name, value in zip(names, row, strict=True)}
            file.write(json.dumps({**held, "why": why}) + "\n")
    schema.put_in_place(temporary, path)


def _shown(value: Any) -> Any:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
