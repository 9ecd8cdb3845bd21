"""`cockpit notify`: how notifications go, and a test message to every service."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from cockpit.cli import REFUSED, Wrong, surroundings
from cockpit.words import duration

if TYPE_CHECKING:
    import argparse

    from cockpit.config import Config
    from cockpit.doctor import Check
    from cockpit.notices_text import Message
    from cockpit.notified import Outbox
    from cockpit.places import Places


def notify(parsed: argparse.Namespace) -> int:
    """`notify [test]`."""
    where = surroundings.places(parsed)
    settings = surroundings.configuration(where)
    if not settings.notify.urls:
        raise Wrong(
            f"{where.root}/cockpit.toml names no service; "
            'add one, e.g. [notify] urls = ["ntfy://TOPIC"], and see config.example.toml'
        )
    if parsed.what == "test":
        from cockpit.notices_text import test_message

        return send(settings, test_message(where.root.name))
    return _list(where, settings)


def send(settings: Config, message: Message, services: tuple[str, ...] = ()) -> int:
    """Send a message to these services, or to all, and say how each went; 1 where one failed."""
    from cockpit.notify import send as send_one

    chosen = {name: url for name, url in settings.notify.services().items() if not services or name in services}

    async def to_all() -> list[bool]:
        return await asyncio.gather(*(one(name, url) for name, url in chosen.items()))

    async def one(name: str, url: str) -> bool:
        began = time.monotonic()
        found = await send_one(url, message.title, message.body, message.attachment)
        said = f"taken in {time.monotonic() - began:.1f} s" if found.ok else found.error
        print(f"{'✓' if found.ok else '✗'} {name}: {said}")
        return found.ok

    return 0 if all(asyncio.run(to_all())) else REFUSED


def refuse_unknown(where: Places, settings: Config) -> None:
    """Raise Wrong where no service takes one of the URLs."""
    if not settings.notify.urls:
        return
    from cockpit.config_notify import masked
    from cockpit.notify import problem

    wrong = [(n, url, why) for n, url in enumerate(settings.notify.urls) if (why := problem(url))]
    if wrong:
        said = (f"notify.urls.{n} = {masked(url)!r}: {why}" for n, url, why in wrong)
        raise Wrong("\n".join(f"{where.root}/cockpit.toml: {one}" for one in said))


def examine(parsed: argparse.Namespace, services: dict[str, str]) -> list[Check]:
    """The doctor's look at notifications; nothing is sent."""
    from cockpit.doctor import Check

    if not services:
        return []
    from cockpit.notified import Outbox
    from cockpit.notify import problem

    try:
        told = surroundings.state(surroundings.places(parsed)).told
    except Wrong:
        return []
    found, now = [], time.time()
    for name, url in services.items():
        box = told.outboxes.get(name, Outbox())
        if why := problem(url):
            found.append(Check("notify", False, f"{name}: {why}", "look at it in [notify] urls of cockpit.toml"))
        elif box.error:
            found.append(Check("notify", None, f"{name}: {how(box, now)}", "`cockpit notify test` tries it now"))
        else:
            found.append(Check("notify", True, f"{name}: {how(box, now)}"))
    return found


def _list(where: Places, settings: Config) -> int:
    from cockpit.notified import Outbox

    told, now = surroundings.state(where).told, time.time()
    for name in settings.notify.services():
        print(f"{name:<12} {how(told.outboxes.get(name, Outbox()), now)}")
    return 0


def how(box: Outbox, now: float) -> str:
    """How it goes with a service."""
    parts = [f"{box.sent} sent, the last {duration(now - box.sent_at)} ago" if box.sent else "nothing sent yet"]
    if box.waiting:
        parts.append(f"{len(box.waiting)} waiting")
    if box.error:
        times = f"{box.tries} time{'s' * (box.tries != 1)} in a row, " if box.tries else ""
        parts.append(f"failed {times}{duration(now - box.failed_at)} ago: {box.error}")
    if box.dropped:
        parts.append(f"{box.dropped} given up")
    return "; ".join(parts)
