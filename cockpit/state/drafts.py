"""Tasks that are none yet: as a plan has them, and what is changed of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cockpit.state.kinds import Kind, MergePolicy
from cockpit.value import Value, frozen


@frozen
class TaskDraft(Value):
    """A task as a source proposes it, before the engine has given it an id."""

    key: str
    """What `depends_on` of its siblings calls it; unique within one source document."""
    title: str
    description: str = ""
    criteria: tuple[str, ...] = ()
    kind: Kind = Kind.BUILD
    category: str = ""
    priority: int = 0
    """Higher is sooner; ties go to the older task."""
    depends_on: tuple[str, ...] = ()
    """Keys of siblings in the same document, or ids of tasks that exist already."""
    files: tuple[str, ...] = ()
    """Files the author expects it to touch; a hint, not a limit."""
    merge: MergePolicy | None = None
    """`ask` or `auto` for this task alone; None follows the night's policy."""
    source: str = ""
    """Where it came from, e.g. `PLAN.md:12` or `you`."""
    suggested: bool = False
    """An idea: it enters as `suggested` and is worked on only when a person promotes it."""
    role: str = ""
    """The role that is to work on it; empty: the kind's."""
    model: str = ""
    """The model that is to work on it; empty: as the routing says."""
    subject: str = ""
    """What a review looks at: a branch, a commit or a path."""
    parallel: int = 1
    """How many explorers look at once; above 1 it becomes as many tasks and one that joins their findings."""
    part_of: str = ""
    """Key of the exploration whose part it is."""
    minutes: float = 0.0
    """How long its author thinks an agent works on it; 0 where nobody said."""


@frozen
class Plan(Value):
    """What a planner makes, or made, of prose. Nothing of it is in the queue before a person agrees."""

    id: str
    files: tuple[str, ...]
    section: str = ""
    least: int = 0
    most: int = 0
    """How many tasks were asked for; 0: as the configuration says."""
    by: str = ""
    asked: float = 0.0
    drafts: tuple[TaskDraft, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is wrong with the drafts, as they are now."""
    notes: tuple[str, ...] = ()
    """What the planner and its checks said of the whole; stays whatever is edited."""
    absent: tuple[str, ...] = ()
    """Files that drafts named, that are not there, and that no draft said it makes."""
    made: float = 0.0
    """When the drafts came; 0 while they are asked for."""
    failed: str = ""
    """Why none came."""
    failed_at: float = 0.0
    version: int = 0
    """Counts changes, so that nobody overwrites what they have not seen."""
    usd: float = 0.0
    """What asking cost."""
    unpriced: bool = False
    agents: int = 1
    """How many agents the configuration has."""
    guesses: Mapping[str, float] = field(default_factory=dict)
    """What a task of each kind is thought to cost, and `review` a review, where no history says it."""

    @property
    def is_asked(self) -> bool:
        """The planner is at it."""
        return not self.made and not self.failed

    @property
    def is_proposed(self) -> bool:
        """It waits for a person's answer."""
        return bool(self.made) and not self.failed


@frozen
class TaskChanges(Value):
    """What a person changed in a task; None leaves a field as it is."""

    title: str | None = None
    description: str | None = None
    criteria: tuple[str, ...] | None = None
    kind: Kind | None = None
    category: str | None = None
    priority: int | None = None
    depends_on: tuple[str, ...] | None = None
    files: tuple[str, ...] | None = None
    merge: str | None = None
    """`ask`, `auto`, or `night`: as the night has it."""
    role: str | None = None
    model: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that it changes."""
        return tuple(name for name in type(self).__slots__ if getattr(self, name) is not None)
