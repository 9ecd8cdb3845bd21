"""What `github setup` knows of a token: by its scopes, by an App's permissions, by trying; else it says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cockpit.config_github import GitHubConfig
from cockpit.sources.github import remote, setup
from cockpit.sources.github.client import Client
from cockpit.sources.github.rights import Right, by_scopes
from tests.fakes.github import Fault, StandIn
from tests.repos import git, make_repo

SETTINGS = GitHubConfig(enabled=True, label=True, push=True, pull_requests=True)
ALL = ["Metadata: read", "Issues: write", "Contents: write", "Pull requests: write"]
ALL += ["Checks: read", "Commit statuses: read"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[StandIn]:
    """A GitHub with a commit on main and a label."""
    root = make_repo(tmp_path)
    with StandIn(tmp_path / "hub") as hub:
        git(root, "push", "-q", str(hub.repo.remote.path), "main")
        hub.repo.issue("One", "", by="acme", labels=["cockpit"])
        yield hub


@asynccontextmanager
async def line(hub: StandIn, folder: Path, token: str) -> AsyncIterator[Client]:
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    where = remote.Where("acme/site", hub.api_url)
    async with Client.open(SETTINGS, where, folder, {"GITHUB_TOKEN": token}, sleep=sleep) as client:
        yield client


async def found(client: Client, *, dry: bool = False) -> dict[str, bool | None]:
    """What is known of each right."""
    return {str(one.right): one.has for one in await setup.rights(client, dry=dry)}


async def test_a_fine_grained_token_is_tried_with_what_can_not_be_done(hub: StandIn, tmp_path: Path) -> None:
    no = "Resource not accessible by personal access token"
    async with line(hub, tmp_path / "a", hub.token("ada", "write")) as client:
        assert await found(client) == dict.fromkeys(ALL, True)
        hub.faults += [
            Fault(403, no, {"X-Accepted-GitHub-Permissions": "pull_requests=write"}, "POST", "/pulls"),
            Fault(403, no, {}, "GET", "/check-runs"),
            Fault(409, "Git Repository is empty.", {}, "POST", "/git/refs"),
        ]
        some = await found(client)
        assert [name for name, has in some.items() if has is False] == ["Pull requests: write", "Checks: read"]
        assert [name for name, has in some.items() if has is None] == ["Contents: write"]
        tried = len(hub.requests("POST"))
        dry = await found(client, dry=True)
        assert [name for name, has in dry.items() if has is None] == [name for name in ALL if "write" in name]
        assert len(hub.requests("POST")) == tried
    assert [name for name, _ in hub.repo.remote.refs("refs/heads/")] == ["refs/heads/main"]
    assert not hub.repo.pulls


async def test_scopes_and_an_apps_permissions_are_taken_at_their_word(hub: StandIn, tmp_path: Path) -> None:
    token = hub.token("ada", "write")
    hub.scopes[token] = "read:org, repo"
    async with line(hub, tmp_path / "a", token) as client:
        assert await found(client) == dict.fromkeys(ALL, True)
        hub.scopes[token] = ""
        private = (await client.get("/repos/{owner}/{repo}"))["private"]
        nothing = await found(client)
        assert [name for name, has in nothing.items() if has] == ([] if private else [n for n in ALL if "read" in n])
        client.permissions = {"metadata": "read", "issues": "write", "contents": "read", "pull_requests": "admin"}
        app = await found(client)
        assert [has for has in app.values()] == [True, True, False, True, False, False]
        assert not hub.requests("POST"), "nothing had to be tried"


def test_public_repo_is_enough_for_what_is_public() -> None:
    write, scopes = Right("Contents", "write", ""), frozenset({"public_repo"})
    assert by_scopes(scopes, write, private=False)
    assert not by_scopes(scopes, write, private=True)
    assert not by_scopes(frozenset(), write, private=False)
    assert by_scopes(frozenset(), Right("Issues", "read", ""), private=False)
