"""Issues that are worked on: their lock on GitHub, and what people see there."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.engine import github
from cockpit.policy.actions import ClaimIssue, ReleaseIssue
from cockpit.state import State, Task, TaskState

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine
    from cockpit.sources.github.client import Client

AGAIN_SECONDS = 60.0
"""After trouble with GitHub, before a claim is tried again."""

DESK_SECONDS = 24 * 3600.0
"""How long a claim counts while its work waits for a person."""

KEEPS = 3.0
"""A claim is kept so many times in its lease."""


async def claim(engine: Engine, effect: ClaimIssue) -> None:
    """Take the lock of an issue; records IssueClaimed, or IssueTaken with when to look again."""
    from cockpit.sources.github import locks
    from cockpit.sources.github.errors import GitHubError

    now = engine.clock()
    try:
        client = await github.client(engine)
        said = await locks.take(client, effect.issue, github.owner(engine), effect.task)
    except GitHubError as error:
        github.ill(engine, error)
        again = max(now + AGAIN_SECONDS, getattr(error, "until", 0.0))
        engine.record(events.IssueTaken(effect.task, effect.issue, f"nobody knows: {error}", again))
        return
    github.well(engine)
    if isinstance(said, locks.Other):
        wait = min(max(said.again, AGAIN_SECONDS), 3600.0)
        engine.record(events.IssueTaken(effect.task, effect.issue, said.by, now + wait))
        return
    engine.github.held[effect.task], engine.github.kept_at[effect.task] = said, now
    engine.record(events.IssueClaimed(effect.task, effect.issue))
    await _show(engine, client, engine.state.tasks[effect.task])


async def release(engine: Engine, effect: ReleaseIssue) -> None:
    """Give a lock back and say what came of it. What can't be said is not said: the lock lapses by itself."""
    from cockpit.sources.github import locks
    from cockpit.sources.github.errors import GitHubError

    task, why = engine.state.tasks[effect.task], ""
    word = locks.Word.DONE if task.state is TaskState.LANDED else locks.Word.FREE
    held = engine.github.held.pop(effect.task, None)
    try:
        client = await github.client(engine)
        if not await locks.give_back(client, effect.issue, github.owner(engine), effect.task, held, word):
            why = "it was another's already"
        else:
            await _hide(engine, client, task)
    except GitHubError as error:
        github.ill(engine, error)
        why = f"GitHub was not told ({error}); the claim lapses by itself"
    engine.record(events.IssueReleased(effect.task, effect.issue, why))


async def keep(engine: Engine) -> None:
    """Give a sign of life for each claim that is ours, in time; whoever lost one is told to stop."""
    from cockpit.sources.github import locks
    from cockpit.sources.github.errors import GitHubError

    line, settings = engine.github, engine.config.github
    for one in [c for c in engine.state.github.claims.values() if c.ours]:
        task, now = engine.state.tasks.get(one.task), engine.clock()
        if task is None or f"github/issue/{one.issue}" in engine.in_flight:
            continue
        try:
            client = await github.client(engine)
            await _tell_branch(engine, client, task)
            if now - line.kept_at.get(task.id, 0.0) < settings.claim_minutes * 60 / KEEPS:
                continue
            who = replace(github.owner(engine), lease=_lease(settings.claim_minutes * 60, task))
            said = await locks.keep(client, one.issue, who, task.id, line.held.get(task.id))
        except GitHubError as error:
            github.ill(engine, error)
            return
        if isinstance(said, locks.Held):
            line.held[task.id], line.kept_at[task.id] = said, now
        else:
            _lost(engine, task, said)


def _lease(usual: float, task: Task) -> float:
    """Work that waits at a person's desk is not taken from there though no engine runs."""
    return max(usual, DESK_SECONDS) if task.state in (TaskState.READY, TaskState.ESCALATED) else usual


def _lost(engine: Engine, task: Task, other: object) -> None:
    """We were taken for dead, and another cockpit has the issue: one of us must stop, and it has the lock."""
    by = getattr(other, "by", "somebody")
    engine.github.held.pop(task.id, None)
    words = f"another cockpit took issue #{task.issue} over while this one was not heard of: {by}"
    engine.record(events.IssueReleased(task.id, task.issue, words), events.TaskEscalated(task.id, words))


# ── what people see ──────────────────────────────────────────────────────────────────────────────────


async def _show(engine: Engine, client: Client, task: Task) -> None:
    settings = engine.config.github
    if settings.assign:
        await _tried(engine, task, _assign(engine, client, task))
    if settings.comment:
        await _say(engine, client, task, f"{github.who(engine, task)} has taken this issue.")


async def _assign(engine: Engine, client: Client, task: Task) -> None:
    from cockpit.sources.github import showing

    line = engine.github
    line.me = await showing.me(client) if line.me is None else line.me
    if line.me:
        await showing.assign(client, task.issue, line.me)


async def _hide(engine: Engine, client: Client, task: Task) -> None:
    from cockpit.sources.github import showing

    settings, line = engine.config.github, engine.github
    if settings.assign and line.me and task.state is not TaskState.LANDED:
        await _tried(engine, task, showing.assign(client, task.issue, line.me, away=True))
    if settings.comment:
        await _say(engine, client, task, f"{github.who(engine, task)}: {outcome(engine.state, task)}.")
    line.comments.pop(task.id, None)
    line.branches.discard(task.id)


async def _tell_branch(engine: Engine, client: Client, task: Task) -> None:
    """The comment names the branch as soon as there is one."""
    line = engine.github
    if engine.config.github.comment and task.branch and line.comments.get(task.id) and task.id not in line.branches:
        line.branches.add(task.id)
        words = f"{github.who(engine, task)} works on this issue, on the branch `{task.branch}`."
        await _say(engine, client, task, words)


async def _say(engine: Engine, client: Client, task: Task, words: str) -> None:
    from cockpit.sources.github import showing

    line = engine.github
    mark = github.mark(engine, task)

    async def said() -> None:
        line.comments[task.id] = await showing.say(client, task.issue, words, mark, line.comments.get(task.id, 0))

    await _tried(engine, task, said())


async def _tried(engine: Engine, task: Task, asked: Awaitable[object]) -> None:
    """What is only for show may fail; it is said once."""
    from cockpit.sources.github.errors import GitHubError

    try:
        await asked
    except GitHubError as error:
        github.ill(engine, error)
        words = f"issue #{task.issue} could not be marked: {error}"
        if words not in engine.state.notices:
            engine.record(events.Noticed(words, task.id))


def outcome(state: State, task: Task) -> str:
    """What came of a task, for people on GitHub; no text of an agent's."""
    if task.state is TaskState.LANDED:
        return f"the work has landed on `{task.landed_on or 'the target'}` as {task.landed[:12]}"
    if task.state in (TaskState.FAILED, TaskState.SKIPPED):
        return f"the task was {'given up' if task.state is TaskState.FAILED else 'skipped'}; the issue is free again"
    return "the night is over and the work is not done; the issue is free again"
