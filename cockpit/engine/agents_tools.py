"""The cockpit's own tools for the night's agents (`[mcp] agents`): report progress, ask the person, look at the tasks.

An agent in its cage can't write the ledger, so the tools are no process of its own: one server for all of them, a child
of the engine, listens on a loopback port, and each agent shows the token of its run. What a run may do there is decided
where every caller's wish is (`policy/talk.py`). The port is kept, so that it is the same address for all of a run's
processes. An agent that outlives a killed engine has lost its conversation with the server: its calls fail, in words,
until its next process begins one.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import durable, events
from cockpit.agents import child

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

KIND = "claude"
"""Agents that can use such a server; the built-in one has its own way to ask."""

UNABLE = "agents work without the cockpit's tools: their server did not start; `cockpit mcp --http` shows why"
READY_SECONDS = 60.0
LOOK_SECONDS = 30.0
"""How often the server is looked after while agents may need it."""


@dataclass
class Server:
    """The server, while it runs."""

    process: asyncio.subprocess.Process | None = None
    url: str = ""
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.returncode is None


def are_wanted(engine: Engine) -> bool:
    """Whether agents get tools at all."""
    return engine.config.mcp.agents and engine.config.agents.kind == KIND


async def url(engine: Engine) -> str:
    """Where agents find the tools, with the server started; empty where they get none, which is said once."""
    if not are_wanted(engine):
        return ""
    server = engine.tools
    async with server.opening:
        if not server.is_up:
            server.url = await _start(engine, _kept(engine)) or await _start(engine, 0)
            if not server.url and UNABLE not in engine.state.notices:
                engine.record(events.Noticed(UNABLE))
        return server.url


async def follow(engine: Engine) -> None:
    """Keep it up while agents are at work: also where it died, or they outlived the engine that started them."""
    if not are_wanted(engine):
        return
    while True:
        if any(run.live for run in engine.state.runs.values()):
            await url(engine)
        await asyncio.sleep(LOOK_SECONDS)


async def _start(engine: Engine, port: int) -> str:
    """Start it on a port (0: any); its address, empty where it did not come up."""
    argv = [sys.executable, "-m", "cockpit", "mcp", "--http", "--port", str(port)]
    starting = child.started(argv, engine.places.root, engine.environ, stdout=asyncio.subprocess.PIPE)
    process = await engine.leaving.enter_async_context(starting)
    assert process.stdout is not None
    try:
        said = await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)
    except TimeoutError:
        said = b""
    found = said.decode(errors="replace").strip()
    if not found.startswith("http://"):
        with suppress(ProcessLookupError):
            process.kill()
        return ""
    engine.tools.process = process
    with suppress(OSError):  # then agents that outlive us have to do without
        durable.replace(_file(engine), found.rpartition(":")[2].partition("/")[0].encode())
    return found


def _file(engine: Engine) -> Path:
    return engine.places.folder / "mcp.port"


def _kept(engine: Engine) -> int:
    try:
        port = int(_file(engine).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
    return port if 1024 <= port < 65536 else 0
