"""Whether a token may do what is switched on, by what GitHub says or answers; what it does not tell is unknown.

An App's token comes with its permissions, and a classic token's scopes are in a header of every answer. Of a
fine-grained token GitHub tells nothing. What it may read is found out by reading; what it may write by asking for
something that can't be done (a branch at a commit that does not exist), which is refused in other words to who may.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass

from cockpit.sources.github.client import Client
from cockpit.sources.github.errors import Denied, GitHubError, Missing, Refused
from cockpit.sources.github.models import Repo

REPO = "/repos/{owner}/{repo}"
NOTHING = "cockpit-setup-tries-this"
"""A branch that is not there."""

LEVELS: Mapping[str, int] = {"read": 1, "write": 2, "admin": 3}
CANT_BE = 422
"""The answer to what was allowed, and can't be done."""


@dataclass(frozen=True, slots=True)
class Right:
    """One permission of a fine-grained token or an App."""

    name: str
    level: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.level}"

    @property
    def key(self) -> str:
        """As GitHub's API calls it."""
        return "statuses" if self.name == "Commit statuses" else self.name.lower().replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a right."""

    right: Right
    has: bool | None
    """None: nobody says."""
    how: str


async def known(client: Client, repo: Repo, right: Right, label: str, *, dry: bool) -> Known:
    """Whether the token has a right; `label` is one that is there, empty where none is. `dry`: try no writing."""
    if client.permissions is not None:
        given = client.permissions.get(right.key, "")
        return Known(right, _is_enough(given, right), f"the App's permissions say {given or 'nothing of it'}")
    if client.scopes is not None:
        scopes = ", ".join(sorted(client.scopes)) or "none"
        return Known(right, by_scopes(client.scopes, right, private=repo.private), f"the token's scopes: {scopes}")
    if right.level == "read":
        return Known(right, *await _read(client, repo, right))
    if dry:
        return Known(right, None, "GitHub does not tell of this token, and --dry-run tries no writing")
    return Known(right, *await _write(client, repo, right, label))


def by_scopes(scopes: frozenset[str], right: Right, *, private: bool) -> bool:
    """Whether a classic token's scopes are enough: `repo` is for all, what is public everybody may read."""
    return "repo" in scopes or (not private and (right.level == "read" or "public_repo" in scopes))


def _is_enough(given: str, right: Right) -> bool:
    return LEVELS.get(given, 0) >= LEVELS[right.level]


async def _read(client: Client, repo: Repo, right: Right) -> tuple[bool | None, str]:
    paths = {
        "Issues": REPO + "/issues?per_page=1",
        "Contents": REPO + "/git/ref/heads/{+branch}",
        "Checks": REPO + "/commits/{branch}/check-runs?per_page=1",
        "Commit statuses": REPO + "/commits/{branch}/status?per_page=1",
    }
    if right.name not in paths:
        return True, "GitHub has answered"
    return await _answer(client.get(paths[right.name], branch=repo.default_branch))


async def _write(client: Client, repo: Repo, right: Right, label: str) -> tuple[bool | None, str]:
    if right.name == "Contents":
        return await _answer(client.post(REPO + "/git/refs", {"ref": f"refs/heads/{NOTHING}", "sha": "0" * 40}))
    if right.name == "Pull requests":
        body = {"title": NOTHING, "head": NOTHING, "base": repo.default_branch}
        return await _answer(client.post(REPO + "/pulls", body))
    if not label:
        return None, "GitHub does not tell of this token, and there is no label to try it with"
    return await _answer(client.post(REPO + "/labels", {"name": label}))


async def _answer(asked: Awaitable[object]) -> tuple[bool | None, str]:
    try:
        await asked
    except (Denied, Missing) as error:
        return False, str(error)
    except Refused as error:
        if error.status != CANT_BE:
            return None, f"GitHub's answer does not tell: {error}"
    except GitHubError as error:
        return None, f"GitHub's answer does not tell: {error}"
    return True, "GitHub's answer to a try"
