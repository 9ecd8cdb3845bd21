"""`cockpit attach AGENT`: a real terminal directly on an agent's terminal."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cockpit.cli.terminal import ANSWER
from cockpit.hosts.program import Program
from tests.e2e.desk import Desk, sits_down
from tests.e2e.scripts import WORK, plan, scripted
from tests.e2e.test_terminal_agents import with_terminal
from tests.fakes.driven import eventually
from tests.fakes.looker import Looker

SECONDS = 90.0
ECHO = "stty raw -echo; printf '\\033[?1049hfull screen'; exec cat -v"
"""A program on the alternate screen that shows every key, ctrl ones by name."""


class Terminal:
    """A person's terminal with one command in it."""

    def __init__(self, desk: Desk, *words: str) -> None:
        environment = desk.environ | {"TERM": "xterm-256color"}
        command = [sys.executable, "-m", "cockpit", *words]
        self.program = Program(command, str(desk.root), environment, (100, 30))
        self.before = termios.tcgetattr(self.program.fd)
        self.seen = b""

    def shows(self, wanted: bytes) -> None:
        until = time.monotonic() + SECONDS
        while wanted not in self.seen:
            assert not self.program.is_silent, f"it has ended without {wanted!r}: {self.seen!r}"
            assert select.select([self.program.fd], [], [], max(0.0, until - time.monotonic()))[0], self.seen
            self.seen += self.program.read()

    def ends(self) -> int:
        """Its exit code; all that it printed is in `seen` then."""
        while not self.program.is_silent:
            assert select.select([self.program.fd], [], [], SECONDS)[0], f"it does not end: {self.seen!r}"
            self.seen += self.program.read()
        return self.program.process.wait(SECONDS)

    @property
    def is_as_before(self) -> bool:
        return termios.tcgetattr(self.program.fd) == self.before


@contextmanager
def at_work(tmp_path: Path, command: str = ECHO) -> Iterator[Desk]:
    """A night whose agent-1 is `command`."""
    root = with_terminal(tmp_path, command)
    plan(root, "something")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and s.runs["T1-1"].phase == "running")
        yield user


@contextmanager
def opens(desk: Desk, *words: str) -> Iterator[Terminal]:
    """A terminal with `cockpit WORDS` in it."""
    terminal = Terminal(desk, *words)
    try:
        yield terminal
    finally:
        terminal.program.process.kill()
        terminal.program.process.wait()
        terminal.program.close()


def test_keys_go_to_the_program_and_the_prefix_detaches(tmp_path: Path) -> None:
    with at_work(tmp_path) as user, opens(user, "attach", "1") as terminal:
        terminal.shows(b"full screen")
        assert not terminal.is_as_before, "it must be raw"
        terminal.program.type(b"\x03hello\x02\x02")
        terminal.shows(b"^Chello^B")
        terminal.program.type(b"\x02d")
        assert terminal.ends() == 0
        assert b"agent-1 goes on without you" in terminal.seen
        assert terminal.seen.rindex(b"\x1b[?1049l") > terminal.seen.rindex(b"full screen")
        assert terminal.is_as_before
        assert user.state().runs["T1-1"].live


def test_what_the_program_asked_before_is_not_answered_now(tmp_path: Path) -> None:
    asks = "stty raw -echo; printf 'past\\033[6n'; head -c 1 > /dev/null; printf 'now\\033[6n'; exec cat -v"
    with at_work(tmp_path, asks) as user, opens(user, "attach", "1") as terminal:
        terminal.shows(b"past")
        terminal.program.type(b"x")
        terminal.shows(b"now\x1b[6n")
        assert terminal.seen.count(b"\x1b[6n") == 1
        terminal.program.type(b"\x1b[3;4R")
        terminal.shows(b"^[[3;4R")


@pytest.mark.parametrize(
    "answer",
    [b"\x1b[?62;4c", b"\x1b[0n", b"\x1b[12;40R", b"\x1b[?2026;2$y", b"\x1b]11;rgb:0/0/0\x1b\\", b"\x1b[8;24;80t"],
)
def test_what_a_terminal_types_by_itself_is_known(answer: bytes) -> None:
    assert ANSWER.fullmatch(answer)


@pytest.mark.parametrize(
    "key", [b"\x1b[A", b"\x1b[1;2R", b"\x1b[1;5C", b"\x1b[15~", b"\x1b[<0;3;4M", b"\x1b[97;5u", b"c"]
)
def test_a_key_is_no_answer(key: bytes) -> None:
    assert not ANSWER.search(key)


def test_it_tells_its_size_and_follows_it(tmp_path: Path) -> None:
    with at_work(tmp_path) as user, Looker(user.places.run_dir("T1-1"), (200, 60)) as other:
        other.waits_for(b"full screen")
        with opens(user, "attach", "agent-1") as terminal:
            terminal.shows(b"full screen")
            eventually(lambda: other.looks(0.05) is not None and (100, 30) in other.actual, "the first size")
            terminal.program.resize((90, 20))
            eventually(lambda: other.looks(0.05) is not None and (90, 20) in other.actual, "the second size")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_as_before_whatever_happens(tmp_path: Path, number: int) -> None:
    with at_work(tmp_path) as user, opens(user, "attach", "1") as terminal:
        terminal.shows(b"full screen")
        os.kill(terminal.program.process.pid, number)
        assert terminal.ends() == 128 + number
        assert terminal.is_as_before
        assert b"\x1b[?1049l" in terminal.seen


def test_it_ends_with_the_agent(tmp_path: Path) -> None:
    with at_work(tmp_path) as user, opens(user, "attach", "1") as terminal:
        terminal.shows(b"full screen")
        user.ok("kill", "1")
        assert terminal.ends() == 0
        assert b"agent-1 is gone" in terminal.seen
        assert terminal.is_as_before
        assert "runs nothing now; `cockpit logs 1` tells" in attach_without_a_screen(user)


def attach_without_a_screen(user: Desk) -> str:
    """What `attach 1` says in a terminal, when it can't attach."""
    with opens(user, "attach", "1") as terminal:
        assert terminal.ends() == 2
        return terminal.seen.decode()


def test_over_a_pipe_it_says_what_to_do_instead(tmp_path: Path) -> None:
    with at_work(tmp_path) as user:
        assert "attach needs a terminal on both ends; `cockpit logs 1 -f`" in user.fails("attach", "1")
        assert "agent-2 has run nothing yet" in user.fails("attach", "2")


def test_an_agent_without_a_terminal_says_so(tmp_path: Path) -> None:
    root = scripted(tmp_path, [*WORK, {"hang": True}])
    plan(root, "something")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and s.runs["T1-1"].live)
        assert "agent-1 has no terminal; `cockpit logs 1 -f`" in user.fails("attach", "1")


def test_logs_follow_what_it_prints_as_plain_text(tmp_path: Path) -> None:
    command = "printf '\\033[1mbold\\033[0m\\r\\n'; cat; echo over"
    with at_work(tmp_path, command) as user, opens(user, "logs", "1", "-f") as terminal:
        terminal.shows(b"bold\r\n")
        with Looker(user.places.run_dir("T1-1")) as screen:
            screen.types(b"typed\n")
        terminal.shows(b"typed\r\n")
        user.ok("kill", "1")
        assert terminal.ends() == 0
        assert b"\x1b" not in terminal.seen
