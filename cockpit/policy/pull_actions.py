"""What the policies may ask the engine to do on GitHub; each is one of `actions.Effect`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenPull:
    """Push a task's branch and see that there is a pull request for it."""

    task: str

    @property
    def key(self) -> str:
        """One thing at a time happens to a pull request."""
        return f"pull/{self.task}"


@dataclass(frozen=True, slots=True)
class WatchPull:
    """Look at a pull request in a while: its checks, its reviews, whether it was merged or closed."""

    task: str

    @property
    def key(self) -> str:
        """One thing at a time happens to a pull request."""
        return f"pull/{self.task}"


@dataclass(frozen=True, slots=True)
class MarkIssue:
    """Show on a task's issue how far it is."""

    task: str
    status: str

    @property
    def key(self) -> str:
        """One thing at a time is told to an issue."""
        return f"issue/{self.task}"
