"""The board on a real terminal: the editor really takes the screen, and gives it back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.desk import sits_down
from tests.e2e.scripts import scripted
from tests.e2e.terminal import terminal

COCKPIT = [sys.executable, "-m", "cockpit"]

ASKING = """#!/bin/sh
echo "EDITING"
head -1 "$1"
echo "in what order?"
read -r answer
sed -i "s/^priority = .*/priority = $answer/" "$1"
"""


def an_editor(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "editor"
    program.write_text(ASKING)
    program.chmod(0o755)
    return {"EDITOR": str(program)}


@pytest.mark.e2e
def test_the_editor_has_the_terminal_to_itself_and_a_slip_opens_it_again(tmp_path: Path) -> None:
    with sits_down(scripted(tmp_path), an_editor(tmp_path)) as user, terminal(tmp_path, 80, 24) as tty:
        user.ok("task", "add", "paint", "the", "door")
        tty.runs(COCKPIT, user.root, user.environ)
        tty.sees("T1", "paint the door", "d")
        tty.presses("e")
        tty.sees("EDITING", "in what order?")
        tty.types("high")
        tty.presses("Enter")
        tty.sees("✗ the fields are not TOML")
        tty.types("3")
        tty.presses("Enter")
        tty.sees("✓ T1: priority changed", "▲3 paint the door")
        assert user.task("T1").priority == 3
        tty.presses("q")
        tty.sees("LEFT WITH 0")


@pytest.mark.e2e
def test_the_command_edits_in_the_same_editor(tmp_path: Path) -> None:
    with sits_down(scripted(tmp_path), an_editor(tmp_path)) as user, terminal(tmp_path, 80, 24) as tty:
        user.ok("task", "add", "paint", "the", "door")
        tty.runs([*COCKPIT, "task", "edit", "t1"], user.root, user.environ)
        tty.sees("EDITING")
        tty.types("2")
        tty.presses("Enter")
        tty.sees("T1: priority changed", "LEFT WITH 0")
        assert user.task("T1").priority == 2
