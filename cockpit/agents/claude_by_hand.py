"""The Claude Code CLI in a person's hands, on an agent's conversation: how it starts, and what it cost.

It runs on the agent's own settings but for the permissions: a person is there to be asked. In its own
configuration it is told that the worktree is to be trusted, which is the cockpit's own and has been worked in
with every permission already; and, where a key is in the environment, that there is no login to go through and
that this key, with which the conversation was held so far, may be used. Nothing else of the user's is touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cockpit.agents import Spec
from cockpit.agents.claude import binary, setting_sources

KEY, TOKEN = "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"
KEY_TAIL = 20
"""Characters at a key's end by which the CLI knows it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a conversation cost so far, by the CLI's own count."""

    usd: float
    tokens: int
    model: str = ""


def argv(spec: Spec, environ: Mapping[str, str]) -> list[str]:
    """The command line. Raises LaunchError where there is no CLI."""
    known = transcript(spec.session, environ) is not None
    command = [binary(spec.command, environ), "--resume" if known else "--session-id", spec.session]
    return [*command, "--setting-sources", setting_sources(spec), *(["--model", spec.model] if spec.model else [])]


def prepare(spec: Spec, environ: Mapping[str, str]) -> None:
    """See to it that the CLI asks nothing that was decided already."""
    path = _home(environ).parent / ".claude.json" if "CLAUDE_CONFIG_DIR" not in environ else None
    path = path or Path(environ["CLAUDE_CONFIG_DIR"]) / ".claude.json"
    path = Path(os.path.realpath(path))
    data = _read(path)
    if data is not None and _accept(data, spec, environ):
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(data, indent=2), encoding="utf-8")
        os.replace(temporary, path)


def _read(path: Path) -> dict[str, Any] | None:
    """The CLI's configuration; None where it can't be read, and so is better let alone."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return {}
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def _accept(data: dict[str, Any], spec: Spec, environ: Mapping[str, str]) -> bool:
    """Note what was decided; whether anything was new."""
    before = json.dumps(data, sort_keys=True)
    project = data.setdefault("projects", {}).setdefault(os.path.realpath(spec.worktree), {})
    project.setdefault("hasTrustDialogAccepted", True)
    if environ.get(KEY) or environ.get(TOKEN):
        data.setdefault("hasCompletedOnboarding", True)
    if key := environ.get(KEY):
        answers = data.setdefault("customApiKeyResponses", {})
        approved, rejected = answers.setdefault("approved", []), answers.setdefault("rejected", [])
        if key[-KEY_TAIL:] not in (*approved, *rejected):
            approved.append(key[-KEY_TAIL:])
    return json.dumps(data, sort_keys=True) != before


def cost(session: str, environ: Mapping[str, str]) -> Cost | None:
    """What the conversation cost so far, over all its processes; None where the CLI does not say."""
    path = transcript(session, environ)
    last: Cost | None = None
    if path is not None:
        with suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if '"cost-state"' in line:
                    last = _cost(line) or last
    return last


def _cost(line: str) -> Cost | None:
    try:
        data = json.loads(line)
        if data["type"] != "cost-state":
            return None
        usage = data.get("modelUsage") or {}
        kinds = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
        tokens = sum(int(model.get(kind, 0)) for model in usage.values() for kind in kinds)
        return Cost(float(data["totalCostUSD"]), tokens, ", ".join(usage))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def transcript(session: str, environ: Mapping[str, str]) -> Path | None:
    """The conversation's file, where the CLI has written one."""
    return next(_home(environ).glob(f"projects/*/{session}.jsonl"), None)


def _home(environ: Mapping[str, str]) -> Path:
    given = environ.get("CLAUDE_CONFIG_DIR")
    return Path(given) if given else Path(environ.get("HOME") or os.path.expanduser("~")) / ".claude"
