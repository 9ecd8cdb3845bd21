"""Ideas as plain data: what holds of each category, and how much of them was looked at and taken up lately.

`cockpit ideas --json` prints it, `cockpit metrics` has it as a part, and the screen's list is made of it.
"""

from __future__ import annotations

from typing import Any

from cockpit.idea_facts import Idea
from cockpit.ideas import CATEGORIES
from cockpit.policy import coverage
from cockpit.state import State

SCHEMA = 1


def build(state: State, now: float) -> dict[str, Any]:
    """All of it."""
    facts = state.ideas
    lately = coverage.tally(state, coverage.since(state, now))
    return {
        "schema": SCHEMA,
        "enabled": facts.enabled,
        "rests": facts.rests,
        "current": _idea(facts.current) if facts.current else None,
        "this_night": {"asked": facts.tonight, "usd": round(facts.usd, 6)},
        "days": coverage.DAYS,
        "coverage": round(coverage.covered(state, now), 4),
        **_tally(lately),
        "categories": [_category(state, name, one) for name, one in coverage.by_category(state, now).items()],
    }


def _category(state: State, name: str, lately: coverage.Tally) -> dict[str, Any]:
    use = state.ideas.use(name)
    why = off(state, name)
    return {
        "category": name,
        "title": CATEGORIES[name].title,
        "on": not why,
        "why_off": why,
        "last": use.last or None,
        "ever": use.count,
        **_tally(lately),
    }


def off(state: State, name: str) -> str:
    """Why ideas of a category are not proposed by themselves; empty where they are."""
    if why := state.ideas.use(name).off:
        return why
    return "" if name in state.ideas.chosen else "the configuration leaves it out"


def _tally(lately: coverage.Tally) -> dict[str, Any]:
    """What became of the ideas of the last days."""
    return {
        "asked": lately.asked,
        "proposed": lately.proposed,
        "accepted": lately.accepted,
        "refused": lately.refused,
        "turned_down": lately.turned_down,
        "waiting": lately.waiting,
        "landed": lately.landed,
        "acceptance": None if lately.rate is None else round(lately.rate, 4),
        "usd": round(lately.usd, 6),
    }


def _idea(one: Idea) -> dict[str, Any]:
    return {"idea": one.id, "category": one.category, "step": one.step, "title": one.title}


def tonight(state: State, begin: float) -> list[dict[str, Any]]:
    """The ideas since `begin`, and what became of each; for the report."""
    found = [one for one in state.ideas.past.values() if one.at >= begin and one.outcome]
    return [
        {
            "idea": one.id,
            "category": one.category,
            "title": one.title,
            "outcome": one.outcome,
            "task": one.task,
            "landed": bool(one.task in state.tasks and state.tasks[one.task].landed),
            "why": one.reason,
            "usd": round(one.usd, 6),
        }
        for one in found
    ]
