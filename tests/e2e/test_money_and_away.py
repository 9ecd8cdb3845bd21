"""A budget that is used up and raised again, and a person who comes back, with everything real but the model."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from cockpit import events, presence
from cockpit.presence import Seen
from cockpit.state import State, TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import WORK, plan, scripted
from tests.e2e.terminal import terminal

COCKPIT = [sys.executable, "-m", "cockpit"]


def done(state: State) -> bool:
    return bool(state.night and state.night.ended and state.night.stopping == "done")


def test_a_night_that_the_budget_stopped_goes_on_with_a_higher_cap(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    plan(root, "one", "two", "three", "four")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach", "--budget", "0.5")
        user.sees(ended)

        found = user.status()
        assert found["budget"]["alerts"] == [0.5, 0.75, 0.9]
        assert [(entry["task"], entry["title"]) for entry in found["inbox"]] == [("", "The budget stopped the night")]
        assert "$0.50 is spent already" in user.fails("budget", "--night", "0.4", code=1)
        assert user.ok("budget", "--night", "2") == "the night goes on, with a cap of $2.00\n"
        state = user.sees(done)

        assert {task.state for task in state.tasks.values()} == {TaskState.LANDED}
        assert state.spent_usd == 1.0
        told = [r.event.percent for r in user.log() if isinstance(r.event, events.BudgetAlert)]
        assert told == [50, 75, 90, 50], "each once, and again only what the higher cap had not reached"
        money = json.loads(user.ok("metrics", "--json"))["money"]
        assert {name: row["night"] for name, row in money["by_task"].items()} == dict.fromkeys(state.tasks, 0.25)
        assert (money["today"]["spent"], money["alerts"]) == (1.0, [0.5])
        assert user.types("status").returncode == 0


def test_a_night_that_the_budget_stopped_may_be_left_at_that(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    plan(root, "one", "two")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach", "--budget", "0.2")
        user.sees(ended)

        assert "stays stopped" in user.ok("stop")
        assert user.status()["inbox"] == []
        assert user.sees(ended).tasks["T2"].state is TaskState.QUEUED


@pytest.mark.e2e
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 50)])
def test_whoever_comes_back_sees_what_landed_and_can_roll_it_back(tmp_path: Path, width: int, height: int) -> None:
    root = scripted(tmp_path, WORK)
    plan(root, "paint the door")
    with sits_down(root) as user, terminal(tmp_path, width, height) as tty:
        left = time.time() - 3600
        user.ok("run", "PLAN.md", "--detach")
        user.sees(ended)
        presence.write(user.places.seen_file, Seen(left))
        tty.runs(COCKPIT, root, user.environ)
        tty.sees("While you were away", "Landed  1", "paint the door", "1 file")
        tty.presses("B")
        tty.sees("Roll back T1?")
        tty.presses("y")
        state = user.sees(lambda s: s.undone_by(s.tasks["T1"]))
        tty.sees("rolled back by T2")

        assert not (root / "T1.txt").exists()
        assert state.tasks["T2"].state is TaskState.LANDED
        tty.presses("q")
        tty.sees("LEFT WITH 0")
        assert "Landed" in user.ok("report", "--since", "last")
        tty.dies()
        tty.runs(COCKPIT, root, user.environ)
        tty.sees("paint the door", "detach")
        tty.sees_no("While you were away")
