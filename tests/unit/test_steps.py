"""How tool calls are shown: one line each, and the diff or the command behind them."""

from __future__ import annotations

from typing import Any

import pytest

from cockpit.agents.steps import MAX_STEP, detail_of, step_of
from cockpit.text import MAX_TEXT


@pytest.mark.parametrize(
    ("name", "given", "step"),
    [
        ("Edit", {"file_path": "/w/src/stats.py", "old_string": "a", "new_string": "b"}, "edit src/stats.py"),
        ("Read", {"file_path": "/etc/hosts"}, "read /etc/hosts"),
        ("Read", {"file_path": "/w2/stats.py"}, "read /w2/stats.py"),
        ("Bash", {"command": "python -m pytest\n  -q", "description": "tests"}, "bash python -m pytest -q"),
        ("Grep", {"pattern": "TODO", "path": "/w/src"}, "search TODO"),
        ("Task", {"description": "look around", "prompt": "long"}, "task look around"),
        ("TodoWrite", {"todos": [{"status": "completed"}, {"status": "pending"}, "odd"]}, "plan 1 of 3 done"),
        ("mcp__db__query", {}, "mcp__db__query"),
        ("Bash", {"command": None}, "bash"),
    ],
)
def test_a_step_is_what_a_person_would_say(name: str, given: dict[str, Any], step: str) -> None:
    assert step_of(name, given, "/w") == step


def test_a_step_is_bounded() -> None:
    assert len(step_of("Bash", {"command": "x" * 1000})) == MAX_STEP


def test_an_edit_is_a_diff() -> None:
    given = {"file_path": "/w/a.py", "old_string": "one\ntwo", "new_string": "one\n2"}
    assert detail_of("Edit", given, "/w") == "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"


def test_a_new_file_comes_from_nothing() -> None:
    given = {"file_path": "/w/a.py", "content": "one\n"}
    assert detail_of("Write", given, "/w") == "--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+one\n"


def test_several_edits_are_several_diffs() -> None:
    edits = [{"old_string": "a", "new_string": "b"}, "odd", {"old_string": "c", "new_string": "d"}]
    detail = detail_of("MultiEdit", {"file_path": "/w/a.py", "edits": edits}, "/w")
    assert detail.count("--- a/a.py") == 2


def test_a_command_is_itself() -> None:
    assert detail_of("Bash", {"command": "ls -l", "timeout": 3}) == "ls -l"


def test_anything_else_is_its_input() -> None:
    assert detail_of("Grep", {"pattern": "TODO", "-n": True, "deep": {"x": 1}}) == "pattern: TODO\n-n: True"


def test_details_are_bounded() -> None:
    huge = "\n".join(str(n) for n in range(100_000))
    for given in ({"command": huge}, {"file_path": "a", "content": huge}, {"pattern": huge}):
        assert len(detail_of("Tool", given)) < MAX_TEXT + 100
