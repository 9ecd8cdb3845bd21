"""What came about on GitHub: branches pushed, pull requests opened and what became of them, issues told."""

from __future__ import annotations

from cockpit.pulls import Check
from cockpit.value import Value, frozen


@frozen
class BranchPushed(Value):
    """GitHub has a task's work."""

    task: str
    branch: str
    head: str
    commit: str


@frozen
class PullOpened(Value):
    """There is a pull request for a task's branch, made or found, and its text is about `head`."""

    task: str
    number: int
    url: str = ""
    base: str = ""
    head: str = ""
    draft: bool = False


@frozen
class PullSeen(Value):
    """Something about a pull request is another than it was."""

    task: str
    commit: str
    """What the checks are about."""
    checks: tuple[Check, ...] = ()
    approvals: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    newest: int = 0
    """The newest review's id."""
    wants: str = ""
    foreign: str = ""
    draft: bool = False


@frozen
class ReviewHeeded(Value):
    """What a person's review asks for was given to the agent."""

    task: str


@frozen
class PullMerged(Value):
    """The pull request was merged on GitHub, by us or by somebody."""

    task: str
    commit: str
    by: str = ""


@frozen
class PullClosed(Value):
    """Somebody closed the pull request without merging it."""

    task: str
    by: str = ""


@frozen
class PullForgotten(Value):
    """What became of the pull request was put before a person; whatever they decide, it begins with another one."""

    task: str


@frozen
class DeliveryFailed(Value):
    """A branch could not be pushed, or a pull request not be opened or looked at."""

    task: str
    reason: str
    fatal: bool = False
    not_before: float = 0.0


@frozen
class RemoteBranchRemoved(Value):
    """The branch of a task that landed is gone from GitHub."""

    task: str
    branch: str = ""


@frozen
class IssueMarked(Value):
    """A task's issue shows how far it is; with `trouble`, it could not be told."""

    task: str
    status: str
    trouble: str = ""


PullEvent = (
    BranchPushed
    | PullOpened
    | PullSeen
    | ReviewHeeded
    | PullMerged
    | PullClosed
    | PullForgotten
    | DeliveryFailed
    | RemoteBranchRemoved
    | IssueMarked
)
