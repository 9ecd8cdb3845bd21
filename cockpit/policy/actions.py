"""What the policies may ask the engine to do.

A decision first lists events to record; only when there are none left are its effects carried out, so
every effect follows from recorded facts and a restarted engine decides the same again. Two effects with
the same `key` never run at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cockpit.events import Event
from cockpit.policy.pull_actions import MarkIssue as MarkIssue
from cockpit.policy.pull_actions import OpenPull as OpenPull
from cockpit.policy.pull_actions import WatchPull as WatchPull


@dataclass(frozen=True, slots=True)
class StartRun:
    """Make the worktree ready and start a host, or go on with the run's conversation in a new one."""

    run: str
    restart: bool = False

    @property
    def key(self) -> str:
        """One thing at a time happens to a run."""
        return f"run/{self.run}"


@dataclass(frozen=True, slots=True)
class SendTurn:
    """Tell a living agent what comes next: rework, or to pick up after an error."""

    run: str
    restart: bool = False

    @property
    def key(self) -> str:
        """One thing at a time happens to a run."""
        return f"run/{self.run}"


@dataclass(frozen=True, slots=True)
class EndRun:
    """Bring a run's processes to an end, keep its work, and free its slot."""

    run: str
    outcome: str

    @property
    def key(self) -> str:
        """One thing at a time happens to a run."""
        return f"run/{self.run}"


@dataclass(frozen=True, slots=True)
class Release:
    """Bring a run's processes to an end, so that a person can have its conversation."""

    run: str

    @property
    def key(self) -> str:
        """One thing at a time happens to a run."""
        return f"run/{self.run}"


@dataclass(frozen=True, slots=True)
class Cut:
    """End a run's processes though nobody wants its slot: it is stuck, or takes too much; it may start again."""

    run: str

    @property
    def key(self) -> str:
        """One thing at a time happens to a run."""
        return f"run/{self.run}"


@dataclass(frozen=True, slots=True)
class Suspend:
    """Stop (SIGSTOP) or let go on a run's processes."""

    run: str
    stop: bool

    @property
    def key(self) -> str:
        """One thing at a time happens to a run."""
        return f"run/{self.run}"


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand a person's message to a living agent."""

    message: str

    @property
    def key(self) -> str:
        """A message goes once."""
        return f"message/{self.message}"


@dataclass(frozen=True, slots=True)
class Reply:
    """Hand the answer to all that an agent asked at once to its host."""

    run: str
    request: str

    @property
    def key(self) -> str:
        """An answer goes once."""
        return f"answer/{self.run}/{self.request}"


@dataclass(frozen=True, slots=True)
class RunGates:
    """Merge a task's branch with the target, aside, and run every gate on the result."""

    task: str

    @property
    def key(self) -> str:
        """One check at a time for a task."""
        return f"check/{self.task}"


@dataclass(frozen=True, slots=True)
class Review:
    """Ask a reviewer for a verdict."""

    task: str

    @property
    def key(self) -> str:
        """One check at a time for a task."""
        return f"check/{self.task}"


@dataclass(frozen=True, slots=True)
class AskPlanner:
    """Have prose broken down into tasks by a model."""

    plan: str

    @property
    def key(self) -> str:
        """One plan at a time."""
        return "plan"


@dataclass(frozen=True, slots=True)
class Merge:
    """Move the target to the merge commit that the gates checked."""

    task: str

    @property
    def key(self) -> str:
        """One merge at a time for the whole target."""
        return "merge"


@dataclass(frozen=True, slots=True)
class Compare:
    """Forecast the conflicts between all branches in flight and the target."""

    of: tuple[str, ...]

    @property
    def key(self) -> str:
        """One forecast at a time."""
        return "forecast"


@dataclass(frozen=True, slots=True)
class Tidy:
    """Remove finished worktrees and landed branches; what only they held is rescued first."""

    older_seconds: float
    worktrees_seconds: float | None = None
    """The same for worktrees, where it is another; their branches stay."""

    @property
    def key(self) -> str:
        """One cleaning at a time."""
        return "tidy"


@dataclass(frozen=True, slots=True)
class Tell:
    """Have a service tell a person who is elsewhere."""

    service: str
    notifications: tuple[str, ...]

    @property
    def key(self) -> str:
        """One message at a time by each service."""
        return f"notify/{self.service}"


@dataclass(frozen=True, slots=True)
class Share:
    """Put an exploration's answer where all agents may read it."""

    task: str

    @property
    def key(self) -> str:
        """Each once."""
        return f"share/{self.task}"


@dataclass(frozen=True, slots=True)
class Ideate:
    """Ask the ideator for an idea."""

    idea: str

    @property
    def key(self) -> str:
        """One idea at a time."""
        return "idea"


@dataclass(frozen=True, slots=True)
class Weigh:
    """Ask the reviewer whether an idea is worth a night's work."""

    idea: str

    @property
    def key(self) -> str:
        """One idea at a time."""
        return "idea"


@dataclass(frozen=True, slots=True)
class SyncIssues:
    """Ask GitHub what is new, and take it over."""

    @property
    def key(self) -> str:
        """One sync at a time."""
        return "github/sync"


@dataclass(frozen=True, slots=True)
class ClaimIssue:
    """Take the lock of a task's issue on GitHub, so that no other cockpit works on it."""

    task: str
    issue: int

    @property
    def key(self) -> str:
        """One thing at a time happens to an issue's lock."""
        return f"github/issue/{self.issue}"


@dataclass(frozen=True, slots=True)
class ReleaseIssue:
    """Give the lock of an issue back, and say on the issue what came of it."""

    task: str
    issue: int

    @property
    def key(self) -> str:
        """One thing at a time happens to an issue's lock."""
        return f"github/issue/{self.issue}"


Effect = (
    StartRun
    | SendTurn
    | EndRun
    | Cut
    | Release
    | Suspend
    | Deliver
    | Reply
    | RunGates
    | Review
    | Merge
    | Compare
    | Tidy
    | Tell
    | Share
    | AskPlanner
    | Ideate
    | Weigh
    | OpenPull
    | WatchPull
    | MarkIssue
    | SyncIssues
    | ClaimIssue
    | ReleaseIssue
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now, and when to look again if nothing happens before."""

    records: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    wake: float | None = None

    def __add__(self, other: Decision) -> Decision:
        """Both together."""
        wakes = [w for w in (self.wake, other.wake) if w is not None]
        return Decision(self.records + other.records, self.effects + other.effects, min(wakes) if wakes else None)


NOTHING = Decision()


def together(decisions: Iterable[Decision]) -> Decision:
    """Many of them, in their order."""
    found = [one for one in decisions if one is not NOTHING]
    wakes = [one.wake for one in found if one.wake is not None]
    return Decision(
        tuple(event for one in found for event in one.records),
        tuple(effect for one in found for effect in one.effects),
        min(wakes, default=None),
    )
