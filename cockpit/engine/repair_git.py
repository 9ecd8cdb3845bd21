"""Repair of what git keeps: locks of commands that were killed, worktrees, branches of runs, half a fast-forward."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from cockpit import repo
from cockpit.engine.repair import Case, Trouble
from cockpit.hosts import control
from cockpit.repo import left, stores
from cockpit.state import SETTLED, Run, Task, TaskState

PASSING = ("gates-", "rollback-")
"""Beginnings of the names of worktrees that hold nobody's work."""


def find(case: Case) -> Iterator[Trouble]:
    """All that is wrong in git. Nothing while an engine lives: it may be in the middle of it."""
    if case.living is not None:
        return
    yield from _locks(case)
    yield from _checkout(case)
    yield from _worktrees(case)
    yield from _stores(case)
    yield from _branches(case)


def _locks(case: Case) -> Iterator[Trouble]:
    for path in left.stale_locks(case.engine.repository):
        text = f"{path.name} is left of a command of git that was killed"
        yield Trouble("lock", str(path), text, partial(path.unlink, missing_ok=True))


def _checkout(case: Case) -> Iterator[Trouble]:
    """A target's checkout in which a fast-forward was broken off."""
    engine = case.engine
    for task in engine.state.in_state(TaskState.MERGING):
        target = engine.state.night.target if engine.state.night else ""
        for tree in repo.working_trees(engine.repository):
            if tree.branch != target or tree.gone or not task.merged:
                continue
            files = left.half_forwarded(tree.path, task.target_commit, task.merged)
            if files:
                text = f"the merge of {task.id} was broken off in {tree.path} after {len(files)} files"
                fix = partial(left.undo_half_forward, tree.path, task.target_commit, files)
                yield Trouble("checkout", str(tree.path), text, fix)


def _worktrees(case: Case) -> Iterator[Trouble]:
    engine = case.engine
    ours = engine.places.worktrees(engine.config.repository.worktrees)
    held = {run.worktree: run for run in engine.state.runs.values() if run.worktree and _is_open(case, run)}
    for tree in repo.working_trees(engine.repository):
        if tree.path.parent != ours:
            continue
        if tree.gone and not tree.path.exists():
            text = f"the worktree {tree.path} is gone; its branch has what was committed"
            yield Trouble("worktree", str(tree.path), text, partial(left.forget_gone, engine.repository))
        elif tree.path.name.startswith(PASSING):
            text = f"{tree.path} is left of a check that was broken off"
            yield Trouble(
                "worktree", str(tree.path), text, partial(repo.remove_gate_worktree, engine.repository, tree.path)
            )
        elif str(tree.path) not in held and (what := _unfinished(tree.path)):
            text = f"{tree.path} is in the middle of {what}, and nobody works there"
            yield Trouble("worktree", str(tree.path), text, partial(_take_back, case, tree.path))


def _stores(case: Case) -> Iterator[Trouble]:
    """Stores of agents' objects whose worktree is gone, or that are gone themselves and git still looks for."""
    repository = case.engine.repository
    for store in stores.stray_stores(repository):
        what = "is left of a worktree that is gone" if store.is_dir() else "is gone, and git still looks for it"
        text = f"the agent's store of git objects {store} {what}"
        yield Trouble("objects", str(store), text, partial(stores.close_store, repository, Path(store.name)))
    if stores.is_gc_held(repository):
        lock = repository.common_dir / stores.GC_LOCK
        text = f"{lock.name} keeps git from collecting garbage, and no agent is at work"
        yield Trouble("lock", str(lock), text, partial(stores.let_gc, repository))


def _is_open(case: Case, run: Run) -> bool:
    task = case.engine.state.tasks.get(run.task)
    alive = control.is_alive(case.engine.places.run_dir(run.id))
    return alive or (task is not None and task.state not in SETTLED)


def _unfinished(path: Path) -> str:
    try:
        return repo.unfinished(path)
    except repo.RepoError:
        return ""


def _take_back(case: Case, path: Path) -> None:
    repo.rescue(case.engine.repository, path, path.name)
    left.abort(path)


def _branches(case: Case) -> Iterator[Trouble]:
    """Branches of open tasks that somebody deleted; their last known commit may still be there."""
    engine = case.engine
    for task in engine.state.tasks.values():
        if not task.branch or task.state in SETTLED or engine.repository.branch_exists(task.branch):
            continue
        text = f"the branch {task.branch} of {task.id} is gone"
        kept = _last_known(case, task)
        if kept:
            yield Trouble(
                "branch",
                task.branch,
                f"{text}; it was at {kept[:10]}",
                partial(repo.make_branch, engine.repository, task.branch, kept),
            )
        else:
            do = f"`git reflog` may still know it; `cockpit task retry {task.id}` begins anew"
            yield Trouble("branch", task.branch, text, do=do)


def _last_known(case: Case, task: Task) -> str:
    for commit in (task.head, task.base):
        if commit:
            try:
                return case.engine.repository.commit_of(commit)
            except repo.RepoError:
                continue
    return ""
