"""How long a change of a session file takes to be part of the state, and to be on the screen."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bench.programs import painting
from bench.rows import Row, p95
from cockpit import events
from cockpit.hosts.session_file import write
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.live import LiveLink
from cockpit.places import Places
from cockpit.state import Session
from tests.repos import make_repo

CHANGES = 100


def rows(base: Path) -> list[Row]:
    """Both rows."""
    places = Places(make_repo(base / "watching"))
    _one_agent_at_work(places)
    to_state, to_screen = p95(asyncio.run(_to_state(places))), p95(_to_screen(places))
    return [
        Row("session-file change to state, p95", f"{to_state * 1000:.0f} ms", "≤ 40 ms", to_state <= 0.040),
        Row("session-file change to screen, p95", f"{to_screen * 1000:.0f} ms", "≤ 30 ms", to_screen <= 0.030),
    ]


def _one_agent_at_work(places: Places) -> None:
    """A ledger with an agent in the middle of its turn, in a night that is over, so that no engine comes."""
    ledger = SqliteLedger(places.folder)
    for event in (
        events.NightStarted("n", 1, "main"),
        events.TaskAdded("T1", "Read dates"),
        events.TaskClaimed("T1", 1, "T1-1", "s"),
        events.RunStarted("T1-1", "b", "w", "c", 1),
        events.NightStopping("stop"),
        events.NightEnded("stop"),
    ):
        stream = events.stream_of(event)
        ledger.append(stream, ledger.version(stream), [event], time.time())
    ledger.close()


def _change(places: Places, n: int) -> None:
    step = f"step{n:03}"
    write(places.session_file(1), Session("agent-1", status="working", current_step=step, progress=n / CHANGES))


async def _to_state(places: Places) -> list[float]:
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
        _change(places, n)
        while await seen.get() != n / CHANGES:
            continue
        taken.append(time.perf_counter() - begun)
        await asyncio.sleep(0.02)
    looking.cancel()
    return taken


def _to_screen(places: Places) -> list[float]:
    taken = []
    with painting(["cockpit"], places.root) as screen:
        screen.paints(b"Read dates")
        time.sleep(1.5)  # it has begun to watch by now
        for n in range(1, CHANGES + 1):
            begun = time.perf_counter()
            _change(places, n)
            taken.append(screen.paints(f"step{n:03}".encode()) - begun)
            time.sleep(0.02)
    return taken
