"""Git LFS: large files of which git holds a pointer only. Whether git-lfs is there decides what worktrees hold."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.repo.repository import Repository
from cockpit.repo.runner import run

_PATHS_AT_ONCE = 500
_BEGIN = b"version https://git-lfs"

FIX = (
    "the repository keeps files in Git LFS, and git can't run its filter: install git-lfs and run `git lfs install`, "
    "or take filter.lfs.required out of git's configuration to work on pointers alone"
)


def is_about_lfs(words: str) -> bool:
    """Whether git's words are about a filter of LFS that can't be run."""
    return "lfs" in words and ("filter" in words or "not found" in words)


def without_pointer(repo: Repository, commit: str, paths: Sequence[str]) -> list[str]:
    """Those of the paths that belong into LFS and lie in `commit` as the thing itself: a filter was missing there."""
    found = []
    for path in _in_lfs(repo, paths):
        blob = run(repo.root, "cat-file", "blob", f"{commit}:{path}", okay=(0, 128))
        if blob.status == 0 and blob.raw and not blob.raw.startswith(_BEGIN):
            found.append(path)
    return found


def _in_lfs(repo: Repository, paths: Sequence[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(paths), _PATHS_AT_ONCE):
        some = paths[start : start + _PATHS_AT_ONCE]
        fields = run(repo.root, "check-attr", "-z", "filter", "--", *some).out.split("\0")
        found += [path for path, value in zip(fields[::3], fields[2::3], strict=False) if value == "lfs"]
    return found
