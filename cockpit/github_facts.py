"""What is known of GitHub: which issues are tasks, which are ours to work on, how the line is. Part of State."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cockpit.value import Value, frozen

OFF, OK, LIMITED, BROKEN, DENIED, TROUBLE = "off", "ok", "limited", "breaker open", "denied", "trouble"
"""How the line to GitHub is."""


@frozen
class Found(Value):
    """An issue as GitHub has it now, in the words of a task; never stored."""

    number: int
    title: str
    description: str = ""
    criteria: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    priority: int = 0
    needs: tuple[int, ...] = ()
    """Issues that it says it waits for, its parts among them."""
    author: str = ""
    is_open: bool = True
    closed_by: str = ""
    left_out: str = ""
    """Why it is no task for us; empty where it is one."""


@frozen
class Seen(Value):
    """An issue that became a task."""

    issue: int
    task: str
    marks: Mapping[str, str] = field(default_factory=dict)
    """What each field of it was when it was taken over, by the field's name: a digest."""
    is_open: bool = True
    author: str = ""
    behind: str = ""
    """Why a later edit was not taken over; empty where there is none."""


@frozen
class LeftOut(Value):
    """An issue with our label that is no task."""

    issue: int
    title: str
    why: str


@frozen
class Claim(Value):
    """Who works on an issue, by the lock on GitHub."""

    task: str
    issue: int
    ours: bool
    by: str = ""
    """The other one, in words."""
    again: float = 0.0
    """When to look again whether it still has it."""


@frozen
class Sync(Value):
    """What the last sync came to that found anything, or that somebody asked for."""

    at: float = 0.0
    looked_at: int = 0
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    calls: int = 0
    unchanged: int = 0
    """Calls that were answered with "as before", which cost nothing of the quota."""
    trouble: str = ""
    closed: tuple[int, ...] = ()
    """Issues that were closed because what landed for them is on GitHub."""


@frozen
class GitHubFacts(Value):
    """All of it."""

    repo: str = ""
    web: str = ""
    """Where people look at the repository."""
    locks: bool = False
    """Whether an issue must be claimed on GitHub before anybody works on it."""
    health: str = ""
    until: float = 0.0
    why: str = ""
    asked: str = ""
    """Who wants a sync now; empty while nobody does."""
    sync: Sync = Sync()
    issues: Mapping[int, Seen] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)
    """By task."""

    def holds(self, task: str) -> bool:
        """Whether the issue of a task is ours to work on."""
        claim = self.claims.get(task)
        return claim is not None and claim.ours

    def link(self, issue: int) -> str:
        """Where people read an issue; empty where nobody knows."""
        return f"{self.web}/issues/{issue}" if self.web and issue else ""


NOTHING_KNOWN = GitHubFacts()
