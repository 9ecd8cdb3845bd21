"""Checks: the gates on the merge result, and the reviewer's verdict."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit import disk, events, repo
from cockpit.agents import LaunchError
from cockpit.agents.ask import AskFailed, Question, ask
from cockpit.engine import asking, caging, environment, guarding, ideation, joining, pricing, rolling, runs, telling
from cockpit.engine.pricing import REVIEW_ANSWER_TOKENS, answers_to_a_review
from cockpit.gates import Gate, check_changes
from cockpit.gates import run_gates as run_commands
from cockpit.git_facts import lost_text
from cockpit.policy import answers, windows
from cockpit.policy.estimates import REVIEWER
from cockpit.prompting import fill
from cockpit.reserves import review_key
from cockpit.state import GateResult, Kind, Task
from cockpit.tokens import Used

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

MAX_DIFF = 200_000
"""Characters of a diff that a reviewer is shown."""


async def run_gates(engine: Engine, name: str) -> None:
    """Merge aside, run every gate on the result; records GatesFinished or ConflictFound."""
    task = engine.state.tasks[name]
    runs.show_status(engine, task, "working", "testing")
    if task.is_plain_rollback and not task.branch:
        if not await rolling.make(engine, task):
            return
        task = engine.state.tasks[name]
    repository = engine.repository
    target = repository.tip(telling.target(engine))
    if task.answers and await _without_merge(engine, task, target):
        return
    head = await joining.head(engine, task, target)
    if head is None:
        return
    pieces = await asyncio.to_thread(guarding.pieces, repository, target, head)
    answer = (answers.gate(task),) if task.answers else ()
    first = (*check_changes(bool(pieces), task.denials), *answer, *guarding.on_pieces(engine, pieces))
    if guarding.stops(task, first):
        engine.record(events.GatesFinished(name, head, target, "", first))
        return
    joined = await joining.join(engine, task, target, head)
    if joined is None:
        return
    first = (*first, *await guarding.on_text(engine, target, head, joined.commit))
    if guarding.stops(task, first):
        engine.record(events.GatesFinished(name, head, target, "", first))
        return
    results = await _on_merge_result(engine, task, joined.commit)
    places = (engine.places.folder, engine.places.worktrees(engine.config.repository.worktrees))
    if not all(result.passed for result in results) and (why := disk.lacking(*places)):
        raise OSError(errno.ENOSPC, why)  # that proves nothing about the work
    stat = await asyncio.to_thread(repo.diffstat, repository, target, head)
    engine.record(events.GatesFinished(name, head, target, joined.commit, (*first, *results), stat, joined.lost))


async def _without_merge(engine: Engine, task: Task, target: str) -> bool:
    """Whether a task's result is its answer alone: then that is looked at, and nothing is to be merged.

    What a part of an exploration, or a review, has committed all the same stays on its branch; so does what any of
    them left uncommitted, which is rescued with its worktree.
    """
    repository = engine.repository
    head = repository.tip(task.branch)
    pieces = await asyncio.to_thread(guarding.pieces, repository, target, head)
    if pieces and task.kind is Kind.EXPLORE and not task.part_of:
        return False
    left = f"what it committed stays on {task.branch} and is not merged" if pieces else ""
    changes = GateResult("changes", True, note=left or "an answer needs no change")
    tools = check_changes(True, task.denials)[1]
    engine.record(events.GatesFinished(task.id, head, target, "", (changes, tools, answers.gate(task))))
    return True


async def _on_merge_result(engine: Engine, task: Task, commit: str) -> tuple[GateResult, ...]:
    if not engine.config.gates:
        return ()
    folder = engine.places.worktrees(engine.config.repository.worktrees) / f"gates-{task.id}"
    async with engine.trees:
        await asyncio.to_thread(repo.gate_worktree, engine.repository, folder, commit)
    try:
        await runs.outfit(engine, folder, task.agent or 1)
        gates = [Gate(g.name, g.command, g.timeout, g.retries) for g in engine.config.gates]
        variables = environment.for_commands(engine.environ, engine.config.agents.environment)
        variables |= environment.ports(engine.config.agents.ports, task.agent or 1)
        cage, told = caging.for_commands(engine, folder, folder.name, variables)
        return await run_commands(
            gates,
            folder,
            variables | told,
            put_back=lambda: guarding.put_back(folder),
            prefix=caging.prefix(cage),
        )
    except LaunchError as error:
        return (GateResult("setup", False, str(error)),)
    finally:
        await asyncio.shield(_drop(engine, folder))


async def _drop(engine: Engine, folder: Path) -> None:
    async with engine.trees:
        await asyncio.to_thread(repo.remove_gate_worktree, engine.repository, folder)


def _failed(engine: Engine, name: str, error: AskFailed) -> events.ReviewFailed:
    """A reviewer that ran into a limit of the model's service waits for its end, with everybody else."""
    rules = engine.rules
    if not error.limited or not rules.parks:
        return events.ReviewFailed(name, str(error))
    reopens = windows.until(engine.state, rules, rules.quota, error.resets, engine.clock())
    return events.ReviewFailed(name, str(error), rules.quota, reopens)


async def review(engine: Engine, name: str) -> None:
    """Ask the reviewer about a task's head; records VerdictGiven or ReviewFailed, and the money."""
    from cockpit.agents.answers import VerdictAnswer

    task = engine.state.tasks[name]
    runs.show_status(engine, task, "reviewing", "review")
    settings = engine.config
    question = await asyncio.to_thread(_question, engine, task, VerdictAnswer.model_json_schema())
    engine.record(events.CallStarted(REVIEWER, name, question.model, question.max_usd or 0.0))
    try:
        reply = await ask(
            question,
            answer=VerdictAnswer,
            way=asking.way(settings, engine.environ),
            command=asking.command(settings),
            environment=environment.allowed(engine.environ, settings.agents.environment)
            | pricing.variables(settings, engine.environ),
            timeout_s=settings.review.timeout,
        )
    except AskFailed as error:
        paid = _paid(name, error.usd, error.tokens, question.model, error.source, error.open_usd, used=error.used)
        if disk.is_no_room(error):
            engine.record(paid)
            raise
        engine.record(paid, _failed(engine, name, error))
        return
    except BaseException:  # broken off: nobody will know what it cost
        engine.record(_paid(name, 0.0, 0, question.model, "cli", question.max_usd or 0.0))
        raise
    paid = _paid(name, reply.usd, reply.tokens, reply.model, reply.source, reply.open_usd, used=reply.used)
    engine.record(paid, events.VerdictGiven(name, reply.data.to_verdict(task.head)))


def settle_lost_calls(engine: Engine) -> None:
    """Charge calls that an engine before us began and could not see to their end, at the most they can have cost."""
    for one in [r for r in engine.state.reserves.values() if r.call]:
        if one.idea:
            ideation.settle_lost_call(engine, one)
            continue
        engine.record(_paid(one.task, 0.0, 0, one.model, "cli", one.usd, role=one.role))


def _question(engine: Engine, task: Task, schema: dict[str, object]) -> Question:
    diff = repo.diff(engine.repository, task.target_commit, task.head)
    prompt = fill(
        "review_request",
        task=task.id,
        title=task.title,
        description=task.description or "(none)",
        cycle=task.cycles + 1,
        criteria=telling.bullets(task.criteria) or "- what the title says",
        lost=lost_text(task.lost) or "nothing",
        gates=telling.bullets(tuple(guarding.in_words(gate) for gate in task.gates)),
        diff=diff[:MAX_DIFF] + ("\n(the rest is left out)" if len(diff) > MAX_DIFF else ""),
    )
    works = engine.config.role(REVIEWER)
    return Question(
        role=REVIEWER,
        model=works.model,
        fallback=works.fallback_model,
        effort=works.effort,
        system=telling.role(engine, task, REVIEWER, task.branch),
        prompt=prompt,
        schema=schema,
        directory=engine.places.folder / "asks" / f"{task.id}-{task.attempts}-{task.cycles + 1}",
        **_bounds(engine, task),
    )


def _bounds(engine: Engine, task: Task) -> dict[str, Any]:
    """What it may cost: what is set aside for it, and nothing more, where money is bounded."""
    held = engine.state.reserves.get(review_key(task.id))
    if held is None:
        return {}
    return {
        "max_usd": held.usd,
        "answer_usd": (engine.rules.review_usd or 0.0) / answers_to_a_review(engine.config, engine.environ),
        "answer_tokens": REVIEW_ANSWER_TOKENS,
    }


def _paid(
    task: str,
    usd: float | None,
    tokens: int,
    model: str,
    source: str,
    bound_usd: float,
    role: str = REVIEWER,
    used: Used = (),
) -> events.CallPaid:
    known = usd is not None or not tokens
    return events.CallPaid(role, usd or 0.0, tokens, model, source if known else "unknown", task, bound_usd, used=used)
