"""A program in a pseudo-terminal: started, read, typed into, resized, hung up on. Never waits for anybody."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from cockpit.hosts import process
from cockpit.hosts.frames import Size

READ = 1 << 16
"""Bytes that are taken in one go, at most; the kernel gives four thousand at a time."""

MAX_TYPED = 1 << 20
"""Bytes that wait for a program which doesn't read; what is typed beyond them is lost, as in any terminal."""


class Program:
    """One run of a command, as the leader of a session whose terminal is ours."""

    def __init__(
        self,
        argv: Sequence[str],
        cwd: str,
        environment: Mapping[str, str],
        size: Size,
        *,
        leads: bool = True,
        first: Callable[[], None] = lambda: None,
    ) -> None:
        """Start it; unless it `leads` the terminal's session, something that it starts will. Raises OSError.

        `first` is done in the new process, before it becomes the command.
        """
        self.fd, inner = os.openpty()
        self._typed = bytearray()
        self._room = memoryview(bytearray(READ))
        self.is_silent = False
        """Nobody holds the terminal's other end any more: nothing will be printed."""
        try:
            os.set_blocking(self.fd, False)
            self.resize(size)
            self.process = _spawn(argv, cwd, environment, inner, leads, first)
        except OSError:
            os.close(self.fd)
            raise
        finally:
            os.close(inner)

    def read(self) -> bytes:
        """What it printed since; nothing where there is nothing."""
        got = 0
        while got < READ:
            try:
                count = os.readv(self.fd, (self._room[got:],))
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                count = 0  # Linux' way to say that the other end is closed
            if not count:
                self.is_silent = True
                break
            got += count
        return bytes(self._room[:got])

    def type(self, data: bytes) -> None:
        """Type `data`, as soon as there is room for it."""
        self._typed += data[: max(0, MAX_TYPED - len(self._typed))]
        self.flush()

    @property
    def is_full(self) -> bool:
        """Whether something that was typed waits for room."""
        return bool(self._typed)

    def flush(self) -> None:
        """Type what there is room for."""
        while self._typed:
            try:
                written = os.write(self.fd, self._typed[:4096])
            except BlockingIOError:
                return
            except OSError:
                self._typed.clear()  # nobody is there to read it
                return
            del self._typed[:written]

    def resize(self, size: Size) -> None:
        """Give it another size; the kernel tells the program if it is one."""
        columns, rows = size
        with suppress(OSError):
            fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Ask it to leave as a closed terminal window would."""
        with suppress(OSError):
            os.killpg(os.tcgetpgrp(self.fd), signal.SIGHUP)
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.inmost(self.process.pid), signal.SIGHUP)

    def close(self) -> None:
        """Let go of the terminal; whoever still has it open is hung up on."""
        os.close(self.fd)


def _spawn(
    argv: Sequence[str],
    cwd: str,
    environment: Mapping[str, str],
    inner: int,
    leads: bool,
    first: Callable[[], None],
) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def take_terminal() -> None:
        if leads:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        process.die_with_parent(parent)
        first()

    return subprocess.Popen(
        argv,
        stdin=inner,
        stdout=inner,
        stderr=inner,
        cwd=cwd,
        env=environment,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
