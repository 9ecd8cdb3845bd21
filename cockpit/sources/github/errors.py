"""What can go wrong with GitHub, in words that say what to do. Callers know these alone, not the library's.

GitHubError
├── NoAccess         no token, or one that GitHub does not know
├── Denied           the token has not the right; names the one that is missing
├── Missing          there is no such thing, or the token may not see it
├── Refused          GitHub understood and said no (422, 409, 405); `status` and `codes` say more
├── Limited          nobody may ask before `until`; nothing was sent
└── Unreachable      the line or GitHub is down; `sent` where nobody knows whether it was done
    └── BreakerOpen  it failed so often that nothing is sent before `until`
"""

from __future__ import annotations


class GitHubError(Exception):
    """GitHub could not be asked, or said no; the text is for a person."""


class NoAccess(GitHubError):
    """There is no token, or GitHub does not take it."""


class Denied(GitHubError):
    """The token lacks a permission."""


class Missing(GitHubError):
    """404: it is not there, or the token may not see it."""


class Refused(GitHubError):
    """GitHub said no to what was asked."""

    def __init__(self, text: str, status: int, codes: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.status, self.codes = status, codes

    @property
    def is_there_already(self) -> bool:
        """What was to be made exists."""
        return "already_exists" in self.codes or "already exists" in str(self).lower()


class Limited(GitHubError):
    """A limit is reached: all who share the quota wait."""

    def __init__(self, text: str, until: float) -> None:
        super().__init__(text)
        self.until = until


class Unreachable(GitHubError):
    """No usable answer, though it was tried again where that is safe."""

    def __init__(self, text: str, *, sent: bool = False) -> None:
        super().__init__(text)
        self.sent = sent


class BreakerOpen(Unreachable):
    """Too many failures in a row."""

    def __init__(self, text: str, until: float) -> None:
        super().__init__(text)
        self.until = until
