"""Crash at every step: a spread of the points at which `scripts/crashes` kills each process of a real night."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crashes import Fault, play
from tests.e2e.desk import Desk
from tests.e2e.scripts import WORK, scripted

SPREAD = [
    *(Fault("engine", number) for number in (47, 290, 520)),
    Fault("host", 23),
    Fault("agent", 9),
    Fault("guard", 1),
]


@pytest.mark.e2e
@pytest.mark.filterwarnings(
    "ignore:subprocess .* is still running:ResourceWarning"
)  # the engine outlives who starts it
@pytest.mark.parametrize("fault", SPREAD, ids=str)
def test_whoever_is_killed_wherever_the_night_ends_with_the_same_in_git_recorded_once(fault: Fault) -> None:
    found, _, story = play(fault)
    assert not found, f"{found}\n{story}"


def test_what_was_asked_by_a_command_that_was_killed_is_kept_and_the_status_says_so(tmp_path: Path) -> None:
    user = Desk(scripted(tmp_path, WORK))

    assert user.types("task", "add", "one", COCKPIT_FAULT="command:ledger.after:1").returncode == -9

    assert "given    AddTasks: kept, but not answered yet" in user.types("status").stdout
    user.ok("task", "add", "two")
    assert [task.title for task in user.state().tasks.values()] == ["one", "two"]
    assert "given" not in user.types("status").stdout
