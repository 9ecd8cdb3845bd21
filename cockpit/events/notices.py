"""What became of notifications; part of the vocabulary of `events`."""

from __future__ import annotations

from cockpit.value import Value, frozen


@frozen
class NotificationRaised(Value):
    """Something came up that a person who is elsewhere is to be told by these services."""

    notification: str
    kind: str
    key: str
    title: str
    text: str = ""
    do: str = ""
    about: str = ""
    services: tuple[str, ...] = ()


@frozen
class NotificationSent(Value):
    """A service took a message with these notifications, or failed to."""

    service: str
    notifications: tuple[str, ...]
    ok: bool
    title: str = ""
    error: str = ""
    fatal: bool = False
    """Trying again can't help."""


@frozen
class NotificationDropped(Value):
    """A service will not be told these any more: it failed too often, is gone, or they settled meanwhile."""

    service: str
    notifications: tuple[str, ...]
    why: str
    failed: bool = False
    """It is the service's fault."""


NoticeEvent = NotificationRaised | NotificationSent | NotificationDropped
