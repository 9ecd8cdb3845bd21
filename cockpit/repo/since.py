"""What became of a worktree since a moment that was marked: commits and files, uncommitted ones included."""

from __future__ import annotations

from pathlib import Path

from cockpit.repo.repository import Repository
from cockpit.repo.rescue_refs import rescue, snapshot
from cockpit.repo.runner import ask
from cockpit.repo.trees import owned

MOST_LINES = 60
"""Of the commits, and of the files."""


def mark(repo: Repository, worktree: Path, run_id: str) -> str:
    """A commit that holds everything as it is now; what is in no commit is kept under a rescue ref."""
    path = owned(repo, worktree)
    kept = rescue(repo, path, run_id)
    return kept.commit if kept else ask(path, "rev-parse", "HEAD")


def changes_since(repo: Repository, worktree: Path, commit: str, run_id: str) -> str:
    """The commits made and the files changed since `commit` was marked, a line each; empty where there are none."""
    path = owned(repo, worktree)
    head = ask(path, "rev-parse", "HEAD")
    now = snapshot(path, head, run_id) or head
    log = ("log", "--no-color", "--no-show-signature", "--format=commit %h %s", f"{commit}..{head}")
    changed = ("diff", "--no-color", "--no-ext-diff", "--name-status", "--find-renames", commit, now)
    parts = [_bounded(ask(path, *words).splitlines()) for words in (log, changed)]
    return "\n".join(filter(None, parts))


def _bounded(lines: list[str]) -> str:
    more = [f"… and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return "\n".join([*lines[:MOST_LINES], *more])
