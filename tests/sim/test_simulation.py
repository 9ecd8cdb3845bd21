"""Whole nights in virtual time: every promise holds whatever breaks; and the simulation itself can be trusted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.policy import review
from cockpit.policy.actions import Decision
from cockpit.state import TaskState
from tests.sim.__main__ import CUTS, parser
from tests.sim.result import play
from tests.sim.scenario import FAULTS, LUCK, WISHES, draw
from tests.sim.shrink import cut, flags, shrunk
from tests.sim.story import told

NIGHTS = 240
"""About five seconds of processor; `scripts/nights` plays as many as one likes."""

PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_in_whatever_night_every_promise_holds(part: int) -> None:
    for seed in range(part, NIGHTS, PARTS):
        _, result = play(draw(seed))
        assert not result.violation, f"scripts/nights --seed {seed}: {result.violation}"


def test_the_nights_together_see_every_trouble_and_every_end() -> None:
    results = [play(draw(seed))[1] for seed in range(1000, 1090)]
    seen = {kind for result in results for kind in result.troubles}
    ended = {state for result in results for state in result.ended}

    assert set(FAULTS) <= seen
    assert {*LUCK} - {"late news", "double news", "conflict", "clash"} <= seen
    assert len({kind for kind in seen if kind.startswith("command ")}) >= 20, WISHES
    assert {TaskState.LANDED, TaskState.ESCALATED, TaskState.SKIPPED} <= ended


def test_a_seed_is_the_same_night_in_another_process() -> None:
    night, _ = play(draw(11))
    elsewhere = subprocess.run(
        [sys.executable, "-m", "tests.sim", "--seed", "11"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "5"},
    )
    assert told(night) in elsewhere.stdout


def test_a_broken_policy_is_found_and_told_by_the_smallest_night(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a gate's failure is overlooked; so what is broken is approved."""
    monkeypatch.setattr(review, "_failed", lambda *_: None)
    bad = next(result for seed in range(50) if (result := play(draw(seed))[1]).violation)
    whole = draw(bad.seed)

    smallest = shrunk(whole, bad.kind)
    night, result = play(smallest)

    assert result.kind == bad.kind
    assert smallest.pieces <= max(4, whole.pieces // 3)
    assert not smallest.faults
    assert not smallest.wishes
    assert "GatesFinished" in told(night)
    wanted = parser().parse_args(["--seed", str(whole.seed), *flags(smallest, whole)])
    assert cut(whole, **{name: getattr(wanted, name) for name in CUTS}) == smallest


def test_a_policy_that_does_nothing_is_found_because_the_night_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "tested", lambda *_: Decision())

    found = [play(draw(seed))[1].violation for seed in range(10)]

    assert any("at the morning the night still goes on" in one for one in found)
