"""Crash at every step: a spread of the points at which `scripts/crashes` kills each process of a real night."""

from __future__ import annotations

import pytest

from tests.crashes import Fault, play

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
