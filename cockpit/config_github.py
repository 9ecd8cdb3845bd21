"""The configuration's table `[github]`: where issues come from, whom to trust, and what may be written there.

Everything that reaches outside is off by default, each by a switch of its own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_serializer, field_validator, model_validator

from cockpit.config_base import Section

Association = Literal[
    "OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN", "NONE"
]


class GitHubApp(Section):
    """A GitHub App instead of a token of yours."""

    id: str = ""
    """The App's id, or its client id."""
    key_file: str = ""
    """Its private key (PEM); `~` is your home."""
    installation: str = ""
    """The installation's id; empty: the one of the repository."""


class GitHubConfig(Section):
    """GitHub: issues in, branches and pull requests out."""

    enabled: bool = False
    """Whether the cockpit talks to GitHub at all."""
    repo: Annotated[str, Field(pattern=r"^$|^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")] = ""
    """`owner/name`; empty: the repository that the remote `origin` names."""
    base_url: Annotated[str, Field(pattern=r"^$|^https?://[^/\s]+(/\S*)?$")] = ""
    """The API's address, for GitHub Enterprise `https://HOST/api/v3`; empty: as the remote says."""
    token: str = Field(default="", repr=False)
    """A token, as `${NAME}` of your environment; empty: GITHUB_TOKEN or GH_TOKEN, where one is set."""
    token_command: str = ""
    """A command that prints one, e.g. `gh auth token`."""
    app: GitHubApp = GitHubApp()
    labels: list[str] = ["cockpit"]
    """Issues with any of these are taken as tasks; none: none are."""
    exclude_labels: list[str] = ["cockpit:skip", "wontfix", "invalid", "duplicate", "question"]
    """Issues with any of these are left alone."""
    authors: list[str] = []
    """People whose issues are trusted, by login, beside those below."""
    associations: list[Association] = ["OWNER", "MEMBER", "COLLABORATOR"]
    """What an author must be to the repository for an issue to be trusted."""
    priorities: dict[str, int] = {
        "priority: critical": 20,
        "priority: high": 10,
        "priority: low": -10,
        "P0": 20,
        "P1": 10,
        "P2": 0,
        "P3": -10,
    }
    """Label to priority; the most urgent of an issue's counts."""
    poll_seconds: Annotated[float, Field(ge=5, le=3600)] = 60.0
    """How often a running night asks whether anything changed."""
    max_issues: Annotated[int, Field(ge=1, le=10_000)] = 1000
    """The most open issues that are looked at."""
    claim_minutes: Annotated[float, Field(ge=1, le=1440)] = 30.0
    """How long a claim counts without a sign of life of the cockpit that has it."""
    claim: bool = False
    """Hold each issue that is worked on by a lock on GitHub, so that no other cockpit takes it."""
    comment: bool = False
    """Whether comments may be written."""
    label: bool = False
    """Whether labels may be set."""
    assign: bool = False
    """Whether issues may be assigned to whoever the token belongs to."""
    close: bool = False
    """Whether an issue is closed, with a comment that names the commit, once what landed for it is on GitHub."""
    push: bool = False
    """Whether branches may be pushed."""
    pull_requests: bool = False
    """Whether pull requests may be opened."""
    deliver: Literal["merge", "pull-request"] = "merge"
    """How work lands: merged here, or by a pull request that is merged on GitHub."""
    draft: bool = False
    """Open pull requests as drafts; only a person makes them ready."""
    merge_method: Literal["merge", "squash"] = "merge"
    """How GitHub merges when the cockpit asks it to."""
    template: str = ""
    """Your own text of pull requests: a file in the repository, with the placeholders of prompts/pull_request.md."""
    pull_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 30.0
    """How often an open pull request is looked at."""
    ci_seconds: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """How long checks may take to appear on what was pushed; after that there are none to wait for."""

    @field_validator("labels", "exclude_labels", "authors")
    @classmethod
    def _are_names(cls, names: list[str]) -> list[str]:
        if any(not name.strip() or "," in name for name in names):
            raise ValueError("each must be a name, without a comma")
        return names

    @field_serializer("token")
    def _hidden(self, token: str) -> str:
        """What `config show` may print of it."""
        return "(set; not shown)" if token else ""

    @model_validator(mode="after")
    def _can_deliver(self) -> GitHubConfig:
        if self.deliver == "pull-request" and not (self.enabled and self.push and self.pull_requests):
            raise ValueError('deliver = "pull-request" needs enabled, push and pull_requests to be true as well')
        return self

    @property
    def delivers(self) -> bool:
        """Whether work lands by pull requests."""
        return self.deliver == "pull-request"

    @property
    def writes(self) -> bool:
        """Whether anything may be written at all."""
        return any((self.claim, self.comment, self.label, self.assign, self.close, self.push, self.pull_requests))
