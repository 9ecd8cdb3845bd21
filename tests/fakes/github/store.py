"""What the stand-in remembers, and what a test's people do to it: labels, issues, pull requests, reviews, checks."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fakes.github.remote import Remote

RANKS = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass
class Label:
    """A label of the repository."""

    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass
class Issue:
    """An issue; every pull request is one as well."""

    number: int
    title: str
    body: str | None
    user: str
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    state: str = "open"
    state_reason: str | None = None
    sub_issues: list[int] = field(default_factory=list)
    blocked_by: list[int] = field(default_factory=list)
    created: float = 0.0
    updated: float = 0.0
    closed: float = 0.0

    @property
    def id(self) -> int:
        """GitHub's id, which is not the number."""
        return self.number + 10_000


@dataclass
class Comment:
    """A comment on an issue or a pull request."""

    id: int
    issue: int
    user: str
    body: str
    created: float
    updated: float


@dataclass
class Pull:
    """A pull request; its title, text and state are those of the issue with its number."""

    number: int
    head: str
    base: str
    draft: bool = False
    head_sha: str = ""
    """Its head, as it was when it was closed or merged, and as it is while it is open."""
    merged: float = 0.0
    merged_by: str = ""
    merge_commit: str = ""


@dataclass
class Review:
    """A person's review."""

    id: int
    pull: int
    user: str
    state: str
    body: str
    commit: str
    submitted: float


@dataclass
class Note:
    """A person's comment at a line."""

    id: int
    pull: int
    review: int
    user: str
    path: str
    line: int
    body: str
    commit: str
    created: float


@dataclass
class Check:
    """A check run; without a conclusion it still runs."""

    id: int
    commit: str
    name: str
    conclusion: str
    started: float
    title: str = ""
    summary: str = ""
    text: str = ""


@dataclass
class Repo:
    """A repository on the stand-in."""

    owner: str
    name: str
    html_url: str
    remote: Remote
    default_branch: str = "main"
    rights: dict[str, str] = field(default_factory=dict)
    """What each person may: read, triage, write, maintain or admin."""
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    reviews: dict[int, Review] = field(default_factory=dict)
    notes: dict[int, Note] = field(default_factory=dict)
    checks: dict[int, Check] = field(default_factory=dict)
    statuses: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """By commit and context: the state, and its words."""
    needs_green: bool = False
    """The base is protected: nothing is merged whose checks are not green."""
    needs_approvals: int = 0
    """The base is protected: nothing is merged that fewer people approved."""
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1000))

    def new_id(self) -> int:
        """An id that nothing has."""
        return next(self._ids)

    def may(self, login: str, right: str) -> bool:
        """Whether somebody may do what takes that right."""
        return RANKS.index(self.rights.get(login, "none")) >= RANKS.index(right)

    def association(self, login: str) -> str:
        """What GitHub calls an author."""
        if login == self.owner:
            return "OWNER"
        return "COLLABORATOR" if self.may(login, "triage") else "NONE"

    # ── what people do ───────────────────────────────────────────────────────────────────────────────

    def label(self, name: str, color: str = "ededed", description: str | None = None) -> str:
        """Make a label where there is none; its name as the repository has it."""
        known = {one.lower(): one for one in self.labels}
        if name.lower() not in known:
            self.labels[name] = Label(name, color, description)
        return known.get(name.lower(), name)

    def issue(self, title: str, body: str | None = "", *, by: str, labels: Sequence[str] = ()) -> Issue:
        """Open an issue."""
        now, number = time.time(), max(self.issues, default=0) + 1
        names = [self.label(name) for name in labels]
        made = self.issues[number] = Issue(number, title, body, by, names, created=now, updated=now)
        return made

    def touch(self, number: int) -> None:
        """Something about an issue has changed."""
        self.issues[number].updated = time.time()

    def comment(self, number: int, body: str, *, by: str) -> Comment:
        """Comment on an issue."""
        now = time.time()
        made = Comment(self.new_id(), number, by, body, now, now)
        self.comments[made.id] = made
        self.touch(number)
        return made

    def close(self, number: int, reason: str = "completed") -> None:
        """Close an issue, or a pull request without merging it."""
        one = self.issues[number]
        if number in self.pulls:
            self.follow(self.pulls[number])
        one.state, one.state_reason, one.closed = "closed", reason, time.time()
        self.touch(number)

    def review(
        self, number: int, state: str, body: str = "", *, by: str, notes: Sequence[tuple[str, int, str]] = ()
    ) -> Review:
        """Review a pull request: `APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`, with comments at lines."""
        commit = self.follow(self.pulls[number]).head_sha
        made = Review(self.new_id(), number, by, state, body, commit, time.time())
        self.reviews[made.id] = made
        for path, line, text in notes:
            one = Note(self.new_id(), number, made.id, by, path, line, text, commit, time.time())
            self.notes[one.id] = one
        self.touch(number)
        return made

    def check(self, commit: str, name: str, conclusion: str = "", *, summary: str = "", title: str = "") -> Check:
        """Say how a check of a commit goes; the newest of a name counts."""
        found = next((c for c in self.checks.values() if (c.commit, c.name) == (commit, name)), None)
        made = found or Check(self.new_id(), commit, name, conclusion, time.time())
        made.conclusion, made.summary, made.title = conclusion, summary, title
        self.checks[made.id] = made
        return made

    # ── pull requests ────────────────────────────────────────────────────────────────────────────────

    def follow(self, one: Pull) -> Pull:
        """An open pull request goes with its branch."""
        if self.issues[one.number].state == "open" and (tip := self.remote.tip(one.head)):
            if one.head_sha and one.head_sha != tip:
                self.touch(one.number)
            one.head_sha = tip
            if self.remote.holds(one.base, tip) and one.head_sha != one.merge_commit:
                self.note_merged(one, self.remote.tip(one.base), "")  # somebody pushed it to the base
        return one

    def mergeable(self, one: Pull) -> bool:
        """Whether it merges by itself."""
        return not one.merged and bool(self.remote.tip(one.head)) and bool(self.remote.merges(one.base, one.head))

    def protected(self, one: Pull) -> str:
        """Why the base's protection refuses it now; empty where it doesn't."""
        runs = [check for check in self.checks.values() if check.commit == one.head_sha]
        if self.needs_green and not (runs and all(r.conclusion == "success" for r in runs)):
            return "Required status check is expected."
        newest = {r.user: r.state for r in self.reviews.values() if r.pull == one.number and r.state != "COMMENTED"}
        if sum(state == "APPROVED" for state in newest.values()) < self.needs_approvals:
            return f"At least {self.needs_approvals} approving review is required by reviewers with write access."
        return ""

    def merge(self, number: int, *, by: str, method: str = "merge", text: str = "") -> str:
        """Merge a pull request in the bare repository; the commit, empty where it conflicts."""
        one = self.follow(self.pulls[number])
        title = self.issues[number].title
        made = self.remote.merge(one.base, one.head, method, text or f"Merge pull request #{number}\n\n{title}")
        if made:
            self.note_merged(one, made, by)
        return made

    def note_merged(self, one: Pull, commit: str, by: str) -> None:
        """It is merged: it is closed, and so are the issues that it says it closes."""
        one.merged, one.merged_by, one.merge_commit = time.time(), by, commit
        issue = self.issues[one.number]
        issue.state, issue.closed = "closed", one.merged
        self.touch(one.number)
        if one.base == self.default_branch:
            for number in closes(issue.body or ""):
                if number in self.issues and self.issues[number].state == "open":
                    self.close(number)


def closes(body: str) -> list[int]:
    """The issues that a pull request's text closes."""
    import re

    words = r"(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)"
    return [int(number) for number in re.findall(rf"\b{words}:?\s+#(\d+)", body, re.IGNORECASE)]
