"""Drives the built-in agent as a host does: its real process, a FIFO in, a file out."""

from __future__ import annotations

import asyncio
import os
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from cockpit.agents import Spec
from cockpit.agents.api import ADAPTER
from cockpit.agents.stream import Ended, StreamEvent, ToolCalled

SECONDS = 90.0

E = TypeVar("E")


class ApiProcess:
    """One process of the agent, and the events it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process, stdin: int, out: Path, spec: Spec) -> None:
        self.process = process
        self._stdin = stdin
        self._out = out
        self._exit = asyncio.ensure_future(process.wait())
        self._spec = spec

    @property
    def events(self) -> list[StreamEvent]:
        """All events so far."""
        translator = ADAPTER.translator(self._spec)
        lines = self._out.read_text().split("\n")[:-1]
        return [event for line in lines for event in translator.read(line)]

    def say(self, text: str) -> str:
        """Tell the agent something; gives the message's id."""
        message = str(uuid.uuid4())
        os.write(self._stdin, ADAPTER.say(text, message).encode())
        return message

    def interrupt(self) -> None:
        """End the turn."""
        os.write(self._stdin, ADAPTER.interrupt().encode())

    async def ends(self) -> int:
        """Ask it to leave, and see that it does."""
        os.write(self._stdin, ADAPTER.end().encode())
        async with asyncio.timeout(SECONDS):
            return await self._exit

    async def kill(self) -> None:
        """As the kernel would."""
        if self.process.returncode is None:
            self.process.kill()
        await self._exit

    async def until(self, seen: Callable[[list[StreamEvent]], bool]) -> list[StreamEvent]:
        """Wait for events."""
        async with asyncio.timeout(SECONDS):
            while not seen(self.events):
                assert self.process.returncode is None, self.stderr
                await asyncio.wait({self._exit}, timeout=0.02)
        return self.events

    async def ended(self, turns: int = 1) -> Ended:
        """Wait until so many turns are over; gives the last one's end."""
        events = await self.until(lambda events: len(all_of(events, Ended)) >= turns)
        return all_of(events, Ended)[-1]

    async def uses_tool(self, count: int = 1) -> ToolCalled:
        """Wait for a tool call."""
        events = await self.until(lambda events: len(all_of(events, ToolCalled)) >= count)
        return all_of(events, ToolCalled)[count - 1]

    @property
    def stderr(self) -> str:
        """What it complained about."""
        return self._out.with_name("stderr.log").read_text()


def all_of(events: list[StreamEvent], kind: type[E]) -> list[E]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def spec_for(folder: Path, **changes: Any) -> Spec:
    """A spec with a worktree that is a git repository."""
    worktree = folder / "worktree"
    if not worktree.exists():
        worktree.mkdir()
        subprocess.run(["git", "init", "-q", worktree], check=True)
    spec = Spec(
        run="T1-1",
        session="9a3f6c1e-0000-4000-8000-000000000001",
        resume=False,
        model="claude-sonnet-4-5",
        worktree=str(worktree),
        run_dir=str(folder / "run"),
        system="You are a builder.",
    )
    return replace(spec, **changes)


@asynccontextmanager
async def api_process(spec: Spec, url: str, **variables: str) -> AsyncIterator[ApiProcess]:
    """Start the agent against a server; it is gone when the block ends."""
    argv = ADAPTER.argv(spec)
    run = Path(spec.run_dir)
    fifo, out = run / "input", run / "stream.jsonl"
    fifo.unlink(missing_ok=True)
    os.mkfifo(fifo)
    stdin = os.open(fifo, os.O_RDWR)
    environment = {"PATH": os.environ["PATH"], "HOME": str(run), "COCKPIT_RUN": str(run)}
    environment |= {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "test-key", "COCKPIT_API_PATIENCE": "0.01"}
    with out.open("ab") as stdout, (run / "stderr.log").open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=spec.worktree,
            env=environment | dict(ADAPTER.environment(spec)) | variables,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    agent = ApiProcess(process, stdin, out, spec)
    try:
        yield agent
    finally:
        await agent.kill()
        os.close(stdin)


def marked_processes(run: Path) -> list[int]:
    """Processes that carry the run's mark."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            environ = Path(f"/proc/{name}/environ").read_bytes()
        except OSError:
            continue
        if f"COCKPIT_RUN={run}".encode() in environ.split(b"\0"):
            found.append(int(name))
    return found
