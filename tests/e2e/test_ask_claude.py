"""A review by the real Claude Code CLI, against a local Messages API."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cockpit.agents.answers import VerdictAnswer
from cockpit.agents.ask import AskFailed, Question, ask
from tests.fakes.api_process import marked_processes
from tests.fakes.wire import Reply, call, text, wire

pytestmark = pytest.mark.e2e

GOOD = {"approve": True, "summary": "Good.", "criteria": [], "findings": []}
MODEL = "claude-opus-4-5"


@pytest.fixture
def cli() -> str:
    """The CLI's path."""
    if named := os.environ.get("COCKPIT_CLAUDE"):
        return named
    cache = Path(__file__).parents[2] / ".cache" / "claude-code"
    for found in sorted(cache.glob("**/claude-code-*/claude")):
        return str(found)
    pytest.skip(f"there is no Claude Code CLI in COCKPIT_CLAUDE or {cache}")


def question(folder: Path) -> Question:
    """A review."""
    return Question(
        role="reviewer",
        model=MODEL,
        system="You are the reviewer.",
        prompt="Task T1: review it",
        schema=VerdictAnswer.model_json_schema(),
        directory=folder / "ask",
        max_usd=1.0,
    )


def variables(folder: Path, url: str) -> dict[str, str]:
    """What the CLI gets."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "COCKPIT_RUN": str(folder),
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "test-key",
    }


async def test_the_real_cli_answers_in_the_schema_without_tools(tmp_path: Path, cli: str) -> None:
    with wire(Reply([call("StructuredOutput", **GOOD)]), Reply([text("done")]), model=MODEL) as server:
        environment = variables(tmp_path, server.url)
        reply = await ask(question(tmp_path), answer=VerdictAnswer, way="claude", command=cli, environment=environment)
    assert reply.data == VerdictAnswer.model_validate(GOOD)
    assert (reply.source, reply.model) == ("cli", MODEL)
    assert reply.tokens >= 110
    assert reply.usd
    tools = {tool["name"] for tool in server.requests[0]["tools"]}
    assert "StructuredOutput" in tools
    assert not tools & {"Bash", "Read", "Write", "Edit", "WebFetch"}
    assert "You are the reviewer." in str(server.requests[0]["system"])
    assert "Task T1: review it" in str(server.requests[0]["messages"])
    assert not list(tmp_path.glob(".claude/projects/**/*.jsonl"))
    assert marked_processes(tmp_path) == []


async def test_a_model_that_never_gives_the_structure_fails_and_is_paid(tmp_path: Path, cli: str) -> None:
    replies = [Reply([text("I like it.")]) for _ in range(8)]
    with wire(*replies, model=MODEL) as server:
        environment = variables(tmp_path, server.url)
        with pytest.raises(AskFailed, match="outside the schema, 2 times: no answer in the schema") as caught:
            await ask(question(tmp_path), answer=VerdictAnswer, way="claude", command=cli, environment=environment)
        asked = len(server.requests)
    assert caught.value.tokens == 110 * asked
    assert caught.value.usd
    assert "was not accepted" in str(server.requests[-1]["messages"])
