"""Routing: which role and which model a task goes to, and why, in a line. Pure, and the same whoever asks.

The kind says the role. How hard a build looks is counted in points from what its text says, without a model and
without the repository; a simple one may go to a cheaper model, a hard one to a stronger. What a person said of the
task (`--role`, `--model`) goes before all of that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cockpit.state import ROLE_OF, Kind, Task

BUILDER = ROLE_OF[Kind.BUILD]

ROLES = tuple(ROLE_OF.values())
"""The names of all roles."""

HARD_WORDS: Mapping[str, int] = {
    "architect": 3,
    "concurren": 3,
    "security": 3,
    "migrat": 3,
    "race condition": 3,
    "deadlock": 3,
    "cryptograph": 3,
    "refactor": 2,
    "redesign": 3,
    "rewrite": 3,
    "performance": 2,
    "authenticat": 2,
    "transaction": 2,
    "protocol": 2,
    "distributed": 3,
    "backward": 2,
    "thread": 2,
    "schema": 1,
}
"""How words begin that usually stand for work with many sides, and their points."""

EASY_WORDS: Mapping[str, int] = {
    "typo": -2,
    "rename": -1,
    "comment": -1,
    "readme": -1,
    "docstring": -1,
    "changelog": -1,
    "wording": -2,
    "spelling": -2,
    "bump": -1,
}
"""The same for work of a few lines."""

MOST_OF_WORDS = 6
"""Points that words alone may come to: a long text has all sorts of them."""

LONG = 600
"""Characters of a description for each of which-many another point is counted."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A role's models, and its money."""

    model: str
    fallback: str = ""
    budget_usd: float | None = None
    """The most that one run of it may have set aside."""


@dataclass(frozen=True, slots=True)
class Routes:
    """What of the configuration says who does what."""

    workers: Mapping[str, Worker] = field(default_factory=dict)
    simple: str = ""
    """The model for builds that look simple; empty: the builder's."""
    hard: str = ""
    simple_at: int = 1
    hard_at: int = 7

    def worker(self, role: str) -> Worker:
        """The role's; one that nobody configured has no model of its own."""
        return self.workers.get(role, Worker(""))


@dataclass(frozen=True, slots=True)
class Complexity:
    """How hard a task looks."""

    points: int
    why: tuple[str, ...]
    """What was counted: `4 criteria +3`."""

    def __str__(self) -> str:
        return f"{self.points} points: {', '.join(self.why) or 'a short text'}"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a task goes."""

    role: str
    model: str
    fallback: str = ""
    why: str = ""
    """In a line, for a person."""

    @property
    def models(self) -> tuple[str, ...]:
        """All that may work on it."""
        return (self.model, self.fallback) if self.fallback else (self.model,)


def route(task: Task, routes: Routes) -> Route:
    """Who works on a task, with which model, and why."""
    role = task.works_as
    worker = routes.worker(role)
    why = f"{role}, as you said" if task.role else f"{role}, for it is to {task.kind}"
    if task.model:
        return _route(role, task.model, worker, f"{why}; {task.model}, as you said")
    if role != BUILDER or not (routes.simple or routes.hard):
        return _route(role, worker.model, worker, why)
    found = complexity(task)
    if routes.simple and found.points <= routes.simple_at:
        return _route(role, routes.simple, worker, f"{why}; it looks simple ({found})")
    if routes.hard and found.points >= routes.hard_at:
        return _route(role, routes.hard, worker, f"{why}; it looks hard ({found})")
    return _route(role, worker.model, worker, f"{why}; it looks neither simple nor hard ({found})")


def _route(role: str, model: str, worker: Worker, why: str) -> Route:
    return Route(role, model, worker.fallback if worker.fallback != model else "", why)


def complexity(task: Task) -> Complexity:
    """How hard a task looks by its text; more points never come from less text."""
    counted = [
        ("criteria", len(task.criteria), max(0, len(task.criteria) - 1)),
        ("files", len(task.files), max(0, len(set(task.files)) - 1)),
        ("dependencies", len(task.depends_on), (len(task.depends_on) + 1) // 2),
        ("characters", len(task.description), min(5, len(task.description) // LONG)),
    ]
    points = [(f"{count} {name}", worth) for name, count, worth in counted if worth]
    words = _words(f"{task.title}\n{task.description}\n{' '.join(task.criteria)}".lower())
    scale = sum(worth for _, worth in words)
    if scale > MOST_OF_WORDS:
        words = [("many such words", MOST_OF_WORDS)]
    points += words
    whole = max(0, sum(worth for _, worth in points))
    return Complexity(whole, tuple(f"{name} {worth:+d}" for name, worth in points))


def _words(text: str) -> list[tuple[str, int]]:
    """The hard words in a text; the easy ones only where there is no hard one."""
    hard = _found(text, HARD_WORDS)
    return hard or _found(text, EASY_WORDS)


def _found(text: str, words: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(word, worth) for word, worth in words.items() if re.search(rf"\b{re.escape(word)}", text)]
