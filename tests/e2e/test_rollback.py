"""What landed can be undone: a real engine, real git, and gates that have the last word."""

from __future__ import annotations

from pathlib import Path

from cockpit.state import TaskState
from tests.e2e.desk import Desk, ended, sits_down
from tests.e2e.scripts import WORK, Step, plan, scripted
from tests.repos import git

COUNT: list[Step] = [
    {"say": "I was told: {message}"},
    {"run": "case $COCKPIT_TASK in T1) echo VALUE = 2;; T2) echo VALUE = 3;; *) echo VALUE = 1;; esac > app.py"},
    {"commit": "count"},
]
"""A turn in which T1 and T2 count up in the same line; whoever comes later puts it back."""


def landed(root: Path, user: Desk, *titles: str) -> None:
    plan(root, *titles)
    user.ok("run", "PLAN.md", "--detach")
    user.sees(ended)


def test_a_rollback_undoes_one_task_after_the_night_and_can_be_undone_itself(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    with sits_down(root) as user:
        landed(root, user, "first thing", "second thing (after 1)")
        said = user.ok("rollback", "T1")
        assert said.strip().startswith("T3 rolls T1 back: the gates run, then it lands; what landed on top")
        state = user.sees(lambda s: s.tasks["T3"].state is TaskState.LANDED)

        assert not (root / "T1.txt").exists()
        assert (root / "T2.txt").exists()
        assert git(root, "status", "--porcelain") == ""
        assert len(git(root, "log", "-1", "--format=%P", "main").split()) == 2
        assert git(root, "rev-parse", "main^1") == state.tasks["T2"].landed
        assert "rolled back by T3" in user.ok("report")
        assert "rolled back by T3" in user.ok("task", "show", "T1")
        assert "already" in user.fails("rollback", "T1", code=1)

        user.ok("rollback", "T3")
        user.sees(lambda s: s.tasks["T4"].state is TaskState.LANDED)
        assert (root / "T1.txt").exists()
        assert git(root, "branch", "--list", "cockpit/*") == ""
        assert "rollback-T" not in git(root, "worktree", "list")


def test_a_rollback_that_conflicts_changes_nothing_and_an_agent_can_take_it_over(tmp_path: Path) -> None:
    root = scripted(tmp_path, COUNT)
    with sits_down(root) as user:
        landed(root, user, "two", "three (after 1)")
        before = git(root, "rev-parse", "main")
        user.ok("rollback", "T1")
        state = user.sees(lambda s: s.tasks["T3"].state is TaskState.ESCALATED)

        assert state.tasks["T3"].reason == (
            "T1 can't be rolled back by git alone: later work changed the same in app.py. Nothing was changed. "
            "Send it back with a note and an agent does it, or skip it"
        )
        assert git(root, "rev-parse", "main") == before
        assert "rollback" not in git(root, "branch", "--list")
        assert user.types("status").returncode == 10

        user.ok("reject", "T3", "-m", "Put VALUE back to 1.")
        user.ok("run", "--detach")
        user.sees(lambda s: s.tasks["T3"].state is TaskState.LANDED)
        assert (root / "app.py").read_text() == "VALUE = 1\n"
        logs = user.ok("logs", "1")
        assert "Put VALUE back to 1." in logs
        assert "git revert -m 1" in logs


def test_a_rollback_whose_gates_fail_lands_nothing_and_shows_their_output(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK, gate="ls T1.txt || { test ! -e T2.txt; }")
    with sits_down(root) as user:
        landed(root, user, "first thing", "second thing (after 1)")
        before = git(root, "rev-parse", "main")
        user.ok("rollback", "T1")
        task = user.sees(lambda s: s.tasks["T3"].state is TaskState.ESCALATED).tasks["T3"]

        assert "without T1 the gate tests fails, so nothing was changed" in task.reason
        assert "T1.txt" in task.gates[-1].output
        assert git(root, "rev-parse", "main") == before
        assert "can't be merged" in user.fails("approve", "T3", code=1)
        user.ok("task", "skip", "T3")
        user.ok("rollback", "T1")
        user.sees(lambda s: s.tasks["T4"].state is TaskState.ESCALATED)
