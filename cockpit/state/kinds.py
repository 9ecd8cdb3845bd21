"""Kinds and states of things, by the words that a person and the ledger know them by."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What sort of work a task is; it decides role, model, tools and budget."""

    EXPLORE = "explore"
    BUILD = "build"
    REVIEW = "review"
    IDEATE = "ideate"
    PLAN = "plan"


class TaskState(StrEnum):
    """Where a task stands. Only a merge that moved the target branch makes it `landed`."""

    SUGGESTED = "suggested"
    QUEUED = "queued"
    CLAIMED = "claimed"
    WORKING = "working"
    TESTING = "testing"
    REVIEWING = "reviewing"
    READY = "ready"
    MERGING = "merging"
    LANDED = "landed"
    ANSWERED = "answered"
    """An exploration or a review is done: its written answer is there, and main did not move for it."""
    WAITING = "waiting"
    """Queued, but held back: by a dependency, a limit, money or a person. Derived, never stored."""
    REWORK = "rework"
    ESCALATED = "escalated"
    FAILED = "failed"
    SKIPPED = "skipped"


ROLE_OF: Mapping[Kind, str] = {
    Kind.EXPLORE: "explorer",
    Kind.BUILD: "builder",
    Kind.REVIEW: "reviewer",
    Kind.IDEATE: "ideator",
    Kind.PLAN: "planner",
}
"""Who works on a kind of task."""

ANSWERING = frozenset({Kind.EXPLORE, Kind.REVIEW})
"""Kinds whose result is a written answer, kept with the task; they need no merge."""

SETTLED = frozenset({TaskState.LANDED, TaskState.ANSWERED, TaskState.FAILED, TaskState.SKIPPED})
"""States in which nothing more will happen to a task by itself."""

RESTING = SETTLED | {TaskState.SUGGESTED}
"""States in which nothing happens unless a person says so: no night is needed for such tasks."""

IN_FLIGHT = frozenset({TaskState.CLAIMED, TaskState.WORKING, TaskState.TESTING, TaskState.REVIEWING})
"""States in which an agent's slot is taken by the task."""


class MergePolicy(StrEnum):
    """Who says yes to a merge whose gates and review are good."""

    ASK = "ask"
    AUTO = "auto"


class Severity(StrEnum):
    """How much a reviewer's finding matters; only `blocking` asks for rework."""

    BLOCKING = "blocking"
    MINOR = "minor"
    NOTE = "note"
