"""The demo's stage: a throwaway repository with a small real Python package, a plan and a configuration.

The package and the plan are the files in `repo/`; what the scripted model does with them is in `play.toml`.
The commit has the same id wherever and whenever it is made.
"""

from __future__ import annotations

import os
import subprocess
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

PLAY = Path(str(resources.files("cockpit.demo") / "play.toml"))
"""What the scripted model says and does."""

NAME = "tally"
"""The repository's folder."""

_IGNORED = "__pycache__/\n*.pyc\n.claude-sessions/\n"

_CONFIG = """\
# The demo's night: three built-in agents on a scripted local model; everything else is as in earnest.

[repository]
target = "main"

[agents]
kind = "api"
count = 3

[models]
builder = "claude-sonnet-5-5"
reviewer = "claude-opus-5-5"

[merge]
policy = "auto"  # but one task of the plan asks for your keystroke

[budget]
night_usd = 5.0

[[gates]]
name = "compile"
command = "python3 -m compileall -q tally"
timeout = 60

[[gates]]
name = "tests"
command = "python3 -m unittest"
timeout = 120
"""

_DATE = "2026-01-05T20:00:00+00:00"


def lay_out(target_dir: Path) -> Path:
    """Make the repository in `target_dir`, which need not exist yet; gives the repository's own path."""
    root = target_dir / NAME
    _copy(resources.files("cockpit.demo") / "repo", root)
    (root / ".gitignore").write_text(_IGNORED, encoding="utf-8")
    (root / "cockpit.toml").write_text(_CONFIG, encoding="utf-8")
    _git(root, "init", "--quiet", "--initial-branch", "main", "--template=")
    for key, value in {
        "user.name": "Demo",
        "user.email": "demo@localhost",
        "commit.gpgSign": "false",
        "core.autocrlf": "false",
        "core.hooksPath": os.devnull,
        "merge.conflictStyle": "merge",
        "gc.auto": "0",
        "maintenance.auto": "false",
    }.items():
        _git(root, "config", key, value)
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--no-verify", "--message", "Tally 0.3.0")
    return root


def _copy(source: Traversable, target: Path) -> None:
    """Copy a folder of the package, without what Python left in it."""
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                _copy(entry, target / entry.name)
        else:
            (target / entry.name).write_bytes(entry.read_bytes())


def _git(root: Path, *arguments: str) -> None:
    """Run git as if the user had no configuration of their own: hooks and templates are not for the demo."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": _DATE,
        "GIT_COMMITTER_DATE": _DATE,
    }
    subprocess.run(
        ["git", *arguments], cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
