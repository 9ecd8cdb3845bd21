"""Filters over tasks."""

from __future__ import annotations

import pytest

from cockpit.filters import BadFilter, Filter
from cockpit.state import Agent, Kind, TaskState
from tests.nights import of, task

STATE = of(
    [
        task("T1", "Parse dates", TaskState.WORKING, agent=1, run="T1-1", category="parser", files=("lib/dates.py",)),
        task("T2", "Explore the parser", kind=Kind.EXPLORE, pinned=10),
        task("T3", "Write docs", depends_on=("T1",), priority=2, category="docs"),
        task("T12", "Landed long ago", TaskState.LANDED, agent=1, run="T12-1"),
    ],
    agents={1: Agent(1, "T1", "T1-1")},
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "T1 T2 T3 T12"),
        ("parse", "T1 T2"),
        ("PARSE dates", "T1"),
        ("t1", "T1 T12"),
        ("dates.py", "T1"),
        ("state:working", "T1"),
        ("state:w", "T1 T3"),
        ("state:waiting", "T3"),
        ("state:queued", "T2 T3"),
        ("agent:1", "T1"),
        ("agent:agent-10", "T2"),
        ("kind:exp", "T2"),
        ("category:docs", "T3"),
        ("after:T1", "T3"),
        ("priority:2", "T3"),
        ("file:dates", "T1"),
        ("-state:landed -parse", "T3"),
        ("state: parse", "T1 T2"),
        ("nothing:like", ""),
    ],
)
def test_a_filter_keeps_what_fits_all_of_it(text: str, found: str) -> None:
    wanted = Filter.of(text)
    assert " ".join(t.id for t in STATE.tasks.values() if wanted.matches(STATE, t)) == found


def test_a_field_that_there_is_none_of_is_said_on_the_command_line() -> None:
    with pytest.raises(BadFilter, match="there is no field 'stat'; did you mean state:"):
        Filter.strict("stat:ready")
    assert Filter.strict("http://x state:ready").words == Filter.of("http://x state:ready").words
