"""`cockpit status --watch`: the status again whenever something changed; no screen, nothing polled.

On a terminal each takes the place of the one before; in a pipe they follow one another, a blank line between.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

from cockpit.cli import status
from cockpit.ledger.bell import changes
from cockpit.ledger.sqlite import prepare_folder
from cockpit.status import exit_code, plain_text

if TYPE_CHECKING:
    from cockpit.places import Places

AGAIN = "\x1b[H\x1b[J"
"""To the top left, and clear from there."""

PAUSE_SECONDS = 0.25
"""Between two of them, at least: many things may change at once."""


def watch(where: Places) -> int:
    """Until ctrl+c; exits as `status` would."""
    try:
        asyncio.run(_watch(where))
    except KeyboardInterrupt:
        print()
    return exit_code(status.now(where))


async def _watch(where: Places) -> None:
    prepare_folder(where.folder)
    prepare_folder(where.sessions)
    (where.folder / "bell").touch(mode=0o600)
    over = AGAIN if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" else ""
    said = _say(status.now(where), {}, over)
    async for _ in changes(where.folder / "bell", where.sessions):
        said = _say(await asyncio.to_thread(status.now, where), said, over)
        await asyncio.sleep(PAUSE_SECONDS)


def _say(found: dict[str, Any], said: dict[str, Any], over: str) -> dict[str, Any]:
    """Print the status if it is another one; what it came to."""
    gist = _gist(found)
    if gist != said:
        print(f"{over}{plain_text(found)}", end="\n" if over else "\n\n", flush=True)
    return gist


def _gist(found: dict[str, Any]) -> dict[str, Any]:
    """The status without what changes by time alone."""
    agents = [{k: v for k, v in agent.items() if k != "heartbeat_seconds"} for agent in found["agents"]]
    inbox = [{k: v for k, v in entry.items() if k != "seconds"} for entry in found["inbox"]]
    return {**found, "agents": agents, "inbox": inbox}
