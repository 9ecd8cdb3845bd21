"""`attach AGENT`: this terminal directly on the terminal of an agent; and what such an agent printed, as text."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli import Wrong, surroundings
from cockpit.hosts import control, frames
from cockpit.hosts.frames import BadFrame, Frames
from cockpit.hosts.terminal_log import NAME, OLDER
from cockpit.terminal_text import Teller

if TYPE_CHECKING:
    import argparse

    from cockpit.state import Run

PREFIX = b"\x02"
"""ctrl+b: the next key is for us, as in tmux. d detaches; ctrl+b types one."""

CLEAN = b"\x1b[!p\x1b[?1049l\x1b[?1000;1002;1003;1006;1015;2004;1l\x1b[?7h\x1b[?25h\x1b>\x1b[r\x1b[0m"
FRESH = CLEAN + b"\x1b[H\x1b[2J"
"""Before anything is shown: the screen alone, not the lines that have scrolled away."""

LEFT = CLEAN + b"\x1b[999;1H\r\n"
"""Afterwards: a usable terminal, its cursor on a line of its own at the end."""

CHUNK = 1 << 16
QUERY = re.compile(
    rb"\x1b\[(?:[>=]?[0-9;]*c|\??[0-9;]*(?:n|\$p)|>[0-9;]*q|\?u|[0-9;]*t)"  # what sort of terminal, its state, its size
    rb"|\x1b\][0-9;]+[^\x07\x1b]*\?(?:\x07|\x1b\\)"  # a colour
    rb"|\x1bP[+$]q[^\x1b]*\x1b\\"  # a capability, a setting
)
"""What makes a terminal type an answer; in a stretch of the past nobody waits for one any more."""

ANSWER = re.compile(
    rb"\x1b\[[?>][0-9;]+c|\x1b\[\??[0-9]+n|\x1b\[(?!1;[2-8]R)\??[0-9;]+R|\x1b\[\?[0-9;]+(?:\$y|u)|\x1b\[[468];[0-9;]+t"
    rb"|\x1b\][0-9;]+;rgb:[^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[01>][^\x1b]*\x1b\\"
)
"""What a terminal types by itself, because a program asked: of several screens only one is to be heard."""

AGAIN_SECONDS = 0.2
"""Between two tries to come back after the host dropped us."""


def attach(parsed: argparse.Namespace) -> int:
    """`attach AGENT`: until ctrl+b d, or the agent is gone."""
    where = surroundings.places(parsed)
    run = newest_run(surroundings.state(where).runs.values(), parsed.agent)
    if run is None or not run.terminal:
        why = "has run nothing yet" if run is None else f"has no terminal; `cockpit logs {parsed.agent} -f` shows it"
        raise Wrong(f"agent-{parsed.agent} {why}")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Wrong(f"attach needs a terminal on both ends; `cockpit logs {parsed.agent} -f` needs none")
    folder = where.run_dir(run.id)
    if not control.is_alive(folder):
        raise Wrong(f"agent-{parsed.agent} runs nothing now; `cockpit logs {parsed.agent}` tells what it printed")
    with _raw():
        end = _Attached(folder).look()
    print(f"agent-{parsed.agent} {'is gone' if end is _End.GONE else 'goes on without you'}")
    return 0


def newest_run(runs: Iterable[Run], agent: int) -> Run | None:
    """The newest run of an agent."""
    return max((r for r in runs if r.agent == agent), key=lambda r: r.started, default=None)


@contextmanager
def _raw() -> Iterator[None]:
    """Every key comes to us as it is typed; whatever happens, the terminal is as it was afterwards."""
    import termios
    import tty

    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    handlers = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        tty.setraw(fd)
        yield
    finally:
        with suppress(OSError):  # the terminal itself may be gone
            _write(LEFT)
        with suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSAFLUSH, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


class _End(Enum):
    """Why a line to the host ended."""

    DETACHED = "a person asked for it"
    GONE = "the agent is gone"
    DROPPED = "we were too slow"


class _Attached:
    """Copies between this terminal and the host's socket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._in_prefix = False
        self._wakeup, writing = os.pipe()
        for fd in (self._wakeup, writing):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGWINCH, lambda *_: None)

    def look(self) -> _End:
        """Until a person detaches or the agent is gone."""
        while True:
            try:
                self._line = frames.connect(str(self._folder))
            except OSError:
                end = _End.DROPPED
            else:
                with self._line:
                    end = self._copy()
            if end is not _End.DROPPED:
                return end
            if not control.is_alive(self._folder):
                return _End.GONE
            ready, _, _ = select.select([sys.stdin], [], [], AGAIN_SECONDS)
            if ready and self._keys(os.read(sys.stdin.fileno(), CHUNK)) is None:
                return _End.DETACHED

    def _copy(self) -> _End:
        self._past, self._is_live = b"", False
        self._tell_size()
        parts = Frames()
        while True:
            ready, _, _ = select.select([sys.stdin, self._line, self._wakeup], [], [])
            if self._wakeup in ready:
                os.read(self._wakeup, 1024)
                self._tell_size()
            if sys.stdin in ready and not self._type():
                return _End.DETACHED
            if self._line in ready and (end := self._show(parts)):
                return end

    def _type(self) -> bool:
        """Send what was typed; False where it asks to detach, or nobody can type any more."""
        data = os.read(sys.stdin.fileno(), CHUNK)
        keys = self._keys(data) if data else None
        if keys:
            typed, answers = ANSWER.sub(b"", keys), b"".join(found[0] for found in ANSWER.finditer(keys))
            with suppress(OSError):  # the line's end is noticed where we read
                self._line.sendall(frames.frame(frames.KEYS, typed) + frames.frame(frames.ANSWER, answers))
        return keys is not None

    def _keys(self, data: bytes) -> bytes | None:
        """What of `data` is for the program; None where it asks to detach."""
        kept = bytearray()
        for byte in (data[n : n + 1] for n in range(len(data))):
            if not self._in_prefix:
                self._in_prefix = byte == PREFIX
                kept += b"" if self._in_prefix else byte
                continue
            self._in_prefix = False
            if byte in b"dD":
                return None
            kept += byte if byte == PREFIX else PREFIX + byte
        return bytes(kept)

    def _show(self, parts: Frames) -> _End | None:
        """Show what came; None to go on."""
        try:
            data = self._line.recv(CHUNK)
            told = parts.take(data)
        except (OSError, BadFrame):
            return _End.DROPPED
        for kind, body in told:
            match kind:
                case frames.OVER:
                    return _End.GONE
                case frames.OUTPUT if self._is_live:
                    _write(body)
                case frames.OUTPUT:
                    self._past += body
                case frames.LIVE:
                    self._is_live = True
                    _write(FRESH + QUERY.sub(b"", self._past))
        return None if data else _End.DROPPED

    def _tell_size(self) -> None:
        size = os.get_terminal_size(sys.stdout.fileno())
        with suppress(OSError):
            self._line.sendall(frames.size_frame(frames.SIZE, (size.columns or 80, size.lines or 24)))


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]


class Printed:
    """Reads what a terminal agent printed, oldest first, and on while it prints; across the log's two files."""

    def __init__(self, folder: Path) -> None:
        """From the oldest that is kept."""
        self._path = folder / NAME
        older = folder / OLDER
        self._file = (older if older.exists() else self._path).open("rb")

    def read(self) -> Iterator[bytes]:
        """What came since."""
        while True:
            while piece := self._file.read(CHUNK):
                yield piece
            newer = self._path.open("rb")
            if os.path.sameopenfile(newer.fileno(), self._file.fileno()):
                newer.close()
                return
            self._file.close()  # this one is full: the next was begun
            self._file = newer


def print_log(folder: Path, follow: bool) -> None:
    """What the terminal agent of the run in `folder` printed, as plain text; with `follow`, on and on."""
    if not (folder / NAME).exists():
        return
    printed, teller = Printed(folder), Teller()

    def tell() -> None:
        for piece in printed.read():
            sys.stdout.write(teller.tell(piece))
        sys.stdout.flush()

    tell()
    if follow:
        from watchfiles import watch

        for _ in watch(folder, step=10, debounce=50, recursive=False, rust_timeout=500, yield_on_timeout=True):
            tell()
            if not control.is_alive(folder):
                break
    sys.stdout.write(teller.rest())
