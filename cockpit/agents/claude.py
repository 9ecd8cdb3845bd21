"""The Claude Code CLI, headless: stream-json both ways.

It runs with every permission in a worktree of its own; what it asks a person, and the tools that the
configuration wants it to ask about first, come over its stream (`claude_asking`). Pushing is denied, and so is
all that would go on when its turn is over (timers, background commands). Settings and hooks that the
repository brings along don't run. `COCKPIT_CLAUDE`, or the configuration, names another binary.

Imports nothing heavy: every host carries it.
"""

from __future__ import annotations

import itertools
import json
import os
import uuid
from collections.abc import Mapping
from typing import Any

from cockpit.agents import LaunchError, Spec, Translator
from cockpit.agents.claude_stream import ClaudeTranslator
from cockpit.prices import from_environment
from cockpit.run_tokens import VARIABLE

DENIED = (
    "Bash(git push *)",
    "Bash(git -C * push *)",
    "CronCreate",
    "EnterWorktree",
    "ExitWorktree",
    "Monitor",
    "ScheduleWakeup",
)
"""Tools, and commands of tools, that an unattended agent does without; a denial wins over every permission."""

SUBAGENTS = ("Agent", "Task")
"""Tools that begin subagents, by the names that versions have for them."""

CHANGING = ("Bash", "Edit", "MultiEdit", "NotebookEdit", "Write")
"""Tools that change files or run commands."""

MODES = {"all": "bypassPermissions", "edits": "acceptEdits", "ask": "manual", "read": "bypassPermissions"}
"""What the CLI calls our permissions. Who may only read has no tool that could do anything else."""

SWITCHES = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1",  # says when a turn is really over
    "CLAUDE_CODE_EAGER_FLUSH": "1",  # a killed conversation loses less
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",  # files must not change once the turn is over
}


class ClaudeAgent:
    """Starts the CLI and writes its stdin."""

    name = "claude"

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def argv(self, spec: Spec) -> list[str]:
        """The command line. Raises LaunchError where there is no CLI."""
        command = [binary(spec.command), "-p", "--verbose"]
        command += ["--input-format", "stream-json", "--output-format", "stream-json", "--replay-user-messages"]
        command += ["--permission-mode", MODES[spec.permission], "--setting-sources", setting_sources(spec)]
        command += ["--permission-prompt-tool", "stdio"]  # questions to a person come over the stream
        if spec.ask_first:
            command += ["--settings", json.dumps({"permissions": {"ask": list(spec.ask_first)}})]
        if spec.tools:
            command += ["--tools", ",".join(spec.tools)]
        if spec.tools_url:
            command += ["--mcp-config", json.dumps(tools_server(spec.tools_url)), "--allowedTools", "mcp__cockpit"]
        command += ["--disallowedTools", ",".join(_denied(spec))]
        command += ["--resume" if spec.resume and _has_transcript(spec.session) else "--session-id", spec.session]
        if spec.model:
            command += ["--model", spec.model]
        if spec.fallback:
            command += ["--fallback-model", spec.fallback]
        if spec.effort:
            command += ["--effort", spec.effort]
        if spec.context:
            command += ["--add-dir", spec.context]
        if spec.system:
            command += ["--append-system-prompt", spec.system]
        if spec.budget_usd is not None:
            bound = max(spec.budget_usd - spec.hold_back_usd, 0.0001)  # it looks only between two answers
            command += ["--max-budget-usd", f"{bound:.4f}"]
        return command

    def environment(self, spec: Spec) -> Mapping[str, str]:
        """What the CLI needs to run unattended; as root it refuses all permissions unless told of a sandbox."""
        as_root = {"IS_SANDBOX": "1"} if os.geteuid() == 0 else {}
        longest = {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(spec.answer_tokens)} if spec.answer_tokens else {}
        some = {} if spec.subagents is None else {"CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS": str(max(1, spec.subagents))}
        tools = {"MCP_CONNECTION_NONBLOCKING": "0"} if spec.tools_url else {}  # it is there already: begin with it
        return SWITCHES | as_root | longest | some | tools

    def translator(self, spec: Spec) -> Translator:
        """A reader for one process's stream."""
        own = from_environment(os.environ)
        return ClaudeTranslator(spec.worktree, resumed=spec.resume, answer_usd=spec.answer_usd, own_prices=own)

    def say(self, text: str, message: str) -> str:
        """A user message."""
        data = {"type": "user", "message": {"role": "user", "content": text}, "uuid": message or str(uuid.uuid4())}
        return f"{json.dumps(data)}\n"

    def interrupt(self) -> str:
        """End the turn; the process stays."""
        return self._control({"subtype": "interrupt"})

    def end(self) -> str:
        """End the turn, then the process."""
        return self.interrupt() + self._control({"subtype": "end_session", "reason": "done"})

    def poll(self) -> str:
        """Ask for the cost so far; the translator reads the answer."""
        return self._control({"subtype": "get_usage"})

    def _control(self, request: Mapping[str, Any]) -> str:
        data = {"type": "control_request", "request_id": f"cockpit-{next(self._numbers)}", "request": request}
        return f"{json.dumps(data)}\n"


def _denied(spec: Spec) -> tuple[str, ...]:
    """What it does without."""
    subagents = SUBAGENTS if spec.subagents == 0 or spec.permission == "read" else ()
    return (*DENIED, *subagents, *(CHANGING if spec.permission == "read" else ()))


def tools_server(url: str) -> Mapping[str, Any]:
    """The cockpit's server as the CLI's configuration has it; the CLI fills in the token, so no command line has it."""
    headers = {"Authorization": f"Bearer ${{{VARIABLE}}}"}
    return {"mcpServers": {"cockpit": {"type": "http", "url": url, "headers": headers}}}


def setting_sources(spec: Spec) -> str:
    """Whose settings, hooks and MCP servers count: those of the repository only where the user allows it."""
    return "user,project,local" if spec.repo_hooks else "user"


def binary(command: str, environ: Mapping[str, str] = os.environ) -> str:
    """The CLI's path. Raises LaunchError."""
    wanted = command or environ.get("COCKPIT_CLAUDE", "") or "claude"
    folders = [""] if os.sep in wanted else environ.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        path = os.path.abspath(os.path.join(folder, os.path.expanduser(wanted)))
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise LaunchError(
        f"the Claude Code CLI ({wanted}) was not found; install it with "
        "`npm install -g @anthropic-ai/claude-code`, or set agents.command in cockpit.toml to its path, "
        'or use the built-in agent with agents.kind = "api"'
    )


def _has_transcript(session: str) -> bool:
    """Whether the CLI has written anything of the conversation; one killed at once has nothing to resume."""
    home = os.environ.get("CLAUDE_CONFIG_DIR") or os.path.expanduser("~/.claude")
    projects = os.path.join(home, "projects")
    try:
        return any(os.path.exists(os.path.join(projects, name, f"{session}.jsonl")) for name in os.listdir(projects))
    except OSError:
        return False


ADAPTER = ClaudeAgent()
