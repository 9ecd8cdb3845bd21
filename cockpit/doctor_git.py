"""What is special about a repository, and what the night makes of it: signing, hooks, Git LFS, submodules, room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from cockpit.doctor import Check, ask
from cockpit.places import Places
from cockpit.words import size


def special(root: Path) -> Iterator[Check]:
    """One check for each thing that is special; nothing about what is not."""
    yield from _signing(root)
    yield from _hooks(root)
    yield from _lfs(root)
    yield from _submodules(root)
    yield from _in_the_way(root)
    yield from _room(root)


def _signing(root: Path) -> Iterator[Check]:
    if ask("git", "config", "--type=bool", "commit.gpgSign", cwd=root).out == "true":
        found = "your commits are signed (commit.gpgSign); those of the night are not: nobody could type a passphrase"
        yield Check("signing", None, found, "sign what landed in the morning, before you push: `git rebase --exec`")


def _hooks(root: Path) -> Iterator[Check]:
    folder = Path(root, ask("git", "rev-parse", "--git-path", "hooks", cwd=root).out)
    if not folder.is_dir():
        return
    names = sorted(p.name for p in folder.iterdir() if p.suffix != ".sample" and os.access(p, os.X_OK))
    if names:
        found = f"{', '.join(names[:6])} run when agents commit, but not when the cockpit commits, merges or lands"
        yield Check("hooks", True, f"{found}; what must hold for a merge belongs into [[gates]]")


def _lfs(root: Path) -> Iterator[Check]:
    if ask("git", "grep", "-q", "filter=lfs", "HEAD", "--", "*.gitattributes", cwd=root).code:
        return
    if shutil.which("git-lfs"):
        yield Check("lfs", True, "files in Git LFS, and git-lfs is there")
        return
    fix = "install git-lfs and run `git lfs install`"
    if ask("git", "config", "--type=bool", "filter.lfs.required", cwd=root).out == "true":
        yield Check("lfs", False, "files in Git LFS, and git-lfs is missing: no worktree can be made", fix)
    else:
        yield Check("lfs", None, "files in Git LFS, and git-lfs is missing: agents see pointers only", fix)


def _submodules(root: Path) -> Iterator[Check]:
    if ask("git", "cat-file", "-e", "HEAD:.gitmodules", cwd=root).code:
        return
    fix = '[repository] setup = "git submodule update --init", where agents or gates need them'
    yield Check("submodules", None, "worktrees come without what is in submodules", fix)


def _in_the_way(root: Path) -> Iterator[Check]:
    names = ask("git", "for-each-ref", "--format=%(refname:short)", "refs/heads/", cwd=root).out.splitlines()
    if taken := [name for name in names if name.startswith("agent-") and name.removeprefix("agent-").isdigit()]:
        fix = f"rename it (`git branch -m {taken[0]} NAME`), or set [repository] branch to other names"
        yield Check("branches", False, f"branch {taken[0]} is in the way of {taken[0]}/task-…", fix)


def _room(root: Path) -> Iterator[Check]:
    from cockpit import config
    from cockpit.repo import size_of

    try:
        settings = config.load(root).repository
    except config.ConfigError:
        return  # said elsewhere
    folder = Places(root).worktrees(settings.worktrees)
    if not folder.is_dir():
        return
    taken, limit = size_of(folder), int(settings.worktrees_gb * 1e9)
    found = f"worktrees take {size(taken)}{f' of {size(limit)}' if limit else ''} in {folder}"
    full = bool(limit) and taken >= limit
    fix = "`cockpit clean --older-than 0` makes room; [repository] worktrees_gb allows more" if full else ""
    yield Check("worktrees", not full, found, fix)
