"""What happens between us and GitHub."""

from __future__ import annotations

from typing import Any, assert_never

from cockpit.events.issues import (
    GitHubChosen,
    GitHubHealth,
    IssueClaimed,
    IssueClosed,
    IssueEvent,
    IssueReleased,
    IssueReopened,
    IssueSeen,
    IssuesSynced,
    IssueTaken,
    SyncAsked,
)
from cockpit.fold.changes import change_task, notice, with_, without
from cockpit.github_facts import OK, Claim, Seen, Sync
from cockpit.state import State
from cockpit.value import replace


def github(state: State, event: IssueEvent, at: float) -> State:
    match event:
        case GitHubChosen(repo=repo, web=web, locks=locks):
            return _facts(state, repo=repo, web=web, locks=locks)
        case GitHubHealth(health=health, until=until, why=why):
            state = _facts(state, health=health, until=until, why=why)
            return state if health == OK or not why else notice(state, f"GitHub: {why}")
        case SyncAsked(by=by):
            return _facts(state, asked=by or "you")
        case IssuesSynced():
            return _facts(state, asked="", sync=_sync(event, at))
        case IssueSeen(task=task, issue=issue):
            seen = Seen(issue, task, event.marks, event.is_open, event.author, event.behind)
            return _facts(state, issues=with_(state.github.issues, issue, seen))
        case IssueReopened(task=name, issue=issue):
            known = state.tasks.get(name)
            state = change_task(state, name, reopened=(known.reopened if known else 0) + 1)
            return notice(state, f"issue #{issue} was opened again after {name} had landed: a regression")
        case IssueClaimed(task=task, issue=issue):
            return _facts(state, claims=with_(state.github.claims, task, Claim(task, issue, True)))
        case IssueTaken(task=task, issue=issue, by=by, again=again):
            state = change_task(state, task, reason=f"another cockpit works on issue #{issue}: {by}")
            return _facts(state, claims=with_(state.github.claims, task, Claim(task, issue, False, by, again)))
        case IssueReleased(task=task):
            return _facts(state, claims=without(state.github.claims, task))
        case IssueClosed(issue=issue):
            closed = state.github.issues.get(issue)
            if closed is None:
                return state
            return _facts(state, issues=with_(state.github.issues, issue, replace(closed, is_open=False)))
        case _:
            assert_never(event)


def _facts(state: State, **changes: Any) -> State:
    return replace(state, github=replace(state.github, **changes))


def _sync(event: IssuesSynced, at: float) -> Sync:
    return Sync(
        at,
        event.looked_at,
        event.added,
        event.changed,
        event.left_out,
        event.calls,
        event.unchanged,
        event.trouble,
        event.closed,
    )
