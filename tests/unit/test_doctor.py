"""The doctor: what it finds, and the fix it names."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cockpit.doctor import Check, examine
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
