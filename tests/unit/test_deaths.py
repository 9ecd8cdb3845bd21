"""The kernel tells of a host's death at once; who is somebody else, or has ended, is not watched."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cockpit import events
from cockpit.engine.deaths import Deaths
from cockpit.engine.hold import Hold
from cockpit.events import Recorded
from cockpit.fold import fold
from cockpit.hosts import process
from cockpit.places import Places

SECONDS = 60.0

STARTED = (
    events.TaskAdded("T1", "fix login"),
    events.NightStarted("n", 2, "main"),
    events.TaskClaimed("T1", 1, "T1-1", "s"),
    events.RunStarted("T1-1", "agent-1/task-T1", "/w", "base", 9),
)

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux has descriptors of processes")


@contextmanager
def a_host(places: Places, birth: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A process that the run's `host.json` names."""
    with subprocess.Popen(["tail", "-f", "/dev/null"]) as host:
        folder = places.run_dir("T1-1")
        folder.mkdir(parents=True)
        data = {"pid": host.pid, "pid_birth": birth or process.birth(host.pid)}
        (folder / "host.json").write_text(json.dumps(data))
        try:
            yield host
        finally:
            host.kill()


def an_engine(places: Places, *log: events.Event) -> Any:
    state = fold(Recorded(n, "s", n, float(n), event) for n, event in enumerate((*STARTED, *log), 1))
    return cast("Any", SimpleNamespace(state=state, places=places, hold=Hold()))


def watches() -> int:
    """The descriptors of processes that we hold."""
    names = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
    return sum(os.path.lexists(name) and "pidfd" in os.readlink(name) for name in names)


async def test_a_killed_host_is_told_of_once(tmp_path: Path) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    with a_host(places := Places(tmp_path)) as host:
        deaths = Deaths(an_engine(places), told.put_nowait)
        deaths.follow()
        deaths.follow()
        assert watches() == 1
        host.kill()
        async with asyncio.timeout(SECONDS):
            assert await told.get() == "T1-1"
    assert told.empty()
    assert watches() == 0


async def test_nobody_else_is_watched(tmp_path: Path) -> None:
    told: list[str] = []
    with a_host(places := Places(tmp_path), birth="somebody else's"):
        Deaths(an_engine(places), told.append).follow()
        assert watches() == 0


async def test_a_host_whose_run_is_over_may_go(tmp_path: Path) -> None:
    told: list[str] = []
    with a_host(places := Places(tmp_path)):
        engine = an_engine(places)
        deaths = Deaths(engine, told.append)
        deaths.follow()
        assert watches() == 1
        engine.state = an_engine(places, events.RunExited("T1-1", 1, 0)).state
        deaths.follow()
        assert watches() == 0

        engine.state = an_engine(places).state
        deaths.follow()
        deaths.close()
        assert watches() == 0
