"""Runs the user's own commands: the gates, and the setup of a worktree.

Each runs in a session of its own, with nothing to read and a time limit. When it is over, for whatever
reason, so is everything it started. What it prints is kept to a bound, however much it is.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from cockpit.gates.output import Output
from cockpit.state import GateResult
from cockpit.text import cut, plain
from cockpit.trees import Tree

GRACE = 2.0
"""Seconds between asking a command to leave and killing it."""

_DRAIN = 5.0
"""Seconds to read what is left in the pipe once nobody should hold its other end."""

_NOT_FOUND = 127
_NOT_EXECUTABLE = 126


MARK = "COCKPIT_GATE"
"""The variable that all of a gate's processes carry."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A command that must succeed on the merge result."""

    name: str
    command: str
    timeout_s: float
    retries: int = 0
    """How often it is run again when it failed."""


async def run_gates(
    gates: Sequence[Gate],
    worktree: Path,
    environment: Mapping[str, str],
    output_dir: Path | None = None,
    put_back: Callable[[], Awaitable[None]] | None = None,
    prefix: Sequence[str] = (),
) -> tuple[GateResult, ...]:
    """Run the gates in order and stop at the first that fails; the last result is the one that failed, if any.

    One that failed is run again, as often as it says, after `put_back` has made the tree what it was: if it passes
    then, it is flaky, and its output is that of the failure. With `output_dir`, all that each
    printed goes to a file there, up to `output.MAX_FILE` bytes. `prefix` goes before each command line: the cage.
    """
    results: list[GateResult] = []
    for number, gate in enumerate(gates, 1):
        log = _log(output_dir, number, gate.name) if output_dir else None
        result = await run_command(gate.name, gate.command, worktree, environment, gate.timeout_s, log, prefix=prefix)
        for _ in range(gate.retries if not result.passed else 0):
            if put_back is not None:
                await put_back()
            again = await run_command(gate.name, gate.command, worktree, environment, gate.timeout_s, prefix=prefix)
            result = _compared(result, again)
            if result.passed:
                break
        results.append(result)
        if not result.passed:
            break
    return tuple(results)


def _compared(first: GateResult, again: GateResult) -> GateResult:
    """What two runs on the same tree come to: the same failure, or one that can't be relied on."""
    seconds = round(first.seconds + again.seconds, 3)
    if not again.passed:
        return replace(again, seconds=seconds, note="failed again on the same tree")
    return replace(first, passed=True, seconds=seconds, flaky=True, note="FLAKY: failed, then passed on the same tree")


async def run_command(
    name: str,
    command: str,
    cwd: Path,
    environment: Mapping[str, str],
    timeout: float,
    log: Path | None = None,
    *,
    prefix: Sequence[str] = (),
) -> GateResult:
    """Run one command with `sh -c` and say how it went. Cancelling this ends the command and all its children."""
    began = time.monotonic()
    with Output(log) as output:
        try:
            status, timed_out = await _run([*prefix, "sh", "-c", command], cwd, environment, timeout, output)
        except (OSError, ValueError) as error:
            return GateResult(name, False, f"`{command}` could not be started in {cwd}: {error}")
        passed = status == 0 and not timed_out
        why = "" if passed else _complaint(name, command, status, timeout if timed_out else None)
        return GateResult(name, passed, _told(output, why), round(time.monotonic() - began, 3))


async def _run(
    argv: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float, output: Output
) -> tuple[int, bool]:
    """The command's exit status, and whether its time ran out. Nothing of it is left when this returns."""
    tree = Tree(MARK, uuid4().hex)
    async with _pipe(output) as inlet:
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                cwd=str(cwd),
                env={**environment, MARK: tree.mark},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=inlet,
                stderr=inlet,
                start_new_session=True,
            )
            tree.leader = process.pid
            timed_out = not await _ends(process, timeout)
            if timed_out:
                tree.terminate()
                await _ends(process, GRACE)
        finally:
            # Not awaited: a second cancellation must not be able to leave anything running.
            tree.kill()
        return await process.wait(), timed_out


async def _ends(process: asyncio.subprocess.Process, within: float) -> bool:
    """Whether the command itself ended in time; its children may go on."""
    try:
        async with asyncio.timeout(within):
            await process.wait()
    except TimeoutError:
        return False
    return True


@asynccontextmanager
async def _pipe(output: Output) -> AsyncIterator[int]:
    """A descriptor to write to; what arrives goes to `output`, the last of it before this is left.

    Our own pipe, since asyncio takes a process for ended only when nobody holds its pipes any more, and
    what a command leaves behind in the background holds them.
    """
    outlet, inlet = os.pipe()
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(outlet, "rb", 0)
    )
    reader = asyncio.create_task(_read(stream, output))
    try:
        try:
            yield inlet
        finally:
            os.close(inlet)
        await asyncio.wait({reader}, timeout=_DRAIN)
    finally:
        reader.cancel()
        transport.close()


async def _read(stream: asyncio.StreamReader, output: Output) -> None:
    while chunk := await stream.read(65_536):
        output.add(chunk)


def _told(output: Output, complaint: str) -> str:
    text = cut(plain(output.text()).strip("\n"))
    return "\n".join(part for part in (text, complaint) if part)


def _complaint(name: str, command: str, status: int, timeout: float | None) -> str:
    """Why it failed, in a line for a person and for the agent."""
    if timeout is not None:
        return f"timed out after {timeout:g} s"
    if status == _NOT_FOUND:
        return (
            f"`{command}` needs a program that was not found (exit status 127): "
            f"install it, or correct {name!r} in cockpit.toml"
        )
    if status == _NOT_EXECUTABLE:
        return f"`{command}` names a file that can't be run (exit status 126): make it executable (chmod +x)"
    number = -status if status < 0 else status - 128
    with suppress(ValueError):
        which = signal.Signals(number).name
        return f"ended by {which}" if status < 0 else f"exit status {status} ({which})"
    return f"exit status {status}"


def _log(folder: Path, number: int, name: str) -> Path:
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[:60]
    return folder / f"{number}-{safe}.log"
