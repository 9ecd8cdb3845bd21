"""Notifications: one message to one service, by a process of its own; what came of it is an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit import events, notices_text, notify, redact
from cockpit.policy.actions import Tell

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine


async def tell(engine: Engine, effect: Tell) -> None:
    """Send it and record how it went; the policy sees to what failed."""
    state = engine.state
    told = [state.told.notifications[name] for name in effect.notifications if name in state.told.notifications]
    url = engine.config.notify.services().get(effect.service)
    if url is None or not told:
        return
    message = notices_text.compose(state, told, engine.places.root.name, engine.clock())
    found = await notify.send(url, message.title, message.body, message.attachment)
    error = redact.text(found.error)
    engine.record(
        events.NotificationSent(effect.service, effect.notifications, found.ok, message.title, error, fatal=found.fatal)
    )
