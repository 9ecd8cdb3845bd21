"""The doctor: what it finds, and the fix it names."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from cockpit.doctor import Check, answers, ask, examine, letters
from tests.repos import git, make_repo


def looked(root: Path, kind: str = "scripted", command: str = "", need: int = 1, **environ: str) -> dict[str, Check]:
    surroundings = {"PATH": "/usr/bin:/bin", "HOME": str(root)} | environ
    found = examine(root, agent_kind=kind, agent_command=command, environ=surroundings, need_bytes=need)
    return {check.name: check for check in found}


def test_all_is_well_in_a_good_repository(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    script = tmp_path / "script.json"
    script.touch()

    found = looked(root, command=str(script))

    assert [found[name].ok for name in ("git", "repository", "identity", "agent", "key", "disk")] == [True] * 6


def test_no_repository_bare_empty_and_detached_each_have_their_fix(tmp_path: Path) -> None:
    assert "git init" in looked(tmp_path)["repository"].fix

    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "bare")], check=True)
    assert "clone it" in looked(tmp_path / "bare")["repository"].fix

    subprocess.run(["git", "init", "-q", str(tmp_path / "empty")], check=True)
    assert "commit" in looked(tmp_path / "empty")["repository"].fix

    root = make_repo(tmp_path)
    git(root, "checkout", "-q", "--detach")
    assert looked(root)["repository"].ok is None
    assert "git switch" in looked(root)["repository"].fix


def test_what_is_special_about_a_repository_is_said_with_what_the_night_makes_of_it(tmp_path: Path) -> None:
    plain = looked(make_repo(tmp_path, name="plain"))
    assert not {"signing", "hooks", "lfs", "submodules", "branches", "worktrees"} & plain.keys()

    root = make_repo(tmp_path, {".gitattributes": "*.bin filter=lfs\n", ".gitmodules": "", "app.py": "a\n"})
    git(root, "config", "commit.gpgSign", "true")
    git(root, "config", "filter.lfs.required", "true")
    git(root, "branch", "agent-1")
    hook = cli(root / ".git" / "hooks" / "pre-commit", "exit 0")
    (tmp_path / "repo.worktrees").mkdir()
    found = looked(root)

    assert Path(hook).name in found["hooks"].found
    assert "passphrase" in found["signing"].found
    assert found["lfs"].ok is bool(shutil.which("git-lfs"))
    assert "submodule update --init" in found["submodules"].fix
    assert "git branch -m agent-1" in found["branches"].fix
    assert "of 50.0 GB" in found["worktrees"].found


def test_a_network_that_agents_could_not_do_without_is_an_error(tmp_path: Path) -> None:
    def seen(network: str | None) -> list[tuple[bool | None, str]]:
        found = examine(tmp_path, agent_kind="scripted", agent_command="", environ={}, network=network)
        return [(check.ok, check.found) for check in found if check.name == "network"]

    assert seen(None) == []
    ((ok, said),) = seen("")
    assert ok
    assert "reach their model and nothing else" in said
    assert seen("it needs bubblewrap") == [(False, "it needs bubblewrap")]


def cli(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_the_agents_cli_is_missing_broken_or_fine(tmp_path: Path) -> None:
    root = make_repo(tmp_path)

    missing = looked(root, "claude", "/nowhere/claude")["agent"]
    assert (missing.ok, missing.found) == (False, "/nowhere/claude was not found")
    assert "npm install" in missing.fix
    assert looked(root, "claude", cli(tmp_path / "broken", "echo no licence >&2; exit 3"))["agent"].ok is False
    assert "2.1.0" in looked(root, "claude", cli(tmp_path / "fine", "echo 2.1.0"))["agent"].found


def test_a_key_is_found_and_never_shown(tmp_path: Path) -> None:
    root = make_repo(tmp_path)

    assert looked(root, "api")["key"].ok is False
    found = looked(root, "api", ANTHROPIC_API_KEY="sk-secret", ANTHROPIC_BASE_URL="http://gateway")["key"]
    assert found.ok
    assert "sk-secret" not in found.found
    assert "http://gateway" in found.found
    assert looked(root, "claude")["key"].ok is None
    (root / ".claude").mkdir()
    (root / ".claude" / ".credentials.json").write_text("{}")
    assert looked(root, "claude")["key"].ok


def test_a_full_disk_is_said_before_the_night(tmp_path: Path) -> None:
    found = looked(make_repo(tmp_path), need=1 << 60)["disk"]

    assert found.ok is False
    assert "make room" in found.fix


def test_a_cli_that_never_answers_is_given_up_with_everything_it_started(tmp_path: Path) -> None:
    hanging = cli(tmp_path / "hanging", f'echo $$ > "{tmp_path}/pid"\nsleep 600 | cat')
    begun = time.monotonic()

    found = answers(hanging, {"PATH": "/usr/bin:/bin"}, seconds=0.5)

    assert (found.ok, "no answer in 0.5 s" in found.found) == (False, True)
    assert time.monotonic() - begun < 60
    group = int((tmp_path / "pid").read_text())
    # What is killed may stay a zombie until its new parent looks; a zombie does nothing any more.
    deadline = time.monotonic() + 20
    while (alive := living(group)) and time.monotonic() < deadline:
        ask("ps")
    assert alive == []


def living(group: int) -> list[str]:
    """The processes of a group that are not dead."""
    lines = ask("ps", "-eo", "pgid=,stat=,args=").out.splitlines()
    return [line for line in lines if line.split()[0] == str(group) and not line.split()[1].startswith("Z")]


def test_a_cli_that_is_no_program_and_one_that_prints_garbage_are_told(tmp_path: Path) -> None:
    no_program = tmp_path / "text"
    no_program.write_text("not a program")
    no_program.chmod(0o755)
    assert answers(str(no_program), {}).ok is False

    garbage = answers(cli(tmp_path / "garbage", "printf '\\377\\376 1.0\\nmore'"), {"PATH": "/usr/bin:/bin"})
    assert garbage.ok
    assert "more" not in garbage.found


def test_a_repository_of_another_user_is_not_called_missing(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    root = make_repo(tmp_path)
    for path in (root, root / ".git"):
        os.chown(path, 12345, 12345)

    found = looked(root)["repository"]

    assert (found.ok, "another user" in found.found, "safe.directory" in found.fix) == (False, True, True)
    for path in (root, root / ".git"):
        os.chown(path, 0, 0)


@pytest.mark.parametrize(
    ("environ", "fine"),
    [
        ({"LANG": "C.UTF-8"}, True),
        ({"LANG": "en_US.utf8"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, False),
        ({"LC_ALL": "", "LC_CTYPE": "de_DE.UTF-8"}, True),
        ({}, False),
    ],
)
def test_the_locale_that_counts_is_looked_at(environ: dict[str, str], fine: bool) -> None:
    assert [check.ok for check in letters(environ)] == ([] if fine else [None])


def test_a_missing_identity_and_a_missing_folder_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repo(tmp_path)
    for key in ("user.name", "user.email"):
        subprocess.run(["git", "config", "--unset-all", key], cwd=root, check=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in [name for name in os.environ if name.startswith("GIT_CONFIG_") and name.split("_")[-1].isdigit()]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("GIT_CONFIG_COUNT", raising=False)

    identity = looked(root)["identity"]
    assert identity.ok is None
    assert "git config --global user.name" in identity.fix

    shutil.rmtree(root)
    assert looked(root)["repository"].ok is False


def test_a_terminal_agent_needs_a_program_that_is_there(tmp_path: Path) -> None:
    root = make_repo(tmp_path)

    assert looked(root, "terminal", "git status {prompt}")["agent"].ok
    missing = looked(root, "terminal", "no-such-agent {prompt}")["agent"]
    assert (missing.ok, missing.found) == (False, "no-such-agent was not found on PATH")
    assert "agents.command" in missing.fix
    nothing = looked(root, "terminal")["agent"]
    assert nothing.found == "the terminal agent needs a command"
    assert "my-agent --task {prompt}" in nothing.fix
    assert "[review] enabled = false" in looked(root, "terminal", "true")["key"].fix
