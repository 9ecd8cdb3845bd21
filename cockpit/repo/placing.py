"""Brings files that git doesn't hold (an `.env`, a folder of dependencies) from the checkout into a worktree."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from cockpit.paths import OutsideWorktree, inside
from cockpit.repo.runner import run
from cockpit.repo.staging import PLACED
from cockpit.repo.trees import git_dir

_NEVER = frozenset({".git", ".cockpit", ".claude-sessions"})


def copy_and_link(root: Path, worktree: Path, copy: Sequence[str], link: Sequence[str]) -> list[str]:
    """Copy and link what the globs (relative to `root`) match into the worktree, and give notes for a person.

    What is there already stays as it is, so doing it twice is safe. Nothing is read outside `root` or
    written outside the worktree. What git would not ignore is remembered, and the cockpit never commits it.
    """
    notes: list[str] = []
    placed: list[str] = []
    for patterns, place in ((copy, _copy), (link, _link)):
        for pattern in patterns:
            found = list(_matches(root, pattern, notes))
            if not found and not any(pattern in note for note in notes):
                notes.append(f"{pattern}: nothing in {root} matches it")
            for source in found:
                relative = source.relative_to(root)
                try:
                    _check(root, source)
                    place(source, inside(worktree, str(relative.parent)) / relative.name)
                except (OutsideWorktree, OSError, shutil.Error) as error:
                    notes.append(f"{relative}: left out: {error}")
                else:
                    placed.append(str(relative))
    notes.extend(_remember(worktree, placed))
    return notes


def _matches(root: Path, pattern: str, notes: list[str]) -> Iterator[Path]:
    try:
        found = sorted(root.glob(pattern))
    except (ValueError, NotImplementedError, IndexError):  # empty, absolute, "."
        notes.append(f"{pattern}: is no glob relative to the repository")
        return
    for path in found:
        parts = path.parts
        if ".." in parts or not path.is_relative_to(root) or path == root:
            notes.append(f"{pattern}: leads outside the repository")
        elif not _NEVER & set(path.relative_to(root).parts):
            yield path


def _check(root: Path, source: Path) -> None:
    """Raise OutsideWorktree for a link in the checkout that leads out of it."""
    try:
        inside(root, str(source))
    except OutsideWorktree:
        raise OutsideWorktree(f"it leads outside the repository, to {source.resolve()}") from None


def _link(source: Path, target: Path) -> None:
    if not target.is_symlink() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source.absolute())


def _copy(source: Path, target: Path) -> None:
    """Copy a file, or what is missing of a folder; links stay links."""
    if source.is_dir() and not source.is_symlink():
        if target.is_symlink():
            return
        target.mkdir(parents=True, exist_ok=True)
        for child in source.iterdir():
            _copy(child, target / child.name)
    elif not target.exists() and not target.is_symlink() and (source.is_file() or source.is_symlink()):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def _remember(worktree: Path, placed: list[str]) -> list[str]:
    """Write down what git does not ignore of it, and say so: the agent's own `git add -A` would take it."""
    record = git_dir(worktree) / PLACED
    known = set(record.read_text(encoding="utf-8").split("\0")) if record.is_file() else set()
    new = [name for name in dict.fromkeys(placed) if name not in known and _is_untracked(worktree, name)]
    if not new:
        return []
    record.write_text("\0".join(sorted({*known, *new} - {""})), encoding="utf-8")
    return [f"{name}: git does not ignore it; add it to .gitignore so that no agent commits it" for name in new]


def _is_untracked(worktree: Path, name: str) -> bool:
    """Whether git holds nothing there and ignores nothing of it."""
    if run(worktree, "ls-files", "-z", "--", f":(literal){name}").raw:
        return False
    return run(worktree, "check-ignore", "--quiet", name, okay=(0, 1, 128)).status == 1
