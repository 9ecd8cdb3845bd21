"""What is known of ideas: each that was asked for and what became of it, and what holds of each category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cockpit.ideas import CATEGORIES
from cockpit.value import Value, frozen

ASKING, GIVEN, CHECKING, WEIGHED = "asking", "given", "checking", "weighed"
"""Where an idea stands: the ideator is asked; it answered; the reviewer is asked; the reviewer answered."""

SUGGESTED, ACCEPTED, REFUSED = "suggested", "accepted", "refused"
TURNED_DOWN, DUPLICATE, NOTHING, FAILED = "turned down", "duplicate", "nothing", "failed"
"""What became of it: it waits for a person; it was taken up; a person refused it; the reviewer did; it was there
already, twice; the ideator found nothing; it could not be asked for."""

GOOD, BAD = frozenset({ACCEPTED}), frozenset({REFUSED, TURNED_DOWN})
"""What counts for a category, and what against it; the rest says nothing about its ideas' worth."""

KEPT = 400
"""Ideas that are remembered, the newest."""


@frozen
class Draft(Value):
    """An idea as the model gave it."""

    title: str
    description: str = ""
    criteria: tuple[str, ...] = ()
    approach: str = ""
    files: tuple[str, ...] = ()


@frozen
class Idea(Value):
    """One asking for an idea."""

    id: str
    """`I1`, `I2`, … in the order in which they were asked for."""
    category: str
    at: float = 0.0
    by: str = ""
    """Who asked for it: the policy, or a person."""
    agent: int = 0
    """The free agent that is said to be at it; 0: none is free."""
    step: str = ""
    """asking, given, checking or weighed; empty once it is over."""
    outcome: str = ""
    reason: str = ""
    draft: Draft | None = None
    again: str = ""
    """Why the model was asked for another one."""
    tries: int = 0
    """Answers that the model gave."""
    worth: bool = False
    """The reviewer says that it is worth it."""
    task: str = ""
    usd: float = 0.0

    @property
    def title(self) -> str:
        """What it proposes; empty where nothing is proposed yet."""
        return self.draft.title if self.draft else ""


@frozen
class Use(Value):
    """What holds of a category."""

    last: float = 0.0
    """When an idea of it was last asked for; 0: never."""
    count: int = 0
    """How many were, ever."""
    night: str = ""
    tonight: int = 0
    """How many were in that night."""
    off: str = ""
    """Why it is switched off; empty while it is on."""
    off_by: str = ""
    since: int = 0
    """The number of the newest idea when it was last switched on: older ones don't count against it any more."""


@frozen
class Ideas(Value):
    """All of it."""

    enabled: bool = False
    """The configuration wants ideas proposed by themselves."""
    chosen: tuple[str, ...] = tuple(CATEGORIES)
    """The categories that it wants them of."""
    past: Mapping[str, Idea] = field(default_factory=dict)
    """By id, oldest first, the one that is on its way included; a bounded tail."""
    asked: int = 0
    """How many were ever asked for."""
    uses: Mapping[str, Use] = field(default_factory=dict)
    """By category."""
    wish: str = ""
    """The category that a person wants an idea of now, `any`, or nothing."""
    wish_by: str = ""
    night: str = ""
    """The night that the following is about."""
    tonight: int = 0
    """Ideas that were asked for by the policy."""
    left_usd: float | None = None
    """What was left of the night's cap when the first was asked for; None without a cap."""
    usd: float = 0.0
    """Spent on ideas."""
    rests: str = ""
    """Why nothing more is proposed in this night; empty while something may be."""

    @property
    def current(self) -> Idea | None:
        """The idea that is on its way."""
        newest = self.past.get(f"I{self.asked}")
        return newest if newest is not None and newest.step else None

    def use(self, category: str) -> Use:
        """What holds of a category."""
        return self.uses.get(category, NEVER_USED)


NEVER_USED = Use()
NO_IDEAS = Ideas()
