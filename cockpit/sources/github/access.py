"""Who we are to GitHub: a token from the configuration, a command or the environment, or a GitHub App.

Every token is made known to `redact`, so that it can be in no log, ledger or report. Agents never get one.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cockpit import redact
from cockpit.config_github import GitHubConfig
from cockpit.sources.github.errors import NoAccess

COMMAND_SECONDS = 30.0
EARLY_SECONDS = 300.0
"""An installation's token lives an hour; a new one is fetched so long before its end."""

VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")


@dataclass(frozen=True, slots=True)
class AppKey:
    """A GitHub App's own key."""

    app: str
    key: str = field(repr=False)
    installation: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and until when it counts."""

    text: str = field(repr=False)
    expires: float = float("inf")

    def is_good(self, now: float) -> bool:
        """Whether it can be used for some time yet."""
        return now < self.expires - EARLY_SECONDS


def find(settings: GitHubConfig, environ: Mapping[str, str]) -> Token | AppKey:
    """What the configuration gives us. May run a command. Raises NoAccess with what to do."""
    if settings.app.id:
        return AppKey(settings.app.id, _key(settings.app.key_file), settings.app.installation)
    if settings.token:
        return known(settings.token)
    if settings.token_command:
        return known(_printed(settings.token_command, environ))
    for name in VARIABLES:
        if environ.get(name):
            return known(environ[name])
    raise NoAccess(
        'there is no token for GitHub: set GITHUB_TOKEN, or [github] token_command = "gh auth token", '
        "or an App in [github.app]"
    )


def known(text: str, expires: float = float("inf")) -> Token:
    """A token that is written down nowhere from now on."""
    text = text.strip()
    redact.learn({"GITHUB_TOKEN": text})
    return Token(text, expires)


def moment(text: str) -> float:
    """Seconds since the epoch of GitHub's `2026-11-21T14:00:00Z`."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _key(name: str) -> str:
    path = Path(name).expanduser()
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise NoAccess(f"[github.app] key_file {name!r} can't be read: {error}") from error
    if "PRIVATE KEY" not in text:
        raise NoAccess(f"[github.app] key_file {name!r} holds no private key (PEM)")
    return text


def _printed(command: str, environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            shlex.split(command),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            env=dict(environ),
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise NoAccess(f"[github] token_command {command!r} could not be run: {redact.text(str(error))}") from error
    if done.returncode or not done.stdout.strip():
        said = redact.text(done.stderr.strip()[:300]) or "it printed nothing"
        raise NoAccess(f"[github] token_command {command!r} gave no token: {said}")
    return done.stdout
