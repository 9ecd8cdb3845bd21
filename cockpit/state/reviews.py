"""What gates and reviewers found."""

from __future__ import annotations

from cockpit.state.kinds import Severity
from cockpit.value import Value, frozen


@frozen
class Comment(Value):
    """What a person wrote beside a change: at a line, a hunk, or a whole file."""

    file: str
    text: str = ""
    line: int = 0
    """The line, or the first one; 0 for the whole file."""
    last: int = 0
    """The last line of a hunk; 0 where it is about one line."""
    old: bool = False
    """The lines are counted as they were before the change."""
    quote: str = ""
    """The line itself, so that it is found again when the numbers have moved."""

    @property
    def where(self) -> str:
        """`dates.py:12`, `dates.py:12-20`, or `dates.py` alone."""
        lines = f":{self.line}{f'-{self.last}' if self.last > self.line else ''}" if self.line else ""
        return f"{self.file}{lines}{' before the change' if self.old else ''}"


@frozen
class GateResult(Value):
    """What one gate said about one merge result."""

    name: str
    passed: bool
    output: str = ""
    """The last part of what it printed, cut to a bound, escape sequences removed."""
    seconds: float = 0.0
    note: str = ""
    """What is to be said of it though it may have passed, in a line."""
    asks: bool = False
    """It did not pass, and no agent can mend that: only a person may let it through."""
    flaky: bool = False
    """It failed, and passed when it was run again on the same tree."""


@frozen
class Finding(Value):
    """One thing a reviewer saw."""

    severity: Severity
    text: str
    file: str = ""
    line: int = 0


@frozen
class CriterionCheck(Value):
    """Whether the reviewer found one acceptance criterion met."""

    criterion: str
    met: bool
    note: str = ""


@frozen
class Verdict(Value):
    """A reviewer's structured answer about one head commit."""

    approve: bool
    summary: str
    criteria: tuple[CriterionCheck, ...] = ()
    findings: tuple[Finding, ...] = ()
    head: str = ""
    """The commit that was reviewed; a verdict counts for no other."""

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that ask for rework."""
        return tuple(f for f in self.findings if f.severity is Severity.BLOCKING)
