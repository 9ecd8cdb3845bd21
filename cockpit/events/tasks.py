"""What becomes of tasks, by a person’s wish or in the end."""

from __future__ import annotations

from cockpit.state import Kind, MergePolicy, TaskChanges, Verdict
from cockpit.value import Value, frozen


@frozen
class TaskAdded(Value):
    """A task entered the queue."""

    task: str
    title: str
    description: str = ""
    criteria: tuple[str, ...] = ()
    kind: Kind = Kind.BUILD
    category: str = ""
    priority: int = 0
    depends_on: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    merge: MergePolicy | None = None
    source: str = ""
    reverts: str = ""
    """The landed task that it rolls back."""
    issue: int = 0
    """The issue on GitHub that it came from."""
    suggested: bool = False
    rank: float = 0.0
    role: str = ""
    model: str = ""
    subject: str = ""
    part_of: str = ""


@frozen
class TaskEdited(Value):
    """A person changed what a task says or asks for."""

    task: str
    changes: TaskChanges
    by: str = ""


@frozen
class TaskMoved(Value):
    """A task has another place in the queue."""

    task: str
    rank: float
    priority: int
    by: str = ""


@frozen
class TaskAssigned(Value):
    """A person gave a task to one agent, or with None to any."""

    task: str
    agent: int | None = None
    by: str = ""


@frozen
class TaskPromoted(Value):
    """A person took up a suggested task: it is in the queue."""

    task: str
    by: str = ""


@frozen
class TaskSkipped(Value):
    """A person took a task out of the night."""

    task: str
    by: str = ""
    reason: str = ""
    """Why, where they said so."""


@frozen
class TaskRetried(Value):
    """A person put a task back into the queue, with fresh counts."""

    task: str
    by: str = ""


@frozen
class TaskEscalated(Value):
    """Only a person can decide what becomes of a task."""

    task: str
    reason: str


@frozen
class TaskAnswered(Value):
    """An exploration or a review is done: its answer is there. Nothing was merged for it."""

    task: str
    verdict: Verdict | None = None
    """What a review came to."""


@frozen
class TaskFailed(Value):
    """A task is given up; `reason` holds the last evidence."""

    task: str
    reason: str
