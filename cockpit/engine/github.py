"""The engine's one line to GitHub: opened when it is first wanted, closed when the engine leaves.

Nothing of GitHub is imported before, so that a repository without it pays nothing.
"""

from __future__ import annotations

import asyncio
import platform
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import durable, events
from cockpit.github_facts import BROKEN, DENIED, LIMITED, OFF, OK, TROUBLE
from cockpit.repo.remotes import remote_url

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine
    from cockpit.sources.github.client import Client
    from cockpit.sources.github.locks import Held, Owner
    from cockpit.state import Task


@dataclass
class Line:
    """What the engine remembers of GitHub while it lives; nothing of it is needed by the next one."""

    client: Client | None = None
    newest: str = ""
    """The mark of the newest change that was taken over."""
    listed_at: float = 0.0
    """When all issues were asked for last."""
    held: dict[str, Held] = field(default_factory=dict)
    """The locks that are ours, by task."""
    kept_at: dict[str, float] = field(default_factory=dict)
    """When each was last kept."""
    comments: dict[str, int] = field(default_factory=dict)
    """The comment that says what becomes of a task."""
    branches: set[str] = field(default_factory=set)
    """The tasks whose comment names the branch."""
    me: str | None = None
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)


async def client(engine: Engine) -> Client:
    """The client that all of this process share. Raises GitHubError where there can be none."""
    from cockpit.sources.github.client import Client
    from cockpit.sources.github.remote import where

    line = engine.github
    async with line.opening:
        if line.client is None:
            settings = engine.config.github
            place = where(settings, await asyncio.to_thread(remote_url, engine.repository))
            opened = Client.open(settings, place, folder(engine), engine.environ, clock=engine.clock)
            line.client = await engine.leaving.enter_async_context(opened)
            chosen = events.GitHubChosen(place.repo, place.web, settings.claim)
            facts = engine.state.github
            if (facts.repo, facts.web, facts.locks) != (chosen.repo, chosen.web, chosen.locks):
                engine.record(chosen)
    return line.client


def folder(engine: Engine) -> Path:
    """Where GitHub's answers are kept."""
    return engine.places.folder / "github"


def owner(engine: Engine) -> Owner:
    """Who we are to other cockpits: this folder on this machine."""
    from cockpit.sources.github.locks import Owner

    path = folder(engine) / "id"
    try:
        name = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        name = str(uuid.uuid4())
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable.replace(path, name.encode(), sync=True)
    host = platform.node() or "an unnamed machine"
    return Owner(f"{name}@{host}", host, engine.config.github.claim_minutes * 60)


def who(engine: Engine, task: Task) -> str:
    """We and a task of ours, for people on GitHub."""
    return f"The cockpit on `{owner(engine).host}` (as its {task.id})"


def mark(engine: Engine, task: Task) -> str:
    """What the one comment on a task's issue is found again by."""
    return f"cockpit {owner(engine).id[:8]} {task.id}"


def well(engine: Engine) -> None:
    """GitHub answered."""
    _health(engine, events.GitHubHealth(OK))


def ill(engine: Engine, error: Exception) -> None:
    """GitHub did not, or said no; told once."""
    from cockpit.sources.github import errors

    kind, until = TROUBLE, getattr(error, "until", 0.0)
    if isinstance(error, errors.Limited):
        kind = LIMITED
    elif isinstance(error, errors.BreakerOpen):
        kind = BROKEN
    elif isinstance(error, errors.Denied | errors.NoAccess):
        kind = DENIED
    _health(engine, events.GitHubHealth(kind, until, str(error)))


def off(engine: Engine) -> None:
    """The configuration wants no GitHub any more."""
    if engine.state.github.repo:
        engine.record(events.GitHubChosen(""))
        _health(engine, events.GitHubHealth(OFF))


def _health(engine: Engine, now: events.GitHubHealth) -> None:
    facts = engine.state.github
    if (facts.health, facts.why, facts.until) != (now.health, now.why, now.until):
        engine.record(now)
