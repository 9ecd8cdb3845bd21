"""What `cockpit integrate claude` wrote, used by the real Claude Code: commands, MCP server, removing it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cockpit.api import Cockpit
from cockpit.demo.model import ModelServer
from cockpit.demo.script import Play, Scene, bash, by_mcp, scene, step, turn
from cockpit.state import TaskState
from tests.e2e import real
from tests.repos import git, make_repo

pytestmark = pytest.mark.e2e


@dataclass
class Person:
    """Somebody with a repository, `cockpit` and `claude` on the path, and a Claude Code of their own."""

    root: Path
    environ: dict[str, str]
    cli: Path

    def types(self, *words: str) -> str:
        done = subprocess.run(
            words,
            cwd=self.root,
            env=self.environ,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=180,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def asks_claude(self, prompt: str, *more: str) -> dict[str, Any]:
        """One headless turn, with the permissions that Claude Code has by default."""
        said = self.types(str(self.cli), "-p", prompt, "--output-format", "json", "--model", "claude-sonnet-5-5", *more)
        found: dict[str, Any] = json.loads(said)
        return found


@contextmanager
def person(tmp_path: Path, *scenes: Scene) -> Iterator[tuple[Person, ModelServer]]:
    cli, root = real.need_cli(), make_repo(tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, command in (("cockpit", f"{sys.executable} -m cockpit"), ("claude", str(cli))):
        (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (programs / name).chmod(stat.S_IRWXU)
    (tmp_path / "home").mkdir()
    with ModelServer(Play(scenes)) as server:
        environ = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(tmp_path / "home"),
            "DISABLE_AUTOUPDATER": "1",
            "ENABLE_TOOL_SEARCH": "false",  # a scripted model does not look tools up,
            "MCP_CONNECTION_NONBLOCKING": "0",  # nor does it wait for a server that is still starting
            "MCP_TIMEOUT": "120000",
            "MCP_CONNECT_TIMEOUT_MS": "120000",  # five seconds are little on a crowded machine
            "PYTHONPATH": str(real.ROOT),
            **real.talks_to(server.url),
        }
        yield Person(root, environ, cli), server


def said_to_the_model(server: ModelServer) -> str:
    return json.dumps([request.body["messages"] for request in server.requests if "messages" in request.body])


def test_its_commands_reach_the_model_and_the_model_uses_the_cockpit(tmp_path: Path) -> None:
    status = scene("Tell me how it stands", turn(step("One task waits in the queue.")))
    start = scene(
        "To build: a greeting",
        turn(
            step("I add it.", bash("cockpit task add build 'Write a greeting' -c 'it greets'")),
            step("And look.", bash("cockpit status || true")),
            step("T2 is queued."),
        ),
    )
    with person(tmp_path, status, start) as (user, server):
        user.types("cockpit", "integrate", "claude")
        user.types("cockpit", "task", "add", "Mend the clock")

        assert user.asks_claude("/project-status the money")["result"] == "One task waits in the queue."
        told = said_to_the_model(server)
        assert "1 queued" in told, "the status itself is in the prompt"
        assert "nothing is asked" in told
        assert "if anything: the money" in told

        assert user.asks_claude("/implement a greeting")["result"] == "T2 is queued."
        task = Cockpit(user.root).task("T2")
        assert (task.title, task.criteria, task.state) == ("Write a greeting", ("it greets",), TaskState.QUEUED)
        assert "Written by" not in said_to_the_model(server), "our mark costs no tokens"

        user.types("cockpit", "integrate", "claude", "--remove")
        assert git(user.root, "status", "--porcelain") == ""


def test_the_model_uses_the_mcp_server_that_was_written_into_the_project(tmp_path: Path) -> None:
    looking = scene(
        "Look by the tools",
        turn(
            step("I look.", by_mcp("cockpit", "status")),
            step("I propose.", by_mcp("cockpit", "create_tasks", tasks=[{"title": "Oil the clock"}])),
            step("I try more.", by_mcp("cockpit", "show_task", task="T9")),
            step("Done."),
        ),
    )
    with person(tmp_path, looking) as (user, server):
        user.types("cockpit", "integrate", "claude")
        user.types("cockpit", "task", "add", "Mend the clock")
        allowed = "mcp__cockpit__status,mcp__cockpit__create_tasks,mcp__cockpit__show_task"
        assert user.asks_claude("Look by the tools", "--allowedTools", allowed)["result"] == "Done."

        told = said_to_the_model(server)
        assert "1 queued" in told
        assert "only suggested" in told
        assert "there is no task 'T9'" in told
        assert Cockpit(user.root).task("T2").state is TaskState.SUGGESTED
        sizes = {tool["name"]: len(json.dumps(tool)) for r in server.requests for tool in r.body.get("tools", ())}
        assert sum(size for name, size in sizes.items() if name.startswith("mcp__cockpit__")) < 8000


def test_for_the_user_it_is_claude_code_that_keeps_the_servers_entry(tmp_path: Path) -> None:
    with person(tmp_path) as (user, _):
        listed = Path(user.environ["HOME"]) / ".claude.json"
        said = user.types("cockpit", "integrate", "claude", "--user")
        assert f"added: the MCP server `cockpit` in {listed}" in said
        assert json.loads(listed.read_text())["mcpServers"]["cockpit"]["args"] == ["mcp"]
        assert "there already" in user.types("cockpit", "integrate", "claude", "--user").splitlines()[-2]
        assert (
            "knows /project-create"
            in subprocess.run(
                ["cockpit", "doctor"], cwd=user.root, env=user.environ, capture_output=True, text=True, check=False
            ).stdout
        )
        user.types("cockpit", "integrate", "claude", "--user", "--remove")
        assert json.loads(listed.read_text())["mcpServers"] == {}
        assert not (Path(user.environ["HOME"]) / ".claude" / "commands").exists()
        assert git(user.root, "status", "--porcelain") == ""
