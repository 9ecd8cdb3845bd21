"""`cockpit report`: the night, or the time since a person was last there, in Markdown or as JSON."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cockpit import presence
from cockpit.cli import Wrong, surroundings
from cockpit.report import build, markdown
from cockpit.text import plain

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places


def report(parsed: argparse.Namespace) -> int:
    """`report [--json|--mail] [--since last|HH:MM|ISO]`."""
    where, now = surroundings.places(parsed), time.time()
    since = begin(parsed.since, where, now) if parsed.since else None
    found = build(surroundings.state(where), now, since, _keys(where))
    if parsed.mail:
        return _mail(where, found)
    print(json.dumps(found, indent=2) if parsed.json else plain(markdown(found)))
    return 0


def _keys(where: Places) -> dict[str, str]:
    """The key of every action, as the configuration has it where it can be read."""
    from cockpit import keys

    try:
        return keys.bindings(surroundings.screen_settings(where).keys)
    except (Wrong, keys.KeyConflict):
        return keys.bindings()


def _mail(where: Places, found: dict[str, Any]) -> int:
    """Send it to every mail address that the configuration has."""
    from cockpit.cli import notifying
    from cockpit.notices_text import of_report

    settings = surroundings.configuration(where)
    mail = tuple(name for name in settings.notify.services() if name.startswith("mailto"))
    if not mail:
        raise Wrong(
            f"{where.root}/cockpit.toml names no mail address; "
            'add one, e.g. [notify] urls = ["mailto://USER:PASSWORD@HOST?to=YOU@EXAMPLE.ORG"]'
        )
    return notifying.send(settings, of_report(found, where.root.name), mail)


def begin(text: str, where: Places, now: float) -> float:
    """The time that `--since` means. Raises Wrong where it means none."""
    if text == "last":
        seen = presence.read(where.seen_file)
        since = seen.away_since(now) if seen else None
        if since is None:
            raise Wrong("nobody was away from a screen here yet; say since when: --since HH:MM, or leave it out")
        return since
    since = _moment(text, datetime.fromtimestamp(now))
    if since > now:
        raise Wrong(f"--since {text}: that is in the future")
    return since


def _moment(text: str, now: datetime) -> float:
    """The last HH:MM, or a date with or without a time, in local time where it names no zone."""
    try:
        clock = datetime.strptime(text, "%H:%M").time()
    except ValueError:
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError:
            raise Wrong(f"--since {text}: expected last, HH:MM, or a date such as 2026-11-20T23:05") from None
    at = datetime.combine(now.date(), clock)
    return (at if at <= now else at - timedelta(days=1)).timestamp()
