"""A terminal agent in its pane, on a real terminal: its program gets every key, and nothing of it gets out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.desk import sits_down
from tests.e2e.scripts import plan
from tests.e2e.terminal import terminal
from tests.e2e.test_terminal_agents import with_terminal

COCKPIT = [sys.executable, "-m", "cockpit"]

PROGRAM = r'''
"""Says which keys it got, where its terminal says its cursor is, and how large it is; on `h` it is hostile."""
import base64, os, random, signal, sys, tty
tty.setraw(0)
out = lambda text: os.write(1, text if isinstance(text, bytes) else text.encode())
size = lambda *_: out("\r\nnow %dx%d " % os.get_terminal_size(1))
signal.signal(signal.SIGWINCH, size)
out("\x1b[2J\x1b[Hready 漢字 \x1b[38;2;255;128;0mcolour\x1b[0m\r\n")
def hostile():
    out(b"\x1b]52;c;" + base64.b64encode(b"stolen clipboard") + b"\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\")
    out("\x1b]0;stolen title\x07\x1b]2;stolen title\x1b\\\x1bkstolen title\x1b\\\x1b]9;notice\x07")
    out("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\ [bold]markup[/bold] [@click=app.quit]x[/]")
    out(b"x" * 3_000_000)
    chance = random.Random(7)
    for _ in range(200):
        out(chance.randbytes(5_000))
    out("\x18\x1bc\x1b[?1049l\x1b[?1000;1002;1003;1006;2004l\x1b[2J\x1b[Hsurvived all of it\r\n")
while key := os.read(0, 100):
    if key == b"h":
        hostile()
    elif key == b"c":
        out("\x1b[7;9H\x1b[6n")
    elif key == b"e":
        break
    else:
        out("key " + repr(key)[2:-1] + ";")
'''


@pytest.mark.e2e
def test_the_program_gets_every_key_and_nothing_of_it_gets_out(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    root = with_terminal(tmp_path, f"{sys.executable} {script}")
    plan(root, "try the terminal")
    with sits_down(root) as user, terminal(tmp_path, 100, 30) as tty:
        tty.tmux("start-server")
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda state: any(run.live for run in state.runs.values()))
        tty.runs(COCKPIT, root, user.environ)
        tty.sees("try the terminal")
        tty.presses("2")
        tty.sees("ready 漢字 colour")

        for key, shows in [("q", "key q;"), ("?", "key ?;"), ("Tab", "key \\t;"), ("C-p", "key \\x10;")]:
            tty.presses(key)
            tty.sees(shows)
        for key, shows in [
            ("C-q", "key \\x11;"),
            ("C-c", "key \\x03;"),
            ("Up", "key \\x1b[A;"),
            ("F5", "key \\x1b[15~;"),
        ]:
            tty.presses(key)
            tty.sees(shows)
        tty.presses("Escape")
        tty.sees("key \\x1b;")
        tty.presses("c")
        tty.sees("key \\x1b[7;9R;")

        title = tty.tmux("display-message", "-p", "-t", "t", "#{pane_title}")
        tty.tmux("set-option", "-s", "set-clipboard", "on")
        tty.presses("h")
        screen = tty.sees("survived all of it", "ctrl+b then:")
        assert "try the terminal" in screen
        assert tty.tmux("display-message", "-p", "-t", "t", "#{pane_title}") == title
        assert "stolen" not in tty.tmux("list-buffers") + title
        tty.presses("x")
        tty.sees("key x;")

        tty.resizes(80, 24)
        tty.sees("now ")
        tty.presses("C-b", "1")
        tty.sees_no("survived all of it")
        tty.presses("2")
        tty.sees("survived all of it")
        tty.presses("C-b", "q")
        tty.sees("LEFT WITH 0")
