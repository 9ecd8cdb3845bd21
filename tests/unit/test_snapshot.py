"""A snapshot saves folding and never lies: in doubt the ledger is folded from its beginning."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import codec, events
from cockpit.commands import StartNight
from cockpit.events import Event
from cockpit.fold import fold
from cockpit.ledger import snapshot
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.policy.rules import Rules
from cockpit.state import MergePolicy, State
from tests.sim.test_nights import queue_of
from tests.sim.world import Luck, World, night_of
from tests.unit.test_fold import LOGS, recorded


def a_night(seed: int, steps: int) -> World:
    """Some steps into a night in which much goes wrong."""
    dice = random.Random(seed)
    world = World(dice, Luck(0.1, 0.3, 0.3, 0.3, 0.2, 0.2, 0.2), Rules())
    night_of(world, queue_of(6, dice), StartNight(3, "main", MergePolicy.AUTO, cap_usd=50.0))
    for _ in range(steps):
        world.step()
    return world


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.integers(0, 80))
def test_any_state_comes_back_as_it_was(seed: int, steps: int) -> None:
    state = a_night(seed, steps).state
    assert codec.decode(State, json.loads(json.dumps(codec.encode(state)))) == state


@given(LOGS)
def test_the_state_of_any_log_comes_back_as_it_was(log: list[Event]) -> None:
    state = replace(fold(recorded(log)), pending={})
    assert codec.decode(State, json.loads(json.dumps(codec.encode(state)))) == state


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    """A ledger with some steps of a night."""
    opened = SqliteLedger(tmp_path)
    for one in a_night(5, 40).log:
        record(opened, one.event)
    yield opened
    opened.close()


def record(ledger: SqliteLedger, event: Event, at: float = 1.0) -> None:
    stream = events.stream_of(event)
    ledger.append(stream, ledger.version(stream), [event], at)


def keep(ledger: SqliteLedger) -> None:
    """Keep a snapshot of the whole ledger."""
    found = ledger.read()
    snapshot.write(ledger.folder, found[-1], fold(found))


def test_what_came_after_the_snapshot_is_folded_on(ledger: SqliteLedger) -> None:
    keep(ledger)
    record(ledger, events.Noticed("something new"))

    assert snapshot.read(ledger, ledger.folder).position == len(ledger.read()) - 1
    assert snapshot.replay(ledger, ledger.folder) == fold(ledger.read())


def test_a_long_replay_keeps_a_snapshot_and_a_short_one_does_not(ledger: SqliteLedger) -> None:
    snapshot.replay(ledger, ledger.folder)
    assert not (ledger.folder / snapshot.NAME).exists()
    for number in range(snapshot.WORTH):
        record(ledger, events.Noticed(f"notice {number}"))
    snapshot.replay(ledger, ledger.folder)
    assert snapshot.read(ledger, ledger.folder) == fold(ledger.read())


def test_the_snapshot_of_another_ledger_counts_for_nothing(ledger: SqliteLedger, tmp_path: Path) -> None:
    keep(ledger)
    other = SqliteLedger(tmp_path / "other")
    for one in ledger.read():
        record(other, one.event, at=2.0)
    (other.folder / snapshot.NAME).write_bytes((ledger.folder / snapshot.NAME).read_bytes())

    assert snapshot.read(other, other.folder) == State()
    other.close()


@pytest.mark.parametrize("broken", [b"", b"null", b"[1]", b'{"code": "of another version"}', b"\xff\x00"])
def test_a_snapshot_that_is_broken_or_made_by_other_code_counts_for_nothing(
    ledger: SqliteLedger, broken: bytes
) -> None:
    (ledger.folder / snapshot.NAME).write_bytes(broken)
    assert snapshot.replay(ledger, ledger.folder) == fold(ledger.read())


def test_a_change_of_any_code_that_folds_makes_old_snapshots_worthless() -> None:
    """Whatever the fold imports of ours is in the digest, but for what only keeps secrets out of logs."""
    script = "import sys, cockpit.fold; print(*[name for name in sys.modules if name.startswith('cockpit.')])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    imported = {name.split(".")[1] for name in said.split()}

    assert imported - {"redact", "secret_shapes", "anchors"} == set(snapshot.FOLDED_BY)


def test_a_state_that_does_not_fit_its_types_counts_for_nothing(ledger: SqliteLedger) -> None:
    keep(ledger)
    path = ledger.folder / snapshot.NAME
    head, text = path.read_text().split("\n")
    state = json.loads(text) | {"tasks": [1, 2]}
    text = json.dumps(state)
    path.write_text(json.dumps(json.loads(head) | {"sum": zlib.crc32(text.encode())}) + "\n" + text)
    assert snapshot.replay(ledger, ledger.folder) == fold(ledger.read())


LONG_LEDGER = """
import sys
from pathlib import Path
from cockpit.ledger import snapshot, sqlite
from cockpit.fold import fold
sqlite.LONG = snapshot.WORTH = 1
snapshot.LONG = 1 if sys.argv[2] == "long" else 1 << 30
ledger = sqlite.SqliteLedger(Path(sys.argv[1]))
for wanted in ("folded", "from the snapshot"):
    assert snapshot.replay(ledger, ledger.folder) == fold(ledger.read()), wanted
assert snapshot.read(ledger, ledger.folder).position == ledger.last()
ledger.append("night", ledger.version("night"), [e.event for e in ledger.read()[-1:]], 1.0)
assert snapshot.replay(ledger, ledger.folder) == fold(ledger.read())
"""


@pytest.mark.parametrize("size", ["long", "short"])
def test_a_fresh_process_folds_a_long_ledger(ledger: SqliteLedger, size: str) -> None:
    """What decodes it is imported and made in the middle of it, so it must not have been there before."""
    seen = fold(ledger.read())
    run = next(iter(seen.runs))
    for n in range(20):
        record(ledger, events.PhaseChanged(run, f"phase {n}"))
        record(ledger, events.CostSeen(run, 100 + n, 10.0 + n, n, "m", "cli"))

    command = [sys.executable, "-c", LONG_LEDGER, str(ledger.folder), size]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
