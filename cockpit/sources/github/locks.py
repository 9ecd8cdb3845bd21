"""The lock of an issue: a ref on GitHub, `refs/cockpit/claims/issue-N`, that only one cockpit can move.

GitHub creates a ref once, and moves it (unforced) only to a descendant of where it is: both are decided on its side,
for one and against all others. So a claim is a commit whose message says who has the issue, on no branch. It is kept by
a commit on top of it now and then, taken over when the last one is older than its lease by GitHub's clock, and given
back by a commit that says so. Whoever was taken for dead and comes back can't move the ref from where it had it, and
knows that the issue is another's. Nothing is ever deleted, or a late delete could take another's claim away.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from cockpit.sources.github.client import Client
from cockpit.sources.github.errors import GitHubError, Missing, Refused, Unreachable
from cockpit.sources.github.models import GitCommit, Ref, read
from cockpit.text import plain

GIT = "/repos/{owner}/{repo}/git"
REF = "refs/cockpit/claims/issue-{}"
DONE_SECONDS = 24 * 3600.0
"""So long nobody begins what another has just done; by then the issue is closed, or is to be done again."""


class Word(StrEnum):
    """What a claim says."""

    HELD = "held"
    FREE = "free"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Owner:
    """A cockpit."""

    id: str
    """Of its `.cockpit/`, on its machine."""
    host: str
    lease: float
    """Seconds that its claims count without a new sign of life."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that is ours."""

    issue: int
    sha: str
    """Our newest commit."""
    tree: str


@dataclass(frozen=True, slots=True)
class Other:
    """A lock that is somebody else's."""

    by: str
    again: float
    """Seconds until it lapses, if nothing more is heard."""


@dataclass(frozen=True, slots=True)
class _Claim:
    sha: str
    tree: str
    owner: str = ""
    host: str = ""
    task: str = ""
    word: str = ""
    lease: float = 0.0
    age: float = 0.0

    @property
    def left(self) -> float:
        """Seconds until it counts no more."""
        if self.word == Word.FREE:
            return 0.0
        return max(0.0, (DONE_SECONDS if self.word == Word.DONE else self.lease) - self.age)


async def take(client: Client, issue: int, owner: Owner, task: str) -> Held | Other:
    """Take the lock of an issue, or say who has it. Raises GitHubError."""
    tree = await _tree(client)
    sha = await _commit(client, tree, owner, task, Word.HELD)
    if await _created(client, issue, sha):
        return Held(issue, sha, tree)
    there = await _there(client, issue)
    if there is None:
        return Other("somebody who is just giving it back", owner.lease / 10)
    if there.owner != owner.id and there.left > 0:
        return Other(_words(there), there.left)
    held = await _moved(client, issue, there, owner, task, Word.HELD)
    return held or Other("somebody who was faster", owner.lease / 10)


async def keep(client: Client, issue: int, owner: Owner, task: str, held: Held | None) -> Held | Other:
    """Give a sign of life. Says who has the lock where it is ours no more. Raises GitHubError."""
    last = _Claim(held.sha, held.tree) if held else await _there(client, issue)
    if held is None and (last is None or last.owner != owner.id):
        return await take(client, issue, owner, task)
    assert last is not None
    if moved := await _moved(client, issue, last, owner, task, Word.HELD):
        return moved
    there = await _there(client, issue)
    if there is not None and there.owner == owner.id:  # a move of ours went through, and its answer was lost
        moved = await _moved(client, issue, there, owner, task, Word.HELD)
    return moved or Other(_words(there) if there else "nobody: its ref is gone", there.left if there else owner.lease)


async def give_back(client: Client, issue: int, owner: Owner, task: str, held: Held | None, word: Word) -> bool:
    """Say that the lock is free, or that the work is done; False where it was ours no more. Raises GitHubError."""
    last = _Claim(held.sha, held.tree) if held else await _there(client, issue)
    if held is None and (last is None or last.owner != owner.id):
        return False
    assert last is not None
    return await _moved(client, issue, last, owner, task, word) is not None


async def _tree(client: Client) -> str:
    """Some files that GitHub has: those of the default branch; a commit needs a tree, and nobody looks at it."""
    branch = (await client.get("/repos/{owner}/{repo}"))["default_branch"]
    tip = read(Ref, await client.get(GIT + "/ref/heads/{+branch}", branch=branch)).object.sha
    return read(GitCommit, await client.get(GIT + "/commits/{sha}", sha=tip)).tree.sha


async def _commit(client: Client, tree: str, owner: Owner, task: str, word: Word, parent: str = "") -> str:
    facts = {"cockpit": owner.id, "host": owner.host, "task": task, "state": word, "lease": owner.lease}
    message = f"cockpit: {word} by {owner.host} ({task})\n\n{json.dumps(facts)}"
    data = {"message": message, "tree": tree, "parents": [parent] if parent else []}
    return read(GitCommit, await client.post(GIT + "/commits", data)).sha


async def _created(client: Client, issue: int, sha: str) -> bool:
    try:
        await client.post(GIT + "/refs", {"ref": REF.format(issue), "sha": sha})
    except Refused as error:
        if not error.is_there_already:
            raise
        return False
    except Unreachable as error:
        there = await _there(client, issue) if error.sent else None
        if there is None or there.sha != sha:
            raise
    return True


async def _moved(client: Client, issue: int, last: _Claim, owner: Owner, task: str, word: Word) -> Held | None:
    """Move the ref on from where it was last; None where it is elsewhere by now."""
    sha = await _commit(client, last.tree, owner, task, word, last.sha)
    try:
        await client.patch(GIT + "/refs/{+ref}", {"sha": sha, "force": False}, ref=REF.format(issue)[5:])
    except Refused as error:
        if error.status != 422:
            raise
        return None
    return Held(issue, sha, last.tree)


async def _there(client: Client, issue: int) -> _Claim | None:
    """The claim as it is now."""
    try:
        ref = read(Ref, await client.get(GIT + "/ref/{+ref}", ref=REF.format(issue)[5:]))
        made = read(GitCommit, await client.get(GIT + "/commits/{sha}", sha=ref.object.sha))
    except Missing:
        return None
    seconds = client.server_time - made.committer.date.timestamp() if made.committer and made.committer.date else 0.0
    return _read(made, max(0.0, seconds))


def _read(made: GitCommit, age: float) -> _Claim:
    """What a claim's commit says; one that says nothing counts for an hour, for nobody knows."""
    try:
        facts = json.loads(made.message.partition("\n\n")[2])
        return _Claim(
            made.sha,
            made.tree.sha,
            str(facts["cockpit"]),
            plain(str(facts["host"]))[:80],
            plain(str(facts["task"]))[:20],
            str(facts["state"]),
            min(float(facts["lease"]), DONE_SECONDS),
            age,
        )
    except (ValueError, KeyError, TypeError):
        return _Claim(made.sha, made.tree.sha, lease=3600.0, age=age)


def _words(claim: _Claim) -> str:
    if claim.word == Word.DONE:
        return f"the cockpit on {claim.host} has done it, as its {claim.task}"
    return f"the cockpit on {claim.host or 'an unknown machine'}, as its {claim.task or 'task'}"


__all__ = ["DONE_SECONDS", "GitHubError", "Held", "Other", "Owner", "Word", "give_back", "keep", "take"]
