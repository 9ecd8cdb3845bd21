"""How long a change of a session file takes to be part of the state that the screen shows."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bench.rows import Row, p95
from cockpit.events import NightStarted
from cockpit.hosts.session_file import write
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.live import LiveLink
from cockpit.places import Places
from cockpit.state import Session
from tests.repos import make_repo

CHANGES = 100


def rows(base: Path) -> list[Row]:
    """One row."""
    taken = asyncio.run(_measure(make_repo(base / "watching")))
    return [Row("session-file change to state, p95", f"{p95(taken) * 1000:.0f} ms", "≤ 40 ms", p95(taken) <= 0.040)]


async def _measure(root: Path) -> list[float]:
    places = Places(root)
    ledger = SqliteLedger(places.folder)
    ledger.append("night", 0, [NightStarted("n", 10, "main")], time.time())
    ledger.close()
    seen: asyncio.Queue[float] = asyncio.Queue()

    async def look() -> None:
        async for state in LiveLink(places).states():
            if session := state.sessions.get(1):
                seen.put_nowait(session.progress)

    looking = asyncio.create_task(look())
    await asyncio.sleep(1.5)
    taken = []
    for n in range(1, CHANGES + 1):
        begun = time.perf_counter()
        write(places.session_file(1), Session("agent-1", status="working", progress=n / CHANGES))
        while await seen.get() != n / CHANGES:
            continue
        taken.append(time.perf_counter() - begun)
        await asyncio.sleep(0.02)
    looking.cancel()
    return taken
