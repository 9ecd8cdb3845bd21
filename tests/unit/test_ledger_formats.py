"""Ledgers of every format there ever was: upgraded whole or not at all; and those of the future, which are refused."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cockpit import events
from cockpit.fold import fold
from cockpit.ledger import LedgerError, NewerLedger, schema
from cockpit.ledger.sqlite import SqliteLedger
from tests.repos import make_repo

OLD = Path(__file__).parent.parent / "ledgers"
"""One ledger of each older format, as the version that had it wrote it."""


def old(folder: Path, version: int) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript((OLD / f"schema-{version}.sql").read_text())


def rows(folder: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "ledger.db")) as db:
        return list(db.execute("SELECT position, stream, version, at, kind, data FROM events ORDER BY position"))


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def test_there_is_a_ledger_of_every_older_format() -> None:
    assert sorted(path.name for path in OLD.iterdir()) == [f"schema-{n}.sql" for n in range(1, schema.SCHEMA)]


@pytest.mark.parametrize("was", range(1, schema.SCHEMA))
def test_an_old_ledger_is_upgraded_and_a_copy_is_kept(tmp_path: Path, was: int) -> None:
    old(tmp_path, was)
    before = rows(tmp_path)

    ledger = SqliteLedger(tmp_path)

    assert rows(tmp_path) == before
    state = fold(ledger.read())
    assert state.night is not None
    assert len(state.tasks) == 6
    assert not state.notices or "kept unread" not in " ".join(state.notices)
    assert ledger.append("night", ledger.version("night"), [events.Noticed("new")], 2.0)
    ledger.close()
    kept = tmp_path / f"ledger.db.format-{was}"
    assert (version(tmp_path / "ledger.db"), version(kept)) == (schema.SCHEMA, was)
    assert kept.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT COUNT(*) FROM events").fetchone() == (len(before),)


@pytest.mark.parametrize("was", range(1, schema.SCHEMA))
def test_an_upgrade_that_fails_in_the_middle_leaves_the_ledger_as_it_was(
    tmp_path: Path, was: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    old(tmp_path, was)
    before = rows(tmp_path)
    last = schema.SCHEMA - 1
    monkeypatch.setitem(schema.STEPS, last, (*schema.STEPS[last], "INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(LedgerError, match="can't be opened: no such table: nowhere"):
        SqliteLedger(tmp_path)

    assert version(tmp_path / "ledger.db") == was
    assert rows(tmp_path) == before
    monkeypatch.undo()
    SqliteLedger(tmp_path).close()
    assert version(tmp_path / "ledger.db") == schema.SCHEMA


def test_a_newer_ledger_is_refused_says_who_wrote_it_and_is_left_alone(tmp_path: Path) -> None:
    SqliteLedger(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        db.execute("UPDATE meta SET value = '9.1.0' WHERE name = 'written_by'")
        db.commit()
        db.execute("PRAGMA user_version = 99")
    before = (tmp_path / "ledger.db").read_bytes()

    with pytest.raises(NewerLedger, match=r"written by cockpit 9\.1\.0: it has format 99.*install that version"):
        SqliteLedger(tmp_path)

    assert (tmp_path / "ledger.db").read_bytes() == before


@pytest.mark.parametrize("words", [["status"], ["report"], ["task", "list"], ["plan", "PLAN.md"]])
def test_no_command_touches_a_newer_ledger(tmp_path: Path, words: list[str]) -> None:
    root = make_repo(tmp_path)
    (root / "PLAN.md").write_text("# Plan\n\n- [ ] something\n")
    ledger = SqliteLedger(root / ".cockpit")
    ledger.append("night", 0, [events.Noticed("x")], 1.0)
    ledger.close()
    with closing(sqlite3.connect(root / ".cockpit" / "ledger.db")) as db:
        db.execute("PRAGMA user_version = 99")

    done = subprocess.run(
        [sys.executable, "-m", "cockpit", *words], cwd=root, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "has format 99" in done.stderr
    assert "Traceback" not in done.stderr
