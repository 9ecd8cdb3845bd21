"""Real processes that hang or run into limits, watched by a real engine."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit import events
from cockpit.demo.model import ModelServer
from cockpit.demo.script import Fault, Play, scene, turn
from cockpit.state import TaskState
from tests.e2e import real
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import WORK, Step, plan, scripted

HANGS: list[Step] = [{"say": "let me see"}, {"hang": True}]
QUICK = """
[watch]
stuck_minutes = 0.02
nudge_minutes = 0
hand_ons = 0
"""


def quick(root: Path, restarts: int) -> Path:
    config = root / "cockpit.toml"
    config.write_text(config.read_text().replace("[agents]", f"[agents]\nrestarts = {restarts}") + QUICK)
    return root


def test_an_agent_that_hangs_is_asked_then_restarted_and_then_put_before_you_with_what_was_tried(
    tmp_path: Path,
) -> None:
    root = quick(scripted(tmp_path, *[HANGS] * 3), restarts=1)
    plan(root, "hopeless")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.tasks and s.tasks["T1"].state is TaskState.ESCALATED)

        ladder = (events.Nudged, events.RunCut, events.RunStarted)
        seen = [type(r.event).__name__ for r in user.log() if isinstance(r.event, ladder)]
        assert seen == ["RunStarted", "Nudged", "RunCut"] * 2
        reason = state.tasks["T1"].reason
        assert "restarted once in vain; the last time: no activity and no changed file for" in reason
        assert "it was asked how it stands" in reason
        assert "asked how it stands" in user.types("status").stdout


def test_a_long_quiet_build_that_uses_a_processor_is_not_stuck(tmp_path: Path) -> None:
    spin = "end=$(( $(date +%s) + 5 )); while [ $(date +%s) -lt $end ]; do :; done"
    root = quick(scripted(tmp_path, [{"run": spin}, *WORK]), restarts=1)
    plan(root, "build it")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(ended)

        assert state.tasks["T1"].state is TaskState.LANDED
        assert not [r for r in user.log() if isinstance(r.event, events.Nudged | events.RunCut)]


def test_an_agent_that_runs_into_a_limit_waits_and_goes_on_in_the_same_conversation_when_you_say_so(
    tmp_path: Path,
) -> None:
    limit = {"ok": False, "error": "You've hit your session limit", "limited": True, "resets": time.time() + 7200}
    root = scripted(tmp_path, [{"end": limit}], WORK)
    plan(root, "patient")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.tasks and s.tasks["T1"].parked)

        shown = user.status()
        assert shown["tasks"]["by_state"] == {"waiting": 1}
        assert shown["agents"][0]["state"] == "waiting"
        assert "You've hit your session limit; all who share the quota 'api' wait until" in shown["night"]["waits"][0]
        assert "waits    You've hit" in user.ok("status")
        assert "without waiting" in user.ok("resume", "--now")
        state = user.sees(ended)

        assert {t.state for t in state.tasks.values()} == {TaskState.LANDED}
        assert state.tasks["T1"].restarts == 0
        assert len({r.event.session for r in user.log() if isinstance(r.event, events.TaskClaimed)}) == 1
        assert os.path.exists(root / "T1.txt")


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["api", "claude"])
def test_a_429_of_the_service_parks_a_real_agent_and_it_goes_on_in_the_same_conversation(
    tmp_path: Path, kind: str
) -> None:
    root = real.repository(tmp_path, kind)
    with (root / "cockpit.toml").open("a") as config:
        config.write("[review]\nenabled = false\n")
    (root / "PLAN.md").write_text("# Plan\n\n1. Add a median\n")
    refused = Fault(status=429, retry_after=900, message="You've hit your session limit")
    first, *rest = real.files("median", real.MEDIAN, "median([3, 1, 2])", "2")
    steps = (replace(first, fault=refused), *rest, real.done())
    median = scene("Add a median", turn(*steps), turn(first, *rest, real.done(), on="interrupted"))
    with ModelServer(Play((median,))) as model, sits_down(root, real.talks_to(model.url)) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.tasks and s.tasks["T1"].parked, seconds=90)

        assert state.windows
        assert "wait until" in user.status()["night"]["waits"][0]
        user.ok("resume", "--now")
        last = user.sees(ended, seconds=90)

        task = last.tasks["T1"]
        assert task.state is TaskState.LANDED
        assert task.restarts == 0
        claims = [r.event.session for r in user.log() if isinstance(r.event, events.TaskClaimed)]
        assert len(claims) == 1
