"""A commit's files as plain files, to be looked at with any program: no worktree, no branch, nothing of git in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from cockpit.repo.errors import PathTaken
from cockpit.repo.repository import Repository
from cockpit.repo.runner import run

_INDEX = ".cockpit-index"
"""Ends the name of the file beside a copy that holds its index, and says that the copy is ours."""


def copy_out(repo: Repository, commit: str, folder: Path) -> None:
    """Write the files of `commit` into `folder`, read-only. A copy that is there and was changed is kept aside.

    Raises PathTaken for a folder of somebody else.
    """
    folder = folder.resolve()
    if folder.exists():
        if not _index(folder).exists():
            raise PathTaken(f"{folder} is in the way and is no copy of the cockpit's: move it away")
        if drop_copy(repo, folder):
            _keep_aside(folder)
    folder.mkdir(parents=True)
    variables = {"GIT_INDEX_FILE": str(_index(folder))}
    run(repo.root, "read-tree", repo.commit_of(commit), environment=variables)
    run(repo.root, "checkout-index", "--all", "--quiet", "--index", f"--prefix={folder}/", environment=variables)
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~0o222)


def drop_copy(repo: Repository, folder: Path) -> list[str]:
    """Remove a copy; one in which files were changed or written stays, and those files are given."""
    folder = folder.resolve()
    variables = {"GIT_INDEX_FILE": str(_index(folder)), "GIT_WORK_TREE": str(folder), "GIT_DIR": str(repo.common_dir)}
    run(folder, "update-index", "-q", "--refresh", okay=(0, 1), environment=variables)
    changed = run(folder, "diff-files", "--name-only", "-z", "--diff-filter=MT", environment=variables).parts
    changed += run(folder, "ls-files", "--others", "--exclude-standard", "-z", environment=variables).parts
    if not changed:
        shutil.rmtree(folder)
        _index(folder).unlink(missing_ok=True)
    return changed


def _index(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}{_INDEX}")


def _keep_aside(folder: Path) -> None:
    number = next(n for n in range(1, 10_000) if not folder.with_name(f"{folder.name}-{n}").exists())
    folder.rename(folder.with_name(f"{folder.name}-{number}"))
    _index(folder).unlink()
