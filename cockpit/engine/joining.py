"""Joining a branch with the target, aside: whose work it is, the merge, and what becomes of a conflict.

A branch that does not merge is rebased by git first, which either goes through as a whole or leaves everything as it
was. Where it does not, the conflict is put into words, both sides of it, for the agent and then for a person.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import events, repo
from cockpit.engine import telling
from cockpit.git_facts import Lost
from cockpit.repo import ForeignWork, GitFailed, MergeConflict, RepoError, Unmerged, WrongBranch
from cockpit.state import SETTLED, GateResult, Task, TaskState

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

MOST_LOST = 20
"""Lines of one file that are told."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A merge result that nothing stands in the way of, and what it would drop of other work."""

    commit: str
    lost: tuple[Lost, ...] = ()


async def head(engine: Engine, task: Task, target: str) -> str | None:
    """The commit that is to be merged; records why not, and gives None, where it is not the run's own work."""
    if (gone := await asyncio.to_thread(_settle, engine, task)) is not None:
        if gone.is_lost:
            engine.record(events.TaskEscalated(task.id, str(gone)))
            return None
        engine.record(events.Noticed(f"{task.id}: {gone}", task.id))
    try:
        if (kept := await asyncio.to_thread(_mend, engine, task)) is not None:
            engine.record(events.WorkRescued(kept.run, kept.ref, kept.commit))
        for name in await asyncio.to_thread(_drop_locks, engine, task):
            engine.record(events.Noticed(f"{task.id}: {name}, left by a git that was killed, was removed", task.id))
        commit = await asyncio.to_thread(_head, engine, task, target)
    except ForeignWork as error:
        failed = GateResult("branch", False, str(error))
    except (Unmerged, WrongBranch, GitFailed) as error:
        failed = GateResult("commit", False, f"the work could not be committed: {error}")
    else:
        bare = await asyncio.to_thread(_without_pointer, engine, target, commit)
        if not bare:
            return commit
        failed = GateResult("lfs", False, f"these belong into Git LFS and are in git themselves: {', '.join(bare)}")
    engine.record(events.GatesFinished(task.id, task.head or task.base, target, "", (failed,)))
    return None


async def join(engine: Engine, task: Task, target: str, commit: str) -> Joined | None:
    """Merge `commit` into `target`, aside; records BranchRebased or ConflictFound, and gives None, where git can't."""
    repository, message = engine.repository, f"Merge {task.branch}: {task.title}\n\nTask: {task.id}\n"
    if await asyncio.to_thread(repo.is_rewritten, repository, task.base, commit, target):
        name = telling.target(engine)
        why = f"{name} was rewritten: it no longer holds {task.base[:10]}, on which the branch began"
        if not await _rebase(engine, task, target, commit, task.base, why):
            fix = f"Bring over only your own commits: git rebase --onto {name} {task.base}"
            engine.record(events.ConflictFound(task.id, commit, target, why=why, text=f"{why}.\n{fix}"))
        return None
    merged = await asyncio.to_thread(repo.merge_result, repository, target, commit, message)
    if isinstance(merged, MergeConflict):
        why = f"conflicted in {', '.join(merged.files[:5])}"
        if not await _rebase(engine, task, target, commit, target, why):
            text = await asyncio.to_thread(_in_words, engine, task, target, commit, merged)
            engine.record(events.ConflictFound(task.id, commit, target, merged.files, text=text))
        return None
    return Joined(merged.commit, await asyncio.to_thread(_lost, engine, task, target, merged.commit))


def _head(engine: Engine, task: Task, target: str) -> str:
    """What was approved; before that the branch's commit, what its agent left uncommitted included."""
    if task.state is TaskState.MERGING and task.approved_head:
        return engine.repository.commit_of(task.approved_head)
    run = engine.state.task_run(task)
    if task.state is TaskState.TESTING and run is not None and engine.state.holds_slot(task):
        _commit_leftovers(engine, task, Path(run.worktree), run.branch)
    commit = engine.repository.tip(task.branch)
    repo.check_own(engine.repository, commit, task.base, target, _others(engine, task))
    return commit


def _settle(engine: Engine, task: Task) -> repo.Mended | None:
    """Take in what the task's agent wrote, before anything is made of it."""
    run = engine.state.task_run(task)
    if run is None or not run.worktree or not engine.state.holds_slot(task):
        return None
    return repo.settle(engine.repository, Path(run.worktree), run.branch, task.base)


def _mend(engine: Engine, task: Task) -> repo.Rescue | None:
    run = engine.state.task_run(task)
    if task.state is not TaskState.TESTING or run is None or not engine.state.holds_slot(task):
        return None
    return repo.mend(engine.repository, Path(run.worktree), run.id)


def _drop_locks(engine: Engine, task: Task) -> list[str]:
    run = engine.state.task_run(task)
    if task.state is not TaskState.TESTING or run is None or not Path(run.worktree, ".git").exists():
        return []
    return repo.drop_old_locks(Path(run.worktree))


def _commit_leftovers(engine: Engine, task: Task, worktree: Path, branch: str) -> None:
    if not worktree.exists():  # somebody deleted it; what is on the branch is still there
        return
    repo.commit_leftovers(engine.repository, worktree, f"{task.title}\n\nTask: {task.id}\n", branch)


def _without_pointer(engine: Engine, target: str, commit: str) -> list[str]:
    """Files of the change that were to be in Git LFS and are not, because its filter was missing."""
    files = repo.changed_files(engine.repository, target, commit)
    return repo.without_pointer(engine.repository, commit, files)[:20]


def _others(engine: Engine, task: Task) -> dict[str, str]:
    """The branches of other tasks that have not landed."""
    found = {}
    for other in engine.state.tasks.values():
        if other.id != task.id and other.branch and other.branch != task.branch and other.state not in SETTLED:
            commit = engine.repository.branch_commit(other.branch)
            if commit is not None:
                found[f"{other.id} ({other.branch})"] = commit
    return found


async def _rebase(engine: Engine, task: Task, target: str, commit: str, upstream: str, why: str) -> bool:
    """Whether git could replay the branch on the target by itself; then that is recorded."""
    if task.is_plain_rollback:
        return False
    folder = engine.places.worktrees(engine.config.repository.worktrees) / f"rebase-{task.id}"
    run = task.run or task.id
    try:
        async with engine.trees:
            done = await asyncio.to_thread(
                repo.rebase, engine.repository, folder, task.branch, commit, target, upstream, run
            )
    except RepoError as error:
        engine.record(events.Noticed(f"{task.id} could not be rebased by git: {error}", task.id))
        return False
    if done is not None:
        engine.record(events.BranchRebased(task.id, commit, done.head, target, done.kept.ref, why))
    return done is not None


def _in_words(engine: Engine, task: Task, target: str, commit: str, conflict: MergeConflict) -> str:
    """Both sides of each place, and which tasks landed there meanwhile."""
    parts = [repo.both_sides(engine.repository, conflict, telling.target(engine), task.branch)]
    landed = {other.landed: other.id for other in engine.state.tasks.values() if other.landed}
    came = repo.landed_in(engine.repository, commit, target, conflict.files)
    lines = [f"- {sha[:10]} {f'{landed[sha]}: ' if sha in landed else ''}{title}" for sha, title in came]
    if lines:
        parts.append("\n".join(["What landed in these files meanwhile:", *lines]))
    return "\n\n".join(part for part in parts if part)


def _lost(engine: Engine, task: Task, target: str, merged: str) -> tuple[Lost, ...]:
    """What others landed since the branch began and the merge would drop, but for what a rollback is to undo."""
    found = repo.dropped(engine.repository, task.base, target, merged)
    if not found:
        return ()
    who: dict[str, str] = {}
    for other in engine.state.tasks.values():
        if other.landed and engine.repository.is_ancestor(other.landed, target):
            who |= dict.fromkeys(repo.commits_of(engine.repository, other.landed), other.id)
    counted = Counter((who.get(one.commit, ""), one.file) for one in found)
    lost = []
    for (name, file), count in counted.items():
        these = [one for one in found if one.file == file and who.get(one.commit, "") == name]
        if not name or name != task.reverts:
            lost.append(Lost(name, these[0].commit, file, tuple(one.line[:200] for one in these[:MOST_LOST]), count))
    return tuple(lost)
