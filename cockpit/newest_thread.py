"""The newest state, followed in a thread of its own: the screen's event loop hears only of what it has to show.

Ten agents say twice a second that they live. If each time woke the event loop, that would be most of what a quiet
screen costs; so the thread reads the news itself, and keeps back what is no news.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
import time
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing, suppress
from pathlib import Path

from cockpit.ledger import inotify
from cockpit.ledger.bell import PATROL_SECONDS, changes
from cockpit.newest import Newest
from cockpit.state import State

BREATH_SECONDS = 4.5
"""How long it is kept back that agents live and nothing else. A little less than the screen's own tick, which then
never comes on top: it is armed anew by whatever is shown."""


class News:
    """What of the newest state is worth telling."""

    def __init__(self, newest: Newest, state: State) -> None:
        """`state` was told just now."""
        self._newest = newest
        self._told, self._at = state, time.monotonic()

    def look(self, changed: Collection[Path] = ()) -> State | None:
        """The state now, where it says anything that was not told; `changed` as `Newest.state` has it."""
        newer, now = self._newest.state(changed), time.monotonic()
        if newer is self._told or newer == self._told:
            return None
        if now - self._at < BREATH_SECONDS and self._newest.only_breathes(self._told, newer):
            return None
        self._told, self._at = newer, now
        return newer


async def follow(newest: Newest, state: State, *paths: Path) -> AsyncGenerator[State]:
    """What comes after `state`, whenever something worth showing changed in `paths`."""
    news = News(newest, state)
    if inotify.is_there():
        try:
            watch = inotify.Watch(paths)
        except OSError:  # no more watches to be had: the library can also do without
            pass
        else:
            async with aclosing(_by_thread(news, watch)) as found:
                async for newer in found:
                    yield newer
            return
    async with aclosing(changes(*paths)) as changed:
        async for _ in changed:
            if (looked := await asyncio.to_thread(news.look)) is not None:
                yield looked


async def _by_thread(news: News, watch: inotify.Watch) -> AsyncGenerator[State]:
    thread = _Thread(news, watch)
    thread.start()
    try:
        while True:
            yield await thread.newer()
    finally:
        await asyncio.shield(asyncio.to_thread(thread.stop))


class _Thread(threading.Thread):
    """Sleeps until something changes, looks, and wakes the event loop where that is worth it."""

    def __init__(self, news: News, watch: inotify.Watch) -> None:
        super().__init__(name="following", daemon=True)
        self._news, self._watch = news, watch
        self._loop, self._something = asyncio.get_running_loop(), asyncio.Event()
        self._found: State | Exception | None = None
        self._ending, self._end = os.pipe()

    async def newer(self) -> State:
        """The newest that was not handed over yet. Raises what went wrong while it was read."""
        await self._something.wait()
        self._something.clear()
        found, self._found = self._found, None
        if isinstance(found, Exception):
            raise found
        assert found is not None
        return found

    def run(self) -> None:
        """Look whenever something changes, and now and then in case a change was missed."""
        poll, ready, changed = select.poll(), list[int](), set[Path]()
        for fd in (self._watch.fd, self._ending):
            poll.register(fd, select.POLLIN)
        try:
            while self._ending not in ready:
                if (found := self._news.look(changed)) is not None:
                    self._tell(found)
                ready = [fd for fd, _ in poll.poll(PATROL_SECONDS * 1000)]
                if self._watch.fd in ready:
                    time.sleep(inotify.TOGETHER_SECONDS)
                changed = self._watch.read()
        except Exception as error:  # the screen says it
            self._tell(error)

    def _tell(self, found: State | Exception) -> None:
        """Hand it over; one that was not fetched yet is out of date."""

        def put() -> None:
            self._found = found
            self._something.set()

        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(put)

    def stop(self) -> None:
        """End it and let go of the watch."""
        os.close(self._end)
        self.join()
        os.close(self._ending)
        self._watch.close()
