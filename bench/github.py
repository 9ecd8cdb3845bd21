"""What a sync of a thousand unchanged issues costs, against the GitHub of this machine."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bench.rows import Row
from cockpit.config_github import GitHubConfig
from cockpit.sources.github.client import Client
from cockpit.sources.github.issues import look, newest
from cockpit.sources.github.remote import Where
from tests.fakes.github import StandIn

ISSUES = 1000


def rows(base: Path) -> list[Row]:
    """One row: requests that count for the quota."""
    with StandIn(base / "github") as hub:
        for number in range(ISSUES):
            hub.repo.issue(f"Issue {number}", "- [ ] some words", by="acme", labels=["cockpit"])
        environ = {"GITHUB_TOKEN": hub.token("ada", "read")}
        asyncio.run(_sync(hub.api_url, base, environ))
        left = hub.remaining
        calls, unchanged, seconds = asyncio.run(_sync(hub.api_url, base, environ))
        cost = left - hub.remaining
    said = f"{calls} requests, {unchanged} of them 304, {cost} of the quota ({seconds * 1000:.0f} ms)"
    return [Row("a sync of 1,000 unchanged issues", said, "only conditional requests", cost == 0 == calls - unchanged)]


async def _sync(url: str, base: Path, environ: dict[str, str]) -> tuple[int, int, float]:
    async with Client.open(GitHubConfig(), Where("acme/site", url), base / "answers", environ) as client:
        began = time.perf_counter()
        await newest(client)
        found = await look(client, {})
        assert len(found.found) == ISSUES
        return client.counts.calls, client.counts.unchanged, time.perf_counter() - began
