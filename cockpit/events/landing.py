"""The way of finished work: gates, review, merge and rollback."""

from __future__ import annotations

from cockpit.git_facts import Lost
from cockpit.state import Clash, GateResult, Verdict
from cockpit.value import Value, frozen


@frozen
class ConflictsForecast(Value):
    """Git compared all branches in flight with each other and with the target."""

    of: tuple[str, ...]
    clashes: tuple[Clash, ...] = ()
    trouble: str = ""


@frozen
class GatesFinished(Value):
    """All gates ran, or one failed, on a merge of `head` into `target_commit`."""

    task: str
    head: str
    target_commit: str
    merged: str
    results: tuple[GateResult, ...]
    diffstat: str = ""
    lost: tuple[Lost, ...] = ()
    """What landed since the branch began, and this merge would drop."""


@frozen
class ConflictFound(Value):
    """A branch no longer merges with the target."""

    task: str
    head: str
    target_commit: str
    files: tuple[str, ...] = ()
    why: str = ""
    """What is wrong, where it is not files that conflict."""
    text: str = ""
    """Both sides of each place, and what landed there, for whoever mends it."""


@frozen
class ReviewStarted(Value):
    """The gates are green on this head; a reviewer has the word."""

    task: str


@frozen
class VerdictGiven(Value):
    """A reviewer answered in the schema."""

    task: str
    verdict: Verdict


@frozen
class ReviewFailed(Value):
    """A reviewer gave no usable answer, even when asked again."""

    task: str
    reason: str
    quota: str = ""
    """It could not be asked because of a limit of this quota; then it waits until it `reopens` and counts as no try."""
    reopens: float = 0.0


@frozen
class ReworkAsked(Value):
    """A task goes back to its agent, in the same conversation."""

    task: str
    by: str
    """gates, reviewer, conflict, or you."""
    text: str


@frozen
class TaskReady(Value):
    """Gates and review are good; only the yes is missing."""

    task: str
    asks: tuple[str, ...] = ()
    """The gates because of which only a person may give it."""


@frozen
class MergeApproved(Value):
    """Somebody said yes to this head."""

    task: str
    head: str
    by: str
    despite: tuple[str, ...] = ()
    """The gates that are let through in spite of what they said."""


@frozen
class MergeBlocked(Value):
    """An approved merge cannot move the target now; it waits and is tried again."""

    task: str
    reason: str


@frozen
class TargetMoved(Value):
    """The target moved after the gates ran, so they run again on the new merge result."""

    task: str
    target_commit: str


@frozen
class TaskLanded(Value):
    """The target branch moved to a merge that carries the task."""

    task: str
    commit: str
    target: str
    diffstat: str = ""


@frozen
class RollbackAsked(Value):
    """A person wants what `TaskAdded.reverts` names undone, which is the yes to it too; or wants it tried again."""

    task: str
    by: str = ""


@frozen
class RollbackMade(Value):
    """The commit that undoes a landed merge is made, on a branch of its own; the target is as it was."""

    task: str
    branch: str
    base: str
    head: str
