"""The agents' panes on a real terminal: layouts, zoom and numbers while agents stream, reading back, copying."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.desk import sits_down
from tests.e2e.scripts import Step, plan, scripted
from tests.e2e.terminal import terminal

COCKPIT = [sys.executable, "-m", "cockpit"]
ROWS = "\n".join(f"test {n} passed" for n in range(200))
TALK: list[Step] = [
    {"say": "I begin to work."},
    *({"tool": {"name": "Bash", "step": f"look {n}", "output": "nothing"}} for n in range(40)),
    {"tool": {"name": "Bash", "step": "run the linter", "output": "line 7 is too long", "failed": True}},
    *({"say": f"I think about it, {n}."} for n in range(40)),
    {"tool": {"name": "Bash", "step": "run the tests", "output": ROWS}},
    {"say": "Now I wait. \x1b]52;c;aGFja2Vk\x07"},
    {"listen": True},
]


@pytest.mark.e2e
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 50)])
def test_panes_are_arranged_while_agents_stream_and_the_layout_is_remembered(
    tmp_path: Path, width: int, height: int
) -> None:
    root = scripted(tmp_path, TALK, merge="ask", count=3)
    plan(root, "one thing", "another thing", "a third thing")
    with sits_down(root) as user, terminal(tmp_path, width, height) as tty:
        tty.runs([*COCKPIT, "run", "PLAN.md"], root, user.environ)
        tty.sees("T1", "one thing")
        tty.presses("2")
        tty.sees("▌ ◐ agent-1", "agent-2", "agent-3")
        tty.presses("l")
        tty.sees("layout: main+stack")
        for size in ((100, 30), (200, 60), (80, 24), (width, height)):
            tty.resizes(*size)
        tty.presses("g")
        tty.sees("▀▀▀█")
        tty.presses("3")
        tty.sees("▌ ◐ agent-3", "Now I wait.")
        tty.presses("z")
        tty.sees("zoomed", "Now I wait.")
        tty.sees_no("agent-2 T2")
        tty.presses("z")
        tty.sees("agent-1", "agent-2", "agent-3")

        tty.dies()
        assert (root / ".cockpit" / "screen.toml").read_text() == '[agents]\nlayout = "main+stack"\n'
        tty.runs(COCKPIT, root, user.environ)
        tty.presses("2")
        tty.sees("Now I wait.")
        tty.presses("l")
        tty.sees("layout: one")


@pytest.mark.e2e
def test_a_transcript_is_read_back_and_only_a_persons_key_reaches_the_clipboard(tmp_path: Path) -> None:
    root = scripted(tmp_path, TALK, merge="ask")
    plan(root, "one thing")
    with sits_down(root) as user, terminal(tmp_path, 80, 24) as tty:
        tty.runs([*COCKPIT, "run", "PLAN.md"], root, user.environ)
        tty.tmux("set-option", "-s", "set-clipboard", "on")
        tty.sees("T1", "one thing")
        tty.presses("2")
        tty.sees("… 194 more lines", "Now I wait.")
        tty.presses("Space")
        tty.sees("▌● run the tests", "test 14 passed", "f follows")
        tty.presses("/")
        tty.types("test 17")
        tty.sees("1 of 11")
        tty.presses("Enter", ".")
        tty.sees("▶", "test 170 passed", "2 of 11")
        tty.presses("Escape")
        tty.sees_no("/test 17")
        tty.presses("e")
        tty.sees("▌  ✗ line 7 is too long", "error 1 of 1")
        tty.presses("o", "o")
        tty.sees("● run the linter ✗ · 1 line")
        tty.presses("o", "End")
        tty.sees("Now I wait.")
        assert tty.tmux("list-buffers") == ""

        tty.presses("[", "[", "y")
        tty.sees("copied 201 lines")
        assert tty.tmux("show-buffer").splitlines()[:2] == ["run the tests", "test 0 passed"]
