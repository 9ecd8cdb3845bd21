"""The cockpit on a real terminal: keys in, paint out; the terminal dies and the night does not."""

from __future__ import annotations

import difflib
import os
import sys
import time
from pathlib import Path

import pytest

from cockpit.demo.model import ModelServer
from cockpit.hosts import process
from cockpit.lock import engine_pid
from cockpit.state import TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.real import play, repository, talks_to
from tests.e2e.scripts import WORK, Step, plan, scripted
from tests.e2e.terminal import PATIENCE_SECONDS, Terminal, terminal
from tests.fakes.driven import eventually
from tests.repos import git

COCKPIT = [sys.executable, "-m", "cockpit"]
SLOW: list[Step] = [{"say": "I begin to work."}, {"listen": True}, {"say": "You said: {message}"}, *WORK]


@pytest.mark.e2e
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 50)])
def test_a_night_by_keys_the_terminal_dies_and_attaching_again_shows_where_it_is(
    tmp_path: Path, width: int, height: int
) -> None:
    root = scripted(tmp_path, SLOW, merge="ask")
    plan(root, "paint the door")
    with sits_down(root) as user, terminal(tmp_path, width, height) as tty:
        tty.runs([*COCKPIT, "run", "PLAN.md"], root, user.environ)
        tty.sees("T1", "paint the door")
        tty.presses("2")
        tty.sees("I begin to work.")

        tty.dies()
        assert engine_pid(user.places.folder) is not None, "the night must outlive the terminal"
        assert user.state().tasks["T1"].state is TaskState.WORKING
        tty.runs(COCKPIT, root, user.environ)
        tty.sees("T1")
        tty.presses("2")
        tty.sees("I begin to work.")

        tty.presses("m")
        tty.sees("Tell agent-1")
        tty.types("use blue")
        tty.sees("use blue")
        tty.presses("Enter")
        tty.sees("You said: use blue")
        user.sees(lambda s: s.in_state(TaskState.READY))
        tty.presses("3")
        tty.sees("paint the door", "T1.txt", "+ done")
        tty.presses("a")
        user.sees(ended)

        assert (root / "T1.txt").read_text() == "done\n"
        tty.presses("q")
        tty.sees("LEFT WITH 0")


@pytest.mark.e2e
def test_every_view_opens_help_shows_the_keys_and_resizing_breaks_nothing(tmp_path: Path) -> None:
    root = scripted(tmp_path, SLOW, merge="ask", count=3)
    plan(root, "one thing", "another thing", "a third thing")
    with sits_down(root) as user, terminal(tmp_path, 80, 24) as tty:
        tty.runs([*COCKPIT, "run", "PLAN.md"], root, user.environ)
        tty.sees("one thing", "a third thing")
        for key, shown in (
            ("2", "agent-1"),
            ("3", "Nothing waits at the merge desk"),
            ("4", "Nothing waits for you"),
            ("1", "another thing"),
        ):
            tty.presses(key)
            tty.sees(shown)
        tty.resizes(200, 50)
        tty.sees("I begin to work.", "another thing", "Inbox ─")
        tty.resizes(80, 24)
        tty.sees_no("Inbox ─")
        tty.presses("?")
        tty.sees("Merge the selected task")
        tty.presses("Escape")
        tty.sees_no("Merge the selected task")
        tty.presses("S")
        tty.sees("Stop the night")
        tty.presses("y")
        user.sees(ended)


@pytest.mark.e2e
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 50)])
def test_resizing_while_agents_stream_ends_in_what_a_second_terminal_sees(
    tmp_path: Path, width: int, height: int
) -> None:
    talk: list[Step] = []
    for n in range(120):
        talk += [{"say": f"Line {n} of a long talk about doors, and more of it than fits."}, {"run": f"echo {n}"}]
    root = scripted(tmp_path, [*talk, {"say": "That was all."}, {"hang": True}], merge="ask", count=3)
    plan(root, "one thing", "another thing", "a third thing")
    with sits_down(root) as user, terminal(tmp_path, width, height) as tty, terminal(tmp_path, width, height) as second:
        tty.runs([*COCKPIT, "run", "PLAN.md"], root, user.environ)
        tty.sees("one thing")
        tty.presses("2")
        tty.sees("of a long talk")
        for size in [(60, 20), (200, 50), (81, 25), (40, 10), (120, 40), (width, height)]:
            tty.resizes(*size)
            tty.sees("of a long talk")
        tty.sees("That was all.")
        second.runs(COCKPIT, root, user.environ)
        second.sees("one thing")
        second.presses("2")
        second.sees("That was all.")

        _show_the_same(tty, second)
        second.presses("P")
        second.sees("paused")
        tty.sees("paused")
        tty.presses("q")
        tty.sees("LEFT WITH 0")
        second.presses("q")
        second.sees("LEFT WITH 0")


def _show_the_same(one: Terminal, other: Terminal) -> None:
    """Both come to show the same; ages change, so they are compared at the same moment, as often as it takes."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (left := _seen(one)) != (right := _seen(other)):
        assert time.monotonic() < until, "\n".join(difflib.unified_diff(left, right, lineterm=""))


def _seen(tty: Terminal) -> list[str]:
    """The screen without its line for answers and notices."""
    return [line for line in tty.screen().splitlines() if not line.lstrip().startswith(("·", "✓", "…"))]


@pytest.mark.e2e
def test_the_demo_leaves_nothing_behind_when_its_terminal_dies(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"}
    with terminal(tmp_path, 100, 30) as tty:
        tty.runs([*COCKPIT, "demo"], tmp_path, environ)
        tty.sees("Count a quoted word", "working")
        (folder,) = tmp_path.glob("cockpit-demo-*")
        pid = engine_pid(folder / "tally" / ".cockpit")
        assert pid
        begun = process.started(pid)

        tty.dies()

        eventually(lambda: not folder.exists(), "the demo to take its folder away", seconds=30)
        assert not process.is_running(pid, begun)


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["api", "claude"])
def test_from_the_keyboard_to_the_wire_with_a_real_agent(tmp_path: Path, kind: str) -> None:
    root = repository(tmp_path, kind)
    with (
        ModelServer(play()) as model,
        sits_down(root, talks_to(model.url)) as user,
        terminal(tmp_path, 120, 40) as tty,
    ):
        tty.runs([*COCKPIT, "run", "PLAN.md"], root, user.environ)
        tty.sees("Greet by name")
        user.sees(lambda s: s.in_state(TaskState.READY) and len(s.in_state(TaskState.LANDED)) == 5, seconds=150)
        tty.sees("Done  5")  # or the desk would open on the last that is about to land
        tty.presses("3")
        tty.sees("Greet by name", "def greet(name):")
        tty.presses("a")
        user.sees(ended)

        assert git(root, "show", "main:greet.py").startswith("def greet(name):")
        tty.presses("q")
        tty.sees("LEFT WITH 0")
