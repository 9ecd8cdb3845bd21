"""What is to be told by notifications, and what was."""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never

from cockpit.events import notices as events
from cockpit.fold.changes import newest, notice, with_
from cockpit.notified import HOUR, SAID_KEPT, Notification, Outbox, Told
from cockpit.state import State
from cockpit.value import replace


def notices(state: State, event: events.NoticeEvent, at: float) -> State:
    match event:
        case events.NotificationRaised():
            return replace(state, told=_raised(state.told, event, at))
        case events.NotificationSent(ok=True):
            return replace(state, told=_taken(state.told, event, at))
        case events.NotificationSent(service=service, error=error):
            told = notice(state, f"notification by {service} failed: {error}")
            return replace(told, told=_failed(state.told, event, at))
        case events.NotificationDropped(service=service, why=why, failed=failed):
            if failed:
                state = notice(state, f"notification by {service} given up: {why}")
            return replace(state, told=_dropped(state.told, event))
        case _:
            assert_never(event)


def _raised(told: Told, event: events.NotificationRaised, at: float) -> Told:
    one = Notification(event.notification, event.kind, event.key, event.title, event.text, event.do, event.about, at)
    boxes = {**told.outboxes}
    for service in event.services:
        box = boxes.get(service, Outbox())
        boxes[service] = replace(box, waiting=(*box.waiting, one.id))
    known = {**told.notifications, one.id: one} if event.services else told.notifications
    said = newest(with_(told.said, event.key, at), SAID_KEPT)
    return replace(told, raised=told.raised + 1, said=said, notifications=known, outboxes=boxes)


def _taken(told: Told, event: events.NotificationSent, at: float) -> Told:
    box = told.outboxes.get(event.service, Outbox())
    lately = (*(one for one in box.lately if at - HOUR < one <= at), at)
    changed = replace(
        box,
        waiting=_without(box, event.notifications),
        tries=0,
        tried_at=at,
        error="",
        fatal=False,
        sent_at=at,
        sent=box.sent + 1,
        lately=lately,
    )
    return _with(told, event.service, changed)


def _failed(told: Told, event: events.NotificationSent, at: float) -> Told:
    box = told.outboxes.get(event.service, Outbox())
    changed = replace(
        box, tries=box.tries + 1, tried_at=at, error=event.error or "it failed", fatal=event.fatal, failed_at=at
    )
    return _with(told, event.service, changed)


def _dropped(told: Told, event: events.NotificationDropped) -> Told:
    box = told.outboxes.get(event.service, Outbox())
    left = _without(box, event.notifications)
    changed = replace(box, waiting=left, dropped=box.dropped + (len(box.waiting) - len(left)) * event.failed)
    return _with(told, event.service, replace(changed, tries=0, fatal=False) if event.failed else changed)


def _without(box: Outbox, gone: Collection[str]) -> tuple[str, ...]:
    return tuple(one for one in box.waiting if one not in gone)


def _with(told: Told, service: str, box: Outbox) -> Told:
    """What no outbox has any more is forgotten."""
    boxes = {**told.outboxes, service: box}
    held = {one for box in boxes.values() for one in box.waiting}
    known = {name: one for name, one in told.notifications.items() if name in held}
    return replace(told, outboxes=boxes, notifications=known)
