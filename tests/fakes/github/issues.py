"""The stand-in's labels, issues and comments."""

from __future__ import annotations

import calendar
import time
from typing import Any

from tests.fakes.github import shapes
from tests.fakes.github.calls import ISSUE, REPO, Call, Refused, Reply, handles, invalid, missing
from tests.fakes.github.store import Comment, Issue, Label


def _issue(call: Call) -> Issue:
    if (found := call.repo.issues.get(call.number("issue_number"))) is None:
        raise missing()
    return found


def _one(call: Call, issue: Issue, status: int = 200) -> Reply:
    return Reply(status, shapes.issue(call.base, call.repo, issue))


def _names(given: Any) -> list[str]:
    raw = given if isinstance(given, list) else given.get("labels", [])
    return [one if isinstance(one, str) else one["name"] for one in raw]


@handles("GET", REPO)
def repository(call: Call) -> Reply:
    """The repository."""
    return Reply(200, shapes.repository(call.base, call.repo, call.login))


@handles("GET", REPO + "/collaborators/{username}/permission")
def permission(call: Call) -> Reply:
    """What somebody may do."""
    name = call.params["username"]
    right = call.repo.rights.get(name, "none")
    coarse = {"triage": "read", "maintain": "write"}.get(right, right)
    who = shapes.user(call.base, name) | {"role_name": right}
    return Reply(200, {"permission": coarse, "role_name": right, "user": who})


@handles("GET", REPO + "/assignees/{assignee}")
def assignable(call: Call) -> Reply:
    """Whether issues can be given to somebody."""
    if not call.repo.may(call.params["assignee"], "triage"):
        raise missing()
    return Reply(204)


# ── labels ───────────────────────────────────────────────────────────────────────────────────────────


def _label(call: Call) -> Label:
    wanted = call.params["name"].lower()
    found = next((one for one in call.repo.labels.values() if one.name.lower() == wanted), None)
    if found is None:
        raise missing()
    return found


@handles("GET", REPO + "/labels")
def labels(call: Call) -> Reply:
    """All labels."""
    return call.listed(list(call.repo.labels.values()), lambda one: shapes.label(call.base, call.repo, one))


@handles("POST", REPO + "/labels")
def make_label(call: Call) -> Reply:
    """A new label; one of that name must not exist, in whatever case."""
    repo, name = call.writable("write"), call.body["name"]
    if name.lower() in {one.lower() for one in repo.labels}:
        raise invalid("Label", "name", "already_exists")
    if len(call.body.get("description") or "") > 100:
        raise invalid("Label", "description", message="description is too long (maximum is 100 characters)")
    repo.labels[name] = Label(name, call.body.get("color", "ededed"), call.body.get("description"))
    return Reply(201, shapes.label(call.base, repo, repo.labels[name]))


@handles("GET", REPO + "/labels/{name}")
def one_label(call: Call) -> Reply:
    """A label."""
    return Reply(200, shapes.label(call.base, call.repo, _label(call)))


@handles("PATCH", REPO + "/labels/{name}")
def edit_label(call: Call) -> Reply:
    """Another colour or text; names stay."""
    one, repo = _label(call), call.writable("write")
    one.color, one.description = call.body.get("color", one.color), call.body.get("description", one.description)
    return Reply(200, shapes.label(call.base, repo, one))


@handles("DELETE", REPO + "/labels/{name}")
def drop_label(call: Call) -> Reply:
    """Away with a label, from all issues too."""
    one, repo = _label(call), call.writable("write")
    del repo.labels[one.name]
    for issue in repo.issues.values():
        issue.labels = [name for name in issue.labels if name != one.name]
    return Reply(204)


# ── issues ───────────────────────────────────────────────────────────────────────────────────────────


@handles("GET", REPO + "/issues")
def issues(call: Call) -> Reply:
    """Issues and pull requests, the newest first; only those that have every label that is asked for."""
    query, repo = call.query, call.repo
    wanted = {name.lower() for name in query.get("labels", "").split(",") if name}
    state, since = query.get("state", "open"), _seconds(query.get("since", ""))

    def fits(one: Issue) -> bool:
        mine = {name.lower() for name in one.labels}
        return (
            state in ("all", one.state)
            and wanted <= mine
            and one.updated >= since
            and query.get("creator", one.user) == one.user
            and _assigned(one, query.get("assignee", ""))
        )

    found = [one for one in repo.issues.values() if fits(one)]
    found.sort(key=lambda one: one.updated if query.get("sort") == "updated" else one.number)
    if query.get("direction", "desc") == "desc":
        found.reverse()
    return call.listed(found, lambda one: shapes.issue(call.base, repo, one))


def _assigned(one: Issue, wanted: str) -> bool:
    match wanted:
        case "":
            return True
        case "none":
            return not one.assignees
        case "*":
            return bool(one.assignees)
        case _:
            return wanted in one.assignees


def _seconds(written: str) -> float:
    return calendar.timegm(time.strptime(written, "%Y-%m-%dT%H:%M:%SZ")) if written else 0.0


@handles("POST", REPO + "/issues")
def open_issue(call: Call) -> Reply:
    """A new issue; whoever may not write can set no labels, and is not told so."""
    repo = call.repo
    names = _names(call.body) if repo.may(call.login, "triage") else []
    made = repo.issue(str(call.body["title"]), call.body.get("body"), by=call.login, labels=names)
    return _one(call, made, 201)


@handles("GET", ISSUE)
def one_issue(call: Call) -> Reply:
    """An issue."""
    return _one(call, _issue(call))


@handles("PATCH", ISSUE)
def edit_issue(call: Call) -> Reply:
    """Another title, text, state, or other labels or assignees."""
    one, body = _issue(call), call.body
    repo = call.repo if one.user == call.login else call.writable("triage")
    one.title, one.body = body.get("title", one.title), body.get("body", one.body)
    if "labels" in body:
        one.labels = [repo.label(name) for name in _names(body)]
    if "assignees" in body:
        one.assignees = [who for who in body["assignees"] if repo.may(who, "triage")]
    if body.get("state") == "closed" and one.state == "open":
        repo.close(one.number, body.get("state_reason") or "completed")
    elif body.get("state") == "open" and one.state == "closed":
        one.state, one.state_reason, one.closed = "open", "reopened", 0.0
    repo.touch(one.number)
    return _one(call, one)


@handles("POST", ISSUE + "/assignees")
def assign(call: Call) -> Reply:
    """Give it to people; those who can't have it are passed over without a word."""
    one, repo = _issue(call), call.writable("triage")
    for who in call.body.get("assignees", []):
        if repo.may(who, "triage") and who not in one.assignees:
            one.assignees.append(who)
            repo.touch(one.number)
    return _one(call, one, 201)


@handles("DELETE", ISSUE + "/assignees")
def unassign(call: Call) -> Reply:
    """Take it from people."""
    one, repo = _issue(call), call.writable("triage")
    one.assignees = [who for who in one.assignees if who not in call.body.get("assignees", [])]
    repo.touch(one.number)
    return _one(call, one)


def _labels_of(call: Call, one: Issue) -> Reply:
    return Reply(200, [shapes.label(call.base, call.repo, call.repo.labels[name]) for name in one.labels])


@handles("GET", ISSUE + "/labels")
def labels_of(call: Call) -> Reply:
    """The labels of an issue."""
    return _labels_of(call, _issue(call))


@handles("POST", ISSUE + "/labels")
def add_labels(call: Call) -> Reply:
    """More labels; those that the repository lacks are made."""
    one, repo = _issue(call), call.writable("triage")
    for name in [repo.label(name) for name in _names(call.body)]:
        if name not in one.labels:
            one.labels.append(name)
            repo.touch(one.number)
    return _labels_of(call, one)


@handles("PUT", ISSUE + "/labels")
def set_labels(call: Call) -> Reply:
    """These labels and no others."""
    one, repo = _issue(call), call.writable("triage")
    one.labels = [repo.label(name) for name in _names(call.body)]
    repo.touch(one.number)
    return _labels_of(call, one)


@handles("DELETE", ISSUE + "/labels/{name}")
def take_label(call: Call) -> Reply:
    """One label less."""
    one, repo = _issue(call), call.writable("triage")
    found = next((name for name in one.labels if name.lower() == call.params["name"].lower()), None)
    if found is None:
        raise Refused(404, "Label does not exist")
    one.labels.remove(found)
    repo.touch(one.number)
    return _labels_of(call, one)


@handles("GET", ISSUE + "/sub_issues")
def sub_issues(call: Call) -> Reply:
    """The parts of an issue."""
    repo = call.repo
    parts = [repo.issues[number] for number in _issue(call).sub_issues]
    return call.listed(parts, lambda one: shapes.issue(call.base, repo, one))


@handles("POST", ISSUE + "/sub_issues")
def add_sub_issue(call: Call) -> Reply:
    """Make an issue part of another."""
    one, repo = _issue(call), call.writable("triage")
    part = next((issue for issue in repo.issues.values() if issue.id == call.body["sub_issue_id"]), None)
    if part is None:
        raise missing()
    one.sub_issues.append(part.number)
    return _one(call, one, 201)


@handles("GET", ISSUE + "/dependencies/blocked_by")
def blocked_by(call: Call) -> Reply:
    """The issues that hold one up."""
    repo = call.repo
    others = [repo.issues[number] for number in _issue(call).blocked_by]
    return call.listed(others, lambda one: shapes.issue(call.base, repo, one))


# ── comments ─────────────────────────────────────────────────────────────────────────────────────────


def _comment(call: Call) -> Comment:
    if (found := call.repo.comments.get(call.number("comment_id"))) is None:
        raise missing()
    return found


@handles("GET", ISSUE + "/comments")
def comments(call: Call) -> Reply:
    """What was said about an issue, the oldest first."""
    number, since = _issue(call).number, _seconds(call.query.get("since", ""))
    said = [one for one in call.repo.comments.values() if one.issue == number and one.updated >= since]
    return call.listed(said, lambda one: shapes.comment(call.base, call.repo, one))


@handles("POST", ISSUE + "/comments")
def say(call: Call) -> Reply:
    """Say something about an issue."""
    made = call.repo.comment(_issue(call).number, call.body["body"], by=call.login)
    return Reply(201, shapes.comment(call.base, call.repo, made))


@handles("GET", REPO + "/issues/comments/{comment_id}")
def one_comment(call: Call) -> Reply:
    """One comment."""
    return Reply(200, shapes.comment(call.base, call.repo, _comment(call)))


@handles("PATCH", REPO + "/issues/comments/{comment_id}")
def edit_comment(call: Call) -> Reply:
    """Say it differently."""
    one = _comment(call)
    if one.user != call.login:
        call.writable("maintain")
    one.body, one.updated = call.body["body"], time.time()
    call.repo.touch(one.issue)
    return Reply(200, shapes.comment(call.base, call.repo, one))


@handles("DELETE", REPO + "/issues/comments/{comment_id}")
def unsay(call: Call) -> Reply:
    """Take it back."""
    one = _comment(call)
    if one.user != call.login:
        call.writable("maintain")
    del call.repo.comments[one.id]
    return Reply(204)
