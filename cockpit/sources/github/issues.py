"""Issues on GitHub as tasks: which are taken, whom they come from, and what they say. Asks as little as it can.

One conditional request tells whether anything in the repository changed at all. Only then the lists are asked for, page
by page and each with its ETag: of a thousand issues of which one changed, one page is sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cockpit.config_github import GitHubConfig
from cockpit.github_facts import Found
from cockpit.sources.github import body
from cockpit.sources.github.client import PAGE, Client
from cockpit.sources.github.errors import Missing
from cockpit.sources.github.models import Issue, read

ISSUES = "/repos/{owner}/{repo}/issues"
ONE = ISSUES + "/{number}"
NEWEST = ISSUES + "?state=all&sort=updated&direction=desc&per_page=1"
LIST = ISSUES + "{?state,labels,sort,direction,per_page}"


@dataclass(frozen=True, slots=True)
class Looked:
    """What GitHub has."""

    found: tuple[Found, ...]
    is_whole: bool = True
    """No more issues are there than may be looked at."""


async def newest(client: Client) -> str:
    """A mark that is another one whenever anything changed; one request, conditional where it was asked before."""
    said = await client.get(NEWEST)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


async def look(client: Client, known: Mapping[int, bool]) -> Looked:
    """The issues that are for us; `known` are those that are tasks already, and whether they were open."""
    settings, web = client.settings, client.where.web
    issues, is_whole = await _listed(client)
    gone = [number for number, is_open in known.items() if is_open and number not in issues] if is_whole else []
    for number in gone:
        if (one := await _one(client, number)) is not None:
            issues[number] = one
    found = {n: of_issue(one, settings, client.where.repo, web) for n, one in sorted(issues.items())}
    found |= {n: Found(n, "", is_open=False, closed_by="somebody who removed it") for n in gone if n not in issues}
    for number, one in issues.items():
        parts = await _parts(client, one)
        found[number] = replace(found[number], needs=tuple(dict.fromkeys((*found[number].needs, *parts))))
    return Looked(tuple(await _without_blocked(client, found, known)), is_whole)


async def _listed(client: Client) -> tuple[dict[int, Issue], bool]:
    """The open issues with one of our labels, and whether these are all of them."""
    most, issues, is_whole = client.settings.max_issues, dict[int, Issue](), True
    order: dict[str, Any] = {"state": "open", "sort": "created", "direction": "asc", "per_page": PAGE}
    for label in client.settings.labels:
        said = await client.pages(LIST, most=most, labels=label, **order)
        is_whole = is_whole and len(said) < most
        issues |= {one.number: one for one in read(tuple[Issue, ...], said) if one.pull_request is None}
    return issues, is_whole


async def _one(client: Client, number: int) -> Issue | None:
    try:
        return read(Issue, await client.get(ONE, number=number))
    except Missing:
        return None


async def _parts(client: Client, issue: Issue) -> list[int]:
    """The issues that are part of one, or that GitHub says hold it up; asked for only where it says there are any."""
    found = list[int]()
    if issue.sub_issues_summary and issue.sub_issues_summary.total > issue.sub_issues_summary.completed:
        found += await _open_ones(client, ONE + "/sub_issues?per_page=100", issue.number)
    if issue.issue_dependencies_summary and issue.issue_dependencies_summary.blocked_by:
        found += await _open_ones(client, ONE + "/dependencies/blocked_by?per_page=100", issue.number)
    return found


async def _open_ones(client: Client, path: str, number: int) -> list[int]:
    said = read(tuple[Issue, ...], await client.pages(path, most=body.MOST_NEEDS, number=number))
    here = f"{client.where.web}/issues/"
    return [one.number for one in said if one.state == "open" and one.html_url.startswith(here)]


async def _without_blocked(client: Client, found: Mapping[int, Found], known: Mapping[int, bool]) -> Iterable[Found]:
    """The same, but an issue that waits for an open one that is nobody's task is left out until that is closed."""
    ours = {n for n, one in found.items() if one.is_open and not one.left_out} | set(known)
    done = list[Found]()
    states = dict[int, bool]()
    for one in found.values():
        others = [n for n in one.needs if n not in ours and n != one.number]
        for number in others:
            if number not in states:
                other = await _one(client, number)
                states[number] = other is not None and other.state == "open"
        waits = [n for n in others if states[n]]
        needs = tuple(n for n in one.needs if n in ours and n != one.number)
        why = f"it waits for #{waits[0]}, which is open and not ours" if waits and one.number not in known else ""
        done.append(replace(one, needs=needs, left_out=one.left_out or why))
    return done


def of_issue(issue: Issue, settings: GitHubConfig, repo: str, web: str) -> Found:
    """An issue in the words of a task."""
    said = body.read(issue.body, repo, web)
    return Found(
        issue.number,
        body.title(issue.title) or f"Issue {issue.number}",
        said.text,
        said.criteria,
        said.files,
        priority(issue.label_names, settings.priorities),
        tuple(number for number in said.needs if number != issue.number),
        issue.user.login if issue.user else "",
        issue.state == "open",
        issue.closed_by.login if issue.closed_by else "",
        why_not(issue, settings),
    )


def priority(labels: Iterable[str], known: Mapping[str, int]) -> int:
    """The most urgent that its labels say; 0 where none says any."""
    named = {name.casefold(): number for name, number in known.items()}
    return max((named[label.casefold()] for label in labels if label.casefold() in named), default=0)


def why_not(issue: Issue, settings: GitHubConfig) -> str:
    """Why an issue is no task for us; empty where it is one."""
    mine = {name.casefold(): name for name in issue.label_names}
    if not any(label.casefold() in mine for label in settings.labels):
        return "it has none of our labels"
    if excluded := [label for label in settings.exclude_labels if label.casefold() in mine]:
        return f"it has the label {excluded[0]}"
    author = issue.user.login if issue.user else ""
    trusted = author and author.casefold() in {name.casefold() for name in settings.authors}
    if not trusted and issue.author_association not in settings.associations:
        what = issue.author_association.lower().replace("_", " ")
        return f"its author {author or 'is gone and'} ({what}) is not trusted"
    return ""
