"""What people see on an issue that is worked on: who has it, and one comment that is kept up to date.

Each by its own switch of the configuration. None of it decides anything: that is what the lock is for (`locks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from cockpit.sources.github.client import Client
from cockpit.sources.github.errors import Denied, Missing
from cockpit.sources.github.models import Comment, User, read

ISSUE = "/repos/{owner}/{repo}/issues/{number}"
COMMENT = "/repos/{owner}/{repo}/issues/comments/{id}"

STATUSES: Mapping[str, tuple[str, str]] = {
    "cockpit:queued": ("c5def5", "The cockpit has it in its queue"),
    "cockpit:in-progress": ("fbca04", "An agent works on it"),
    "cockpit:testing": ("bfd4f2", "Gates or a reviewer look at the work"),
    "cockpit:pr-ready": ("0e8a16", "Good work waits for a yes"),
    "cockpit:completed": ("5319e7", "The work has landed"),
    "cockpit:failed": ("d93f0b", "The cockpit gave it up, or needs a person"),
}
"""The labels that say where an issue stands: colour, and what it means."""


async def me(client: Client) -> str:
    """Whom the token belongs to; empty for an App, which can't be given issues. Raises GitHubError."""
    if client.is_app:
        return ""
    try:
        return read(User, await client.get("/user")).login
    except Denied:
        return ""


async def assign(client: Client, number: int, who: str, *, away: bool = False) -> None:
    """Give an issue to somebody, or take it from them. Raises GitHubError."""
    verb = client.delete_with if away else client.post
    await verb(ISSUE + "/assignees", {"assignees": [who]}, number=number)


async def say(client: Client, number: int, words: str, mark: str, comment: int = 0) -> int:
    """Comment on an issue, or change the comment that was made before; its id. Raises GitHubError.

    `mark` is in the comment, unseen, so that it is found again by an engine that knows nothing of it.
    """
    words = f"{words}\n\n<!-- {mark} -->"
    with suppress(Missing):  # somebody deleted it
        if comment := comment or await _said(client, number, mark):
            await client.patch(COMMENT, {"body": words}, id=comment)
            return comment
    return read(Comment, await client.post(ISSUE + "/comments", {"body": words}, number=number)).id


async def _said(client: Client, number: int, mark: str) -> int:
    """The comment with that mark; 0 for none."""
    said = read(tuple[Comment, ...], await client.pages(ISSUE + "/comments?per_page=100", number=number))
    return next((one.id for one in said if f"<!-- {mark} -->" in (one.body or "")), 0)
