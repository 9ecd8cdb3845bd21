"""What happened between us and GitHub: part of the vocabulary of `events`, which has all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cockpit.github_facts import LeftOut
from cockpit.value import Value, frozen


@frozen
class GitHubChosen(Value):
    """The configuration says which repository it is; an empty one: none any more."""

    repo: str
    web: str = ""
    locks: bool = False


@frozen
class GitHubHealth(Value):
    """The line to GitHub is another than before."""

    health: str
    until: float = 0.0
    why: str = ""


@frozen
class SyncAsked(Value):
    """A person wants to know at once what is new on GitHub."""

    by: str = ""


@frozen
class IssuesSynced(Value):
    """GitHub's issues were looked at, as somebody asked or with something new."""

    looked_at: int = 0
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    calls: int = 0
    unchanged: int = 0
    trouble: str = ""
    closed: tuple[int, ...] = ()


@frozen
class IssueSeen(Value):
    """An issue became a task, or is another than it was seen before."""

    task: str
    issue: int
    marks: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = True
    author: str = ""
    behind: str = ""


@frozen
class IssueReopened(Value):
    """Somebody opened an issue again whose task had landed: the work did not do."""

    task: str
    issue: int


@frozen
class IssueClaimed(Value):
    """The lock of an issue is ours: nobody else works on it."""

    task: str
    issue: int


@frozen
class IssueTaken(Value):
    """Another cockpit has the lock of an issue."""

    task: str
    issue: int
    by: str
    again: float
    """When to look again."""


@frozen
class IssueReleased(Value):
    """The lock of an issue was given back, or lost."""

    task: str
    issue: int
    why: str = ""


@frozen
class IssueClosed(Value):
    """What a task landed is on GitHub, and so its issue was closed, by us or before us."""

    task: str
    issue: int
    commit: str


IssueEvent = (
    GitHubChosen
    | GitHubHealth
    | SyncAsked
    | IssuesSynced
    | IssueSeen
    | IssueReopened
    | IssueClaimed
    | IssueTaken
    | IssueReleased
    | IssueClosed
)
