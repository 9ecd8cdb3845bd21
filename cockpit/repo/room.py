"""Branches and folders that are done with: how a branch goes and loses no commit, and the room that folders take."""

from __future__ import annotations

import os
from pathlib import Path

from cockpit.repo.repository import Repository
from cockpit.repo.rescue_refs import BRANCH, PREFIX, Rescue, keep
from cockpit.repo.runner import ask, run, says_yes
from cockpit.repo.trees import git_dir, working_trees
from cockpit.repo.worktrees import OURS


def is_on(repo: Repository, branch: str, target: str) -> bool:
    """Whether the branch `target` holds everything of another."""
    one, other = repo.branch_commit(branch), repo.branch_commit(target) if target else None
    return one is not None and other is not None and says_yes(repo.root, "merge-base", "--is-ancestor", one, other)


def is_rescued(repo: Repository, branch: str) -> bool:
    """Whether a rescue ref holds everything of a branch."""
    tip = repo.branch_commit(branch)
    command = ("for-each-ref", "--count=1", "--format=x", "--contains")
    return tip is not None and bool(ask(repo.root, *command, tip, PREFIX))


def holder(repo: Repository, branch: str) -> Path | None:
    """The working tree that has the branch checked out."""
    return next((tree.path for tree in working_trees(repo) if tree.branch == branch), None)


def drop_branch(repo: Repository, branch: str, target: str, run_id: str) -> Rescue | None:
    """Remove a branch that is checked out nowhere. What the target does not hold of it is kept under a rescue ref.

    Git removes it only if it still is where it was looked at, so a commit made meanwhile keeps it there.
    """
    tip = repo.tip(branch)
    kept = None if is_on(repo, branch, target) or is_rescued(repo, branch) else keep(repo, run_id, tip, BRANCH)
    run(repo.root, "update-ref", "-m", "cockpit: clean", "-d", f"refs/heads/{branch}", tip)
    return kept


def is_ours_alone(path: Path) -> bool:
    """Whether a worktree is one of the cockpit's own, in which nobody works."""
    return (git_dir(path) / OURS).exists()


def size_of(folder: Path) -> int:
    """The bytes that a folder takes on disk. What goes away meanwhile or can't be read counts as nothing."""
    total, folders, seen = 0, [os.fspath(folder)], set[int]()
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                found = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
            except OSError:
                continue
            if found.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
                if found.st_ino in seen:  # a file with several names takes its room once
                    continue
                seen.add(found.st_ino)
            total += found.st_blocks * 512
    return total
