"""A real terminal: tmux runs a command, types into it and reads the screen.

Waiting is driven by output: whatever the program prints also goes down a FIFO, and the screen is looked at
again when something came.
"""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE_SECONDS = 120.0
STEADY_SECONDS = 0.3
"""Longer than any paint, and than a lone Escape takes to be told from Alt with the key after it."""


def need_tmux() -> None:
    """A skip that says why, where there is no tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")


class Terminal:
    """One tmux session on a server of its own."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        self._socket = f"cockpit-{uuid.uuid4().hex[:12]}"
        self._fifo = folder / f"{self._socket}.fifo"
        self._size = size
        os.mkfifo(self._fifo)
        self._reader = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)

    def tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-L", self._socket, *words], capture_output=True, text=True, check=False)
        return done.stdout

    def runs(self, command: Sequence[str], where: Path, environ: Mapping[str, str]) -> None:
        """Start a command in a fresh session."""
        width, height = map(str, self._size)
        variables = [f"{k}={v}" for k, v in environ.items()] + ["TERM=screen-256color"]
        line = f"exec env -i {shlex.join(variables)} {shlex.join(command)}"
        held = f"{shlex.join(['sh', '-c', line])}; echo LEFT WITH $?; exec cat"
        self.tmux(
            *("-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", width, "-y", height, "-c", str(where), held),
            *(";", "pipe-pane", "-t", "t", f"cat > {shlex.quote(str(self._fifo))}"),
        )

    def screen(self) -> str:
        """What is painted now."""
        return self.tmux("capture-pane", "-p", "-t", "t")

    def sees(self, *texts: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The screen as soon as all of `texts` are on it."""
        return self.until(lambda screen: all(text in screen for text in texts), f"never saw all of {texts}", seconds)

    def sees_no(self, text: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The screen once `text` is not on it any more, and stays away: a screen that is half painted lacks much."""
        seen = time.monotonic()

        def is_gone(screen: str) -> bool:
            nonlocal seen
            now = time.monotonic()
            if text in screen:
                seen = now
            return now - seen > STEADY_SECONDS

        return self.until(is_gone, f"still sees {text!r}", seconds)

    def until(self, condition: Callable[[str], bool], complaint: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The screen as soon as a condition holds of it."""
        until = time.monotonic() + seconds
        while not condition(screen := self.screen()):
            left = until - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{complaint} in {seconds:g} s; the screen was\n{screen}")
            if select.select([self._reader], [], [], min(left, STEADY_SECONDS))[0]:
                os.read(self._reader, 1 << 16)
        return screen

    def presses(self, *keys: str) -> None:
        """Press keys, as tmux names them."""
        for key in keys:
            self.tmux("send-keys", "-t", "t", key)

    def types(self, text: str) -> None:
        """Type text as it is."""
        self.tmux("send-keys", "-t", "t", "-l", text)

    def resizes(self, width: int, height: int) -> None:
        """The window gets another size."""
        self.tmux("resize-window", "-t", "t", "-x", str(width), "-y", str(height))

    def dies(self) -> None:
        """The terminal is gone, as when an SSH line drops; the next command gets a new one."""
        self.tmux("kill-server")
        self._socket = f"cockpit-{uuid.uuid4().hex[:12]}"

    def closes(self) -> None:
        """Leave nothing behind."""
        self.dies()
        os.close(self._reader)
        self._fifo.unlink()


@contextmanager
def terminal(folder: Path, width: int = 80, height: int = 24) -> Iterator[Terminal]:
    """A terminal that is closed at the end."""
    need_tmux()
    opened = Terminal(folder, (width, height))
    try:
        yield opened
    finally:
        opened.closes()
