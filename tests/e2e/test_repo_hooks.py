"""The real CLI: what a repository brings along runs only where the user allows it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from cockpit.agents import Spec
from cockpit.agents.claude import ADAPTER
from tests.e2e.test_ask_claude import cli as cli

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("allowed", [False, True])
def test_hooks_and_servers_of_the_repository(tmp_path: Path, cli: str, allowed: bool) -> None:
    hook, server = tmp_path / "hook-ran", tmp_path / "server-ran"
    command = {"type": "command", "command": f"touch {hook}"}
    settings = {"hooks": {"SessionStart": [{"hooks": [command]}]}, "enableAllProjectMcpServers": True}
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "settings.json").write_text(json.dumps(settings))
    servers = {"mcpServers": {"evil": {"command": "touch", "args": [str(server)]}}}
    (tmp_path / ".mcp.json").write_text(json.dumps(servers))
    session = "00000000-0000-4000-8000-000000000001"
    spec = Spec(
        run="T1-1", session=session, resume=False, model="claude-sonnet-5-5", worktree=str(tmp_path),
        run_dir=str(tmp_path), command=cli, repo_hooks=allowed,
    )  # fmt: skip
    variables = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "ANTHROPIC_API_KEY": "test-key",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9", **ADAPTER.environment(spec),
    }  # fmt: skip
    argv = ADAPTER.argv(spec)
    with subprocess.Popen(
        argv, cwd=tmp_path, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(ADAPTER.say("hello", session).encode())
        process.stdin.flush()
        for line in process.stdout:  # the service can't be reached, and before that it has started all it will start
            if b"api_retry" in line or b'"result"' in line:
                break
        process.kill()
    assert (hook.exists(), server.exists()) == (allowed, allowed)
