"""The GitHub client: ETags, limits, the breaker, whose turn it is, and errors in words; the clock is the test's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cockpit import redact
from cockpit.config_github import GitHubConfig
from cockpit.sources.github import access, breaker, errors, remote
from cockpit.sources.github.client import Client, Priority
from cockpit.sources.github.turns import Turns

Answer = Callable[[httpx2.Request], httpx2.Response]
ISSUE = "/repos/{owner}/{repo}/issues/{number}"


@dataclass
class World:
    """A clock that nobody waits for, and what GitHub is asked."""

    answer: Answer
    now: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)
    asked: list[httpx2.Request] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """The time goes by at once."""
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        return self.answer(request)


@asynccontextmanager
async def client(folder: Path, world: World) -> AsyncIterator[Client]:
    """A client on the test's world."""
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(world)) as http:
        where = remote.Where("ada/engine")
        token = access.Token("ghp_ofthetest")
        yield Client(GitHubConfig(), where, folder, token, http, clock=lambda: world.now, sleep=world.sleep)


def said(status: int = 200, content: Any = None, **headers: str) -> httpx2.Response:
    """An answer of GitHub's."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, json={} if content is None else content, headers=named)


def in_turn(*answers: httpx2.Response | Exception) -> Answer:
    """These answers one after the other, the last one for ever."""
    left = list(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, Exception):
            raise one
        return one

    return answer


async def test_what_was_answered_is_asked_by_its_etag_also_by_the_next_process(tmp_path: Path) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.headers.get("if-none-match") == '"one"':
            return httpx2.Response(304)
        return said(200, {"number": 3, "body": "password=hunter2hunter2 ghp_" + "a" * 36}, etag='"one"')

    world = World(answer)
    for calls in (1, 2):
        async with client(tmp_path, world) as github:
            found = await github.get(ISSUE, number=3)
            assert found["number"] == 3
            assert github.counts.unchanged == calls - 1
        assert len(world.asked) == calls
    assert str(world.asked[0].url) == "https://api.github.com/repos/ada/engine/issues/3"
    kept = "".join(path.read_text() for path in (tmp_path / "cache").iterdir())
    assert "ghp_" not in kept, "the cache keeps no secret that somebody put into an issue"


async def test_every_page_is_read_and_no_more_than_wanted(tmp_path: Path) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        page = int(request.url.params.get("page", "1"))
        entries = [{"number": 100 * page + n} for n in range(3)]
        return said(200, entries, link=f'<{request.url.copy_merge_params({"page": str(page + 1)})}>; rel="next"')

    world = World(answer)
    async with client(tmp_path, world) as github:
        found = await github.pages("/repos/{owner}/{repo}/issues{?state}", most=7, state="open")
    assert [one["number"] for one in found] == [100, 101, 102, 200, 201, 202, 300]
    assert len(world.asked) == 3


async def test_a_short_limit_is_waited_for(tmp_path: Path) -> None:
    world = World(in_turn(said(429), said(403, {"message": "secondary rate limit"}, retry_after="7"), said(201)))
    async with client(tmp_path, world) as github:
        await github.post("/repos/{owner}/{repo}/labels", {"name": "x"})
    assert sum(world.slept) >= 7 + 60, "no time was named with the first: then it is a minute"
    assert len(world.asked) == 3


async def test_a_long_limit_is_told_and_holds_for_everybody_also_in_the_next_process(tmp_path: Path) -> None:
    reset = {"x_ratelimit_limit": "5000", "x_ratelimit_remaining": "0", "x_ratelimit_reset": "1001800"}
    world = World(in_turn(said(403, {"message": "API rate limit exceeded"}, **reset), said()))
    async with client(tmp_path, world) as github:
        with pytest.raises(errors.Limited, match="used up") as caught:
            await github.get(ISSUE, number=1)
        assert caught.value.until == pytest.approx(1_001_801)
        with pytest.raises(errors.Limited):
            await github.get(ISSUE, number=2)
    async with client(tmp_path, world) as github:
        with pytest.raises(errors.Limited):
            await github.get(ISSUE, number=2)
        assert len(world.asked) == 1, "nothing is sent while everybody knows the answer"
        world.now = 1_001_802
        await github.get(ISSUE, number=2)


async def test_the_last_of_the_quota_is_for_reviews(tmp_path: Path) -> None:
    few = {"x_ratelimit_limit": "1000", "x_ratelimit_remaining": "40", "x_ratelimit_reset": "1003600"}
    world = World(lambda _: said(200, {}, **few))
    async with client(tmp_path, world) as github:
        with github.urgency(Priority.REVIEWS):
            await github.get(ISSUE, number=1)
            for less in (Priority.EXECUTION, Priority.IDEAS):
                with github.urgency(less), pytest.raises(errors.Limited, match="40 of 1000"):
                    await github.get(ISSUE, number=1)
            await github.get(ISSUE, number=1)
    assert len(world.asked) == 2


async def test_the_most_urgent_goes_first() -> None:
    turns, done = Turns(), list[str]()

    async def one(name: str, priority: Priority) -> None:
        async with turns.turn(priority):
            done.append(name)
            await asyncio.sleep(0)

    wanted = [("first", Priority.IDEAS), ("idea", Priority.IDEAS), ("issue", Priority.EXECUTION)]
    wanted += [("gone", Priority.REVIEWS), ("review", Priority.REVIEWS), ("issue 2", Priority.EXECUTION)]
    tasks = [asyncio.create_task(one(*entry)) for entry in wanted]
    await asyncio.sleep(0)
    tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert done == ["first", "review", "issue", "issue 2", "idea"]


async def test_a_broken_github_is_tried_again_where_that_is_safe_and_then_left_alone(tmp_path: Path) -> None:
    world = World(in_turn(said(502), said(200, {"number": 1})))
    async with client(tmp_path / "a", world) as github:
        assert (await github.get(ISSUE, number=1))["number"] == 1
        assert github.breaker.failures == 0
    world = World(lambda _: said(503))
    async with client(tmp_path / "b", world) as github:
        with pytest.raises(errors.Unreachable) as caught:
            await github.post("/repos/{owner}/{repo}/labels", {"name": "x"})
        assert caught.value.sent, "nobody knows whether it was done, so it is not done twice"
        assert len(world.asked) == 1
        with pytest.raises(errors.Unreachable):
            await github.get(ISSUE, number=1)
        sent = len(world.asked)
        with pytest.raises(errors.BreakerOpen) as opened:
            await github.get(ISSUE, number=1)
        assert len(world.asked) == sent
        world.now, world.answer = opened.value.until, lambda _: said(200, {"number": 1})
        assert (await github.get(ISSUE, number=1))["number"] == 1


async def test_no_line_is_tried_again_and_named(tmp_path: Path) -> None:
    world = World(in_turn(httpx2.ConnectError("no route to host")))
    async with client(tmp_path, world) as github:
        with pytest.raises(errors.Unreachable, match="no route to host") as caught:
            await github.post("/repos/{owner}/{repo}/labels", {"name": "x"})
    assert not caught.value.sent
    assert len(world.asked) == 4


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (said(401, {"message": "Bad credentials"}), errors.NoAccess, "does not take the token"),
        (
            said(403, {"message": "Resource not accessible"}, x_accepted_github_permissions="issues=write"),
            errors.Denied,
            "it needs issues=write",
        ),
        (said(404, {"message": "Not Found"}), errors.Missing, "may not see it"),
        (said(405, {"message": "not mergeable"}), errors.Refused, "not mergeable"),
        (said(422, {"message": "Reference already exists"}), errors.Refused, "already exists"),
        (said(301, {"message": "Moved Permanently"}), errors.GitHubError, "renamed"),
    ],
)
async def test_a_refusal_says_what_is_missing(
    tmp_path: Path, answer: httpx2.Response, kind: type[Exception], words: str
) -> None:
    async with client(tmp_path, World(lambda _: answer)) as github:
        with pytest.raises(kind, match=words) as caught:
            await github.patch(ISSUE, {"state": "closed"}, number=1)
    if isinstance(caught.value, errors.Refused):
        assert caught.value.status == answer.status_code
        assert caught.value.is_there_already is ("exists" in words)


async def test_many_writes_are_a_second_apart(tmp_path: Path) -> None:
    world = World(lambda _: said(201))
    async with client(tmp_path, world) as github:
        for name in "abcdefghijklm":
            await github.post("/repos/{owner}/{repo}/labels", {"name": name})
    assert world.slept == [1.0, 1.0, 1.0]


async def test_an_app_has_a_token_for_an_hour(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "app.pem").write_bytes(key)
    made = list[str]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/installation"):
            return said(200, {"id": 7})
        if request.url.path == "/app/installations/7/access_tokens":
            assert request.headers["authorization"].startswith("bearer ey")
            made.append(f"ghs_installation{len(made)}xyz")
            return said(201, {"token": made[-1], "expires_at": "1970-01-12T14:46:40Z"})  # an hour after the test's now
        assert request.headers["authorization"] == f"token {made[-1]}"
        return said(200, {"number": 1})

    settings = GitHubConfig.model_validate({"app": {"id": "12", "key_file": str(tmp_path / "app.pem")}})
    world = World(answer)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(world)) as http:
        who = access.find(settings, {})
        github = Client(settings, remote.Where("a/b"), tmp_path, who, http, clock=lambda: world.now, sleep=world.sleep)
        await github.get(ISSUE, number=1)
        await github.get(ISSUE, number=1)
        assert len(made) == 1
        world.now += 3400
        await github.get(ISSUE, number=1)
        assert len(made) == 2
    assert "ghs_installation1xyz" not in redact.text(f"we have {made[1]} now")


def test_a_token_comes_from_where_the_configuration_says_and_is_never_shown() -> None:
    settings = GitHubConfig.model_validate({"token": "github-of-the-test-1"})
    found = access.find(settings, {})
    assert isinstance(found, access.Token)
    assert found.text == "github-of-the-test-1"
    assert "of-the-test" not in repr((settings, found)) + redact.text("github-of-the-test-1") + json.dumps(
        settings.model_dump()
    )
    printed = access.find(GitHubConfig(token_command="echo from-a-command-9"), {"PATH": "/bin:/usr/bin"})
    assert isinstance(printed, access.Token)
    assert printed.text == "from-a-command-9"
    assert access.find(GitHubConfig(), {"GH_TOKEN": "of-the-environment"}) == access.Token("of-the-environment")
    for wrong, words in [
        (GitHubConfig(), "set GITHUB_TOKEN"),
        (GitHubConfig(token_command="false"), "gave no token"),
        (GitHubConfig(token_command="no-such-program-here"), "could not be run"),
        (GitHubConfig.model_validate({"app": {"id": "1", "key_file": "/no/key"}}), "can't be read"),
    ]:
        with pytest.raises(errors.NoAccess, match=words):
            access.find(wrong, {"PATH": "/bin:/usr/bin"})


@pytest.mark.parametrize(
    ("address", "repo", "base", "web"),
    [
        ("git@github.com:ada/engine.git", "ada/engine", remote.PUBLIC, "https://github.com/ada/engine"),
        ("https://github.com/ada/engine", "ada/engine", remote.PUBLIC, "https://github.com/ada/engine"),
        ("https://u:p@github.com/ada/eng.ine.git/", "ada/eng.ine", remote.PUBLIC, "https://github.com/ada/eng.ine"),
        ("ssh://git@ghe.corp:2222/t/x.git", "t/x", "https://ghe.corp/api/v3", "https://ghe.corp/t/x"),
    ],
)
def test_the_remote_says_which_repository(address: str, repo: str, base: str, web: str) -> None:
    found = remote.where(GitHubConfig(), address)
    assert (found.repo, found.base_url, found.web) == (repo, base, web)


def test_a_remote_that_is_no_repository_on_github_is_named() -> None:
    for address in ("", "/srv/git/x.git", "../x"):
        with pytest.raises(errors.GitHubError, match=r"repo = \"owner/name\""):
            remote.where(GitHubConfig(), address)
    assert remote.where(GitHubConfig(repo="a/b", base_url="https://h/api/v3/"), "").web == "https://h/a/b"


def test_the_breaker_opens_for_longer_each_time_and_closes_at_once() -> None:
    one = breaker.Breaker()
    for _ in range(breaker.FAILURES):
        assert not one.is_open(0.0)
        one.failed(0.0, "down")
    assert one.until == breaker.FIRST_SECONDS
    one.failed(one.until, "down")
    assert one.until == 3 * breaker.FIRST_SECONDS
    one.worked()
    assert not one.is_open(0.0)
