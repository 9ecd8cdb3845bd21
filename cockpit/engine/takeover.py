"""Taking over: the agent's process is brought to an end, so that a person can have its conversation alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import agents, events, repo
from cockpit.engine import caging, environment, visit, watch
from cockpit.fold.takeover import PENDING
from cockpit.hosts import control, process
from cockpit.hosts.launch import Control
from cockpit.policy.actions import Release
from cockpit.prompting import fill
from cockpit.state import Run, Task, Visit

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

END_SECONDS = 30.0
"""A host that was asked to leave and has not after this long is killed with all its children."""

BY_HAND = "you"
"""The role on whose account goes what a person spent in an agent's conversation."""


async def release(engine: Engine, effect: Release) -> None:
    """End the agent politely, note how the worktree and the bill stand, and say that the conversation is free."""
    run = engine.state.runs[effect.run]
    run_dir = engine.places.run_dir(run.id)
    if control.send(run_dir, Control("end")):
        await asyncio.to_thread(control.wait_gone, run_dir, END_SECONDS)
    await asyncio.to_thread(process.kill_tree, str(run_dir))
    watch.check_dead(engine, run.id)
    commit = await asyncio.to_thread(repo.mark, engine.repository, Path(run.worktree), run.id)
    cost = await asyncio.to_thread(_cost, engine, run)
    noted = Visit(commit, *((cost.usd, cost.tokens) if cost else (None, 0)))
    engine.record(events.TakenOver(run.agent, run.id, noted))


def check_alone(engine: Engine, run: Run) -> None:
    """Raise LaunchError while a person is in the run's conversation: never both."""
    if visit.is_visited(engine.places.run_dir(run.id)):
        raise agents.LaunchError(f"somebody still works in the conversation of agent-{run.agent}; leave it, then retry")


async def bill(engine: Engine, run: Run) -> tuple[events.CallPaid, ...]:
    """What a person spent in the conversation, or that it is unknown; to be asked before its agent goes on."""
    if run.visit is None or engine.config.agents.kind != "claude":
        return ()
    return charge(run.visit, await asyncio.to_thread(_cost, engine, run), run.task)


def charge(then: Visit, now: visit.Cost | None, task: str) -> tuple[events.CallPaid, ...]:
    """The difference between two counts by the CLI; where one is missing it is unknown, which is not nothing."""
    if then.usd is None or now is None:
        return (events.CallPaid(BY_HAND, 0.0, 0, "what you did by hand", "unknown", task),)
    spent, tokens = max(0.0, now.usd - then.usd), max(0, now.tokens - then.tokens)
    return (events.CallPaid(BY_HAND, spent, tokens, now.model, "cli", task),) if spent or tokens else ()


async def told(engine: Engine, task: Task, worktree: Path, words: str) -> str:
    """What an agent is told first: before anything else, what a person did in its conversation and its worktree."""
    run = engine.state.task_run(task)
    if run is None or run.visit is None:
        return words
    found = await asyncio.to_thread(repo.changes_since, engine.repository, worktree, run.visit.commit, run.id)
    note = task.pending if task.pending_by == PENDING else ""
    handed = fill(
        "handed_back", task=task.id, title=task.title, changes=found or "nothing", note=note or "(they left none)"
    )
    return f"{handed}\n\n{words}".rstrip()


def _cost(engine: Engine, run: Run) -> visit.Cost | None:
    """What the conversation cost so far; None where nobody can say."""
    if engine.config.agents.kind != "claude":
        return None
    variables = environment.allowed(engine.environ, engine.config.agents.environment)
    return visit.cost(run.session, variables | caging.config_variables(engine.places.run_dir(run.id)))
