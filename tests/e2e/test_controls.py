"""The emergency stop and the holds, on real processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from cockpit.hosts import process
from cockpit.hosts.control import read_pids
from cockpit.lock import engine_pid
from cockpit.state import TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import WORK, Step, plan, scripted


def stubborn(go: Path) -> list[Step]:
    """A turn that leaves a file in no commit, a child in a session of its own, an orphan, and ends only with `go`."""
    wild = "trap '' TERM INT HUP; setsid -f sleep 600; (sleep 600 &) ; sleep 600"
    return [{"spend": {"usd": 0.01, "tokens": 10}}, {"run": f"echo half > half-$COCKPIT_TASK; [ -e {go} ] || ({wild})"}]


@pytest.mark.e2e
@pytest.mark.parametrize("wedged", [False, True])
def test_an_emergency_stop_leaves_no_process_of_ten_agents_even_with_a_wedged_engine(
    tmp_path: Path, wedged: bool
) -> None:
    go = tmp_path / "go"
    root = scripted(tmp_path, [*stubborn(go), *WORK], count=10)
    plan(root, *(f"task {n}" for n in range(10)))
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: len(s.in_state(TaskState.WORKING)) == 10 and all(r.usd for r in s.runs.values()))
        folders = list((user.places.folder / "runs").glob("*"))
        agents = [pids["agent_pid"] for folder in folders if (pids := read_pids(folder))]
        engine = engine_pid(user.places.folder)
        assert engine is not None
        if wedged:
            os.kill(engine, signal.SIGSTOP)
        before = user.state()

        said = user.ok("stop", "--now")

        assert said.startswith("10 agents and the engine were killed; all work is kept")
        assert process.tree(str(user.places.folder), variable=process.HOUSE_MARK) == ()
        assert not any(process.started(pid) for pid in [engine, *agents])
        assert "emergency stop" in user.types("status").stdout
        assert user.types("status").returncode == 30
        assert engine_pid(user.places.folder) is None

        go.touch()
        user.ok("resume", "--all")
        after = user.sees(ended)
        assert {t.state for t in after.tasks.values()} == {TaskState.LANDED}
        assert {r.session for r in after.runs.values()} == {r.session for r in before.runs.values()}
        assert {f"half-T{n}" for n in range(1, 11)} <= set(user.git("ls-tree", "--name-only", "main").splitlines())


@pytest.mark.e2e
def test_a_held_category_pauses_its_agent_and_starts_nothing_until_it_is_let_go(tmp_path: Path) -> None:
    go = tmp_path / "go"
    root = scripted(tmp_path, [{"run": f"until [ -e {go} ]; do sleep 0.02; done"}, *WORK])
    (root / "PLAN.md").write_text("# Plan\n\n- [ ] one thing\n  - category: docs\n- [ ] another thing\n")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.in_state(TaskState.WORKING))

        assert "is held" in user.ok("pause", "--category", "docs")
        user.sees(lambda s: s.runs["T1-1"].suspended)
        assert user.status()["night"]["held"] == ["category docs"]
        assert "there is no role 'bilder'" in user.fails("pause", "--role", "bilder", code=1)
        assert "say which" in user.fails("pause", "3", "--all")
        user.ok("resume", "--category", "docs")
        go.touch()
        after = user.sees(ended)
        assert {t.state for t in after.tasks.values()} == {TaskState.LANDED}


@pytest.mark.e2e
def test_two_branches_that_change_the_same_line_are_forecast_to_conflict_before_either_lands(tmp_path: Path) -> None:
    same = [{"run": "echo VALUE = $COCKPIT_TASK > app.py"}, {"commit": "change it"}]
    root = scripted(tmp_path, same, merge="ask", count=2)
    plan(root, "one", "another")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: len(s.in_state(TaskState.READY)) == 2 and len(s.forecast.of) == 3)

        (first, second) = user.status()["merges"]
        assert first["conflicts"] == [{"with": second["task"], "files": ["app.py"]}]
        assert f"conflicts   {first['task']} in app.py" in user.ok("task", "show", second["task"])

        user.ok("approve", first["task"])
        user.sees(lambda s: s.in_state(TaskState.LANDED) and len(s.forecast.of) == 2)
        assert user.status()["merges"] == [] or user.status()["merges"][0]["conflicts"][0]["with"] is None
