"""Closing issues: a task has landed here, and GitHub's branch holds the very commit, however it came there.

The cockpit pushes no target, so most often a person does. Each look at GitHub's issues asks, and only while there is an
issue to be closed; an answer that is as before costs nothing of the quota.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cockpit import events, repo
from cockpit.engine.github import mark, who
from cockpit.policy import closing
from cockpit.state import Task

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine
    from cockpit.sources.github.client import Client

BRANCH = "/repos/{owner}/{repo}/git/ref/heads/{+branch}"


async def close(engine: Engine, client: Client) -> tuple[int, ...]:
    """Close what may be closed; the issues. Raises GitHubError, RepoError."""
    if not engine.config.github.close:
        return ()
    done, tips = list[int](), dict[str, str]()
    for task in closing.landed(engine.state):
        if task.landed_on not in tips:
            tips[task.landed_on] = await _tip(client, task.landed_on)
        if await _is_there(engine, client, task, tips[task.landed_on]):
            if await _close(engine, client, task):
                done.append(task.issue)
            engine.record(events.IssueClosed(task.id, task.issue, task.landed))
    return tuple(done)


async def _tip(client: Client, branch: str) -> str:
    """Where a branch is on GitHub; empty where there is none."""
    from cockpit.sources.github.errors import Missing
    from cockpit.sources.github.models import Ref, read

    try:
        return read(Ref, await client.get(BRANCH, branch=branch)).object.sha
    except Missing:
        return ""


async def _is_there(engine: Engine, client: Client, task: Task, tip: str) -> bool:
    """Whether the branch there holds what landed; a tip that is not known here is brought here."""
    repository = engine.repository
    if tip and not await asyncio.to_thread(repo.knows, repository, tip):
        url = await asyncio.to_thread(repo.remote_url, repository)
        variables = repo.credentials(url, await client.ready())
        tip = await asyncio.to_thread(repo.fetch, repository, url, task.landed_on, variables) if url else ""
    return bool(tip) and await asyncio.to_thread(repository.is_ancestor, task.landed, tip)


async def _close(engine: Engine, client: Client, task: Task) -> bool:
    """Say why, then close; whether it was open. One that a dead engine left in between gets the same comment."""
    from cockpit.sources.github.models import Issue, read
    from cockpit.sources.github.showing import ISSUE, say

    if read(Issue, await client.get(ISSUE, number=task.issue)).state != "open":
        return False
    words = f"{who(engine, task)}: the work has landed on `{task.landed_on}` as {task.landed}, and GitHub has it."
    await say(client, task.issue, words, mark(engine, task))
    await client.patch(ISSUE, {"state": "closed", "state_reason": "completed"}, number=task.issue)
    return True
