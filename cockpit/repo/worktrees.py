"""Worktrees: one for each run, on the run's branch, and one of the cockpit's own for the gates."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cockpit.repo.errors import (
    BranchTaken,
    GitFailed,
    PathTaken,
    RepoError,
)
from cockpit.repo.inner import require_no_history
from cockpit.repo.lfs import FIX, is_about_lfs
from cockpit.repo.repository import Repository, check_branch_name
from cockpit.repo.rescue_refs import Rescue, rescue
from cockpit.repo.runner import ask, run
from cockpit.repo.staging import uncommitted
from cockpit.repo.stores import close_store
from cockpit.repo.trees import (
    WorkingTree,
    git_dir,
    owned,
    unfinished,
    working_tree_at,
    working_trees,
)

OURS = "cockpit-gates"
"""In a worktree's git directory: nobody's work is ever in it."""


@dataclass(frozen=True, slots=True)
class Worktree:
    """A run's worktree, ready."""

    path: Path
    branch: str
    base: str
    """The commit that the branch begins from."""
    head: str
    created: bool
    """It was made now; False where it was there already, with its uncommitted work."""


def prepare_worktree(repo: Repository, path: Path, branch: str, base: str, *, fresh: bool = False) -> Worktree:
    """Make the worktree of a run, or take up the one that is there.

    `fresh` says that the run is new, so its branch must not exist yet. Raises PathTaken for something of
    somebody else at `path`, BranchTaken for a branch that is not this run's or is checked out elsewhere, and
    RepoError where the worktree is on another branch and must be released first.
    """
    check_branch_name(repo, branch)
    _require_room(repo, branch)
    path, start = path.resolve(), repo.commit_of(base)
    trees = working_trees(repo)
    if _clear_half_made(repo, path, trees):
        if fresh and repo.branch_commit(branch) == start:
            _drop_branch(repo, branch, start)
        trees = working_trees(repo)
    trees = _swept(repo, path, branch, trees)
    here = next((tree for tree in trees if tree.path == path), None)
    if here is not None:
        return _taken_up(repo, here, branch, start, fresh)
    _require_free(repo, path)
    for tree in trees:
        if tree.branch == branch:
            raise BranchTaken(f"branch {branch} is checked out in {tree.path}: switch to another branch there")
    if repo.branch_exists(branch):
        if fresh:
            raise _exists(branch)
        run(repo.root, "worktree", "add", "--quiet", str(path), branch)
    else:
        _add_new(repo, path, branch, start)
    return Worktree(path, branch, start, ask(path, "rev-parse", "HEAD"), created=True)


def release_worktree(repo: Repository, path: Path, run_id: str) -> Rescue | None:
    """Remove a run's worktree; what was uncommitted in it is rescued first, and the branch stays.

    None of the run's processes may live. Raises NestedRepository, with the worktree untouched, where a
    repository lies in it whose history would be lost. A worktree whose directory somebody deleted is only
    forgotten.
    """
    trees = working_trees(repo)
    if _clear_half_made(repo, path, trees):
        return None
    tree = working_tree_at(repo, path, trees)
    if tree is not None and tree.path != repo.root:
        close_store(repo, tree.path)
    if tree is not None and tree.gone and not tree.path.exists():
        run(repo.root, "worktree", "remove", str(tree.path))
        return None
    path = owned(repo, path, trees)
    if tree is not None and tree.locked:
        raise RepoError(f"the worktree {path} is locked: `git worktree unlock {path}`")
    kept = rescue(repo, path, run_id, trees)
    require_no_history(path)
    _drop_locks(path)
    run(path, "reset", "--quiet", "--hard")
    run(path, "-c", "clean.requireForce=false", "clean", "--quiet", "-d")
    _remove(repo, path)
    return kept


def gate_worktree(repo: Repository, path: Path, commit: str) -> None:
    """A clean worktree of the cockpit's own at `commit`, on no branch. What an earlier one held is thrown away.

    Raises PathTaken for something of somebody else at `path`, and for a worktree that is on a branch.
    """
    path, commit = path.resolve(), repo.commit_of(commit)
    _clear_half_made(repo, path)
    trees = [tree for tree in working_trees(repo) if tree.path == path]
    for tree in trees:
        if tree.branch is not None:
            raise PathTaken(f"{path} is a worktree on branch {tree.branch}, not one for the gates: remove it")
        _throw_away(repo, path)
    _require_free(repo, path)
    run(repo.root, "worktree", "add", "--quiet", "--detach", str(path), commit)
    (git_dir(path) / OURS).touch()


def remove_gate_worktree(repo: Repository, path: Path) -> None:
    """Remove what `gate_worktree` made; nothing happens where there is none."""
    tree = working_tree_at(repo, path)
    if tree is not None and tree.branch is None:
        _throw_away(repo, tree.path)


def _swept(repo: Repository, path: Path, branch: str, trees: list[WorkingTree]) -> list[WorkingTree]:
    """The working trees, without entries in our way whose directory was deleted by hand."""
    lost = [tree for tree in trees if tree.gone and not tree.path.exists()]
    lost = [tree for tree in lost if tree.path == path or tree.branch == branch]
    for tree in lost:
        run(repo.root, "worktree", "remove", str(tree.path))
    return working_trees(repo) if lost else trees


def _taken_up(repo: Repository, here: WorkingTree, branch: str, start: str, fresh: bool) -> Worktree:
    """The worktree that is there already, with the work in it."""
    if here.path == repo.root:
        raise PathTaken(f"{here.path} is your own checkout: set repository.worktrees to another folder")
    path = owned(repo, here.path)
    if here.gone:
        here = next(tree for tree in working_trees(repo) if tree.path == path)
    if here.branch != branch:
        raise RepoError(f"the worktree {path} is on {here.branch or 'no branch'}, not on {branch}: release it first")
    _drop_locks(path)
    head = ask(path, "rev-parse", "HEAD")
    if fresh and (head != start or uncommitted(path) or unfinished(path)):
        raise _exists(branch)  # else it is what a start that was cut short left behind, and holds no work
    return Worktree(path, branch, start, head, created=False)


def _exists(branch: str) -> BranchTaken:
    return BranchTaken(
        f"branch {branch} exists already and was not made for this run: rename it (`git branch -m {branch} NAME`), "
        "or set repository.branch in cockpit.toml to other names"
    )


def _require_room(repo: Repository, branch: str) -> None:
    """Raise BranchTaken where a branch is named as a folder of ours would be: git can't have both."""
    parts = branch.split("/")
    for name in ("/".join(parts[:n]) for n in range(1, len(parts))):
        if repo.branch_exists(name):
            raise BranchTaken(
                f"branch {name} is in the way of {branch}: rename it (`git branch -m {name} NAME`), "
                "or set repository.branch in cockpit.toml to other names"
            )


def _require_free(repo: Repository, path: Path) -> None:
    if path == repo.root or path.is_relative_to(repo.common_dir):
        raise PathTaken(f"{path} belongs to the repository itself: set repository.worktrees to another folder")
    if not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir())):
        return
    raise PathTaken(
        f"{path} exists and is no worktree of {repo.root}: move it away, "
        "or set repository.worktrees in cockpit.toml to another folder"
    )


def _add_new(repo: Repository, path: Path, branch: str, start: str) -> None:
    try:
        run(repo.root, "worktree", "add", "--quiet", "-b", branch, str(path), start)
    except GitFailed as error:
        # The branch may have been made before the files could not be written. It holds nothing yet.
        if repo.branch_commit(branch) == start:
            _drop_branch(repo, branch, start)
        if is_about_lfs(error.text):
            raise RepoError(f"{path} can't be made: {FIX}") from error
        raise


def _drop_branch(repo: Repository, branch: str, start: str) -> None:
    """Remove a branch of ours that holds nothing but its start, unless it is checked out somewhere."""
    if not any(tree.branch == branch for tree in working_trees(repo)):
        run(repo.root, "update-ref", "-d", f"refs/heads/{branch}", start, okay=(0, 1, 128))


def _clear_half_made(repo: Repository, path: Path, trees: list[WorkingTree] | None = None) -> bool:
    """Remove what a `git worktree add` that was killed left at `path`; whether there was something."""
    tree = working_tree_at(repo, path, trees)
    if tree is None or not tree.half_made:
        return False
    if tree.path.exists():
        _delete(tree.path)
    run(repo.root, "worktree", "unlock", str(tree.path))
    run(repo.root, "worktree", "remove", str(tree.path))
    return True


def mend(repo: Repository, path: Path, run_id: str) -> Rescue | None:
    """Put a worktree that was deleted as a whole back to its branch's commit; what was there is rescued.

    Its folder may be left where a cage holds it, with the link to the repository or without. What is missing there
    is not meant as a change.
    """
    if not path.is_dir() or (os.path.lexists(path / ".git") and not _is_emptied(path)):
        return None
    kept = rescue(repo, path, run_id)
    run(path, "reset", "--quiet", "--hard")
    return kept


def _is_emptied(path: Path) -> bool:
    """Whether nothing is left of several files, and nothing was put in their place."""
    if any(name != ".git" for name in os.listdir(path)):
        return False
    return len(run(path, "ls-files", "-z").parts) > 1


def drop_old_locks(path: Path, older_seconds: float = 60.0) -> list[str]:
    """Remove the locks in a worktree that a killed git left so long ago; their names. A living git is quicker."""
    found = []
    for name in ("index.lock", "HEAD.lock"):
        lock = git_dir(path) / name
        with suppress(FileNotFoundError):
            if time.time() - lock.stat().st_mtime >= older_seconds:
                lock.unlink()
                found.append(name)
    return found


def _drop_locks(path: Path) -> None:
    """Remove the locks of a git command that was killed in the worktree; nobody works there now."""
    own = git_dir(path)
    for name in ("index.lock", "HEAD.lock"):
        (own / name).unlink(missing_ok=True)
    head = (own / "HEAD").read_text(encoding="utf-8", errors="surrogateescape").strip()
    branch = head.removeprefix("ref: ")
    if branch != head and ".." not in branch:  # the branch is checked out here, and so nowhere else
        (own.parent.parent / f"{branch}.lock").unlink(missing_ok=True)


def _throw_away(repo: Repository, path: Path) -> None:
    """Remove the gates' worktree with all that is in it."""
    if path.exists():
        path = owned(repo, path)
        if not (git_dir(path) / OURS).exists() and uncommitted(path):
            raise PathTaken(f"{path} is a worktree with uncommitted work, not one for the gates: move it away")
        _delete(path)
    run(repo.root, "worktree", "remove", str(path))


def _remove(repo: Repository, path: Path) -> None:
    """Remove a clean worktree. Not forced: git still refuses what it finds odd."""
    try:
        run(repo.root, "worktree", "remove", str(path))
    except GitFailed as error:
        if "submodules" not in error.text:
            raise
        # Git removes no worktree with submodules at all; that they may go was checked before.
        _delete(path)
        run(repo.root, "worktree", "remove", str(path))


def _delete(path: Path) -> None:
    try:
        shutil.rmtree(path)
    except PermissionError:  # folders that a tool made read-only, such as Go's module cache
        for folder, _, _ in os.walk(path):
            os.chmod(folder, 0o700)
        shutil.rmtree(path)
