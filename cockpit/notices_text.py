"""Notifications in words: one message of whatever a service is to be told, short enough for a telephone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cockpit import redact, report
from cockpit.notified import FINISHED, NEEDS_YOU, Notification
from cockpit.state import State
from cockpit.text import plain

MAX_TITLE = 120

SHOWN = 12
"""Notifications that are told one by one; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a service is given."""

    title: str
    body: str
    """Markdown that reads well as plain text, too."""
    attachment: str = ""
    """The whole report, for services that take files by mail."""


def compose(state: State, told: Sequence[Notification], repository: str, now: float) -> Message:
    """One message for all of them; the night's end brings the report, which has whatever else there was."""
    if any(one.kind == FINISHED for one in told):
        return of_report(report.build(state, now), repository)
    title = _title(told, repository)
    body = "\n\n".join([_paragraph(one) for one in told[:SHOWN]])
    if len(told) > SHOWN:
        body += f"\n\nAnd {len(told) - SHOWN} more: `cockpit status`"
    return Message(clean(title), clean(body))


def of_report(found: dict[str, Any], repository: str) -> Message:
    """A report as a message."""
    whole = clean(report.markdown(found))
    return Message(clean(f"{repository}: {report.headline(found)}"), whole, whole)


def _title(told: Sequence[Notification], repository: str) -> str:
    if len(told) == 1:
        one = told[0]
        waits = " waits for you" if one.kind == NEEDS_YOU else ""
        head = f"{one.about}{waits}: {one.title}" if one.about else one.title
        return f"{repository}: {head}"[:MAX_TITLE]
    waiting = sum(one.kind == NEEDS_YOU for one in told)
    others = len(told) - waiting
    parts = [f"{waiting} {'waits' if waiting == 1 else 'wait'} for you"] if waiting else []
    parts += [f"{others} {'other ' * bool(waiting)}message{'s' * (others != 1)}"] if others else []
    return f"{repository}: {', '.join(parts)}"[:MAX_TITLE]


def _paragraph(one: Notification) -> str:
    """What, why, and the command that answers it."""
    head = f"**{one.about}** {harmless(one.title)}" if one.about else f"**{harmless(one.title)}**"
    return "\n".join(filter(None, (head, harmless(one.text), one.do)))


def harmless(text: str) -> str:
    """Somebody else's text without what a chat would act on: calls to everybody, links that hide where they lead."""
    text = re.sub(r"@(?=(?:everyone|here|channel|all)\b)|<(?=[!@#])", "", text)
    return text.replace("](", "] (")


def clean(text: str) -> str:
    """Nothing leaves with a secret or an escape sequence in it."""
    return redact.text(plain(text))


def test_message(repository: str) -> Message:
    """What `cockpit notify test` sends."""
    body = "This is a test. If you can read it, notifications arrive here.\n\n`cockpit status` shows how they go."
    return Message(clean(f"{repository}: a test from the cockpit"), body)
