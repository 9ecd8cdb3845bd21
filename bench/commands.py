"""`cockpit status` against an empty Python, and the cockpit's first paint against an empty Textual app."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

from bench.rows import Row, in_turn, ratio
from tests.e2e.scripts import plan, scripted

EMPTY_APP = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("READY")
Empty().run()
"""


def rows(base: Path) -> list[Row]:
    """Both rows."""
    root = scripted(base / "commands")
    plan(root, *(f"task number {n}" for n in range(30)))
    python = sys.executable
    cockpit = str(Path(python).with_name("cockpit"))
    subprocess.run([cockpit, "plan", "PLAN.md"], cwd=root, check=True, capture_output=True)

    def status() -> float:
        return _seconds([cockpit, "status"], root)

    def nothing() -> float:
        return _seconds([python, "-c", "pass"], root)

    mine, empty = in_turn(15, status, nothing)
    paint, blank = in_turn(
        7,
        lambda: first_paint([cockpit], root, b"Tasks"),
        lambda: first_paint([python, "-c", EMPTY_APP], root, b"READY"),
    )
    return [
        ratio("`cockpit status`", mine, empty, 4, "`python3 -c pass`"),
        ratio("`cockpit` to first paint", paint, blank, 1.25, "an empty Textual app"),
    ]


def _seconds(command: list[str], where: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=where, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begun


def first_paint(command: list[str], where: Path, marker: bytes) -> float:
    """Seconds until a program on a terminal of its own (120x40) has painted `marker`."""
    begun = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(where)
        os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color"})
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    try:
        while marker not in seen:
            if not select.select([terminal], [], [], 20)[0]:
                raise TimeoutError(f"{command} never painted {marker!r}")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - begun
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
