"""Which repository on GitHub a remote's address means, and where its API is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cockpit.config_github import GitHubConfig
from cockpit.sources.github.errors import GitHubError

PUBLIC = "https://api.github.com"

_ADDRESS = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/\s]+@)?(?P<host>[^:/\s]+)(?::\d+)?/|(?:[^@/\s]+@)?(?P<scp>[^:/\s]{2,}):)"
    r"(?P<owner>[A-Za-z0-9._-]+)/(?P<name>[A-Za-z0-9._-]+?)(?:\.git)?/?$"
)


@dataclass(frozen=True, slots=True)
class Where:
    """A repository on GitHub."""

    repo: str
    """`owner/name`."""
    base_url: str = PUBLIC

    @property
    def web(self) -> str:
        """Where people look at it."""
        site = "https://github.com" if self.base_url == PUBLIC else re.sub(r"/api/v3/?$", "", self.base_url)
        return f"{site}/{self.repo}"


def where(settings: GitHubConfig, remote: str) -> Where:
    """The repository that is configured, or that the address of the remote names. Raises GitHubError."""
    found = _ADDRESS.match(remote.strip())
    repo = settings.repo or (f"{found['owner']}/{found['name']}" if found else "")
    if not repo:
        said = "names no repository on GitHub" if remote.strip() else "is not set"
        raise GitHubError(f'the remote `origin` {said}: set [github] repo = "owner/name" in cockpit.toml')
    base = settings.base_url.rstrip("/")
    host = (found["host"] or found["scp"]).lower() if found else "github.com"
    if not base:
        base = PUBLIC if settings.repo or host in ("github.com", "ssh.github.com") else f"https://{host}/api/v3"
    return Where(repo, base)
