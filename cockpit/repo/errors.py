"""What can go wrong with a repository, each with what, where and what to do in its text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class RepoError(Exception):
    """Git can't do what was asked; the text is for a person."""


class GitMissing(RepoError):
    """There is no git, or one that is too old."""


class NotARepository(RepoError):
    """The directory is in no git repository."""


class BareRepository(RepoError):
    """The repository has no working tree to merge and copy from."""


class NoCommits(RepoError):
    """The repository has no commit to start a branch from."""


class PathTaken(RepoError):
    """Something that is not ours lies where a worktree belongs; it is never removed."""


class BranchTaken(RepoError):
    """A branch of that name exists and is not this run's, or is checked out elsewhere."""


class WrongBranch(RepoError):
    """A worktree is not on the branch it should be on: another branch, or an unfinished rebase."""


class ForeignWork(RepoError):
    """A branch leads to work that is not its run's own, so it is not merged."""


class NestedRepository(RepoError):
    """A worktree holds repositories of their own, whose history removing it would lose."""


class Unmerged(RepoError):
    """A merge in the worktree has conflicts that nobody resolved."""

    def __init__(self, worktree: Path, files: Sequence[str]) -> None:
        self.files = tuple(files)
        super().__init__(
            f"the merge in {worktree} has unresolved conflicts in {listed(files)}: "
            "resolve them and `git add` the files, or `git merge --abort`"
        )


class GitFailed(RepoError):
    """A git command ended with a status that was not expected."""

    def __init__(self, command: str, where: Path, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(f"`{command}` in {where} ended with status {status}: {text or 'it said nothing'}")


def listed(files: Sequence[str], most: int = 5) -> str:
    """The names for a sentence: `a.py, b.py and 3 more`."""
    shown = ", ".join(files[:most])
    return f"{shown} and {len(files) - most} more" if len(files) > most else shown
