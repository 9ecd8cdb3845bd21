"""What the screen does about a person who was away: it notices, and shows what happened meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cockpit import keys
from cockpit.keys import AWAY
from cockpit.presence import AWAY_SECONDS, Seen

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

SAVE_SECONDS = 10.0
"""The least time between two notes that somebody is here."""


@dataclass
class Presence:
    """What the screen knows of its person; nothing that matters is only here."""

    seen: Seen | None = None
    recalled: bool = False
    """What was kept of the time before this screen is known."""
    has_state: bool = False
    greeted: bool = False
    saved_at: float = 0.0


async def recall(app: CockpitApp) -> None:
    """Learn when somebody was last here."""
    try:
        app.presence.seen = await app.link.last_seen()
    except Exception as error:  # a note about the screen is nothing to fail over
        app.say(f"when you were here last can't be read: {error}", ok=False)
    app.presence.recalled = True
    _greet(app)


def arrived(app: CockpitApp) -> None:
    """A state is on the screen."""
    if not app.presence.has_state:
        app.presence.has_state = True
        _greet(app)


def _greet(app: CockpitApp) -> None:
    """Once, when both are known: show what happened to whoever comes back after a while."""
    here = app.presence
    if here.greeted or not (here.recalled and here.has_state):
        return
    here.greeted = True
    if _back(app):
        look_back(app)
    _be_here(app)


def noticed(app: CockpitApp) -> None:
    """Somebody pressed a key: they are here, and may have been away with the screen open."""
    if not app.presence.greeted:
        return
    if news := _back(app):
        app.say(f"while you were away: {news}. {keys.pretty(app.keys['away'])} shows it", ok=None)
    _be_here(app)


def _back(app: CockpitApp) -> str:
    """What they have missed who come back now; empty where they were not away or it was nothing."""
    seen, now = app.presence.seen, app.now()
    if seen is None or now - seen.at <= AWAY_SECONDS:
        return ""
    from cockpit.report import build, happened

    return happened(build(app.state, now, seen.at))


def _be_here(app: CockpitApp) -> None:
    here, now = app.presence, app.now()
    here.seen = Seen(now, here.seen.away_since(now) if here.seen else None)
    if now - here.saved_at >= SAVE_SECONDS:
        here.saved_at = now
        app.begin_work(partial(app.link.be_seen, here.seen), "seen")


def look_back(app: CockpitApp) -> None:
    """Show what happened since they were away; where that shows already, the whole night, and back again."""
    now, seen = app.now(), app.presence.seen
    since = seen.away_since(now) if seen else None
    shown = app.main.away
    if app.main.view == AWAY and shown is not None and shown.since is not None:
        app.main.look_back(None, since, now)
    else:
        app.main.look_back(since, None, now)
