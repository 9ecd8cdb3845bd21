"""By which way a model is asked that answers once: as the agents work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cockpit.config import Config

KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


def way(config: Config, environ: Mapping[str, str]) -> Literal["claude", "api"]:
    """As the agents work; for a terminal agent by a key, else by the CLI's login."""
    match config.agents.kind:
        case "claude":
            return "claude"
        case "terminal" if not any(environ.get(key) for key in KEYS):
            return "claude"
        case _:
            return "api"


def command(config: Config) -> str:
    """The CLI to ask by; empty: found on PATH."""
    return config.agents.command if config.agents.kind == "claude" else ""
