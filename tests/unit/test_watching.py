"""Watching files: by the kernel where it can be, by the library elsewhere, and what the screen makes of it."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from cockpit import events
from cockpit.hosts.session_file import write
from cockpit.ledger import bell, inotify
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.newest import Newest
from cockpit.places import Places
from cockpit.state import Session

PATIENCE = 60.0


@pytest.fixture(params=["kernel", "library"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "library":
        monkeypatch.setattr(inotify, "is_there", lambda: False)
    elif not inotify.is_there():
        pytest.skip("this system has no inotify")
    return str(request.param)


def descriptors() -> list[int]:
    """The inotify descriptors of this process; none of those that a test before left to the collector."""
    gc.collect()
    return [int(number) for number in os.listdir("/proc/self/fd") if _target(number) == "anon_inode:inotify"]


def _target(number: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:  # the folder's own, which is closed by now
        return ""


async def told(found: AsyncIterator[set[Path]]) -> set[Path]:
    """The next news; being told nothing now and then is none."""
    async with asyncio.timeout(PATIENCE):
        async for paths in found:
            if paths:
                return paths
    raise AssertionError("the watch ended")


def begun(found: AsyncIterator[set[Path]]) -> asyncio.Task[set[Path]]:
    """A watch that stands, and what it will tell."""
    return asyncio.create_task(told(found))


async def changed(found: AsyncIterator[set[Path]], change: Path) -> set[Path]:
    """What the watch tells after this file is written; written again, for a watch may not stand at once."""
    waiting = begun(found)
    while not waiting.done():
        change.write_text("more", encoding="utf-8")
        await asyncio.wait([waiting], timeout=0.1)
    return waiting.result()


async def test_a_file_and_a_folder_are_told_apart(tmp_path: Path, way: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "bell").touch()
    async with aclosing(bell.changes(tmp_path / "bell", tmp_path / "folder")) as found:
        assert await changed(found, tmp_path / "folder" / "new") == {tmp_path / "folder" / "new"}
        assert tmp_path / "bell" in await changed(found, tmp_path / "bell")


async def test_nothing_is_said_now_and_then(tmp_path: Path, way: str) -> None:
    async with aclosing(bell.changes(tmp_path, patrol=0.05)) as found, asyncio.timeout(PATIENCE):
        assert await anext(found) == set()


async def test_a_watch_leaves_nothing_behind(tmp_path: Path) -> None:
    before = descriptors()
    async with aclosing(bell.changes(tmp_path, patrol=0.01)) as found:
        await anext(found)
        assert len(descriptors()) == len(before) + inotify.is_there()
    assert descriptors() == before


async def test_what_comes_while_nobody_waits_is_told_later_and_costs_nothing(tmp_path: Path) -> None:
    if not inotify.is_there():
        pytest.skip("this system has no inotify")
    loop = asyncio.get_running_loop()
    async with aclosing(bell.changes(tmp_path)) as found:
        await changed(found, tmp_path / "a")
        (tmp_path / "b").touch()
        assert not any(loop.remove_reader(number) for number in descriptors())  # none that keeps the loop turning
        assert tmp_path / "b" in await told(found)


async def test_temporary_files_are_no_news(tmp_path: Path) -> None:
    if not inotify.is_there():
        pytest.skip("this system has no inotify")
    async with aclosing(bell.changes(tmp_path)) as found:
        waiting = begun(found)
        await asyncio.sleep(0)
        write(tmp_path / "agent-1.session", Session("agent-1"))
        assert await waiting == {tmp_path / "agent-1.session"}


def test_a_watch_on_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    if not inotify.is_there():
        pytest.skip("this system has no inotify")
    with pytest.raises(FileNotFoundError):
        inotify.Watch([tmp_path / "nothing"])


def test_a_session_file_is_read_again_only_when_it_is_another_one(tmp_path: Path) -> None:
    places = Places(tmp_path)
    ledger = SqliteLedger(places.folder)
    ledger.append("night", 0, [events.NightStarted("n", 2, "main")], 1.0)
    ledger.close()
    newest = Newest(places)
    write(places.session_file(1), Session("agent-1", current_step="one", last_heartbeat=1.0))
    first = newest.state()
    assert newest.state().sessions[1] is first.sessions[1]

    write(places.session_file(1), Session("agent-1", current_step="one", last_heartbeat=2.0))
    second = newest.state()
    assert second.sessions[1].last_heartbeat == 2.0
    assert second != first
    assert newest.only_breathes(first, second)

    write(places.session_file(1), Session("agent-1", current_step="two", last_heartbeat=3.0))
    assert not newest.only_breathes(second, newest.state())
    newest.close()
