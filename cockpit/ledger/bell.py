"""Waiting for the ledger: wakes when an append rings the bell, and sleeps otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import awatch
from watchfiles.main import FileChange

STEP_MS = 10
DEBOUNCE_MS = 50
"""The library's defaults (50 and 1,600) delay by more than a second under load."""

PATROL_MS = 1_000
"""A ring that was lost (a process killed between commit and ring, or one before the watch stood) is
noticed after this long; a look costs one indexed query."""


async def rings(folder: Path) -> AsyncIterator[None]:
    """Yield at once, then whenever the ledger in `folder` may have grown."""
    bell = folder / "bell"
    bell.touch(mode=0o600)
    yield
    async for _ in changes(bell):
        yield


async def changes(*paths: Path) -> AsyncIterator[set[FileChange]]:
    """What changes in `paths` (not in folders below them); an empty set now and then, in case one was missed."""
    watching = awatch(
        *paths,
        step=STEP_MS,
        debounce=DEBOUNCE_MS,
        rust_timeout=PATROL_MS,
        yield_on_timeout=True,
        recursive=False,
    )
    async for found in watching:
        yield found
