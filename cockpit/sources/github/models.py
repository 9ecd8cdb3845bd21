"""What GitHub sends, checked at the border: only the fields that are used; what else comes is let be."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cockpit.sources.github.errors import GitHubError

T = TypeVar("T")


class Model(BaseModel):
    """Base: other fields are ignored, since GitHub adds some every month."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class User(Model):
    """A person or an App."""

    login: str = ""
    type: str = "User"


class Label(Model):
    """A label of the repository, or of an issue."""

    name: str = ""
    color: str | None = None
    description: str | None = None


class SubIssues(Model):
    """How many issues are part of one."""

    total: int = 0
    completed: int = 0


class Dependencies(Model):
    """How many open issues hold one up."""

    blocked_by: int = 0


class Issue(Model):
    """An issue; a pull request has `pull_request` set."""

    number: int
    title: str
    body: str | None = None
    state: str
    state_reason: str | None = None
    user: User | None = None
    author_association: str = "NONE"
    labels: tuple[Label | str, ...] = ()
    assignees: tuple[User, ...] | None = ()
    html_url: str = ""
    updated_at: datetime | None = None
    closed_by: User | None = None
    pull_request: dict[str, object] | None = None
    sub_issues_summary: SubIssues | None = None
    issue_dependencies_summary: Dependencies | None = None

    @property
    def label_names(self) -> tuple[str, ...]:
        """Its labels by name."""
        return tuple(label if isinstance(label, str) else label.name for label in self.labels)


class Comment(Model):
    """A comment on an issue or a pull request."""

    id: int
    body: str | None = None
    user: User | None = None
    author_association: str = "NONE"
    html_url: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Permissions(Model):
    """What the token's owner may do in a repository."""

    admin: bool = False
    maintain: bool = False
    push: bool = False
    triage: bool = False
    pull: bool = False


class Repo(Model):
    """A repository."""

    full_name: str
    default_branch: str = ""
    private: bool = False
    archived: bool = False
    has_issues: bool = True
    html_url: str = ""
    permissions: Permissions | None = None


class Target(Model):
    """What a ref points at."""

    sha: str
    type: str = "commit"


class Ref(Model):
    """A branch, a tag, or another name for a commit."""

    ref: str
    object: Target


class Signature(Model):
    """Who made a commit, and when, by GitHub's clock."""

    name: str = ""
    date: datetime | None = None


class GitTree(Model):
    """The files of a commit."""

    sha: str


class GitCommit(Model):
    """A commit as the git database has it."""

    sha: str
    message: str = ""
    tree: GitTree
    committer: Signature | None = None


class Branch(Model):
    """One end of a pull request; `sha` is its commit."""

    ref: str
    sha: str


class PullRequest(Model):
    """A pull request."""

    number: int
    state: str
    title: str = ""
    body: str | None = None
    html_url: str = ""
    draft: bool | None = False
    merged: bool = False
    merged_at: datetime | None = None
    merge_commit_sha: str | None = None
    mergeable: bool | None = None
    mergeable_state: str = ""
    head: Branch
    base: Branch
    user: User | None = None
    merged_by: User | None = None


class Review(Model):
    """What a person said to a pull request."""

    id: int
    state: str
    body: str | None = None
    user: User | None = None
    author_association: str = "NONE"
    commit_id: str | None = None
    submitted_at: datetime | None = None
    html_url: str = ""


class CheckRun(Model):
    """One check of the continuous integration on a commit."""

    id: int
    name: str
    status: str
    conclusion: str | None = None
    head_sha: str = ""
    html_url: str | None = None
    details_url: str | None = None


def read(kind: type[T], data: object) -> T:
    """`data` as a model, or a list of them. Raises GitHubError where GitHub sent something else."""
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise GitHubError(f"GitHub's answer is not what it documents: {where or 'it'}: {first['msg']}") from error
