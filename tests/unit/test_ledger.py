"""The ledger in SQLite: many writers, readers, a full disk, and files that are none of ours."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from cockpit.events import Noticed
from cockpit.ledger import Conflict, LedgerError, LedgerFull
from cockpit.ledger.sqlite import BELL_LIMIT, SqliteLedger, writing


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    return SqliteLedger(tmp_path / ".cockpit")


def append_many(folder: str, name: str, seconds: float) -> None:
    """Append to one stream as often as it goes, from now on until the time is over."""
    ledger = SqliteLedger(Path(folder))
    until = time.monotonic() + seconds
    done = 0
    while time.monotonic() < until:
        try:
            ledger.append("shared", ledger.version("shared"), [Noticed(f"{name} {done}")], at=0.0)
            done += 1
        except Conflict:
            continue
    ledger.close()


def test_ten_processes_append_to_one_stream_nothing_is_lost_or_doubled_and_nobody_starves(tmp_path: Path) -> None:
    SqliteLedger(tmp_path).close()
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=append_many, args=(str(tmp_path), name, 1.5)) for name in "abcdefghij"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)

    ledger = SqliteLedger(tmp_path)
    read = ledger.read()
    ledger.close()
    said = [r.event.text.split() for r in read if isinstance(r.event, Noticed)]
    shares = Counter(name for name, _ in said)

    assert [r.version for r in read] == list(range(1, len(read) + 1))
    assert sorted(said) == sorted([name, str(n)] for name, count in shares.items() for n in range(count))
    assert len(shares) == 10


def test_a_reader_waits_for_no_writer(ledger: SqliteLedger) -> None:
    ledger.append("night", 0, [Noticed("safe")], at=1.0)
    with writing(ledger.folder):
        writer = sqlite3.connect(ledger.path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO events (stream, version, at, kind, data) VALUES ('night', 2, 1.0, 'Noticed', '{}')")

        assert [r.event for r in ledger.read()] == [Noticed("safe")]
        assert ledger.version("night") == 1
        writer.execute("ROLLBACK")
        writer.close()


def test_a_disk_that_is_full_is_one_clear_error_and_nothing_is_half_written(ledger: SqliteLedger) -> None:
    ledger.append("night", 0, [Noticed("before")], at=1.0)
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    ledger._db.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(LedgerFull, match="is there room on the disk"):
        ledger.append("night", 1, [Noticed("x" * 3000) for _ in range(20)], at=2.0)

    assert [r.event for r in ledger.read()] == [Noticed("before")]
    ledger._db.execute(f"PRAGMA max_page_count = {pages + 100}")
    assert ledger.append("night", 1, [Noticed("after")], at=3.0)[0].version == 2


def test_the_folder_is_private_and_ignores_itself(ledger: SqliteLedger) -> None:
    assert ledger.folder.stat().st_mode & 0o777 == 0o700
    assert (ledger.folder / ".gitignore").read_text() == "*\n"


def test_the_bell_does_not_grow_for_ever(ledger: SqliteLedger) -> None:
    (ledger.folder / "bell").write_bytes(b"." * BELL_LIMIT)

    ledger.append("night", 0, [Noticed("x")], at=1.0)

    assert (ledger.folder / "bell").stat().st_size < BELL_LIMIT


def test_a_file_that_is_no_ledger_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database at all, but long enough to be looked at" * 30)

    with pytest.raises(LedgerError, match=r"ledger\.db"):
        SqliteLedger(tmp_path)


def test_a_missing_ledger_is_not_made_by_who_only_reads(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger"):
        SqliteLedger(tmp_path / "nowhere", create=False)

    assert not os.path.exists(tmp_path / "nowhere")


def test_what_goes_together_is_appended_together_or_not_at_all(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path)
    ledger.append("night", 0, [Noticed("one")], 1.0)
    with pytest.raises(Conflict):
        ledger.append("command/x", 0, [Noticed("two")], 2.0, also=[("night", 0, [Noticed("three")])])
    assert [r.position for r in ledger.read()] == [1]
    made = ledger.append("command/x", 0, [Noticed("two")], 2.0, also=[("night", 1, [Noticed("three")])])
    assert [(r.position, r.stream, r.version) for r in made] == [(2, "command/x", 1), (3, "night", 2)]
    assert [r.event for r in ledger.read(1)] == [r.event for r in made]
    ledger.close()
