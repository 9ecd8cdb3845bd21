"""Scripts for the scripted agent, and repositories that use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.desk import configured
from tests.repos import make_repo

Step = dict[str, Any]

WORK: list[Step] = [
    {"spend": {"usd": 0.25, "tokens": 1000}},
    {"run": "echo done > $COCKPIT_TASK.txt"},
    {"commit": "do the work"},
]
"""A turn that makes one file, named after the task."""


def scripted(
    tmp_path: Path, *turns: list[Step], gate: str = "true", merge: str = "auto", count: int = 1, more: str = ""
) -> Path:
    """A repository whose agents play `turns`; tasks are reviewed by nobody and pass if `gate` succeeds."""
    root = make_repo(tmp_path, {"README.md": "# a small project\n", "app.py": "VALUE = 1\n"})
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"turns": list(turns)}))
    if "[cage]" not in more:
        more += f'\n[cage]\nreadable = ["{tmp_path}"]\n'  # /tmp is their own: signals to agents come as files from ours
    return configured(
        root,
        f"""
[agents]
kind = "scripted"
command = "{script}"
count = {count}
heartbeat = 0.5
environment = ["MY_*"]
[[gates]]
name = "tests"
command = {json.dumps(gate)}
[review]
enabled = false
[merge]
policy = "{merge}"
{more}
""",
    )


def plan(root: Path, *titles: str) -> Path:
    """A plan with a task for each title."""
    path = root / "PLAN.md"
    path.write_text("# Plan\n\n" + "".join(f"- [ ] {title}\n" for title in titles))
    return path
