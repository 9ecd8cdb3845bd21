"""What commands of git that were killed left behind: locks, half a fast-forward, entries of worktrees that are gone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cockpit.repo.repository import Repository
from cockpit.repo.runner import ask, run
from cockpit.repo.trees import unfinished

OLD_SECONDS = 2.0
"""A lock that is younger may belong to a command that has not begun to be seen."""

_ABORT = {"a merge": "merge", "a rebase": "rebase", "a cherry-pick": "cherry-pick", "a revert": "revert"}


def stale_locks(repo: Repository) -> list[Path]:
    """Lock files in the repository that no living command of git can hold."""
    common = repo.common_dir
    found = [*common.glob("*.lock"), *(common / "refs").rglob("*.lock"), *common.glob("worktrees/*/*.lock")]
    old = [path for path in found if path.name != "locked" and _age(path) > OLD_SECONDS]
    return sorted(old) if old and not any(_git_at_work(repo)) else []


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _git_at_work(repo: Repository) -> Iterator[int]:
    """Commands of git that may be about this repository: where that can't be seen, any of ours."""
    for name in os.listdir("/proc") if Path("/proc/self").exists() else ():
        with suppress(OSError):
            if name.isdigit() and Path("/proc", name, "comm").read_text().startswith("git"):
                where = Path(os.readlink(f"/proc/{name}/cwd"))
                words = Path("/proc", name, "cmdline").read_bytes()
                inside = where.is_relative_to(repo.root) or where.is_relative_to(repo.common_dir)
                if inside or os.fsencode(repo.root) in words or _is_linked(repo, where):
                    yield int(name)


def _is_linked(repo: Repository, where: Path) -> bool:
    for folder in (where, *where.parents):
        pointer = folder / ".git"
        if pointer.is_file():
            return str(repo.common_dir) in pointer.read_text(errors="replace")
    return False


def forget_gone(repo: Repository) -> None:
    """Have git forget worktrees whose folders are gone."""
    run(repo.root, "worktree", "prune")


def make_branch(repo: Repository, branch: str, commit: str) -> None:
    """A branch that is not there, at `commit`."""
    run(repo.root, "update-ref", "-m", "cockpit: repair", f"refs/heads/{branch}", commit, "0" * 40)


def abort(worktree: Path) -> None:
    """Take back a merge or rebase that nobody will finish. Whatever is uncommitted was rescued before."""
    command = _ABORT.get(unfinished(worktree))
    if command:
        run(worktree, command, "--abort")


def half_forwarded(tree: Path, expected: str, merged: str) -> list[str]:
    """The files of a checkout at `expected` that a fast-forward to `merged` has written, and nothing else changed.

    Nothing where the checkout is clean, is elsewhere, or has a change of anybody's own.
    """
    if ask(tree, "rev-parse", "HEAD") != expected or unfinished(tree):
        return []
    status = run(tree, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all").parts
    changed = set(run(tree, "diff", "--name-only", "-z", "--no-renames", expected, merged).parts)
    tracked = [record[3:] for record in status if not record.startswith("??")]
    new = [record[3:] for record in status if record.startswith("??") and record[3:] in changed]
    if not set(tracked) <= changed or not all(_is_as_in(tree, merged, path) for path in (*tracked, *new)):
        return []
    return [*tracked, *new]


def undo_half_forward(tree: Path, expected: str, files: list[str]) -> None:
    """Bring such files back to `expected`. What they hold is in the commit that is about to land."""
    if not files:
        return
    known = set(run(tree, "ls-tree", "-r", "--name-only", "-z", expected).parts)
    for path in files:
        if path not in known:
            run(tree, "rm", "--cached", "--quiet", "--ignore-unmatch", "--", f":(literal){path}")
            (tree / path).unlink(missing_ok=True)
    back = [f":(literal){path}" for path in files if path in known]
    if back:
        run(tree, "checkout", "--quiet", expected, "--", *back)


def _is_as_in(tree: Path, commit: str, path: str) -> bool:
    """Whether a file is what the commit has; both may lack it."""
    wanted = run(tree, "rev-parse", "--verify", "--quiet", f"{commit}:{path}", okay=(0, 1, 128))
    here = tree / path
    if not os.path.lexists(here):
        return wanted.status != 0
    if wanted.status != 0 or here.is_symlink() or not here.is_file():
        return False
    return ask(tree, "hash-object", f"--path={path}", "--", str(here)) == wanted.out
