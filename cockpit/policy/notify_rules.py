"""What the notifications' policy needs to know: services, kinds, and when a person wants to be left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cockpit.notified import KINDS
from cockpit.state import State


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something about the night, as it is now, that is worth telling."""

    kind: str
    key: str
    title: str
    text: str = ""
    do: str = ""
    about: str = ""
    at: float = 0.0
    """Since when it is so."""


def never(now: float) -> float:
    """Nobody wants to be left alone."""
    return 0.0


def nothing(state: State) -> Sequence[Occasion]:
    """There is nothing to tell."""
    return ()


@dataclass(frozen=True, slots=True)
class NotifyRules:
    """Without services nothing is told."""

    services: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset(KINDS)
    through: frozenset[str] = frozenset()
    """The kinds that are told in quiet hours too."""
    digest_seconds: float = 600.0
    """What comes up so soon after a message waits and goes with what else comes up meanwhile."""
    per_hour: int = 12
    """Messages that one service is given in an hour."""
    quiet: Callable[[float], float] = never
    """When the quiet hours end that a moment lies in; 0 where it lies in none."""
    occasions: Callable[[State], Sequence[Occasion]] = nothing
    """What of State is worth telling; `occasions.found`, which puts it in words."""


NO_NOTIFICATIONS = NotifyRules()
