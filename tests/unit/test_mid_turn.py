"""Whether an agent's last turn was broken off, as its stream says."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.agents.stream import Ended, Exited, Read, Said, Spent, StreamEvent, Told, ToolCalled, is_mid_turn
from cockpit.hosts.journal import Journal

TOLD, CALLED = Told("Begin", "m1"), ToolCalled("t1", "Bash", "bash make", "make")


@pytest.mark.parametrize(
    ("said", "is_broken"),
    [
        ((TOLD, CALLED), True),
        ((TOLD, CALLED, Exited(None, "killed")), True),
        ((TOLD, CALLED, Ended(True), Exited(0)), False),
        ((TOLD, Ended(True), Told("More", "m2"), Spent(0.1, 1), Exited(None)), True),
        ((TOLD, CALLED, Ended(False, error="interrupted"), Read("m1"), Spent(0.1, 1)), False),
        ((Exited(None, "it never began"),), False),
    ],
)
def test_a_turn_is_broken_off_when_it_was_begun_and_has_no_end(
    tmp_path: Path, said: tuple[StreamEvent, ...], is_broken: bool
) -> None:
    path = tmp_path / "events.jsonl"
    journal = Journal(str(path))
    for event in said:
        journal.append(event)
    journal.close()
    assert is_mid_turn(path) is is_broken


def test_a_torn_last_line_and_a_long_past_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    journal = Journal(str(path))
    said: list[StreamEvent] = [TOLD, Ended(True), Told("More", "m2"), *[Said("x" * 5000)] * 100]
    for event in said:
        journal.append(event)
    journal.close()
    with path.open("a") as file:
        file.write('{"seq": 104, "kind": "End')
    assert is_mid_turn(path)


def test_no_stream_is_no_broken_turn(tmp_path: Path) -> None:
    assert not is_mid_turn(tmp_path / "events.jsonl")
