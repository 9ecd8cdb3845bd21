"""The engine's one line to GitHub: opened when it is first wanted, closed when the engine leaves.

Nothing of GitHub is imported before, so that a repository without it pays nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cockpit.repo.remotes import remote_url

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine
    from cockpit.sources.github.client import Client


async def client(engine: Engine) -> Client:
    """The client that all of this process share. Raises GitHubError where there can be none."""
    from cockpit.sources.github.client import Client
    from cockpit.sources.github.remote import where

    async with engine.github_opens:
        if engine.github is None:
            settings = engine.config.github
            place = where(settings, await asyncio.to_thread(remote_url, engine.repository))
            opened = Client.open(settings, place, engine.places.folder / "github", engine.environ, clock=engine.clock)
            engine.github = await engine.leaving.enter_async_context(opened)
    return engine.github
