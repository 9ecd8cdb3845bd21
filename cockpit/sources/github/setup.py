"""What a token must be allowed for what is switched on, whether it is, and the labels that the repository needs."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from cockpit.config_github import GitHubConfig
from cockpit.sources.github import locks
from cockpit.sources.github.client import Client
from cockpit.sources.github.errors import Denied, Missing, Refused
from cockpit.sources.github.models import Label, Permissions, Repo, read
from cockpit.sources.github.rights import REPO, Known, Right, known
from cockpit.sources.github.showing import STATUSES

OURS: tuple[str, str] = ("1d76db", "The cockpit takes it as a task")
SKIP: tuple[str, str] = ("eeeeee", "The cockpit leaves it alone")
PLAIN: tuple[str, str] = ("ededed", "")


def needed(settings: GitHubConfig) -> tuple[Right, ...]:
    """The least that what is switched on needs."""
    writes_issues = [n for n in ("label", "comment", "assign", "close") if getattr(settings, n)]
    writes_contents = [n for n in ("claim", "push") if getattr(settings, n)]
    rights = [Right("Metadata", "read", "the repository itself")]
    rights += [
        Right("Issues", "write" if writes_issues else "read", ", ".join(writes_issues) or "issues come in"),
        *([Right("Contents", "write", ", ".join(writes_contents))] if writes_contents else []),
    ]
    if settings.pull_requests:
        rights += [
            Right("Pull requests", "write", "pull_requests"),
            Right("Checks", "read", "the state of the CI"),
            Right("Commit statuses", "read", "the state of the CI"),
        ]
    return tuple(rights)


def labels(settings: GitHubConfig) -> dict[str, tuple[str, str]]:
    """The labels that the repository should have: colour and text."""
    wanted = dict.fromkeys(settings.labels, OURS) | {"cockpit:skip": SKIP}
    return wanted | (dict(STATUSES) if settings.label else {})


async def check(client: Client) -> list[str]:
    """What the token lacks, a sentence each; only looks. Raises GitHubError where nothing can be said at all."""
    settings, said = client.settings, list[str]()
    try:
        repo = read(Repo, await client.get(REPO))
    except Missing:
        name = client.where.repo
        return [f"there is no {name}, or the token may not see it: check [github] repo, and the token's access"]
    if repo.archived:
        said.append(f"{repo.full_name} is archived: nothing can be written there")
    if not repo.has_issues:
        said.append(f"issues are switched off in {repo.full_name}: Settings, General, Features")
    said += _role(settings, repo.permissions)
    for path, right in _looks(settings):
        said += await _try(client.get(path), right)
    return list(dict.fromkeys(said))


def _looks(settings: GitHubConfig) -> list[tuple[str, Right]]:
    found = [(f"{REPO}/issues?per_page=1", Right("Issues", "read", ""))]
    if settings.claim or settings.push:
        found.append((f"{REPO}/git/matching-refs/cockpit/claims/", Right("Contents", "write", "")))
    if settings.pull_requests:
        found.append((f"{REPO}/pulls?per_page=1", Right("Pull requests", "write", "")))
    return found


def _role(settings: GitHubConfig, may: Permissions | None) -> list[str]:
    """What whoever holds the token may do at all; a token can only have less. GitHub does not say so of an App."""
    if may is None or not settings.writes:
        return []
    if (settings.claim or settings.push or settings.pull_requests) and not may.push:
        return ["the token's owner may not write to the repository (claim, push and pull_requests need it)"]
    if not may.push and not may.triage:
        return ["the token's owner may not write issues (label, comment and assign need Issues: write)"]
    return []


async def check_writes(client: Client) -> list[str]:
    """The same for what only shows when it is done: a lock is taken and given back."""
    if not client.settings.claim:
        return []
    owner = locks.Owner("setup", "cockpit github setup", 60.0)

    async def lock() -> None:
        held = await locks.take(client, 0, owner, "setup")
        if isinstance(held, locks.Held):
            await locks.give_back(client, 0, owner, "setup", held, locks.Word.FREE)

    return await _try(lock(), Right("Contents", "write", ""))


async def rights(client: Client, *, dry: bool) -> list[Known]:
    """What is known of each right that is needed. Raises GitHubError."""
    repo = read(Repo, await client.get(REPO))
    there = read(tuple[Label, ...], await client.get(f"{REPO}/labels?per_page=1"))
    label = there[0].name if there else ""
    return [await known(client, repo, right, label, dry=dry) for right in needed(client.settings)]


async def missing(client: Client) -> dict[str, tuple[str, str]]:
    """The labels that are not there yet. Raises GitHubError."""
    there = read(tuple[Label, ...], await client.pages(f"{REPO}/labels?per_page=100"))
    known = {one.name.casefold() for one in there}
    return {name: how for name, how in labels(client.settings).items() if name.casefold() not in known}


async def make(client: Client, wanted: Mapping[str, tuple[str, str]]) -> list[str]:
    """Make labels; what the token lacks where it can't."""
    for name, (colour, text) in wanted.items():
        try:
            await client.post(f"{REPO}/labels", {"name": name, "color": colour, "description": text})
        except Refused as error:
            if not error.is_there_already:
                raise
        except (Denied, Missing) as error:
            return [_lacks(Right("Issues", "write", ""), error)]
    return []


async def _try(asked: Awaitable[object], right: Right) -> list[str]:
    try:
        await asked
    except (Denied, Missing) as error:
        return [_lacks(right, error)]
    return []


def _lacks(right: Right, error: Exception) -> str:
    return f"the token lacks `{right}` ({error})"
