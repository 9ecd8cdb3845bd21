"""Repositories inside a worktree: clones and submodules, whose history would go with the worktree."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from cockpit.repo.errors import NestedRepository, listed
from cockpit.repo.runner import run
from cockpit.repo.trees import git_dir


def nested(worktree: Path) -> list[str]:
    """Directories of the worktree, not ignored, that are git repositories of their own."""
    listing = run(worktree, "ls-files", "--others", "--exclude-standard", "-z").raw
    return [os.fsdecode(name) for name in listing.split(b"\0") if name.endswith(b"/")]


def require_no_history(worktree: Path) -> None:
    """Raise NestedRepository where removing the worktree would lose commits or work with it.

    A submodule that is clean, and whose commits its remote has, may go.
    """
    found = [*nested(worktree), *_dirty_submodules(worktree), *_unpushed(git_dir(worktree))]
    if found:
        raise NestedRepository(
            f"{worktree} holds git repositories of their own ({listed(list(dict.fromkeys(found)))}), "
            "whose work would be lost with it: push or move them, then delete them there"
        )


def _dirty_submodules(worktree: Path) -> Iterator[str]:
    status = run(worktree, "status", "--porcelain=v2", "-z", "--no-renames", "--ignore-submodules=none")
    for record in status.parts:
        fields = record.split(" ", 8)
        # The third field is `S`, then whether it has other commits, changed files and untracked files.
        if fields[0] == "1" and fields[2].startswith("S") and fields[2][2:] != "..":
            yield fields[8]


def _unpushed(state: Path) -> Iterator[str]:
    """The submodules of a worktree with commits that their remote does not have, as far as they know."""
    for head in sorted((state / "modules").rglob("HEAD")):
        folder = head.parent
        if (folder / "objects").is_dir():
            arguments = ("rev-list", "-n", "1", "HEAD", "--all", "--not", "--remotes")
            done = run(folder, f"--git-dir={folder}", *arguments, okay=(0, 128))
            if done.status != 0 or done.raw:
                yield str(folder.relative_to(state / "modules"))
