"""Whose turn it is: one request at a time, as GitHub asks for, the most urgent first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from enum import IntEnum
from itertools import count


class Priority(IntEnum):
    """What a request is for; lower is sooner."""

    REVIEWS = 0
    """Reviews, checks and merges: work that is done waits for these."""
    EXECUTION = 1
    """Issues, claims, what a running task shows of itself."""
    IDEAS = 2
    """What nobody waits for."""


PRIORITY: ContextVar[Priority] = ContextVar("github_priority", default=Priority.EXECUTION)
"""What the request that is being made is for."""


class Turns:
    """A lock whose waiters are let in by priority, and by age among equals."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._ages = count()

    @asynccontextmanager
    async def turn(self, priority: Priority) -> AsyncIterator[None]:
        """Have the line for oneself."""
        await self._enter(priority)
        try:
            yield
        finally:
            self._next()

    async def _enter(self, priority: Priority) -> None:
        if not self._busy:
            self._busy = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._ages), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._next()  # it was given to us just now, and we don't take it
            raise

    def _next(self) -> None:
        while self._waiting:
            _, _, waiter = heapq.heappop(self._waiting)
            if not waiter.done():
                waiter.set_result(None)
                return
        self._busy = False
