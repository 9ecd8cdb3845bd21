"""Child processes that leave nothing behind: a tool's command, a model call.

Each child gets a session of its own and a mark in its environment that everything it starts inherits. When
the block around it ends, for whatever reason, all that carries the mark is ended too; a `setsid` or a double
fork does not escape that.
"""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cockpit.trees import Tree

MARK = "COCKPIT_CHILD"
GRACE_SECONDS = 2.0
"""How long a child may tidy up after SIGTERM."""

Stream = int | IO[bytes]
"""A descriptor or an open file."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a command."""

    output: str
    """stdout and stderr as they came, the middle left out where it was long."""
    code: int | None
    """None where it ran out of time."""


@asynccontextmanager
async def started(
    argv: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    *,
    stdin: Stream = asyncio.subprocess.DEVNULL,
    stdout: Stream = asyncio.subprocess.DEVNULL,
    stderr: Stream = asyncio.subprocess.DEVNULL,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a child; it and everything it started are gone when the block ends."""
    tree = Tree(MARK, uuid.uuid4().hex)  # no leader: once it is waited for, its number may be another's
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=cwd,
        env={**environment, MARK: tree.mark},
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        await _end(process, tree)


async def run(
    argv: Sequence[str], cwd: Path, environment: Mapping[str, str], *, seconds: float, limit: int
) -> Finished:
    """Run a command to its end, or for `seconds`; keep at most `limit` bytes of what it printed."""
    output = _Output(limit)
    try:
        async with started(argv, cwd, environment, stdout=output.write_end, stderr=output.write_end) as process:
            output.listen()
            try:
                code: int | None = await asyncio.wait_for(process.wait(), seconds)
            except TimeoutError:
                code = None
        return Finished(output.text(), code)
    finally:
        output.close()


async def _end(process: asyncio.subprocess.Process, tree: Tree) -> None:
    """Ask the child to leave, then kill whatever is left of it. Safe to be cancelled: it kills first."""
    try:
        if process.returncode is None:
            _signal_group(process.pid, signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE_SECONDS)
    finally:
        _signal_group(process.pid, signal.SIGKILL)
        tree.kill()
    await process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


class _Output:
    """A pipe that is read as it fills, of which the first and the last part are kept.

    Not asyncio's own: there a grandchild that holds the pipe can keep a finished child from being seen.
    """

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)

    def listen(self) -> None:
        """Begin to read; the child has its own copy of the writing end."""
        os.close(self.write_end)
        self.write_end = -1
        asyncio.get_running_loop().add_reader(self._read_end, self._read)

    def text(self) -> str:
        """What was kept, with what is still in the pipe."""
        while self._read():
            pass
        note = f"\n… {self._left_out} bytes left out …\n".encode() if self._left_out else b""
        return bytes(self._head + note + self._tail).decode(errors="replace")

    def close(self) -> None:
        """Let go of the pipe."""
        asyncio.get_running_loop().remove_reader(self._read_end)
        for end in (self._read_end, self.write_end):
            if end >= 0:
                os.close(end)

    def _read(self) -> bool:
        try:
            data = os.read(self._read_end, 65536)
        except BlockingIOError:
            return False
        if not data:
            asyncio.get_running_loop().remove_reader(self._read_end)
            return False
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if (surplus := len(self._tail) - self._half) > 0:
            del self._tail[:surplus]
            self._left_out += surplus
        return True
