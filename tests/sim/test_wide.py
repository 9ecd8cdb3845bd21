"""A night of more agents and tasks than the others have: the same promises; and the audit would see them broken."""

from __future__ import annotations

import pytest

from cockpit.policy import review
from cockpit.state import TaskState
from tests.sim.__main__ import main
from tests.sim.audit import Violation
from tests.sim.wide import WideNight, draw


def test_in_a_night_of_many_agents_every_promise_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scale", "--agents", "30", "--tasks", "80"]) == 0
    said = capsys.readouterr().out
    assert "every promise held" in said
    assert "engine killed" in said, "the engine was killed on the way"


def test_money_runs_out_and_what_is_left_says_why() -> None:
    night = WideNight(draw(2, 10, 30, cap=4.0))
    night.run()
    left = [task for task in night.known.tasks.values() if task.state is TaskState.QUEUED]
    assert left
    assert night.known.night is not None
    assert night.known.night.stopping == "budget"
    assert night.known.spent_usd <= 4.0


def test_a_broken_policy_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a gate's failure is overlooked; so what is broken is approved."""
    monkeypatch.setattr(review, "_failed", lambda *_: None)
    with pytest.raises(Violation, match=r"is approved and not green|which is broken"):
        WideNight(draw(1, 20, 60)).run()
