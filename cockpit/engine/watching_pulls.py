"""Looking at pull requests: their checks, what people say of them, whether they were merged or closed.

All is asked with ETags, so what is unchanged counts for no quota; only what changed is recorded.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cockpit import events
from cockpit.engine.delivering import PULL, failed
from cockpit.engine.github import client
from cockpit.events.pulls import PullEvent
from cockpit.pulls import FAILURE, PENDING, SUCCESS, Check, Pull
from cockpit.text import cut, plain

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine
    from cockpit.sources.github.client import Client
    from cockpit.sources.github.models import PullRequest, Review

COMMIT = "/repos/{owner}/{repo}/commits/{ref}"
_GOOD = frozenset({"success", "neutral", "skipped"})
MOST_TEXT = 8_000


async def watch(engine: Engine, name: str) -> None:
    """Wait a while, look, and record what is another than it was."""
    from cockpit.sources.github.client import Priority
    from cockpit.sources.github.errors import GitHubError, Limited

    await asyncio.sleep(engine.config.github.pull_seconds)
    pull = engine.state.pulls[name]
    try:
        github = await client(engine)
        with github.urgency(Priority.REVIEWS):
            event = await look(engine, github, name, pull)
    except GitHubError as error:
        if str(error) != pull.trouble and not isinstance(error, Limited):
            engine.record(events.DeliveryFailed(name, failed(name, error).reason))
        return
    if event is not None and engine.state.pulls.get(name) == pull:
        engine.record(event)


async def look(engine: Engine, github: Client, name: str, pull: Pull) -> PullEvent | None:
    """What is another than State has it."""
    from cockpit.sources.github.models import PullRequest, read

    seen = read(PullRequest, await github.get(PULL, number=pull.number))
    if seen.merged:
        return events.PullMerged(name, seen.merge_commit_sha or "", seen.merged_by.login if seen.merged_by else "")
    if seen.state == "closed":
        return events.PullClosed(name, await _closer(github, pull))
    return await _open(engine, github, name, pull, seen)


async def _closer(github: Client, pull: Pull) -> str:
    issue = await github.get("/repos/{owner}/{repo}/issues/{number}", number=pull.number)
    return str((issue.get("closed_by") or {}).get("login", ""))


async def _open(engine: Engine, github: Client, name: str, pull: Pull, seen: PullRequest) -> events.PullSeen | None:
    foreign = seen.head.sha if seen.head.sha != pull.commit else ""
    checks = pull.checks if foreign else await checks_of(github, pull.commit)
    reviews = await _reviews(engine, github, pull.number)
    newest = max([pull.review, *(one.id for one in reviews)])
    asks = [one for one in reviews if one.id > pull.review and one.state == "CHANGES_REQUESTED"]
    wants = "\n\n".join([await _in_words(github, pull.number, one) for one in asks])
    approvals, objections = _standing(reviews)
    event = events.PullSeen(name, pull.commit, checks, approvals, objections, newest, wants, foreign, bool(seen.draft))
    same = (pull.checks, pull.approvals, pull.objections, pull.review, "", pull.foreign, pull.draft, "")
    if (*_facts(event), pull.trouble) == same:
        return None
    return event


def _facts(event: events.PullSeen) -> tuple[object, ...]:
    return (event.checks, event.approvals, event.objections, event.newest, event.wants, event.foreign, event.draft)


async def checks_of(github: Client, commit: str) -> tuple[Check, ...]:
    """All check runs and statuses of a commit, by name."""
    from cockpit.sources.github.models import CheckRun, read

    runs = await github.pages(COMMIT + "/check-runs{?per_page}", under="check_runs", ref=commit, per_page=100)
    statuses = await github.pages(COMMIT + "/status{?per_page}", under="statuses", ref=commit, per_page=100)
    found = {}
    for raw in sorted(runs, key=lambda one: one["id"]):
        found[str(raw["name"])] = _of_run(read(CheckRun, raw), raw.get("output") or {})
    for status in statuses:
        found.setdefault(str(status["context"]), _of_status(status))
    return tuple(found[key] for key in sorted(found))


def _of_run(run: Any, output: dict[str, Any]) -> Check:
    state = PENDING if run.status != "completed" else SUCCESS if run.conclusion in _GOOD else FAILURE
    parts = [run.conclusion or "", *(str(output.get(key) or "") for key in ("title", "summary", "text"))]
    said = plain("\n".join(filter(None, parts))) if state == FAILURE else ""
    return Check(plain(run.name), state, cut(said, MOST_TEXT), run.html_url or "")


def _of_status(status: dict[str, Any]) -> Check:
    state = {"success": SUCCESS, "pending": PENDING}.get(str(status["state"]), FAILURE)
    said = plain(str(status.get("description") or "")) if state == FAILURE else ""
    return Check(plain(str(status["context"])), state, cut(said, MOST_TEXT), str(status.get("target_url") or ""))


async def _reviews(engine: Engine, github: Client, number: int) -> list[Review]:
    """The reviews of people whose word counts here, oldest first."""
    from cockpit.sources.github.models import Review, read

    settings = engine.config.github
    found = read(list[Review], await github.pages(PULL + "/reviews{?per_page}", number=number, per_page=100))
    return [
        one
        for one in found
        if one.author_association in settings.associations or (one.user and one.user.login in settings.authors)
    ]


def _standing(reviews: list[Review]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who approves and who wants changes, by what each said last."""
    last: dict[str, str] = {}
    for one in reviews:
        if one.user and one.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            last[one.user.login] = one.state
    by = {state: tuple(sorted(name for name, said in last.items() if said == state)) for state in set(last.values())}
    return by.get("APPROVED", ()), by.get("CHANGES_REQUESTED", ())


async def _in_words(github: Client, number: int, review: Review) -> str:
    """A review as its agent gets it: what was said as a whole, and at which lines."""
    path = PULL + "/reviews/{review}/comments{?per_page}"
    notes = await github.pages(path, number=number, review=review.id, per_page=100)
    lines = [f"{review.user.login if review.user else 'somebody'}: {plain(review.body or '').strip()}".strip()]
    for note in notes:
        line = note.get("line") or note.get("original_line")
        where = f"{note['path']}:{line}" if line else str(note["path"])
        lines.append(f"- {plain(where)}: {plain(str(note.get('body') or ''))}")
    return cut("\n".join(lines), MOST_TEXT)
