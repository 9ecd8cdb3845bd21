"""Waiting for the ledger: wakes when an append rings the bell, and sleeps otherwise."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

from cockpit.ledger import inotify

STEP_MS = 10
DEBOUNCE_MS = 50
"""Where a library watches: its defaults (50 and 1,600) delay by more than a second under load."""

PATROL_SECONDS = 1.0
"""A ring that was lost (a process killed between commit and ring, or one before the watch stood) is
noticed after this long; a look costs one indexed query."""


async def rings(folder: Path) -> AsyncIterator[None]:
    """Yield at once, then whenever the ledger in `folder` may have grown."""
    bell = folder / "bell"
    bell.touch(mode=0o600)
    yield
    async with aclosing(changes(bell)) as watching:
        async for _ in watching:
            yield


async def changes(*paths: Path, patrol: float = PATROL_SECONDS) -> AsyncGenerator[set[Path]]:
    """What changed in `paths` (not in folders below them); an empty set now and then, in case one was missed."""
    async with aclosing(_watching(paths, patrol)) as watching:
        async for found in watching:
            yield found


def _watching(paths: Sequence[Path], patrol: float) -> AsyncGenerator[set[Path]]:
    if inotify.is_there():
        try:
            return inotify.Watch(paths).changes(patrol)
        except OSError:  # no more watches to be had: the library can also do without
            pass
    return _by_library(paths, patrol)


async def _by_library(paths: Sequence[Path], patrol: float) -> AsyncGenerator[set[Path]]:
    from watchfiles import awatch  # most systems do without it

    watching = awatch(
        *paths,
        step=STEP_MS,
        debounce=DEBOUNCE_MS,
        rust_timeout=round(patrol * 1000),
        yield_on_timeout=True,
        recursive=False,
    )
    async for found in watching:
        yield {Path(name) for _, name in found}
