"""A program on a terminal of its own, and the moments at which it has painted something."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

PATIENCE = 20.0
COLUMNS, ROWS = 120, 40


class Painting:
    """A running program's terminal."""

    def __init__(self, command: Sequence[str], terminal: int) -> None:
        """The near end of the terminal that `command` runs on."""
        self._command = command
        self._terminal = terminal
        self._seen = b""

    def paints(self, marker: bytes) -> float:
        """The moment `marker` has been painted, after the last one that was asked for."""
        while marker not in self._seen:
            if not select.select([self._terminal], [], [], PATIENCE)[0]:
                raise TimeoutError(f"{self._command} never painted {marker!r}; the last was {self._seen[-2000:]!r}")
            self._seen += os.read(self._terminal, 65536)
        self._seen = self._seen.partition(marker)[2]
        return time.perf_counter()

    def presses(self, key: bytes) -> float:
        """Press a key; the moment."""
        now = time.perf_counter()
        os.write(self._terminal, key)
        return now

    def passes(self, seconds: float) -> None:
        """Let it paint for a while, unless it has nothing to paint."""
        if select.select([self._terminal], [], [], seconds)[0]:
            self._seen = os.read(self._terminal, 65536)

    def leaves(self, key: bytes) -> None:
        """Press a key that ends the program, and read until it has."""
        self.presses(key)
        try:
            while os.read(self._terminal, 65536):
                continue
        except OSError:  # the far end is closed
            return


@contextmanager
def painting(command: Sequence[str], where: Path) -> Iterator[Painting]:
    """Run a command on a terminal of 120x40; it is killed at the end."""
    path = Path(sys.executable).parent / command[0]
    program = [str(path) if path.exists() else command[0], *command[1:]]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(where)
        os.execvpe(program[0], program, {**os.environ, "TERM": "xterm-256color"})
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    try:
        yield Painting(command, terminal)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def first_paint(command: Sequence[str], where: Path, marker: bytes) -> float:
    """Seconds from a program's start until it has painted `marker`."""
    begun = time.perf_counter()
    with painting(command, where) as program:
        return program.paints(marker) - begun
