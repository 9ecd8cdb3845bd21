"""The cockpit without a screen: plain lines, the status that follows, pipes and dumb terminals."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cockpit.state import TaskState
from tests.e2e.desk import Desk, ended, sits_down
from tests.e2e.scripts import WORK, plan, scripted
from tests.e2e.terminal import terminal

GREYS = {16, 59, 102, 145, 188, 231, *range(232, 256)}
"""Of the 256 colours of a terminal, those that are none."""

COCKPIT = (sys.executable, "-m", "cockpit")


@contextmanager
def talks(user: Desk, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`cockpit WORDS` with pipes to type into and to read from; ended at the end."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen([*COCKPIT, *words], cwd=user.root, env=user.environ, text=True, bufsize=1, **pipes) as talk:  # type: ignore[call-overload]
        try:
            yield talk
        finally:
            talk.kill()


def says(talk: subprocess.Popen[str], text: str) -> list[str]:
    """Read until a line has `text`."""
    assert talk.stdout is not None
    lines = []
    for line in talk.stdout:
        lines.append(line.rstrip())
        if text in line:
            return lines
    raise AssertionError(f"it never said {text!r} but\n" + "\n".join(lines))


def types(talk: subprocess.Popen[str], line: str) -> None:
    """Type a line."""
    assert talk.stdin is not None
    talk.stdin.write(f"{line}\n")


@pytest.mark.e2e
def test_a_night_is_followed_and_steered_in_plain_lines(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK, merge="ask")
    plan(root, "one thing")
    with sits_down(root) as user:
        user.ok("plan", "PLAN.md")
        with talks(user, "--plain") as talk:
            says(talk, "quit leaves, the night goes on")
            types(talk, "run --detach")
            said = says(talk, "waiting   T1: the gates are good")
            assert any("T1 is taken by agent-1" in line for line in said)
            assert not any("\x1b" in line for line in said)
            types(talk, "inbox")
            says(talk, "`cockpit approve T1`")
            types(talk, "approve T9")
            says(talk, "there is no task 'T9'")
            types(talk, "aprove T1")
            says(talk, "invalid choice")
            types(talk, "approve 'T1")
            says(talk, "that can't be read")
            types(talk, "approve T1")
            says(talk, "T1 landed on main")
            types(talk, "quit")
            assert talk.wait(30) == 0
        assert user.state().tasks["T1"].state is TaskState.LANDED


@pytest.mark.e2e
def test_status_watch_says_it_again_when_something_changed_and_leaves_with_ctrl_c(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    plan(root, "one thing")
    with sits_down(root) as user, talks(user, "status", "--watch") as talk:
        says(talk, "none; add some")
        user.ok("plan", "PLAN.md")
        says(talk, "1 queued")
        user.ok("run", "--detach")
        says(talk, "1 landed")
        user.sees(ended)
        talk.send_signal(signal.SIGINT)
        assert talk.wait(30) in (0, 10)


@pytest.mark.e2e
def test_a_pipe_gets_the_status_as_text(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    with sits_down(root) as user:
        assert "tasks    none" in user.ok()


@pytest.mark.e2e
def test_a_dumb_terminal_gets_plain_lines_and_one_without_colours_gets_none(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    plan(root, "one thing")
    with sits_down(root) as user, terminal(tmp_path, 100, 30) as tty:
        user.ok("plan", "PLAN.md")
        tty.runs(["env", "TERM=dumb", *COCKPIT], root, user.environ)
        tty.sees("1 queued", "help says what can be typed")
        tty.types("quit")
        tty.presses("Enter")
        tty.sees("LEFT WITH 0")
        tty.dies()
        tty.runs(["env", "NO_COLOR=1", *COCKPIT], root, user.environ)
        tty.sees("one thing", "○ no engine")
        painted = tty.tmux("capture-pane", "-p", "-e", "-t", "t")
        colours = {int(number) for number in re.findall(r"[34]8;5;(\d+)", painted)}
        assert colours, "not even grey"
        assert colours <= GREYS
        tty.presses("q")
        tty.sees("LEFT WITH 0")


@pytest.mark.e2e
def test_keys_from_a_pipe_are_refused_with_what_to_do(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    with sits_down(root) as user, terminal(tmp_path, 100, 30) as tty:
        tty.runs(["sh", "-c", f"{' '.join(COCKPIT)} </dev/null"], root, user.environ)
        tty.sees("`cockpit --plain` reads commands from a pipe", "LEFT WITH 2")
        assert json.loads(user.types("status", "--json").stdout)["tasks"]["total"] == 0
