"""The cockpit's own tools for the night's agents: who gets them, and what the CLI is told."""

from __future__ import annotations

import json

import pytest

from cockpit.agents import Spec
from cockpit.agents.claude import ADAPTER
from cockpit.cage import BUBBLEWRAP
from cockpit.config import Config
from cockpit.engine.network import refusal


def told(url: str) -> list[str]:
    """The command line of an agent that finds the tools there."""
    return ADAPTER.argv(Spec("T1-1", "s-1", False, "", "/w", "/r", "/bin/true", tools_url=url))


def test_the_cli_is_told_where_the_tools_are_and_not_the_token() -> None:
    assert "--mcp-config" not in told("")
    argv = told("http://127.0.0.1:4711/mcp")
    server = json.loads(argv[argv.index("--mcp-config") + 1])["mcpServers"]["cockpit"]
    assert server["url"] == "http://127.0.0.1:4711/mcp"
    assert server["headers"] == {"Authorization": "Bearer ${COCKPIT_RUN_TOKEN}"}
    assert argv[argv.index("--allowedTools") + 1] == "mcp__cockpit"


@pytest.mark.parametrize(
    ("kind", "agents", "refused"), [("claude", True, True), ("claude", False, False), ("api", True, False)]
)
def test_without_a_network_there_are_no_tools_and_that_is_said_before_the_night(
    kind: str, agents: bool, refused: bool
) -> None:
    table = {"agents": {"kind": kind}, "mcp": {"agents": agents}, "cage": {"network": False}}
    settings = Config.model_validate(table)
    said = refusal(settings, {"ANTHROPIC_API_KEY": "k"}, BUBBLEWRAP)
    assert ("set [mcp] agents = false" in said) is refused
