"""A person in an agent's conversation: the real interactive program in the agent's worktree, on this terminal.

One at a time: whoever is in holds the run's `visit.lock`, and neither a host nor another person comes in
meanwhile. Agents whose CLI has an interactive form are met in it; for the others it is a shell in the worktree.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cockpit import codec
from cockpit.agents import LaunchError
from cockpit.agents.claude_by_hand import Cost, argv, cost, prepare
from cockpit.hosts import control, process
from cockpit.hosts.launch import Launch
from cockpit.hosts.orphans import ENGINE_MARK
from cockpit.lock import engine_pid, take
from cockpit.places import Places
from cockpit.state import State

__all__ = ["Cost", "Left", "NoVisit", "Visit", "cost", "is_visited", "plan"]

LOCK = "visit.lock"

OF_THE_TERMINAL = (
    "TERM",
    "COLORTERM",
    "TERM_PROGRAM",
    "TMUX",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "DISPLAY",
    "WAYLAND_DISPLAY",
)
"""Variables that belong to the person's terminal and not to the agent's environment."""

TOO_SOON = 3.0
"""A program that fails within so many seconds could not begin."""


class NoVisit(Exception):
    """The conversation can't be entered; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Left:
    """How a visit ended."""

    code: int
    seconds: float

    @property
    def failed_at_once(self) -> bool:
        """The program could not begin, so nobody was in."""
        return self.code != 0 and self.seconds < TOO_SOON


@dataclass(frozen=True, slots=True)
class Visit:
    """A program to run on this terminal."""

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    run_dir: Path
    greeting: str
    """One line before it begins: where one is, and how one leaves."""
    is_shell: bool = False
    """Its exit code is its last command's and says nothing about itself."""

    def pay(self) -> Left:
        """Run it to its end; blocks. Raises NoVisit where somebody else is in, or it can't start."""
        with _alone(self.run_dir), _keys_are_the_programs():
            print(self.greeting, flush=True)
            begun = time.monotonic()
            try:
                done = subprocess.run(self.argv, cwd=self.folder, env=dict(self.environment), check=False)
            except OSError as error:
                raise NoVisit(f"{self.argv[0]} can't be started: {error.strerror}") from error
            if _terminal_is_gone():
                raise NoVisit("the terminal went away in the middle of it")
            return Left(0 if self.is_shell else done.returncode, time.monotonic() - begun)


def plan(places: Places, state: State, number: int, environ: Mapping[str, str] = os.environ) -> Visit:
    """What to run for an agent that was taken over. Raises NoVisit."""
    agent = state.agents.get(number)
    run = state.runs.get(agent.run) if agent and agent.run else None
    if agent is None or run is None or agent.taken is None or not agent.taken.is_free:
        raise NoVisit(f"agent-{number} is not taken over; `cockpit takeover {number}` does that")
    folder, launch = places.run_dir(run.id), _launch(places.run_dir(run.id))
    of_engine = process.environment(engine_pid(places.folder) or 0) if launch.hidden else {}
    hidden = {name: value for name in launch.hidden if (value := environ.get(name) or of_engine.get(name))}
    variables = {**launch.environment, **hidden, **{k: environ[k] for k in OF_THE_TERMINAL if k in environ}}
    variables.pop(ENGINE_MARK, None)
    if launch.stand_in:  # it is gone with its host: a person uses their own key
        mine = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL")
        variables |= {k: environ[k] for k in mine if k in environ}
    variables.pop(process.MARK, None)  # a person's program is not swept away with the agent's
    if launch.adapter == "claude":
        return _claude(launch, folder, variables)
    shell = environ.get("SHELL") or "/bin/sh"
    greeting = f"A shell in the worktree of agent-{number} ({run.task}); leave it with `exit`, and the night goes on."
    return Visit((shell,), Path(run.worktree), {**environ, **variables}, folder, greeting, is_shell=True)


def _launch(run_dir: Path) -> Launch:
    try:
        return codec.decode(Launch, json.loads((run_dir / "launch.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise NoVisit(
            f"how its agent was started can't be read ({error}); hand it back with `cockpit handback`"
        ) from error


def _claude(launch: Launch, run_dir: Path, variables: Mapping[str, str]) -> Visit:
    try:
        command = tuple(argv(launch.spec, variables))
    except LaunchError as error:
        raise NoVisit(str(error)) from error
    with suppress(OSError):  # then the CLI asks a question more
        prepare(launch.spec, variables)
    greeting = f"The conversation of agent-{launch.agent} ({launch.task}); leave it with /exit, and the night goes on."
    return Visit(command, Path(launch.spec.worktree), variables, run_dir, greeting)


def is_visited(run_dir: Path) -> bool:
    """Whether a person is in a run's conversation now."""
    try:
        fd = os.open(run_dir / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not take(fd)
    finally:
        os.close(fd)


@contextmanager
def _alone(run_dir: Path) -> Iterator[None]:
    fd = os.open(run_dir / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not take(fd):
            raise NoVisit("somebody is in this conversation already")
        if control.is_alive(run_dir):
            raise NoVisit("its agent works in this conversation again")
        yield
    finally:
        os.close(fd)


@contextmanager
def _keys_are_the_programs() -> Iterator[None]:
    """What is typed is the program's: an interrupt does not end us, and the terminal is ours again afterwards."""
    numbers = (signal.SIGINT, signal.SIGQUIT)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _take_the_terminal_back()


def _terminal_is_gone() -> bool:
    """It was hung up, which ended the program too: nobody chose to leave."""
    try:
        termios.tcgetattr(sys.stdin.fileno())
    except termios.error as error:
        return bool(error.args and error.args[0] == errno.EIO)
    except (OSError, ValueError):
        return False  # there never was one
    return False


def _take_the_terminal_back() -> None:
    """A shell with job control leaves the terminal to its own group when it is killed."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        with suppress(OSError, ValueError):
            os.tcsetpgrp(sys.stdin.fileno(), os.getpgrp())
    finally:
        signal.signal(signal.SIGTTOU, before)
