"""What the views say of a pull request."""

from __future__ import annotations

from typing import Any

from cockpit.pulls import NONE, SUCCESS, Pull
from cockpit.state import State, Task, TaskState
from cockpit.text import plain

OFTEN = 3
"""Failures in a row after which a person is told."""

_CI = {"": "no checks", "pending": "CI runs", "failure": "CI failed", SUCCESS: "CI is green"}


def pull_text(state: State, task: Task) -> str:
    """`#7 open, CI failed: unit, wants changes: ada, https://…`; empty where there is none."""
    pull = state.pulls.get(task.id, NONE)
    if not pull.number:
        return f"can't be opened: {plain(pull.trouble)}" if pull.trouble else ""
    red = f": {', '.join(plain(check.name) for check in pull.red)}" if pull.red else ""
    parts = [
        f"#{pull.number} {'draft' if pull.draft and pull.is_open else pull.state}",
        f"{_CI[pull.ci]}{red}" if pull.is_open else "",
        _named("wants changes", pull.objections),
        _named("approved", pull.approvals),
        f"trouble: {plain(pull.trouble)}" if pull.trouble else "",
        plain(pull.url),
    ]
    return ", ".join(filter(None, parts))


def address(state: State, task: Task) -> str:
    """Where people read about a task on GitHub: its pull request, or else its issue; empty where there is neither."""
    return plain(state.pulls.get(task.id, NONE).url or state.github.link(task.issue))


def _named(what: str, who: tuple[str, ...]) -> str:
    return f"{what}: {plain(' '.join(who))}" if who else ""


def waits_on_github(state: State, task: Task) -> tuple[str, str] | None:
    """What a person must do about a pull request that the policy would merge by itself; None where nothing."""
    pull = state.pulls.get(task.id, NONE)
    if task.state is not TaskState.READY:
        return None
    if pull.trouble and pull.tries >= OFTEN:
        return f"its pull request {pull_text(state, task)}", "Mend it; it is tried again by itself"
    if not pull.is_open:
        return None
    yes = f"or `cockpit approve {task.id}` merges it all the same"
    if pull.objections:
        said = f"{plain(' and '.join(pull.objections))} asked for changes on #{pull.number} and has not approved since"
        return said, f"Look at it on GitHub: {plain(pull.url)}, {yes}"
    if pull.draft:
        return f"pull request #{pull.number} is a draft", f"Make it ready on GitHub: {plain(pull.url)}"
    return None


def as_data(state: State) -> list[dict[str, Any]]:
    """Every pull request, for the status."""
    return [_data(name, pull) for name, pull in state.pulls.items() if pull.number or pull.trouble]


def _data(task: str, pull: Pull) -> dict[str, Any]:
    return {
        "task": task,
        "number": pull.number or None,
        "url": pull.url,
        "branch": pull.branch,
        "state": pull.state,
        "draft": pull.draft,
        "ci": pull.ci,
        "checks": [{"name": check.name, "state": check.state, "url": check.url} for check in pull.checks],
        "approvals": list(pull.approvals),
        "wants_changes": list(pull.objections),
        "trouble": pull.trouble,
    }
