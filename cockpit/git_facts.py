"""What is known of the repository: where the target is, what is kept aside, what was cleaned, the room it takes."""

from __future__ import annotations

from cockpit.value import Value, frozen


@frozen
class Lost(Value):
    """Lines of one file that landed, and that a merge would drop."""

    task: str
    """The task that landed them; empty where it was somebody else."""
    commit: str
    file: str
    lines: tuple[str, ...] = ()
    """The first of them."""
    count: int = 0

    @property
    def who(self) -> str:
        """`T1`, or the commit where it was no task."""
        return self.task or self.commit[:10]


@frozen
class Kept(Value):
    """Work that was in no branch, or on one that moved, and lies under a rescue ref now."""

    run: str
    ref: str
    commit: str
    at: float = 0.0


@frozen
class Removal(Value):
    """Something that was cleaned away, or that was left where it is."""

    what: str
    """worktree, branch, or folder."""
    name: str
    why: str = ""
    """Why it could go, or why it stays."""
    size: int = 0
    """Bytes on disk."""
    rescued: str = ""
    """The rescue ref that keeps what only it held."""


@frozen
class Cleaning(Value):
    """Somebody, or the night's end, wants finished things cleaned away."""

    older_seconds: float
    by: str = ""
    worktrees_seconds: float | None = None
    """The same for worktrees, where it is another."""


KEPT = 500
"""Rescues that are remembered; git has them all."""


@frozen
class GitFacts(Value):
    """The repository as the ledger knows it."""

    target: str = ""
    """The newest commit that the target branch was seen at."""
    kept: tuple[Kept, ...] = ()
    """Oldest first."""
    cleaning: Cleaning | None = None
    removed: tuple[Removal, ...] = ()
    """What the last cleaning removed."""
    stayed: tuple[Removal, ...] = ()
    """What it left, and why."""
    cleaned_at: float = 0.0
    disk_bytes: int = 0
    """What all worktrees together take."""
    disk_at: float = 0.0
    disk_limit: int = 0
    """What they may take; 0: as much as there is."""


NOTHING_KNOWN = GitFacts()


def lost_text(lost: tuple[Lost, ...]) -> str:
    """`3 lines that T1 landed in app.py, 1 line that T4 landed in cli.py`; empty where nothing would be lost."""
    named = [f"{one.count} line{'s' if one.count != 1 else ''} that {one.who} landed in {one.file}" for one in lost[:3]]
    return ", ".join([*named, *([f"and more in {len(lost) - 3} files"] if len(lost) > 3 else [])])
