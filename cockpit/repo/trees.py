"""The working trees of a repository as git lists them, and what each is in the middle of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cockpit.repo.errors import PathTaken, RepoError
from cockpit.repo.repository import Repository
from cockpit.repo.runner import run

_UNFINISHED = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
}


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """One working tree: the user's checkout, one of ours, or another of the user's."""

    path: Path
    branch: str | None
    """The branch it holds, also while a rebase of it is unfinished; None for a detached head."""
    gone: bool = False
    """Its directory, or the link back to the repository in it, is missing."""
    locked: bool = False
    """The user asked git not to remove it."""
    half_made: bool = False
    """Git was killed while it made it: its files are incomplete, and nobody has worked in it."""


def working_trees(repo: Repository) -> list[WorkingTree]:
    """All of them, the user's checkout first."""
    raw = run(repo.root, "worktree", "list", "--porcelain", "-z").raw
    return [_read(repo, block) for block in raw.strip(b"\0").split(b"\0\0") if block]


def working_tree_at(repo: Repository, path: Path, trees: list[WorkingTree] | None = None) -> WorkingTree | None:
    """The one whose top is `path`; None where the repository knows none there. `trees`: as git listed them just now."""
    resolved = path.resolve()
    return next((tree for tree in (working_trees(repo) if trees is None else trees) if tree.path == resolved), None)


def owned(repo: Repository, path: Path, trees: list[WorkingTree] | None = None) -> Path:
    """`path`, resolved, if it is a linked worktree of `repo` that works. Raises RepoError (PathTaken) if not.

    Called before anything that writes: an agent may have deleted `.git` in its worktree, or put another
    repository there. `trees`: as git listed them just now.
    """
    tree = working_tree_at(repo, path, trees)
    if tree is None or tree.path == repo.root:
        raise RepoError(f"{path} is no worktree of {repo.root}, so the cockpit leaves it alone")
    if tree.gone and tree.path.is_dir() and not os.path.lexists(tree.path / ".git"):
        run(repo.root, "worktree", "repair")
    try:
        mine = git_dir(tree.path).parent == repo.common_dir / "worktrees"
    except RepoError:
        mine = False
    if not mine:
        raise PathTaken(
            f"{path} was a worktree of {repo.root}, but its .git no longer leads there: "
            "look for work in it, then move it away"
        )
    return tree.path


def git_dir(worktree: Path) -> Path:
    """The directory where git keeps a working tree's own state."""
    if (linked := _linked(worktree)) is not None:
        return linked
    raw = run(worktree, "rev-parse", "--absolute-git-dir").raw
    return Path(os.fsdecode(raw)).resolve()


def _linked(worktree: Path) -> Path | None:
    """The same as a linked worktree's `.git` says it, where it is in order; git is asked about anything else."""
    try:
        with (worktree / ".git").open("rb") as file:
            said = file.read(4096)
    except OSError:
        return None
    word, _, path = said.rstrip(b"\n").partition(b": ")
    found = worktree / os.fsdecode(path)
    if word != b"gitdir" or not path or not all((found / name).is_file() for name in ("HEAD", "commondir", "gitdir")):
        return None
    return found.resolve()


def unfinished(worktree: Path) -> str:
    """What the working tree is in the middle of, e.g. `a merge`; empty for nothing."""
    state = git_dir(worktree)
    return next((what for name, what in _UNFINISHED.items() if (state / name).exists()), "")


def _read(repo: Repository, block: bytes) -> WorkingTree:
    fields = dict(_fields(block))
    path = Path(fields["worktree"])
    branch = fields.get("branch", "").removeprefix("refs/heads/") or None
    gone = "prunable" in fields
    if branch is None and not gone and "detached" in fields:
        branch = _being_rebased(path)
    # Git locks a worktree with this very reason while it makes it.
    half_made = fields.get("locked") == "initializing"
    return WorkingTree(path.resolve(), branch, gone, "locked" in fields and not half_made, half_made)


def _fields(block: bytes) -> Iterator[tuple[str, str]]:
    for line in block.split(b"\0"):
        name, _, value = os.fsdecode(line).partition(" ")
        yield name, value


def _being_rebased(worktree: Path) -> str | None:
    """The branch that an unfinished rebase or bisection will go back to."""
    try:
        state = git_dir(worktree)
    except RepoError:
        return None
    for name in ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"):
        file = state / name
        if file.is_file():
            name = file.read_text(encoding="utf-8", errors="replace").strip()
            return None if name == "detached HEAD" else name.removeprefix("refs/heads/")
    return None
