"""Issues come in: at the night's begin, now and then while it goes on, and when a person asks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.engine import claims, closing, github
from cockpit.github_facts import Found
from cockpit.policy import issues
from cockpit.policy.actions import SyncIssues
from cockpit.prompting import fill
from cockpit.repo import RepoError
from cockpit.state import Task

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine
    from cockpit.sources.github.client import Client

WHOLE_SECONDS = 900.0
"""All issues are asked for at least so often: what only goes away is no newest change."""


async def follow(engine: Engine) -> None:
    """Sync while a night is open; keep the claims that are ours."""
    if not engine.config.github.enabled:
        github.off(engine)
        return
    while True:
        night = engine.state.night
        if night is not None and night.is_open and engine.state.halt is None:
            engine.start(SyncIssues())
        await claims.keep(engine)
        await asyncio.sleep(engine.config.github.poll_seconds)


async def sync(engine: Engine) -> None:
    """Take over what is new; said in the ledger where anything is, or where somebody asked."""
    from cockpit.sources.github.errors import GitHubError

    if not engine.config.github.enabled:
        why = "GitHub is off: set [github] enabled = true in cockpit.toml, then `cockpit github setup`"
        engine.record(events.IssuesSynced(trouble=why))
        return
    try:
        client = await github.client(engine)
        before = client.counts.calls, client.counts.unchanged
        closed = await closing.close(engine, client)
        taken, looked_at = await _look(engine, client)
    except (GitHubError, RepoError) as error:
        github.ill(engine, error)
        if engine.state.github.asked:
            engine.record(events.IssuesSynced(trouble=str(error)))
        return
    github.well(engine)
    asked = client.counts.calls - before[0], client.counts.unchanged - before[1]
    if taken.events or closed or engine.state.github.asked:
        new = tuple(taken.added), tuple(dict.fromkeys(taken.changed)), tuple(taken.left_out[:50])
        engine.record(*taken.events, events.IssuesSynced(looked_at, *new, *asked, closed=closed))


async def _look(engine: Engine, client: Client) -> tuple[issues.Taken, int]:
    """What is new, taken from the state as it is when GitHub has answered."""
    from cockpit.sources.github.issues import look, newest

    line, now = engine.github, engine.clock()
    mark = await newest(client)
    facts = engine.state.github
    is_old = now - line.listed_at >= WHOLE_SECONDS or any(seen.behind for seen in facts.issues.values())
    if mark == line.newest and not is_old and not facts.asked:
        return issues.Taken(), 0
    looked = await look(client, {number: seen.is_open for number, seen in facts.issues.items()})
    line.newest, line.listed_at = mark, now
    return issues.take(engine.state, looked.found, told), len(looked.found)


def told(task: Task, one: Found) -> str:
    """What an agent at work is told of an edited issue."""
    criteria = "\n".join(f"- {criterion}" for criterion in one.criteria) or "- as before"
    return fill(
        "issue_edited", issue=one.number, title=one.title, description=one.description or one.title, criteria=criteria
    )
