"""GitHub on this machine: a server with state for tests, refereed by GitHub's own OpenAPI description."""

from tests.fakes.github.accounts import App
from tests.fakes.github.server import Fault, Seen, StandIn
from tests.fakes.github.store import Issue, Pull, Repo

__all__ = ["App", "Fault", "Issue", "Pull", "Repo", "Seen", "StandIn"]
