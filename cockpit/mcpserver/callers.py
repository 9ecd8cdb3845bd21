"""Who calls: the owner's own program, or the agent of a run that has shown that it is that run's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cockpit import run_tokens
from cockpit.text import plain

LONGEST = 40


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever uses a tool."""

    name: str
    """As it calls itself; for a person's eyes."""
    run: str = ""
    """The run whose agent it has shown to be; empty for the owner's own programs."""
    wrong: str = ""
    """Why what it showed does not count; empty where it showed nothing, or the truth."""

    @property
    def by(self) -> str:
        """As the audit trail has it."""
        return f"{self.name} of {self.run}" if self.run else self.name


def named(text: str) -> str:
    """A client's own name, fit to be shown."""
    return " ".join(plain(text).split())[:LONGEST] or "an MCP client"


def from_environment(environ: Mapping[str, str], folder: Path, name: str) -> Caller:
    """The caller over stdio, which was started by it: what it may show is in the environment."""
    token = environ.get(run_tokens.VARIABLE, "")
    if not token:
        return Caller(name)
    run = run_tokens.run_of(folder, token)
    if run is None:
        return Caller(name, wrong=f"{run_tokens.VARIABLE} in the environment is no token of this repository's runs")
    return Caller(name, run)


def from_header(authorization: str, folder: Path, name: str = "") -> Caller | None:
    """The caller over HTTP; None where it may not call at all."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    if run_tokens.is_owner(folder, token.strip()):
        return Caller(name)
    run = run_tokens.run_of(folder, token.strip())
    return Caller(name, run) if run else None
