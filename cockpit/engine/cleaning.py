"""Cleaning up: finished worktrees, landed branches, and folders that a dead engine left behind.

What only they held is under a rescue ref before they go; nothing is forced, and what git does not want to let go
stays and says why. `look` finds out and changes nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import events, repo
from cockpit.engine import delivering
from cockpit.git_facts import Removal
from cockpit.policy import cleaning
from cockpit.policy.actions import Tidy
from cockpit.repo import RepoError, Repository, WorkingTree, stores
from cockpit.state import State, Task
from cockpit.value import replace as changed

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

WORKTREE, BRANCH, FOLDER = "worktree", "branch", "folder"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go, and what stays though it is ours."""

    goes: tuple[Removal, ...] = ()
    stays: tuple[Removal, ...] = ()


async def tidy(engine: Engine, effect: Tidy) -> None:
    """Clean, and record what went, what stayed and why, and what was rescued; whatever happens, it is over then."""
    try:
        async with engine.trees:
            plan = await asyncio.to_thread(_look, engine, effect)
            done, rescued = await asyncio.to_thread(carry_out, engine.repository, engine.state, plan, _target(engine))
    except (RepoError, OSError) as error:
        done, rescued = Plan(stays=(Removal(FOLDER, "", f"it could not be cleaned: {error}"),)), ()
    engine.record(*rescued)
    gone = {one.name for one in done.goes if one.what == BRANCH}
    await delivering.drop_branches(engine, [task for task in engine.state.tasks.values() if task.branch in gone])
    await measure(engine)
    engine.record(events.Cleaned(done.goes, done.stays))


async def measure(engine: Engine) -> None:
    """Record what all worktrees together take on disk."""
    place = engine.places.worktrees(engine.config.repository.worktrees)
    size = await asyncio.to_thread(repo.size_of, place)
    engine.record(events.DiskMeasured(size, engine.rules.worktree_bytes))


def _look(engine: Engine, effect: Tidy) -> Plan:
    folder = engine.places.worktrees(engine.config.repository.worktrees)
    younger = effect.worktrees_seconds
    return look(engine.repository, folder, engine.state, engine.clock(), effect.older_seconds, younger)


def _target(engine: Engine) -> str:
    return engine.state.night.target if engine.state.night else ""


def look(
    repository: Repository,
    folder: Path,
    state: State,
    now: float,
    older_seconds: float,
    worktrees_seconds: float | None = None,
) -> Plan:
    """What may go, and what stays and why. `folder` is where worktrees lie; nothing is changed."""
    before = now - older_seconds
    trees_before = before if worktrees_seconds is None else now - worktrees_seconds
    trees = [tree for tree in repo.working_trees(repository) if tree.path.parent == folder.resolve()]
    verdicts = [_tree(repository, state, tree, trees_before) for tree in trees]
    going = {tree.branch for tree, (goes, _) in zip(trees, verdicts, strict=True) if goes and tree.branch}
    verdicts += [_branch(repository, state, task, before, going) for task in state.tasks.values() if task.branch]
    found = [(goes, one) for goes, one in verdicts if one is not None]
    return Plan(tuple(one for goes, one in found if goes), tuple(one for goes, one in found if not goes))


Verdict = tuple[bool, Removal | None]


def _tree(repository: Repository, state: State, tree: WorkingTree, before: float) -> Verdict:
    """Whether a worktree may go."""
    one = Removal(WORKTREE, str(tree.path), size=0 if tree.gone else repo.size_of(tree.path))
    if tree.gone and not tree.path.exists():
        return True, changed(one, why="its folder was deleted by hand")
    if tree.locked:
        return False, changed(one, why="it is locked: `git worktree unlock` lets it go")
    if tree.branch is None:
        return _nobodys(state, tree, one)
    tasks = [task for task in state.tasks.values() if task.branch == tree.branch]
    if not tasks:
        return False, changed(one, why=f"its branch {tree.branch} is no task's")
    task = tasks[-1]
    if _is_worked_in(state, tree) or not cleaning.is_over(state, task):
        return False, changed(one, why=f"{task.id} is {state.seen_state(task)}")
    if cleaning.over_since(task) > before:
        return False, changed(one, why=f"{task.id} is {task.state} only since a while")
    return True, changed(one, why=f"{task.id} is {task.state}")


def _nobodys(state: State, tree: WorkingTree, one: Removal) -> Verdict:
    """A worktree on no branch: the gates' own, left by an engine that died, or somebody's."""
    name = tree.path.name.rpartition("-")[2]
    task = state.tasks.get(name)
    if not repo.is_ours_alone(tree.path):
        return False, changed(one, why="it is on no branch, and may be somebody's")
    if task is not None and task.state in ("testing", "merging"):
        return False, changed(one, why=f"{task.id} is just being checked in it")
    return True, changed(one, why="a check that was broken off left it")


def _is_worked_in(state: State, tree: WorkingTree) -> bool:
    held = (state.runs.get(agent.run) for agent in state.agents.values() if agent.run)
    return any(run is not None and run.worktree == str(tree.path) for run in held)


def _branch(repository: Repository, state: State, task: Task, before: float, going: set[str]) -> Verdict:
    """Whether a task's branch may go."""
    if not cleaning.is_over(state, task) or not repository.branch_exists(task.branch):
        return False, None
    one, target = Removal(BRANCH, task.branch), task.landed_on or (state.night.target if state.night else "")
    if not cleaning.branch_may_go(state, task):
        return False, changed(one, why=f"{task.id} is {task.state}: its work is on no other branch")
    place = repo.holder(repository, task.branch)
    if place is not None and task.branch not in going:
        return False, changed(one, why=f"it is checked out in {place}")
    if cleaning.over_since(task) > before:
        return False, changed(one, why=f"{task.id} is {task.state} only since a while")
    is_there = bool(target) and repo.is_on(repository, task.branch, target)
    why = f"{task.id} landed, and {target} holds all of it" if is_there else f"{task.id} is {task.state}; it is kept"
    return True, changed(one, why=why)


def carry_out(
    repository: Repository, state: State, plan: Plan, target: str
) -> tuple[Plan, tuple[events.WorkRescued, ...]]:
    """Remove what may go, worktrees before their branches; what can't go after all stays, with git's reason."""
    goes, stays, rescued = [], list(plan.stays), []
    for one in plan.goes:
        run = _run_of(state, one)
        try:
            kept = _remove(repository, state, one, run, target)
        except (RepoError, OSError) as error:
            stays.append(changed(one, why=str(error)))
            continue
        if kept is not None:
            rescued.append(events.WorkRescued(kept.run, kept.ref, kept.commit))
        goes.append(changed(one, rescued=kept.ref if kept else ""))
    for store in stores.stray_stores(repository):
        with suppress(RepoError, OSError):
            stores.close_store(repository, Path(store.name))
    return replace(plan, goes=tuple(goes), stays=tuple(stays)), tuple(rescued)


def _remove(repository: Repository, state: State, one: Removal, run: str, target: str) -> repo.Rescue | None:
    if one.what == BRANCH:
        task = next((task for task in state.tasks.values() if task.branch == one.name), None)
        return repo.drop_branch(repository, one.name, (task.landed_on if task else "") or target, run)
    path = Path(one.name)
    if path.exists() and repo.is_ours_alone(path):
        repo.remove_gate_worktree(repository, path)
        return None
    return repo.release_worktree(repository, path, run)


def _run_of(state: State, one: Removal) -> str:
    """The run whose name a rescue of it bears."""
    if one.what == BRANCH:
        task = next((task for task in state.tasks.values() if task.branch == one.name), None)
        return (task.run or task.id) if task else "clean"
    runs = [run for run in state.runs.values() if run.worktree == one.name]
    return max(runs, key=lambda run: run.started).id if runs else Path(one.name).name
