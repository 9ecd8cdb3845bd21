"""What a model may answer about ideas: a proposal, and whether one is worth it."""

from __future__ import annotations

from pydantic import Field

from cockpit.agents.answers import Strict
from cockpit.idea_facts import Draft
from cockpit.text import cut, plain

LONGEST_TITLE, LONGEST, MOST = 160, 4_000, 12


class IdeaAnswer(Strict):
    """One proposal, or that there is none."""

    found: bool = Field(description="false where nothing is worth proposing; then all the rest is empty")
    title: str = Field(description="In the imperative, one line")
    description: str = Field(description="What is wrong or missing, where, who is hurt, and what shows it")
    criteria: list[str] = Field(description="What a stranger can check when it is done; the first proves the finding")
    approach: str = Field(description="How, in a few sentences")
    files: list[str] = Field(description="Existing files that it touches, as paths from the repository's root")
    why_nothing: str = Field(description="Where nothing was found, why; else empty")

    def to_draft(self) -> Draft | None:
        """The proposal; None where there is none."""
        title = cut(" ".join(plain(self.title).split()), LONGEST_TITLE)
        if not self.found or not title:
            return None
        return Draft(title, _kept(self.description), _all(self.criteria), _kept(self.approach), _all(self.files))


class WorthAnswer(Strict):
    """Whether a proposal is worth a night's work."""

    worth_it: bool = Field(description="A user or maintainer would thank for it, and it is one agent's night at most")
    specific: bool = Field(description="It is about something that is really there, and says where")
    testable: bool = Field(description="A stranger can check each criterion")
    files_exist: bool = Field(description="The files that it is about are there")
    reason: str = Field(description="One or two sentences; where the answer is no, what is missing")

    @property
    def is_yes(self) -> bool:
        """Nothing speaks against it."""
        return self.worth_it and self.specific and self.testable and self.files_exist

    def why(self) -> str:
        """The reason, and what speaks against it."""
        checks = {
            "not worth it": self.worth_it,
            "not specific": self.specific,
            "not testable": self.testable,
            "its files are not there": self.files_exist,
        }
        against = ", ".join(name for name, good in checks.items() if not good)
        reason = _kept(self.reason)
        return f"{against}: {reason}" if against else reason


def _all(texts: list[str]) -> tuple[str, ...]:
    return tuple(kept for text in texts[:MOST] if (kept := " ".join(_kept(text).split())))


def _kept(text: str) -> str:
    return cut(plain(text), LONGEST).strip()
