"""Notifications in simulated nights: services that fail and hang, quiet hours, and what must be true of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.notified import HOUR
from cockpit.occasions import found
from cockpit.policy.notices import MOST_TRIES
from cockpit.policy.notify_rules import NotifyRules, never
from cockpit.state import State
from tests.sim.dice import Dice

if TYPE_CHECKING:
    from tests.sim.night import Night

PER_HOUR = 4


def rules(dice: Dice, wall: Callable[[], float]) -> NotifyRules:
    """Two services; on some nights a person wants to be left alone for a while."""
    begin = wall() + dice.between(0, 6 * HOUR, "quiet from")
    end = begin + dice.between(0.5 * HOUR, 4 * HOUR, "quiet for")
    return NotifyRules(
        services=("one-1", "two-2"),
        through=frozenset({"failing"}),
        digest_seconds=dice.between(0, 1200, "digest"),
        per_hour=PER_HOUR,
        quiet=(lambda now: end if begin <= now < end else 0.0) if dice.chance(0.5, "quiet") else never,
        occasions=found,
    )


def raised(night: Night, before: State, event: events.NotificationRaised, after: State) -> str:
    """What is wrong with something that came up; empty where nothing is."""
    return f"{event.key} is told twice" if event.key in before.told.said else ""


def sent(night: Night, before: State, event: events.NotificationSent, after: State) -> str:
    """What is wrong with a message."""
    box = before.told.outboxes[event.service]
    again = {(event.service, name) for name in event.notifications} & night.delivered
    if again:
        return f"it is told again: {sorted(again)}"
    if event.ok:
        night.delivered |= {(event.service, name) for name in event.notifications}
    if box.tries >= MOST_TRIES:
        return f"{event.service} was tried {box.tries + 1} times"
    lately = after.told.outboxes[event.service].lately
    hour = [at for at in lately if night.wall() - HOUR < at <= night.wall()]
    return f"{event.service} took {len(hour)} messages in an hour" if len(hour) > PER_HOUR else ""


def left(night: Night, state: State) -> str:
    """What is wrong at the end of a night."""
    if state.told.is_behind and state.halt is None:
        return f"it was never told: {list(state.told.notifications)}"
    return ""
