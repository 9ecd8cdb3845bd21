"""What power cuts, bad disks and stray programs do to a ledger: the rest is read, and nothing is thrown away."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cockpit import events, status_cache
from cockpit.fold import fold, fold_all
from cockpit.ledger import LedgerDamaged, LedgerError, damage, sqlite
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.state import State

COUNT = 400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger of some pages, all of them in the file itself."""
    ledger = SqliteLedger(tmp_path)
    for n in range(COUNT // 4):
        ledger.append(f"s{n}", 0, [events.Noticed(f"notice {n} {k} " + "x" * 60) for k in range(4)], at=float(n))
    ledger.close()
    return tmp_path


def change(folder: Path, statement: str, *arguments: Any) -> None:
    with closing(sqlite3.connect(folder / "ledger.db", isolation_level=None)) as db:
        assert db.execute(statement, arguments).rowcount == 1


def read(folder: Path) -> list[events.Recorded]:
    with closing(SqliteLedger(folder)) as ledger:
        return ledger.read()


BROKEN: dict[str, Callable[[Path], None]] = {
    "torn text": lambda folder: change(folder, "UPDATE events SET data = substr(data, 1, 20) WHERE position = 7"),
    "no text": lambda folder: change(folder, "UPDATE events SET data = x'00ff80' WHERE position = 7"),
    "text that is none": lambda folder: change(
        folder, "UPDATE events SET data = CAST(x'7b22fffe227d' AS TEXT) WHERE position = 7"
    ),
    "a number": lambda folder: change(folder, "UPDATE events SET data = 17 WHERE position = 7"),
    "no object": lambda folder: change(folder, "UPDATE events SET data = '[1]' WHERE position = 7"),
    "too deep": lambda folder: change(folder, "UPDATE events SET data = ? WHERE position = 7", "[" * 100_000),
    "no time": lambda folder: change(folder, "UPDATE events SET at = 'yesterday' WHERE position = 7"),
    "endless time": lambda folder: change(folder, "UPDATE events SET at = 9e999 WHERE position = 7"),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("long", [10**9, 1])
def test_a_broken_event_is_passed_over_and_said_and_the_rest_is_read(
    folder: Path, what: str, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LONG", long)
    BROKEN[what](folder)

    with closing(SqliteLedger(folder)) as ledger:
        one_by_one, at_once = fold(ledger.read()), fold_all(ledger.happened(), State())

    assert one_by_one == at_once
    assert one_by_one.position == COUNT
    damaged = [r for r in read(folder) if isinstance(r.event, events.Unknown) and r.event.damage]
    assert [r.position for r in damaged] == [7]
    assert "a damaged event (Noticed) was passed over" in " ".join(fold(read(folder)[:8]).notices)
    assert [(one.position, one.is_mendable) for one in damage.check(folder)] == [(7, True)]


@pytest.mark.parametrize("what", BROKEN)
def test_mending_sets_a_broken_event_aside(folder: Path, what: str) -> None:
    BROKEN[what](folder)

    (said,) = damage.mend(folder, at=0.0)

    kept = folder / "broken" / "ledger-19700101-000000.jsonl"
    assert said.startswith(f"event 7 was set aside in {kept}: ")
    (row,) = [json.loads(line) for line in kept.read_text().splitlines()]
    assert (row["position"], row["stream"], row["version"]) == (7, "s1", 3)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [r.position for r in read(folder)] == [n for n in range(1, COUNT + 1) if n != 7]
    assert damage.check(folder) == []
    assert damage.mend(folder, at=1.0) == []


def test_an_event_that_was_changed_on_the_disk_is_found(folder: Path) -> None:
    change(folder, 'UPDATE events SET data = \'{"text":"all is well"}\' WHERE position = 7')

    assert [one.text for one in damage.check(folder)] == ["event 7: it is not what was written: its checksum differs"]


def test_events_of_kinds_that_nobody_knows_are_said_and_stay(folder: Path) -> None:
    with closing(SqliteLedger(folder)) as ledger:
        ledger.append("night", 0, [events.Unknown("AgentDreamed"), events.Unknown("AgentDreamed")], 1.0)

    (found,) = damage.check(folder)

    assert found.text == "2 events of kinds that this version does not know are kept unread: AgentDreamed (2)"
    assert damage.mend(folder, at=0.0) == []
    assert len(read(folder)) == COUNT + 2


def overwrite_a_page(folder: Path, seed: int) -> None:
    """A page in the middle of the file holds something else."""
    dice = random.Random(seed)
    with (folder / "ledger.db").open("r+b") as file:
        pages = (folder / "ledger.db").stat().st_size // 4096
        file.seek(4096 * dice.randrange(4, pages))
        file.write(dice.randbytes(4096))


def cut_off(folder: Path, seed: int) -> None:
    """The file ends too early."""
    size = (folder / "ledger.db").stat().st_size
    with (folder / "ledger.db").open("r+b") as file:
        file.truncate(size - random.Random(seed).randrange(1, size // 2))


@pytest.mark.parametrize("harm", [overwrite_a_page, cut_off])
@pytest.mark.parametrize("seed", range(6))
def test_of_a_broken_file_all_that_can_be_read_is_kept(
    folder: Path, harm: Callable[[Path, int], None], seed: int
) -> None:
    whole = {r.position: r for r in read(folder)}
    harm(folder, seed)
    assert damage.check(folder)

    said = damage.mend(folder, at=0.0)

    left = read(folder)
    assert "is kept as" in said[0]
    assert (folder / "broken" / "ledger-19700101-000000" / "ledger.db").exists()
    assert len(left) > COUNT // 4
    assert all(whole[r.position] == r for r in left)
    assert damage.check(folder) == []


@pytest.mark.parametrize("left", [b"", b"\0" * 8192, b"something else entirely" * 500])
def test_a_file_of_which_nothing_is_left_is_said_and_kept(folder: Path, left: bytes) -> None:
    status_cache.write(folder, COUNT, {})
    (folder / "ledger.db").write_bytes(left)

    with pytest.raises(LedgerError):
        SqliteLedger(folder)
    assert damage.check(folder)
    said = damage.mend(folder, at=0.0)

    assert "the 0 events that it still gave" in said[0]
    assert (folder / "broken" / "ledger-19700101-000000" / "ledger.db").read_bytes() == left
    assert read(folder) == []


def test_that_the_newest_events_are_gone_is_said(folder: Path) -> None:
    status_cache.write(folder, COUNT + 30, {})

    (found,) = damage.check(folder)

    assert found.text.startswith(f"it ends at event {COUNT}, and there once were {COUNT + 30}")
    assert damage.mend(folder, at=0.0) == []


def test_an_empty_ledger_is_not_taken_for_a_new_one(folder: Path) -> None:
    status_cache.write(folder, COUNT, {})
    (folder / "ledger.db").write_bytes(b"")

    with pytest.raises(LedgerDamaged, match="is empty, and it was not"):
        SqliteLedger(folder)

    (folder / "ledger.db").unlink()
    assert read(folder) == []
    assert not (folder / "status.json").exists()


def test_mending_that_was_killed_before_the_end_is_finished_by_the_next(folder: Path) -> None:
    (folder / "ledger.db").rename(folder / "ledger.db.mended")
    (folder / "ledger.db").write_bytes(b"the broken one")
    (folder / "ledger.db-wal").write_bytes(b"its log")

    assert len(read(folder)) == COUNT
    assert not (folder / "ledger.db.mended").exists()


def test_whoever_has_the_broken_file_open_appends_to_the_mended_one(folder: Path) -> None:
    with closing(SqliteLedger(folder)) as screen:
        overwrite_a_page(folder, 1)
        damage.mend(folder, at=0.0)
        screen.append("night", 0, [events.Noticed("still here")], 5.0)

    assert read(folder)[-1].event == events.Noticed("still here")
