"""What is seen of a pull request's checks: all of them, however many pages GitHub makes of them."""

from __future__ import annotations

from pathlib import Path

from cockpit.config_github import GitHubConfig
from cockpit.engine.watching_pulls import checks_of
from cockpit.sources.github import remote
from cockpit.sources.github.client import Client
from tests.fakes.github import StandIn
from tests.repos import git, make_repo


async def test_the_checks_and_statuses_of_every_page_count(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    commit = git(root, "rev-parse", "main")
    with StandIn(tmp_path / "hub") as hub:
        git(root, "push", "-q", str(hub.repo.remote.path), "main")
        for number in range(130):
            hub.repo.check(commit, f"check {number:03}", "failure" if number == 129 else "success", summary="late")
            hub.repo.statuses[commit, f"status {number:03}"] = ("error" if number == 129 else "success", "later")
        where, environ = remote.Where("acme/site", hub.api_url), {"GITHUB_TOKEN": hub.token("ada", "read")}
        async with Client.open(GitHubConfig(), where, tmp_path / "kept", environ) as client:
            found = await checks_of(client, commit)
            assert client.counts.calls == 4
            assert await checks_of(client, commit) == found
            assert client.counts.unchanged == 4
    assert len(found) == 260
    red = {check.name: check.text for check in found if check.state == "failure"}
    assert red == {"check 129": "failure\nlate", "status 129": "later"}
