"""Bad input: each a clear message that names what, where and what to do, an exit code, and nothing lost."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cockpit import events
from cockpit.config import Config
from cockpit.engine.readiness import NotReady, check_disk
from cockpit.state import TaskState
from tests.e2e.desk import Desk, configured, sits_down
from tests.e2e.scripts import WORK, plan, scripted
from tests.repos import git, make_repo

API = '[agents]\nkind = "api"\n'


def desk(root: Path) -> Desk:
    return Desk(root)


def test_no_git_repository(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()

    for command in (["status"], ["run"], ["plan", "x.md"], ["init"], ["report"], []):
        said = desk(folder).fails(*command)
        assert f"{folder} is in no git repository" in said
        assert "git init" in said


def test_a_bare_repository(tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "init", "-q", "--bare", str(bare)], check=True)

    assert "bare" in desk(bare).fails("run")


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    root = tmp_path / "empty"
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)

    assert "commit" in desk(root).fails("run")


def test_a_detached_head_has_no_branch_to_land_on(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    git(root, "checkout", "-q", "--detach")

    said = desk(root).fails("run")

    assert "HEAD is detached" in said
    assert "git switch" in said


def test_a_target_that_does_not_exist(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK, more='[repository]\ntarget = "mian"')

    assert "there is no branch 'mian'" in desk(root).fails("run")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[agents]\ncuont = 2", "agents.cuont: unknown key; did you mean count?"),
        ("[agents]\ncount = 'x'", "agents.count = 'x'"),
        ("[agents", "is not valid TOML"),
        ("[keys]\napprove = 'p'\n", ""),
    ],
)
def test_a_configuration_with_a_mistake(tmp_path: Path, text: str, words: str) -> None:
    root = configured(make_repo(tmp_path), text)
    if words:
        assert words in desk(root).fails("run")
        assert words in desk(root).fails("config", "check")
    else:
        assert desk(root).types("config", "check").returncode in (0, 2)


def test_a_missing_cli_is_named_with_how_to_get_it_and_nothing_is_queued(tmp_path: Path) -> None:
    root = configured(make_repo(tmp_path), '[agents]\nkind = "claude"\ncommand = "/nowhere/claude"\n')
    plan(root, "a task")

    said = desk(root).fails("run", "PLAN.md")

    assert "/nowhere/claude" in said
    assert not (root / ".cockpit" / "ledger.db").exists()


def test_a_missing_key(tmp_path: Path) -> None:
    root = configured(make_repo(tmp_path), API)
    plan(root, "a task")

    assert "ANTHROPIC_API_KEY" in desk(root).fails("run", "PLAN.md")


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)

    assert "nowhere.md" in desk(root).fails("plan", "nowhere.md")


def test_a_cli_that_prints_garbage_and_dies_is_put_before_you_with_its_words(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    cli = tmp_path / "claude"
    cli.write_text("#!/bin/sh\necho '%%% not json'\necho 'license expired' >&2\nexit 7\n")
    cli.chmod(0o755)
    configured(root, f'[agents]\nkind = "claude"\ncommand = "{cli}"\nrestarts = 1\n[review]\nenabled = false\n')
    plan(root, "a task")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.tasks["T1"].state is TaskState.ESCALATED)

        assert "license expired" in state.tasks["T1"].reason
        assert "%%% not json" in user.ok("logs", "1")


def test_a_branch_of_yours_with_the_same_name_is_left_alone(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    git(root, "branch", "agent-1/task-T1")
    before = git(root, "rev-parse", "agent-1/task-T1")
    plan(root, "a task")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.tasks["T1"].state is TaskState.ESCALATED)

        assert "agent-1/task-T1" in state.tasks["T1"].reason
        assert git(root, "rev-parse", "agent-1/task-T1") == before


def test_a_folder_of_yours_where_the_worktree_should_go_is_left_alone(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    mine = tmp_path / "repo.worktrees" / "agent-1"
    mine.mkdir(parents=True)
    (mine / "diary.txt").write_text("private")
    plan(root, "a task")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.tasks["T1"].state is TaskState.ESCALATED)

        assert str(mine) in state.tasks["T1"].reason
        assert (mine / "diary.txt").read_text() == "private"


def test_a_setup_command_that_fails_says_its_words(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK, more='[repository]\nsetup = "echo no such package; exit 4"')
    plan(root, "a task")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.tasks["T1"].state is TaskState.ESCALATED)

        assert "no such package" in state.tasks["T1"].reason


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["run", "--agents", "11"], "agents must be 1 to 10"),
        (["run", "--until", "25:99"], "expected HH:MM"),
        (["run", "--budget", "-1"], "must be more than 0"),
        (["approve", "T9"], "there is no task"),
        (["reject", "T1"], "needs a note"),
        (["pause"], "say which: an agent"),
        (["pause", "7"], "there is no agent-7"),
        (["kill", "x"], "is no agent"),
        (["message", "1", "hello"], "there is no agent-1"),
        (["logs", "1"], "has run nothing yet"),
        (["task", "show", "T9"], "there is no task"),
        (["frobnicate"], "invalid choice"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why(tmp_path: Path, words: list[str], answer: str) -> None:
    root = scripted(tmp_path, WORK)
    user = desk(root)
    user.ok("task", "add", "something to do")

    done = user.types(*words)

    assert done.returncode in (1, 2)
    assert answer in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_is_nearly_full_is_said_before_the_night(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"only \d+ MB are free in .*make room for at least"):
        check_disk(tmp_path / "not" / "there" / "yet", need=1 << 60)

    check_disk(tmp_path, need=1)


def test_a_second_engine_is_refused(tmp_path: Path) -> None:
    import sys

    root = scripted(tmp_path, [{"hang": True}])
    plan(root, "a task")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        second = subprocess.run(
            [sys.executable, "-m", "cockpit.engine", str(root)], env=user.environ, capture_output=True, text=True
        )

        assert second.returncode == 2
        assert "an engine runs on this repository already" in second.stderr
        assert sum(isinstance(r.event, events.EngineStarted) for r in user.log()) == 1


def test_a_ledger_that_cannot_be_written_is_an_error_not_a_loss(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    (root / ".cockpit").write_text("a file of yours, where the folder should be")

    said = desk(root).fails("task", "add", "something")

    assert ".cockpit" in said
    assert (root / ".cockpit").read_text().startswith("a file of yours")


def test_init_writes_what_it_found_and_never_over_a_file(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"package.json": '{"scripts": {"test": "node --test"}}'})
    user = desk(root)

    user.ok("init")
    written = (root / "cockpit.toml").read_text()

    assert "npm" in written
    assert "the configuration is good" in user.ok("config", "check")
    assert "exists already" in user.fails("init")
    assert (root / "cockpit.toml").read_text() == written


def test_doctor_names_the_fix_for_what_is_missing(tmp_path: Path) -> None:
    asked = '[agents]\nkind = "claude"\ncommand = "/nowhere/claude"\n[cage]\nkind = "none"\nnetwork = false\n'
    root = configured(make_repo(tmp_path), asked)

    done = desk(root).types("doctor")

    assert done.returncode == 1
    assert "/nowhere/claude" in done.stdout
    assert "✗ network: [cage] network = false, or --no-network, needs bubblewrap" in done.stdout
    assert "✓ git" in done.stdout


def test_the_defaults_are_a_configuration(tmp_path: Path) -> None:
    assert "claude-sonnet" in desk(make_repo(tmp_path)).ok("config", "show")
    assert Config().agents.count == 1
