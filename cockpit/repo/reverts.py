"""Undoing a merge that landed: a commit on a branch of its own, made in a worktree of the cockpit's own.

The target stays as it is; the commit is merged into it like any other work, after the gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cockpit.repo.errors import BranchTaken, RepoError
from cockpit.repo.merges import MergeConflict
from cockpit.repo.repository import Repository, check_branch_name
from cockpit.repo.rescue_refs import BRANCH, keep
from cockpit.repo.runner import ask, message, run
from cockpit.repo.staging import identity, unmerged
from cockpit.repo.worktrees import gate_worktree, remove_gate_worktree

_NOTHING = "0" * 40
"""As the old value of a ref: it must not exist yet."""


@dataclass(frozen=True, slots=True)
class Reverted:
    """A branch that undoes a merge."""

    base: str
    """The commit that it began from."""
    head: str


def revert(repo: Repository, folder: Path, branch: str, onto: str, merged: str, text: str) -> Reverted | MergeConflict:
    """Undo the merge commit `merged` on top of `onto`, as the new branch `branch`; `folder` is used on the way.

    What an earlier try made already is taken up, and made anew where `onto` is another commit by now (the earlier one
    is kept under a rescue ref). A conflict leaves nothing behind. Raises BranchTaken for a
    branch of that name that is about something else.
    """
    check_branch_name(repo, branch)
    there, base = repo.branch_commit(branch), repo.commit_of(onto)
    if there is not None and (earlier := _taken_up(repo, branch, there, text)).base == base:
        return earlier
    gate_worktree(repo, folder, base)
    try:
        is_merge = run(repo.root, "rev-parse", "--verify", "--quiet", f"{merged}^2", okay=(0, 1, 128)).status == 0
        first = ("--mainline", "1") if is_merge else ()  # a pull request may have been squashed
        done = run(folder, "revert", "--no-commit", *first, repo.commit_of(merged), okay=(0, 1))
        if done.status != 0:
            return _conflict(folder, done.error or done.out)
        tree = ask(folder, "write-tree")
        head = ask(folder, "commit-tree", tree, "-p", base, "-m", message(text), environment=identity(folder))
    finally:
        remove_gate_worktree(repo, folder)
    if there is not None:
        keep(repo, branch.rpartition("-")[2], there, BRANCH)
    run(repo.root, "update-ref", "-m", "cockpit: roll back", f"refs/heads/{branch}", head, there or _NOTHING)
    return Reverted(base, head)


def _conflict(folder: Path, said: str) -> MergeConflict:
    files = unmerged(folder)
    if not files:
        raise RepoError(f"git can't undo it: {' '.join(said.split())}")
    return MergeConflict(tuple(files), said)


def _taken_up(repo: Repository, branch: str, head: str, text: str) -> Reverted:
    """What an engine that died had made; it is known by its words."""
    words = ask(repo.root, "log", "-1", "--no-show-signature", "--format=%B", head)
    if words.strip() != message(text):
        raise BranchTaken(
            f"branch {branch} exists already and is no rollback: rename it (`git branch -m {branch} NAME`)"
        )
    return Reverted(ask(repo.root, "rev-parse", f"{head}^1"), head)
