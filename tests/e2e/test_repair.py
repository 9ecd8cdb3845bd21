"""`cockpit repair`: everything is killed in the middle of a night, and more is broken by hand."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from cockpit import repo
from cockpit.hosts import control, process
from cockpit.lock import engine_pid
from cockpit.places import Places
from cockpit.repo import Repository, stores
from cockpit.state import State, TaskState
from tests.e2e.desk import Desk, ended, sits_down
from tests.e2e.scripts import WORK, Step, plan, scripted
from tests.fakes.driven import eventually, is_gone
from tests.repos import git

HANG: list[Step] = [{"run": "echo half > half.txt"}, {"hang": True}]
GONE = 2**22 + 1
"""A number that no process has."""


def killed_in_the_middle(user: Desk, worktree: Path) -> State:
    """A night with an agent at work; then everything of it is killed at once."""
    user.ok("run", "PLAN.md", "--detach")
    user.sees(lambda s: s.runs and s.runs["T1-1"].live and (worktree / "half.txt").exists())
    engine = engine_pid(user.places.folder)
    assert engine
    os.kill(engine, signal.SIGKILL)
    process.kill_tree(str(user.places.folder), variable=process.HOUSE_MARK)
    eventually(lambda: is_gone(engine), "the engine's death")
    return user.state()


def found(user: Desk, *options: str, code: int) -> dict[str, bool | None]:
    done = user.types("repair", "--json", *options)
    assert done.returncode == code, done.stdout + done.stderr
    return {entry["what"]: entry["fixed"] for entry in json.loads(done.stdout)["found"]}


def break_things(places: Places) -> None:
    """What power cuts and stray hands do."""
    places.session_file(1).write_text("status = [broken")
    (places.folder / f".status.json.{GONE}").write_text("half")
    with (places.run_dir("T1-1") / "events.jsonl").open("a") as file:
        file.write('{"seq": 99, "kind": "Sp')
    lock = places.root / ".git" / "index.lock"
    lock.touch()
    os.utime(lock, (time.time() - 60, time.time() - 60))
    repository = Repository.open(places.root)
    repo.gate_worktree(repository, places.root.parent / "repo.worktrees" / "gates-T1", "main")
    stores.open_store(repository, Path("agent-9"))


@pytest.mark.e2e
def test_everything_is_killed_and_more_is_broken_then_it_is_put_right_and_the_night_goes_on(tmp_path: Path) -> None:
    go = tmp_path / "go"
    wait: list[Step] = [HANG[0], {"run": f"until [ -e {go} ]; do sleep 0.02; done"}]
    root = scripted(tmp_path, [*wait, {"say": "heard: {heard}"}, *WORK])
    worktree = tmp_path / "repo.worktrees" / "agent-1"
    plan(root, "long work")
    with sits_down(root) as user:
        killed_in_the_middle(user, worktree)
        break_things(user.places)
        wrong = {"engine", "run", "torn", "session", "temporary", "lock", "worktree", "objects"}
        assert set(found(user, "--check", code=1)) == wrong
        assert set(found(user, "--check", code=1)) == wrong, "looking must change nothing"

        said = user.ok("repair")
        assert said.count("✓ put right") == len(wrong)
        assert "nothing is wrong" in user.ok("repair", "--check")
        assert found(user, code=0) == {}
        assert (user.places.sessions / "broken" / "agent-1-1.session").read_text() == "status = [broken"
        assert (user.places.run_dir("T1-1") / "events.jsonl.torn").read_text() == '{"seq": 99, "kind": "Sp\n'
        assert (worktree / "half.txt").exists()

        go.touch()
        user.ok("run", "--detach")
        state = user.sees(ended)
        assert state.tasks["T1"].state is TaskState.LANDED
        assert "took effect is unknown" in user.ok("logs", "1")
        assert found(user, "--check", code=0) == {}


@pytest.mark.e2e
def test_a_damaged_ledger_is_mended_first_and_what_it_held_is_kept(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    with sits_down(root) as user:
        user.ok("task", "add", "first")
        user.ok("task", "add", "second")
        database = user.places.folder / "ledger.db"
        with closing(sqlite3.connect(database)) as db, db:
            db.execute(
                "UPDATE events SET data = '{\"task\":\"T1\",\"ti' WHERE kind = 'TaskAdded' AND stream = 'task/T1'"
            )
        assert found(user, "--check", code=1) == {"ledger": None}
        assert found(user, code=0) == {"ledger": True}
        assert found(user, "--check", code=0) == {}
        assert "second" in user.ok("task", "list")
        assert list((user.places.folder / "broken").iterdir())


@pytest.mark.e2e
def test_a_living_night_is_not_touched(tmp_path: Path) -> None:
    root = scripted(tmp_path, HANG)
    worktree = tmp_path / "repo.worktrees" / "agent-1"
    plan(root, "long work")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and s.runs["T1-1"].live and (worktree / "half.txt").exists())
        before = control.read_pids(user.places.run_dir("T1-1"))
        said = user.ok("repair")
        assert "looks after its runs" in said
        assert control.read_pids(user.places.run_dir("T1-1")) == before
        assert not is_gone(before["agent_pid"])
        assert user.state().runs["T1-1"].live


@pytest.mark.e2e
def test_orphans_of_a_host_that_died_with_its_guard_and_its_engine_are_ended(tmp_path: Path) -> None:
    child = tmp_path / "child.pid"
    escape = f"(setsid nohup sh -c 'echo $$ > {child}; exec tail -f /dev/null' >/dev/null 2>&1 &)"
    root = scripted(tmp_path, [{"run": escape}, *HANG], more='[cage]\nkind = "none"')  # which would end it
    plan(root, "leave something")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and s.runs["T1-1"].live and child.exists() and child.read_text().strip())
        engine, pids = engine_pid(user.places.folder), control.read_pids(user.places.run_dir("T1-1"))
        assert engine
        os.kill(engine, signal.SIGKILL)
        os.kill(pids["guard_pid"], signal.SIGKILL)
        eventually(lambda: is_gone(pids["pid"]) and is_gone(pids["agent_pid"]), "the end of host and agent")
        orphan = int(child.read_text())
        assert not is_gone(orphan)

        assert found(user, "--check", code=1)["orphan"] is None
        assert not is_gone(orphan)
        assert found(user, code=0)["orphan"] is True
        assert is_gone(orphan)


def test_a_fast_forward_that_was_killed_in_the_middle_is_taken_back_and_your_own_changes_never_are(
    tmp_path: Path,
) -> None:
    from tests.repos import commit, make_repo

    root = make_repo(tmp_path, {"a.txt": "old\n", "b.txt": "old\n", "c.txt": "old\n"})
    base = git(root, "rev-parse", "HEAD")
    git(root, "switch", "-q", "-c", "work")
    (root / "b.txt").unlink()
    merged = commit(root, {"a.txt": "new\n", "new.txt": "new\n"}, "work")
    git(root, "switch", "-q", "main")
    (root / "a.txt").write_text("new\n")
    (root / "b.txt").unlink()
    (root / "new.txt").write_text("new\n")

    files = repo.half_forwarded(root, base, merged)
    assert sorted(files) == ["a.txt", "b.txt", "new.txt"]
    (root / "c.txt").write_text("my own\n")
    assert repo.half_forwarded(root, base, merged) == []
    git(root, "checkout", "c.txt")
    repo.undo_half_forward(root, base, files)
    assert git(root, "status", "--porcelain") == ""
    assert isinstance(repo.land(Repository.open(root), "main", base, merged), repo.Landed)
