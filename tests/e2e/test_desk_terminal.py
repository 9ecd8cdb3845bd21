"""The merge desk on a real terminal: a comment outlives the screen, other programs get it and give it back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cockpit.state import TaskState
from tests.e2e.desk import sits_down
from tests.e2e.scripts import Step, plan, scripted
from tests.e2e.terminal import terminal

COCKPIT = [sys.executable, "-m", "cockpit"]
TWO: list[Step] = [{"run": "printf 'one\\ntwo\\n' > count.txt"}, {"commit": "two lines"}]
AGAIN: list[Step] = [{"say": "I was told: {message}"}, {"run": "echo three >> count.txt"}, {"commit": "three"}]
EDITOR = '#!/bin/sh\necho "editing $*"; cat "$2"; stat -c %A "$2" 2>/dev/null; read -r line\n'


@pytest.mark.e2e
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 50)])
def test_a_comment_outlives_the_screen_and_goes_to_the_agent_and_what_landed_is_undone(
    tmp_path: Path, width: int, height: int
) -> None:
    root = scripted(tmp_path, TWO, AGAIN, merge="ask")
    plan(root, "count")
    editor = tmp_path / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    with sits_down(root, {"EDITOR": str(editor), "SHELL": "/bin/sh"}) as user, terminal(tmp_path, width, height) as tty:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.in_state(TaskState.READY))
        tty.runs(COCKPIT, root, user.environ)
        tty.sees("T1", "count")
        tty.presses("3")
        tty.sees("count.txt", "+ two")
        tty.presses("]", "c")
        tty.sees("Comment on count.txt:1-2")
        tty.types("and three?")
        tty.sees("and three?")
        tty.presses("Enter")
        tty.sees("✎ and three?")

        tty.dies()
        tty.runs(COCKPIT, root, user.environ)
        tty.sees("T1", "count")
        tty.presses("3")
        tty.sees("1 comment not sent", "✎ and three?")
        tty.presses("]", "e")
        tty.sees("look-T1/count.txt", "editing +1", "-r--r--r--")
        tty.presses("Enter")
        tty.sees("T1 as it would land", "1 comment not sent")
        tty.presses("o")
        tty.sees("T1's own worktree", "agent-1")
        tty.types("ls -a; exit\n")
        tty.sees("1 comment not sent")

        tty.presses("x")
        tty.sees("Send T1 back with 1 comment?", "count.txt:1-2: and three?")
        tty.presses("Enter")
        user.sees(lambda s: s.tasks["T1"].state is TaskState.READY and "and three?" in user.ok("logs", "1"))
        tty.sees("+ three")
        tty.presses("a")
        user.sees(lambda s: s.tasks["T1"].state is TaskState.LANDED)
        tty.sees("landed on main as")
        tty.presses("B")
        tty.sees("Roll back T1?")
        tty.presses("y")
        user.sees(lambda s: "T2" in s.tasks and s.tasks["T2"].state is TaskState.LANDED)
        tty.sees("rolled back by T2")
        assert not (root / "count.txt").exists()
        assert list((root.parent / "repo.worktrees").iterdir()) == []  # all is landed, so nothing is left to keep
        tty.presses("q")
        tty.sees("LEFT WITH 0")
