"""The ledger's conformance suite: append with an expected version, read after a position, follow, survive."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from cockpit.events import Noticed, TaskReady
from cockpit.ledger import Conflict, LedgerError
from cockpit.ledger.sqlite import BELL_LIMIT, SqliteLedger


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    return SqliteLedger(tmp_path / ".cockpit")


def test_what_was_appended_is_read_in_order_and_with_versions(ledger: SqliteLedger) -> None:
    ledger.append("task/T1", 0, [TaskReady("T1"), Noticed("a")], at=5.0)
    ledger.append("night", 0, [Noticed("b")], at=6.0)

    read = ledger.read()

    assert [(r.position, r.stream, r.version, r.at) for r in read] == [
        (1, "task/T1", 1, 5.0),
        (2, "task/T1", 2, 5.0),
        (3, "night", 1, 6.0),
    ]
    assert [r.event for r in ledger.read(after=1, limit=1)] == [Noticed("a")]
    assert ledger.version("task/T1") == 2
    assert ledger.version("nobody") == 0


def test_who_expects_another_version_is_refused_and_nothing_is_written(ledger: SqliteLedger) -> None:
    ledger.append("night", 0, [Noticed("first")], at=1.0)

    with pytest.raises(Conflict, match="night is at version 1, not 0"):
        ledger.append("night", 0, [Noticed("second"), Noticed("third")], at=2.0)

    assert len(ledger.read()) == 1


def append_many(folder: str, name: str, count: int) -> None:
    ledger = SqliteLedger(Path(folder))
    done = 0
    while done < count:
        try:
            ledger.append("shared", ledger.version("shared"), [Noticed(f"{name}{done}")], at=0.0)
            done += 1
        except Conflict:
            continue
    ledger.close()


def test_several_processes_append_to_one_stream_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    SqliteLedger(tmp_path).close()
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=append_many, args=(str(tmp_path), name, 40)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)

    read = SqliteLedger(tmp_path).read()

    assert [r.version for r in read] == list(range(1, 121))
    assert len({r.event for r in read}) == 120


async def test_a_follower_gets_what_was_there_and_what_comes(ledger: SqliteLedger) -> None:
    ledger.append("night", 0, [Noticed("old")], at=1.0)
    seen = []
    async with asyncio.timeout(10):
        async for batch in ledger.follow():
            seen += [r.event for r in batch]
            if len(seen) == 1:
                other = SqliteLedger(ledger.folder)
                other.append("night", 1, [Noticed("new")], at=2.0)
                other.close()
            else:
                break

    assert seen == [Noticed("old"), Noticed("new")]


def test_the_folder_is_private_and_ignores_itself(ledger: SqliteLedger) -> None:
    assert ledger.folder.stat().st_mode & 0o777 == 0o700
    assert (ledger.folder / ".gitignore").read_text() == "*\n"


def test_the_bell_does_not_grow_for_ever(ledger: SqliteLedger) -> None:
    (ledger.folder / "bell").write_bytes(b"." * BELL_LIMIT)

    ledger.append("night", 0, [Noticed("x")], at=1.0)

    assert (ledger.folder / "bell").stat().st_size < BELL_LIMIT


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    SqliteLedger(tmp_path).close()
    database = sqlite3.connect(tmp_path / "ledger.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    before = (tmp_path / "ledger.db").read_bytes()

    with pytest.raises(LedgerError, match="schema 99"):
        SqliteLedger(tmp_path)

    assert (tmp_path / "ledger.db").read_bytes() == before


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
