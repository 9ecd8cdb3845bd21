"""Where an agent's Claude Code CLI keeps its state: a folder of the run's own, so that it needs none of yours.

In the folder are the run's transcripts; your settings, memory, skills and plugins are links to yours, which the
cage keeps read-only; of `~/.claude.json` it gets who you are and your MCP servers. It works where a key is in the
environment. A login can't be shared that way, since the CLI renews it: then it uses `~/.claude` itself.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")

YOURS = ("settings.json", "CLAUDE.md", "agents", "commands", "output-styles", "plugins", "rules", "skills")
"""What of `~/.claude` an agent shall find as you have it, and never change."""

OF_THE_CONFIG = ("hasCompletedOnboarding", "installMethod", "mcpServers", "oauthAccount", "userID")
"""What of `~/.claude.json` it gets; the rest is the history of your other work."""

CONFIG = ".claude.json"
VARIABLE = "CLAUDE_CONFIG_DIR"


def has_key(environ: Mapping[str, str]) -> bool:
    """Whether the CLI needs no login."""
    return any(environ.get(name) for name in KEYS)


def yours(environ: Mapping[str, str]) -> Path:
    """The user's own folder."""
    given = environ.get(VARIABLE)
    return Path(given) if given else Path(environ.get("HOME") or os.path.expanduser("~")) / ".claude"


def make_own(folder: Path, environ: Mapping[str, str], session: str) -> None:
    """Make the run's own folder, or take up the one that is there; a conversation begun elsewhere moves in."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = yours(environ)
    for name in YOURS:
        link = folder / name
        if (source / name).exists() and not os.path.lexists(link):
            link.symlink_to((source / name).resolve())
    _seed(folder / CONFIG, config_file(environ))
    if not any(folder.glob(f"projects/*/{session}.jsonl")):
        for found in source.glob(f"projects/*/{session}.jsonl"):
            place = folder / "projects" / found.parent.name
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, place)


def config_file(environ: Mapping[str, str]) -> Path:
    """The user's `.claude.json`: beside the folder, or in it where they named one."""
    return yours(environ) / CONFIG if environ.get(VARIABLE) else yours(environ).parent / CONFIG


def share(environ: Mapping[str, str]) -> Path:
    """Have the CLI keep all its state in the user's folder, where a login is; the folder."""
    folder = yours(environ)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not environ.get(VARIABLE):
        _seed(folder / CONFIG, config_file(environ))
    return folder


def _seed(path: Path, source: Path) -> None:
    """Write what of the user's configuration an agent gets, where there is none yet."""
    if path.exists():
        return
    data: dict[str, object] = {}
    with suppress(OSError, ValueError):
        found = json.loads(source.read_text(encoding="utf-8"))
        data = {name: found[name] for name in OF_THE_CONFIG if name in found} if isinstance(found, dict) else {}
    path.touch(mode=0o600)
    path.write_text(json.dumps({"hasCompletedOnboarding": True} | data), encoding="utf-8")
