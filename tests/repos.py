"""Small real git repositories for tests: git is quick, so nothing of it is ever faked."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

FILES: Mapping[str, str] = {"README.md": "# a small project\n", "app.py": "VALUE = 1\n"}
"""What a repository holds where a test does not care."""


def make_repo(tmp_path: Path, files: Mapping[str, str] = FILES, name: str = "repo") -> Path:
    """A repository `tmp_path/name` on branch main, with one commit of `files` and an identity of its own."""
    root = tmp_path / name
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for key, value in {
        "user.name": "Ada",
        "user.email": "ada@example.org",
        "commit.gpgSign": "false",
        "gc.auto": "0",
        "maintenance.auto": "false",
    }.items():
        git(root, "config", key, value)
    commit(root, files, "first")
    return root


def git(where: Path, *arguments: str, okay: int = 0) -> str:
    """Run git in `where` and give what it printed, without the last newline.

    A status other than `okay` fails the test; a merge that is meant to conflict ends with 1.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(where), "-c", "core.quotePath=false", *arguments],
        env=environment | {"LC_ALL": "C", "GIT_EDITOR": "true", "GIT_TERMINAL_PROMPT": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == okay, f"git {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout.removesuffix("\n")


def write(where: Path, files: Mapping[str, str]) -> None:
    """Write `files` (relative path to content) under `where`, in no commit yet."""
    for path, content in files.items():
        target = where / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")


def commit(where: Path, files: Mapping[str, str], message: str = "change") -> str:
    """Write `files`, commit everything that is uncommitted, and give the new commit."""
    write(where, files)
    git(where, "add", "-A")
    git(where, "commit", "-q", "--allow-empty", "-m", message)
    return git(where, "rev-parse", "HEAD")
