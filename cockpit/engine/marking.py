"""Showing on an issue how far its task is: one label, set only when it is another than before."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.engine.github import client
from cockpit.policy.actions import MarkIssue
from cockpit.policy.mirroring import COMPLETED, PREFIX, STATUSES
from cockpit.pulls import issue_of

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

ISSUE = "/repos/{owner}/{repo}/issues/{number}"


async def mark(engine: Engine, effect: MarkIssue) -> None:
    """Set the label, take the old one away; an issue whose work landed by a pull request is closed."""
    from cockpit.sources.github.errors import GitHubError, Missing

    number = issue_of(engine.state.tasks[effect.task].source)
    try:
        github = await client(engine)
        issue = await github.get(ISSUE, number=number)
        there = {label["name"] for label in issue["labels"]}
        wanted = f"{PREFIX}{effect.status}" if effect.status else ""
        for status in STATUSES:
            if (name := f"{PREFIX}{status}") in there and name != wanted:
                with contextlib.suppress(Missing):  # somebody was quicker
                    await github.delete(ISSUE + "/labels/{name}", number=number, name=name)
        if wanted and wanted not in there:
            await github.post(ISSUE + "/labels", {"labels": [wanted]}, number=number)
        if effect.status == COMPLETED and engine.config.github.delivers and issue["state"] == "open":
            await github.patch(ISSUE, {"state": "closed", "state_reason": "completed"}, number=number)
    except GitHubError as error:
        engine.record(events.IssueMarked(effect.task, effect.status, str(error)))
    else:
        engine.record(events.IssueMarked(effect.task, effect.status))
