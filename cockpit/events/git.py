"""What happened to the repository itself: part of the vocabulary of `events`, which has all of it."""

from __future__ import annotations

from cockpit.git_facts import Removal
from cockpit.value import Value, frozen


@frozen
class BranchRebased(Value):
    """Git replayed a branch that no longer merged on the target; as it was before is kept under `ref`."""

    task: str
    before: str
    head: str
    onto: str
    ref: str
    why: str = ""


@frozen
class TargetSeen(Value):
    """The target branch is at another commit than it was seen at before."""

    commit: str
    rewritten: bool = False
    """It no longer holds the commit it was at before."""
    gone: tuple[str, ...] = ()
    """Tasks that had landed on it and are on it no more."""


@frozen
class AgentHeldBack(Value):
    """An agent has too many open conflicts and pauses until a person lets it go on."""

    agent: int
    tasks: tuple[str, ...] = ()


@frozen
class CleanAsked(Value):
    """A person, or the night's end, wants finished worktrees and landed branches removed."""

    older_seconds: float
    by: str = ""
    worktrees_seconds: float | None = None


@frozen
class Cleaned(Value):
    """Finished things were removed; what only they held is kept under rescue refs."""

    removed: tuple[Removal, ...] = ()
    stayed: tuple[Removal, ...] = ()


@frozen
class DiskMeasured(Value):
    """What all worktrees together take on disk."""

    size: int
    limit: int = 0


@frozen
class WorkRescued(Value):
    """Work that was in no commit, or on a branch about to go, is kept under a rescue ref."""

    run: str
    ref: str
    commit: str
