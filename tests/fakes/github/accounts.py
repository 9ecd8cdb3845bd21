"""The stand-in's accounts: who asks, how much they may still ask, and GitHub Apps."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.fakes.github import shapes
from tests.fakes.github.calls import REPO, Call, Refused, Reply, handles, missing


@dataclass(frozen=True)
class App:
    """A GitHub App that is installed for every repository here."""

    id: int
    public_key: str
    """PEM."""
    installation: int = 77
    slug: str = "cockpit-app"

    @property
    def login(self) -> str:
        """Who it is when it acts."""
        return f"{self.slug}[bot]"


@handles("GET", "/user")
def me(call: Call) -> Reply:
    """Whoever asks; an installation is nobody."""
    if call.login.endswith("[bot]"):
        raise Refused(403, "Resource not accessible by integration")
    return Reply(200, shapes.own_user(call.base, call.login))


@handles("GET", "/rate_limit")
def rate_limit(call: Call) -> Reply:
    """How much may still be asked; asking so costs nothing."""
    left = {"limit": call.hub.limit, "remaining": call.hub.remaining, "reset": call.hub.reset, "used": 0}
    left["used"] = left["limit"] - left["remaining"]
    return Reply(200, {"resources": {"core": left, "search": left}, "rate": left})


def _app(call: Call) -> App:
    if call.hub.app is None or call.login != call.hub.app.login:
        raise Refused(401, "A JSON web token could not be decoded")
    found: App = call.hub.app
    return found


@handles("GET", "/app")
def app(call: Call) -> Reply:
    """The app that asks."""
    mine = _app(call)
    return Reply(
        200,
        {
            "id": mine.id,
            "slug": mine.slug,
            "node_id": "A_1",
            "owner": shapes.user(call.base, "acme"),
            "name": mine.slug,
            "description": None,
            "external_url": call.base,
            "html_url": call.base,
            "created_at": shapes.when(0),
            "updated_at": shapes.when(0),
            "permissions": {"issues": "write"},
            "events": [],
        },
    )


def _installation(call: Call) -> dict[str, object]:
    mine = _app(call)
    account = shapes.user(call.base, "acme")
    account |= {"name": "Acme", "slug": "acme", "created_at": None, "updated_at": None}  # an enterprise has these
    url = f"{call.base}/app/installations/{mine.installation}"
    return {
        "id": mine.installation,
        "app_id": mine.id,
        "app_slug": mine.slug,
        "target_id": 1,
        "target_type": "Organization",
        "single_file_name": None,
        "repository_selection": "all",
        "access_tokens_url": f"{url}/access_tokens",
        "html_url": url,
        "repositories_url": f"{url}/repositories",
        "events": [],
        "account": account,
        "permissions": {"issues": "write", "contents": "write", "pull_requests": "write"},
        "created_at": shapes.when(0),
        "updated_at": shapes.when(0),
        "suspended_by": None,
        "suspended_at": None,
    }


@handles("GET", "/app/installations")
def installations(call: Call) -> Reply:
    """Where the app is installed."""
    return call.listed([_installation(call)], lambda one: one)


@handles("GET", REPO + "/installation")
def installation(call: Call) -> Reply:
    """Where the app is installed for a repository."""
    if (call.params["owner"], call.params["repo"]) not in call.hub.repos:
        raise missing()
    return Reply(200, _installation(call))


@handles("POST", "/app/installations/{installation_id}/access_tokens")
def access_token(call: Call) -> Reply:
    """A token for an hour."""
    mine = _app(call)
    if call.number("installation_id") != mine.installation:
        raise missing()
    token, until = call.hub.new_token(mine.login), time.time() + 3600
    return Reply(201, {"token": token, "expires_at": shapes.when(until), "permissions": {"issues": "write"}})
