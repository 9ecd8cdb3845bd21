"""What every ledger has to hold: append with an expected version, read after a position, follow, fold.

A new kind of ledger is one more line in `KINDS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import events
from cockpit.events import Event, Noticed, Recorded, TaskReady
from cockpit.fold import fold, fold_all
from cockpit.ledger import Conflict, Ledger
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.state import State
from tests.sim.memory import MemoryLedger
from tests.unit.test_fold import EVENTS

KINDS: dict[str, Callable[[Path], Ledger]] = {"sqlite": SqliteLedger, "memory": lambda folder: MemoryLedger()}


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    opened = KINDS[request.param](tmp_path / ".cockpit")
    yield opened
    opened.close()


def test_what_was_appended_is_read_in_order_and_with_versions(ledger: Ledger) -> None:
    made = ledger.append("task/T1", 0, [TaskReady("T1"), Noticed("a")], at=5.0)
    made += ledger.append("night", 0, [Noticed("b")], at=6.0)

    assert made == ledger.read()
    assert made == [
        Recorded(1, "task/T1", 1, 5.0, TaskReady("T1")),
        Recorded(2, "task/T1", 2, 5.0, Noticed("a")),
        Recorded(3, "night", 1, 6.0, Noticed("b")),
    ]
    assert [r.event for r in ledger.read(after=1, limit=1)] == [Noticed("a")]
    assert (ledger.version("task/T1"), ledger.version("nobody"), ledger.last()) == (2, 0, 3)


def test_nothing_is_in_an_empty_one(ledger: Ledger) -> None:
    assert (ledger.read(), list(ledger.happened()), ledger.last()) == ([], [], 0)
    assert ledger.append("night", 0, [], at=1.0) == []
    assert ledger.last() == 0


def test_who_expects_another_version_is_refused_and_nothing_is_written(ledger: Ledger) -> None:
    ledger.append("night", 0, [Noticed("first")], at=1.0)

    for wrong in (0, 2, -1):
        with pytest.raises(Conflict, match=f"night is at version 1, not {wrong}"):
            ledger.append("night", wrong, [Noticed("second"), Noticed("third")], at=2.0)

    assert len(ledger.read()) == 1
    assert ledger.version("night") == 1


def test_an_event_of_the_future_is_kept_whole(ledger: Ledger) -> None:
    future = events.Unknown("AgentDreamed", {"of": "sheep"})

    ledger.append("night", 0, [future], at=1.0)

    assert ledger.read()[0].event == future
    assert "AgentDreamed" in fold(ledger.read()).notices[-1]


def test_batches_of_several_streams_are_appended_whole_or_not_at_all(ledger: Ledger) -> None:
    ledger.append("night", 0, [Noticed("a")], at=1.0)
    with pytest.raises(Conflict, match="task/T1 is at version 0, not 5"):
        ledger.append("night", 1, [Noticed("b")], at=2.0, also=[("task/T1", 5, [TaskReady("T1")])])
    assert (ledger.last(), ledger.version("night")) == (1, 1)

    made = ledger.append(
        "night", 1, [Noticed("b")], at=3.0, also=[("task/T1", 0, [TaskReady("T1")]), ("night", 2, [Noticed("c")])]
    )

    assert [(r.position, r.stream, r.version) for r in made] == [(2, "night", 2), (3, "task/T1", 1), (4, "night", 3)]
    assert ledger.read(1) == made


@given(log=st.lists(EVENTS, max_size=30), cut=st.integers(0, 30))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("kind", KINDS)
def test_a_fold_of_what_happened_is_a_fold_of_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, kind: str, log: list[Event], cut: int
) -> None:
    ledger = KINDS[kind](tmp_path_factory.mktemp("ledger"))
    for n, event in enumerate(log):
        stream = events.stream_of(event)
        ledger.append(stream, ledger.version(stream), [event], at=float(n))
    before = fold(ledger.read()[:cut])

    assert [(r.position, r.at) for r in ledger.read()] == [(position, at) for position, at, _ in ledger.happened()]
    assert fold_all(ledger.happened(), State()) == fold(ledger.read())
    assert fold_all(ledger.happened(before.position), before) == fold(ledger.read())
    ledger.close()


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
async def test_a_follower_gets_what_was_there_and_what_comes(ledger: Ledger) -> None:
    """The one in memory has nobody who would wait."""
    ledger.append("night", 0, [Noticed("old")], at=1.0)
    seen = []
    async with asyncio.timeout(60):
        async for batch in ledger.follow():
            seen += [r.event for r in batch]
            if len(seen) == 1:
                ledger.append("night", 1, [Noticed("new")], at=2.0)
            else:
                break

    assert seen == [Noticed("old"), Noticed("new")]
