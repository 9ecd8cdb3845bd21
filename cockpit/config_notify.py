"""The configuration of notifications: where they go, which, and when not."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainSerializer

from cockpit import quiet
from cockpit.config_base import Section
from cockpit.policy.notify_rules import NotifyRules, never

Kind = Literal["needs_you", "budget", "stopped", "finished", "failing"]


def _is_url(url: str) -> str:
    """The shape alone: whether a service takes it, `cockpit config check` and `cockpit notify test` say."""
    if re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]*://\S", url) is None:
        raise ValueError("expected a URL of apprise, such as ntfy://TOPIC or mailto://USER:PASSWORD@HOST")
    return url


def masked(url: str) -> str:
    """`ntfy://…`: anything behind the service's name may be secret."""
    return f"{url.partition('://')[0]}://…" if "://" in url else "…"


Url = Annotated[str, AfterValidator(_is_url), PlainSerializer(masked)]


def _hours(text: str) -> str:
    quiet.read(text)
    return text


class Notify(Section):
    """What happens when something new waits for you: at the screen that is attached, and elsewhere."""

    bell: bool = False
    """Ring the terminal's bell."""
    desktop: bool = False
    """Ask the terminal for a desktop notification (OSC 9 and OSC 777)."""
    urls: list[Url] = []
    """Where notifications go: URLs of apprise. Nothing is sent anywhere without one."""
    events: list[Kind] = ["needs_you", "budget", "stopped", "finished", "failing"]
    """What is told."""
    quiet: Annotated[str, AfterValidator(_hours)] = ""
    """`HH:MM-HH:MM`, local time, in which all of it waits and goes as one message afterwards; empty: never."""
    through: list[Kind] = []
    """What is told in quiet hours too."""
    digest_minutes: Annotated[float, Field(ge=0, le=1440)] = 10.0
    """What comes up so soon after a message waits, and becomes one message."""
    per_hour: Annotated[int, Field(ge=1, le=1000)] = 12
    """The most messages in an hour for each URL; what is more waits and becomes one."""

    def services(self) -> dict[str, str]:
        """The URLs by the names that status and ledger have for them: `ntfy-1`, `mailto-2`."""
        return {f"{url.partition('://')[0].lower()}-{n}": url for n, url in enumerate(self.urls, 1)}

    def rules(self) -> NotifyRules:
        """What the policy needs to know."""
        from cockpit.occasions import found

        hours = quiet.read(self.quiet)
        return NotifyRules(
            services=tuple(self.services()),
            kinds=frozenset(self.events),
            through=frozenset(self.through),
            digest_seconds=self.digest_minutes * 60,
            per_hour=self.per_hour,
            quiet=hours.ends if hours else never,
            occasions=found,
        )
