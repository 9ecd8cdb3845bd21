"""Giving work to another agent in the middle of it, on a real repository: nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

from cockpit import events
from cockpit.hosts import control, process
from cockpit.state import TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import Step, plan, scripted
from tests.repos import git

HALF = (
    "if [ -e half.txt ]; then echo rest >> half.txt; exit 0; fi; "
    "echo done > part.txt; git add part.txt; git commit -qm 'the first part'; echo half > half.txt; sleep 1000"
)
"""Commits one thing, leaves another uncommitted, and works on; whoever finds the second finishes it."""


def test_a_working_task_goes_on_with_another_agent_with_all_its_work(tmp_path: Path) -> None:
    work: list[Step] = [{"say": "heard: {heard}"}, {"run": HALF}, {"commit": "the rest"}]
    root = scripted(tmp_path, work, count=2, merge="ask")
    plan(root, "long work")
    first, second = (tmp_path / f"repo.worktrees/agent-{n}" for n in (1, 2))
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and s.runs["T1-1"].live and (first / "half.txt").exists())
        assert "T1 leaves agent-1 with all its work; agent-2 goes on with it" in user.ok("reassign", "T1", "2")
        state = user.sees(lambda s: s.tasks["T1"].state is TaskState.READY)

        task, run = state.tasks["T1"], state.runs["T1-1"]
        assert (task.agent, run.agent, task.attempts, task.branch) == (2, 2, 1, "agent-1/task-T1")
        assert run.worktree == str(second)
        assert not first.exists() or git(first, "branch", "--show-current") != task.branch
        assert git(root, "show", f"{task.head}:part.txt") == "done"
        assert git(root, "show", f"{task.head}:half.txt") == "half\nrest"
        rescued = next(r.event for r in user.log() if isinstance(r.event, events.WorkRescued))
        assert git(root, "show", f"{rescued.ref}:half.txt") == "half"

        launch = json.loads((user.places.run_dir("T1-1") / "launch.json").read_text())
        assert launch["spec"]["resume"]
        assert launch["spec"]["session"] == run.session
        assert f"It is now `{second}`" in launch["prompt"]
        user.ok("approve", "T1")
        user.sees(ended)
        assert (root / "half.txt").read_text() == "half\nrest\n"


def test_it_waits_for_a_busy_agent_and_the_freed_one_takes_the_next_task(tmp_path: Path) -> None:
    go = tmp_path / "go"
    wait: list[Step] = [{"run": f"until [ -e {go} ]; do sleep 0.02; done"}, {"run": "echo 1 > $COCKPIT_TASK.txt"}]
    root = scripted(tmp_path, [*wait, {"commit": "work"}], count=2)
    plan(root, "one", "two", "three")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: all(s.runs.get(f"T{n}-1") and s.runs[f"T{n}-1"].live for n in (1, 2)))
        assert "agent-2 goes on with it when it is done with T2" in user.ok("task", "assign", "T1", "2")
        state = user.sees(lambda s: s.agents[1].task == "T3" and s.runs["T3-1"].live)
        assert (state.tasks["T1"].state, state.tasks["T1"].pinned) == (TaskState.QUEUED, 2)
        assert not process.tree(str(user.places.run_dir("T1-1")))
        assert not control.is_alive(user.places.run_dir("T1-1"))

        go.touch()
        state = user.sees(ended)
        assert {t.state for t in state.tasks.values()} == {TaskState.LANDED}
        assert state.tasks["T1"].agent == 2


def test_an_edit_between_two_nights_reaches_the_agent_that_goes_on(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"run": HALF}, {"commit": "the rest"}])
    plan(root, "long work")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and s.runs["T1-1"].live and (tmp_path / "repo.worktrees/agent-1/half.txt").exists())
        assert "its text stays" in user.fails("task", "edit", "T1", "--title", "x", code=1)
        user.ok("stop")
        user.ok("task", "edit", "T1", "-d", "Mind the tabs.")
        user.ok("run", "--detach")
        state = user.sees(ended)

        assert state.tasks["T1"].state is TaskState.LANDED
        launch = json.loads((user.places.run_dir("T1-1") / "launch.json").read_text())
        assert "A person has changed the task" in launch["prompt"]
        assert "Mind the tabs." in launch["prompt"]


def test_the_queue_from_the_command_line(tmp_path: Path) -> None:
    with sits_down(scripted(tmp_path)) as user:
        assert "T1" in user.ok("task", "add", "idea", "--suggest", "--category", "later")
        user.ok("task", "add", "thing", "--priority", "2")
        assert "T1 is queued" in user.ok("task", "promote", "T1")
        assert "T1 comes before T2 now" in user.ok("task", "move", "1", "--first")
        assert "T1 comes last now" in user.ok("task", "move", "1", "--by", "1")
        assert "T1 comes before T2 now" in user.ok("task", "move", "1", "--before", "2")
        assert "T2: title, depends on changed" in user.ok("task", "edit", "2", "--title", "new name", "--after", "T1")
        assert "T1 → T2 → T1" in user.fails("task", "edit", "T1", "--after", "T2", code=1)
        assert user.ok("task", "list", "--filter", "category:later").split()[0] == "T1"
        assert user.ok("task", "list", "--filter", "state:waiting").split()[0] == "T2"
        assert "did you mean state:" in user.fails("task", "list", "--filter", "stat:x")
        assert "there is no terminal" in user.fails("task", "edit", "T1")
        assert "there are none: no night was started" in user.fails("task", "assign", "T1", "3", code=1)


def test_work_is_taken_from_a_paused_agent_too(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"run": HALF}, {"commit": "the rest"}], count=2)
    plan(root, "long work")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and s.runs["T1-1"].live and (tmp_path / "repo.worktrees/agent-1/half.txt").exists())
        user.ok("pause", "1")
        user.sees(lambda s: s.runs["T1-1"].suspended)
        user.ok("reassign", "T1", "agent-2")
        state = user.sees(ended)

        assert state.tasks["T1"].state is TaskState.LANDED
        assert state.tasks["T1"].agent == 2
        assert (root / "half.txt").read_text() == "half\nrest\n"
