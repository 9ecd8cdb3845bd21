"""Rebasing a branch that no longer merges: tried aside, and the branch moves only when all of it went through."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cockpit.repo.repository import Repository
from cockpit.repo.rescue_refs import BRANCH, Rescue, keep
from cockpit.repo.runner import ask, run
from cockpit.repo.staging import identity, uncommitted
from cockpit.repo.trees import WorkingTree, owned, unfinished, working_trees
from cockpit.repo.worktrees import gate_worktree, remove_gate_worktree

_SETTINGS = ("rebase.autoSquash=false", "rebase.autoStash=false", "rebase.updateRefs=false", "rerere.autoUpdate=false")


@dataclass(frozen=True, slots=True)
class Rebased:
    """A branch that was moved onto another commit; as it was before is kept under a rescue ref."""

    head: str
    kept: Rescue


def rebase(
    repo: Repository, folder: Path, branch: str, head: str, onto: str, upstream: str, run_id: str
) -> Rebased | None:
    """Replay the commits `upstream..head` of `branch` on `onto`, and have the branch and its worktree follow.

    Commits whose change `upstream` has by another commit fall away.

    None where that does not go through by itself; then branch and worktree are exactly as they were. The
    replay happens in `folder`, a worktree of the cockpit's own, so a failure has nothing to undo.
    """
    holders = [tree for tree in working_trees(repo) if tree.branch == branch and not tree.gone]
    if repo.branch_commit(branch) != head or not all(_may_follow(repo, tree) for tree in holders):
        return None
    new = _replayed(repo, folder, head, onto, upstream)
    if new is None or new == onto:
        return None
    kept = keep(repo, run_id, head, BRANCH)
    return Rebased(new, kept) if _moved(repo, holders, branch, head, new) else None


def _may_follow(repo: Repository, tree: WorkingTree) -> bool:
    """A worktree of ours without work in it; your own checkout is never moved for this."""
    if tree.path == repo.root or tree.locked:
        return False
    path = owned(repo, tree.path)
    return not unfinished(path) and not uncommitted(path)


def _replayed(repo: Repository, folder: Path, head: str, onto: str, upstream: str) -> str | None:
    gate_worktree(repo, folder, head)
    try:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        command = ("rebase", "--quiet", "--no-fork-point", "--onto", onto, upstream)
        done = run(folder, *settings, *command, okay=range(256), environment=identity(folder))
        return ask(folder, "rev-parse", "HEAD") if done.status == 0 else None
    finally:
        remove_gate_worktree(repo, folder)


def _moved(repo: Repository, holders: list[WorkingTree], branch: str, head: str, new: str) -> bool:
    """Move the branch, from `head` only. Git moves a worktree and its branch together, or leaves both."""
    if not holders:
        ref = f"refs/heads/{branch}"
        return run(repo.root, "update-ref", "-m", "cockpit: rebase", ref, new, head, okay=range(256)).status == 0
    action = {"GIT_REFLOG_ACTION": "cockpit: rebase"}
    run(holders[0].path, "reset", "--quiet", "--keep", new, okay=range(256), environment=action)
    return repo.branch_commit(branch) == new
