"""Nights in which git is the trouble: a bad resolution, a rewritten target, and cleaning up afterwards."""

from __future__ import annotations

import json
from pathlib import Path

from cockpit import events
from cockpit.state import TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import WORK, Step, plan, scripted
from tests.repos import git

EDIT: list[Step] = [{"run": "echo $COCKPIT_TASK > app.py"}, {"commit": "change app.py"}]
DROP: list[Step] = [
    {"say": "told: {message}"},
    {"run": "git merge main || git checkout --ours app.py"},
    {"commit": "mine"},
]


def test_a_resolution_that_drops_what_landed_waits_for_you_and_what_is_done_is_cleaned_away(tmp_path: Path) -> None:
    root = scripted(tmp_path, EDIT, DROP, count=2)
    plan(root, "one way", "other way")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        # Both may be green before either lands; the later one is then looked at again, and only that is what counts.
        state = user.sees(
            lambda s: s.in_state(TaskState.LANDED) and any(late.lost for late in s.in_state(TaskState.READY))
        )
        (late,), (first,) = state.in_state(TaskState.READY), state.in_state(TaskState.LANDED)

        assert [(one.task, one.file, one.lines) for one in late.lost] == [(first.id, "app.py", (first.id,))]
        told = user.ok("logs", str(late.agent))
        assert f"{first.id}\n" in told
        assert f"{first.id}: Merge {first.branch}" in told
        (waiting,) = user.status()["merges"]
        assert waiting["lost"] == [{"task": first.id, "file": "app.py", "lines": 1}]
        assert f"it would drop 1 line that {first.id} landed in app.py" in user.types("status").stdout
        assert (root / "app.py").read_text() == f"{first.id}\n"

        user.ok("approve", late.id)
        user.sees(ended)
        assert (root / "app.py").read_text() == f"{late.id}\n"

        user.sees(lambda s: s.git.cleaned_at)
        assert len(git(root, "worktree", "list").splitlines()) == 1
        assert "only since a while" in user.ok("clean", "--dry-run")
        gone = json.loads(user.ok("clean", "--older-than", "0", "--json"))["removed"]
        assert sorted(one["name"] for one in gone) == sorted([late.branch, first.branch])
        assert git(root, "branch", "--list", "agent-*") == ""
        assert user.ok("clean", "--list").strip() == "nothing is kept aside"


def test_what_was_rewritten_out_of_the_target_does_not_come_back_with_a_branch(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"run": "git commit -q --allow-empty -m begin"}, *WORK], merge="ask")
    (root / "secret.txt").write_text("by mistake\n")
    git(root, "add", "secret.txt")
    git(root, "commit", "-q", "-m", "a mistake")
    plan(root, "a thing")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.in_state(TaskState.READY))
        git(root, "reset", "-q", "--hard", "HEAD~1")
        user.sees(lambda s: s.git.target == git(root, "rev-parse", "main"))
        user.ok("approve", "T1")
        state = user.sees(ended)

        assert state.tasks["T1"].state is TaskState.LANDED
        assert (root / "T1.txt").exists()
        assert not (root / "secret.txt").exists()
        assert "secret.txt" not in git(root, "log", "--name-only", "--format=", "main")
        (moved,) = [r.event for r in user.log() if isinstance(r.event, events.TargetSeen)]
        assert moved.rewritten
        (rebased,) = [r.event for r in user.log() if isinstance(r.event, events.BranchRebased)]
        assert git(root, "rev-parse", rebased.ref) == rebased.before
        kept = user.ok("clean", "--list")
        assert f"back: git switch -c rescue-T1-1-branch-1 {rebased.ref}" in kept


def test_an_agent_that_deletes_its_own_worktree_loses_only_what_it_did_not_commit(tmp_path: Path) -> None:
    gone: list[Step] = [*WORK, {"run": 'rm -rf "$PWD"'}]
    root = scripted(tmp_path, gone)
    plan(root, "a thing")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(ended)
        assert state.tasks["T1"].state is TaskState.LANDED
        assert (root / "T1.txt").exists()
