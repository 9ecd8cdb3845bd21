"""`cockpit questions`: what agents ask, with the choices and what is answered when nobody does."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from cockpit.asked import by_default, otherwise
from cockpit.cli import surroundings
from cockpit.questions import Question, in_words
from cockpit.text import plain
from cockpit.views import duration

if TYPE_CHECKING:
    import argparse


def questions(parsed: argparse.Namespace) -> int:
    """`questions [--all] [--json]`: the open ones, or every one that is known."""
    state = surroundings.state(surroundings.places(parsed))
    found = list(state.questions.values()) if parsed.all else list(state.open_questions())
    if parsed.json:
        print(json.dumps([as_data(question) for question in found], indent=2))
        return 0
    now = time.time()
    print("\n\n".join(plain("\n".join(_lines(question, now))) for question in found) or "nothing is asked")
    return 0


def as_data(question: Question) -> dict[str, Any]:
    """A question as plain data."""
    return {
        "question": question.id,
        "agent": question.asker,
        "run": question.run,
        "kind": question.kind,
        "text": question.text,
        "detail": question.detail,
        "choices": [{"label": c.label, "description": c.description} for c in question.choices],
        "many": question.many,
        "asked": question.at,
        "answer": in_words(question) if question.settled else None,
        "by": question.by,
        "expired": question.expired,
        "delivered": question.delivered,
        "closed": question.closed,
    }


def _lines(question: Question, now: float) -> list[str]:
    what = f"may it {question.text}?" if question.is_permission else question.text
    lines = [f"{question.id}  {question.asker}, {duration(now - question.at)} ago: {what}"]
    if question.is_permission and question.detail:
        lines += [f"      {line}" for line in question.detail.splitlines()[:20]]
    for number, choice in enumerate(question.choices, 1):
        lines.append(f"    {number} {choice.label}{f': {choice.description}' if choice.description else ''}")
    return [*lines, f"    {fate(question)}"]


def fate(question: Question) -> str:
    """What became of it, or how to answer it."""
    if question.closed:
        return f"closed: {question.closed}"
    if question.expired:
        return by_default(question)
    if question.settled:
        who = question.caller or "the agent"
        where = f"{who} has it" if question.delivered else f"on its way to {who}"
        return f"answered by {question.by}: {in_words(question)}; {where}"
    several = "one or more of them, or a text" if question.many else "one of them, or a text"
    return f"`cockpit answer {question.id} CHOICE`: {several}. {otherwise(question)}"
