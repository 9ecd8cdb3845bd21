"""Notifications: what is told, by which service, and when. Pure.

An occasion is raised once, ever: its key is folded. From then on each service has it in its own outbox, so one that
fails or hangs holds up no other. An outbox is emptied in one message: at once, or when quiet hours, the time for a
digest, the wait after a failure and the bound on messages in an hour allow it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cockpit.events import Event
from cockpit.events.notices import NotificationDropped, NotificationRaised
from cockpit.notified import BUDGET, FINISHED, HOUR, NEEDS_YOU, Notification, Outbox
from cockpit.policy.actions import NOTHING, Decision, Tell
from cockpit.policy.notify_rules import NotifyRules, Occasion
from cockpit.policy.rules import Rules
from cockpit.state import State

MOST_TRIES = 6
"""Failures in a row after which a service is not told what it failed to take."""

FIRST_WAIT, LONGEST_WAIT = 10.0, 3600.0
"""Seconds after the first failure, four times as many after each further one, and the most."""

OLD_SECONDS = 12 * HOUR
"""What came about so long ago, and was not told then, is no news; but for what still waits."""


def tell(state: State, rules: Rules, now: float) -> Decision:
    """What to raise or to let go, else what to send now; and when to look again."""
    chosen = rules.notify
    if not chosen.services and not state.told.is_behind:
        return NOTHING
    occasions = chosen.occasions(state) if chosen.services else ()
    records: list[Event] = [*_let_go(state, chosen, occasions), *_news(state, chosen, occasions, now)]
    if records:
        return Decision(records=tuple(records))
    found = NOTHING
    for service in chosen.services:
        found += _send(state, chosen, service, now)
    return found


def is_behind(state: State, rules: Rules) -> bool:
    """Whether the engine has to stay for something that is still to be told."""
    return bool(rules.notify.services) and state.halt is None and state.told.is_behind


def _news(
    state: State, chosen: NotifyRules, occasions: Sequence[Occasion], now: float
) -> tuple[NotificationRaised, ...]:
    """What came up, and was never told."""
    fresh = {one.key: one for one in occasions if one.kind in chosen.kinds and one.key not in state.told.said}
    news = [one for one in fresh.values() if one.kind == NEEDS_YOU or now - one.at < OLD_SECONDS]
    return tuple(
        NotificationRaised(f"N{number}", one.kind, one.key, one.title, one.text, one.do, one.about, chosen.services)
        for number, one in enumerate(news, state.told.raised + 1)
    )


def _let_go(state: State, chosen: NotifyRules, occasions: Sequence[Occasion]) -> Iterator[NotificationDropped]:
    """What is not told any more: it settled before, its service is gone, or failed too often."""
    known = {one.key for one in occasions}
    over = {name for name, one in state.told.notifications.items() if one.kind != BUDGET and one.key not in known}
    for service, box in state.told.outboxes.items():
        if not box.waiting:
            continue
        if service not in chosen.services:
            yield NotificationDropped(service, box.waiting, "the configuration has this service no more")
        elif box.fatal or box.tries >= MOST_TRIES:
            yield NotificationDropped(service, box.waiting, box.error, failed=True)
        elif settled := tuple(name for name in box.waiting if name in over):
            yield NotificationDropped(service, settled, "it settled before it was told")


def _send(state: State, chosen: NotifyRules, service: str, now: float) -> Decision:
    """A message to one service, or when there will be one."""
    box = state.told.outboxes.get(service, Outbox())
    waiting = [state.told.notifications[name] for name in box.waiting if name in state.told.notifications]
    if not waiting:
        return NOTHING
    wake = NOTHING
    if quiet := chosen.quiet(now):
        waiting = [one for one in waiting if one.kind in chosen.through]
        wake = Decision(wake=quiet)
    if not waiting:
        return wake
    at = due(chosen, box, waiting, now)
    if at > now:
        return wake + Decision(wake=at)
    return Decision(effects=(Tell(service, tuple(one.id for one in waiting)),))


def due(chosen: NotifyRules, box: Outbox, waiting: Sequence[Notification], now: float) -> float:
    """When an outbox may be emptied, outside of quiet hours."""
    times = [0.0]
    if box.tries:
        times.append(_after(box.tried_at, wait_after(box.tries), now))
    if box.sent_at and not any(one.kind == FINISHED for one in waiting):
        times.append(_after(box.sent_at, chosen.digest_seconds, now))
    lately = [one for one in box.lately if now - HOUR < one <= now]
    if len(lately) >= chosen.per_hour:
        times.append(lately[-chosen.per_hour] + HOUR)
    return max(times)


def _after(began: float, seconds: float, now: float) -> float:
    """So long after something; at once where the clock was set back meanwhile, since nobody knows when it was."""
    return began + seconds if began <= now else 0.0


def wait_after(tries: int) -> float:
    """How long to wait after so many failures in a row."""
    return float(min(LONGEST_WAIT, FIRST_WAIT * 4 ** min(tries - 1, 8)))
