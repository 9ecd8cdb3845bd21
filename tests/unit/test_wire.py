"""A screen's line to a terminal agent: typed into, dropped and taken up again, ended; on real hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest

from cockpit.live import LiveLink
from cockpit.places import Places
from cockpit.wire import RESET, HostWire
from tests.fakes.driven import DrivenRun

ECHO = "stty raw -echo; echo ready; exec cat"
SECONDS = 90.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "all"


class Reader:
    """Reads a wire to the end of a test."""

    def __init__(self, wire: HostWire) -> None:
        self._output = cast("AsyncGenerator[bytes, None]", wire.output())
        self.seen = b""
        self.ended = False

    async def __aenter__(self) -> Reader:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._output.aclose()

    async def waits_for(self, wanted: bytes) -> None:
        async with asyncio.timeout(SECONDS):
            while wanted not in self.seen:
                self.seen += await anext(self._output)

    async def waits_for_the_end(self) -> None:
        async with asyncio.timeout(SECONDS), aclosing(self._output) as output:
            async for data in output:
                self.seen += data


async def started(run: DrivenRun) -> None:
    await asyncio.to_thread(run.start, "Begin")


async def test_it_shows_the_past_and_takes_keys_that_were_typed_before_it_stood(folder: Path) -> None:
    with DrivenRun(folder, "terminal", command=ECHO) as run:
        await started(run)
        async with Reader(HostWire(run.run_dir)) as first:
            await first.waits_for(b"ready")
        wire = HostWire(run.run_dir)
        wire.send(b"typed early")
        wire.resize(100, 30)
        async with Reader(wire) as screen:
            await screen.waits_for(b"typed early")
            assert screen.seen.startswith(RESET + b"ready")
            wire.send(b" and late")
            await screen.waits_for(b"typed early and late")
            assert wire.actual == (100, 30)
            wire.resize(90, 30)
            wire.send(b"!")
            await screen.waits_for(b"!")
            assert wire.actual == (90, 30)


async def test_closed_it_ends_and_the_program_goes_on(folder: Path) -> None:
    with DrivenRun(folder, "terminal", command=ECHO) as run:
        await started(run)
        wire = HostWire(run.run_dir)
        async with Reader(wire) as screen:
            await screen.waits_for(b"ready")
            wire.close()
            await screen.waits_for_the_end()
        wire.send(b"to nobody")
        assert run.is_alive
        async with Reader(HostWire(run.run_dir)) as another:
            await another.waits_for(b"ready")


async def test_too_slow_it_is_dropped_and_comes_again_where_the_program_is_now(folder: Path) -> None:
    flood = f"stty raw -echo; head -c 1 > /dev/null; yes '{'x' * 80}' | head -c 30000000; echo the end; exec cat"
    with DrivenRun(folder, "terminal", command=flood) as run:
        await started(run)
        wire = HostWire(run.run_dir)
        async with Reader(wire) as screen:
            wire.send(b"x")
            await screen.waits_for(b"xxxx")
            async with asyncio.timeout(SECONDS):
                while b"the end" not in (run.run_dir / "terminal.log").read_bytes()[-100:]:
                    await asyncio.to_thread(run.session)  # anything but reading the wire
            await screen.waits_for(b"the end")
            assert screen.seen.count(RESET) >= 2
            assert len(screen.seen) < 15_000_000
            wire.send(b"still here")
            await screen.waits_for(b"still here")


async def test_it_lives_through_the_turns_and_ends_with_the_agent(folder: Path) -> None:
    with DrivenRun(folder, "terminal", command="cat {prompt}") as run:
        await started(run)
        async with Reader(HostWire(run.run_dir)) as screen:
            await screen.waits_for(b"Begin")
            await asyncio.to_thread(run.ended)
            run.say("once more")
            await screen.waits_for(b"once more")
            await asyncio.to_thread(run.ended, 2)
            run.do("end")
            await screen.waits_for_the_end()
            assert screen.seen.count(RESET) == 1


async def test_of_a_host_that_was_killed_it_tells_the_past_and_ends(folder: Path) -> None:
    with DrivenRun(folder, "terminal", command=ECHO) as run:
        await started(run)
        async with Reader(HostWire(run.run_dir)) as screen:
            await screen.waits_for(b"ready")
            await asyncio.to_thread(run.kill_host)
            await screen.waits_for_the_end()
            assert screen.seen.count(RESET + b"ready") == 2
        async with Reader(HostWire(run.run_dir)) as later:
            await later.waits_for_the_end()
            assert later.seen.startswith(RESET + b"ready")


async def test_the_screen_gets_it_from_its_link(tmp_path: Path) -> None:
    places = Places(tmp_path)
    wire = LiveLink(places).terminal("T1-1")
    async with asyncio.timeout(SECONDS):
        assert [data async for data in wire.output()] == [RESET]
