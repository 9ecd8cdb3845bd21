"""What is known of the pull requests on GitHub, and of what issues were told. Plain values, below State."""

from __future__ import annotations

import re

from cockpit.value import Value, frozen

OPEN, MERGED, CLOSED = "open", "merged", "closed"
PENDING, SUCCESS, FAILURE = "pending", "success", "failure"

_ISSUE = re.compile(r"[\w.-]+/[\w.-]+#(\d+)\Z")


@frozen
class Check(Value):
    """What one check of the continuous integration says of a commit: a check run, or a commit status."""

    name: str
    state: str
    """pending, success or failure."""
    text: str = ""
    """What it says of it, cut to a bound."""
    url: str = ""


@frozen
class Pull(Value):
    """A task's branch on GitHub, and its pull request as it was seen last."""

    number: int = 0
    """0: there is none yet."""
    url: str = ""
    branch: str = ""
    """On GitHub; usually called like the task's own."""
    base: str = ""
    head: str = ""
    """The task's head that was pushed."""
    commit: str = ""
    """The commit that was pushed for it; another one where the branch was rebased, since nothing is forced."""
    pushed_at: float = 0.0
    told: str = ""
    """The head that its text is about."""
    draft: bool = False
    state: str = ""
    """open, merged or closed; empty: there is none yet."""
    by: str = ""
    """Who merged or closed it on GitHub."""
    merged: str = ""
    """The commit that it was merged as."""
    foreign: str = ""
    """Its head on GitHub, where that is not what we pushed."""
    checks: tuple[Check, ...] = ()
    approvals: tuple[str, ...] = ()
    """Who approves, by login."""
    objections: tuple[str, ...] = ()
    """Who wants changes and has not taken that back."""
    review: int = 0
    """The newest review that was seen."""
    wants: str = ""
    """What a person's review asks for and no agent was told yet."""
    trouble: str = ""
    """Why it could not be pushed, opened or looked at the last time."""
    fatal: bool = False
    """Trying again by itself can't help."""
    tries: int = 0
    """Failures in a row."""
    tried_at: float = 0.0
    not_before: float = 0.0
    """GitHub's limit is reached until then."""

    @property
    def is_open(self) -> bool:
        """Whether there is one that can be merged."""
        return self.number > 0 and self.state == OPEN

    @property
    def ci(self) -> str:
        """What all checks come to: pending, failure or success; empty where none was seen."""
        states = {check.state for check in self.checks}
        return next((state for state in (PENDING, FAILURE, SUCCESS) if state in states), "")

    @property
    def red(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.state == FAILURE)


NONE = Pull()


@frozen
class Mark(Value):
    """What an issue was told of its task."""

    status: str = ""
    """As the label has it, e.g. `in-progress`; empty: nothing."""
    trouble: str = ""
    """Why the last try to tell it something else failed."""
    at: float = 0.0


UNMARKED = Mark()


def issue_of(source: str) -> int:
    """The number of the issue that a task comes from, by a source like `acme/site#12`; 0 for all others."""
    found = _ISSUE.match(source)
    return int(found[1]) if found else 0
