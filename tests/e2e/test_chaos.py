"""Chaos: a short night of the real CLI in which one seed kills, stops, fills the disk and spoils answers."""

from __future__ import annotations

import pytest

from tests.chaos import play
from tests.e2e import real

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]


@pytest.mark.parametrize("seed", [3])
def test_whatever_breaks_in_a_real_night_the_promises_hold_in_the_morning(seed: int) -> None:
    real.need_cli()
    found, story = play(seed, tasks=2, faults=3)
    assert not found, f"{found}\n{story}"
