"""Ideas in numbers: which categories were looked at lately, and how many ideas were taken up. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cockpit.idea_facts import BAD, GOOD, REFUSED, SUGGESTED, TURNED_DOWN, Idea
from cockpit.ideas import CATEGORIES
from cockpit.state import State

DAYS = 30
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of some ideas."""

    asked: int = 0
    proposed: int = 0
    """They became tasks."""
    accepted: int = 0
    refused: int = 0
    """By a person."""
    turned_down: int = 0
    """By the reviewer."""
    waiting: int = 0
    landed: int = 0
    usd: float = 0.0

    @property
    def rate(self) -> float | None:
        """The share of taken-up ideas among those that somebody decided on; None where nobody did."""
        decided = self.accepted + self.refused
        return self.accepted / decided if decided else None


def tally(state: State, ideas: Iterable[Idea]) -> Tally:
    """What became of them."""
    found = [one for one in ideas if one.outcome or one.step]
    return Tally(
        asked=len(found),
        proposed=sum(bool(one.task) for one in found),
        accepted=sum(one.outcome in GOOD for one in found),
        refused=sum(one.outcome == REFUSED for one in found),
        turned_down=sum(one.outcome == TURNED_DOWN for one in found),
        waiting=sum(one.outcome == SUGGESTED for one in found),
        landed=sum(bool(one.task in state.tasks and state.tasks[one.task].landed) for one in found),
        usd=sum(one.usd for one in found),
    )


def since(state: State, now: float, days: float = DAYS) -> list[Idea]:
    """The ideas that were asked for in the last days."""
    return [one for one in state.ideas.past.values() if one.at > now - days * DAY_SECONDS]


def by_category(state: State, now: float, days: float = DAYS) -> dict[str, Tally]:
    """A tally for each category of the table, in its order."""
    recent = since(state, now, days)
    return {name: tally(state, [one for one in recent if one.category == name]) for name in CATEGORIES}


def covered(state: State, now: float, days: float = DAYS) -> float:
    """The share of all categories that was looked at in the last days."""
    begin = now - days * DAY_SECONDS
    looked = sum(state.ideas.use(name).last > begin for name in CATEGORIES)
    return looked / len(CATEGORIES)


def decisions(state: State, category: str) -> list[bool]:
    """Of a category's ideas since it was last switched on, oldest first: whether each was taken up."""
    after = state.ideas.use(category).since
    found = [
        one
        for one in state.ideas.past.values()
        if one.category == category and one.outcome in GOOD | BAD and int(one.id[1:]) > after
    ]
    return [one.outcome in GOOD for one in found]
