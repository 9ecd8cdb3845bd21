"""The repository's remotes: where they are, as git is configured."""

from __future__ import annotations

from cockpit.repo.repository import Repository
from cockpit.repo.runner import run


def remote_url(repository: Repository, name: str = "origin") -> str:
    """The address that a remote is fetched from; empty where there is no such remote."""
    done = run(repository.root, "remote", "get-url", "--", name, okay=(0, 2, 128))
    return done.out if done.status == 0 else ""
