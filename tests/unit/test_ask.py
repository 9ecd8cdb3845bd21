"""Model calls that answer once: by the SDK in a child process, and by a CLI that stands in for the real one."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from cockpit.agents.answers import VerdictAnswer
from cockpit.agents.ask import AskFailed, Question, Reply, ask
from cockpit.tokens import Tokens
from tests.fakes.api_process import marked_processes
from tests.fakes.wire import Reply as Wired
from tests.fakes.wire import text, wire

GOOD: dict[str, Any] = {"approve": True, "summary": "Good.", "criteria": [], "findings": []}
BAD: dict[str, Any] = {"approve": "perhaps"}


def question(folder: Path, **changes: Any) -> Question:
    """A review."""
    values: dict[str, Any] = {
        "role": "reviewer",
        "model": "claude-sonnet-4-5",
        "system": "You are the reviewer.",
        "prompt": "Task T1: review it",
        "schema": VerdictAnswer.model_json_schema(),
        "directory": folder / "asks" / "T1-1",
    }
    return Question(**(values | changes))


def variables(folder: Path, url: str = "http://127.0.0.1:9") -> dict[str, str]:
    """What the child gets."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "COCKPIT_RUN": str(folder),
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "test-key",
    }


async def by_api(folder: Path, url: str, **changes: Any) -> Reply:
    """Ask by the SDK."""
    asked = question(folder, **changes)
    return await ask(asked, answer=VerdictAnswer, way="api", environment=variables(folder, url))


async def test_an_answer_in_the_schema_is_checked_and_priced(tmp_path: Path) -> None:
    with wire(Wired([text(json.dumps(GOOD))])) as server:
        reply = await by_api(tmp_path, server.url)
    assert reply.data == VerdictAnswer(**GOOD)
    assert reply.usd == pytest.approx((100 * 3 + 10 * 15) / 1e6)
    assert (reply.tokens, reply.model, reply.source) == (110, "claude-sonnet-4-5", "genai-prices")
    (request,) = server.requests
    assert request["output_config"]["format"] == {"type": "json_schema", "schema": VerdictAnswer.model_json_schema()}
    assert request["system"] == "You are the reviewer."
    assert "tools" not in request
    kept = {path.name for path in (tmp_path / "asks" / "T1-1").iterdir()}
    assert kept == {"1.question", "1.answer", "1.errors"}


async def test_an_answer_outside_the_schema_is_asked_for_once_more_with_the_problem(tmp_path: Path) -> None:
    with wire(Wired([text(json.dumps(BAD))]), Wired([text(json.dumps(GOOD))])) as server:
        reply = await by_api(tmp_path, server.url)
    assert reply.data == VerdictAnswer(**GOOD)
    assert reply.tokens == 220
    assert reply.usd == pytest.approx(2 * (100 * 3 + 10 * 15) / 1e6)
    again = server.requests[1]["messages"][0]["content"]
    assert again.startswith("Task T1: review it")
    assert "approve: Input should be a valid boolean" in again
    assert '{"approve": "perhaps"}' in again


async def test_two_bad_answers_fail_with_all_that_was_spent(tmp_path: Path) -> None:
    with (
        wire(Wired([text("I like it")]), Wired([text(json.dumps(BAD))])) as server,
        pytest.raises(AskFailed, match="outside the schema, 2 times: approve: Input") as caught,
    ):
        await by_api(tmp_path, server.url)
    assert "it is not JSON" in server.requests[1]["messages"][0]["content"]
    assert caught.value.tokens == 220
    assert caught.value.usd == pytest.approx(0.0009)
    assert caught.value.source == "genai-prices"


async def test_an_answer_that_was_cut_is_asked_for_again_by_itself_and_counted(tmp_path: Path) -> None:
    cut = Wired([text(json.dumps(GOOD))], cut=True)
    with wire(cut, Wired([text(json.dumps(GOOD))])) as server:
        reply = await by_api(tmp_path, server.url)
    assert server.requests[0] == server.requests[1]
    assert 110 + 100 < reply.tokens <= 110 + 100 + len(json.dumps(GOOD)) // 4


async def test_an_answer_over_the_limit_is_a_bad_answer(tmp_path: Path) -> None:
    with wire(Wired([text("{")], stop="max_tokens"), Wired([text(json.dumps(GOOD))])) as server:
        assert (await by_api(tmp_path, server.url)).data.approve
    assert "be brief" in server.requests[1]["messages"][0]["content"]


async def test_a_refused_key_fails_at_once(tmp_path: Path) -> None:
    with (
        wire(Wired(status=401, error="authentication_error")) as server,
        pytest.raises(AskFailed, match="the reviewer could not be asked: 401 authentication_error") as caught,
    ):
        await by_api(tmp_path, server.url)
    assert len(server.requests) == 1
    assert (caught.value.usd, caught.value.tokens) == (0.0, 0)


async def test_money_that_is_not_there_is_not_spent(tmp_path: Path) -> None:
    with wire() as server, pytest.raises(AskFailed, match="budget"):
        await by_api(tmp_path, server.url, max_usd=0.0001)
    assert server.requests == []


async def test_a_model_without_a_price_has_an_unknown_cost(tmp_path: Path) -> None:
    with wire(Wired([text(json.dumps(GOOD))]), model="homemade") as server:
        reply = await by_api(tmp_path, server.url, model="homemade")
    assert (reply.usd, reply.tokens, reply.source) == (None, 110, "unknown")


async def test_cancelling_ends_the_child(tmp_path: Path) -> None:
    held = Wired([text("never")], hold=threading.Event())
    with wire(held) as server:
        task = asyncio.create_task(by_api(tmp_path, server.url))
        assert await asyncio.to_thread(held.begun.wait, 60)
        assert marked_processes(tmp_path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert marked_processes(tmp_path) == []


async def test_no_answer_in_time_ends_the_child_and_says_that_its_cost_is_unknown(tmp_path: Path) -> None:
    with wire(Wired([text("never")], hold=threading.Event())) as server:
        with pytest.raises(AskFailed, match=r"no answer within 0\.2 s") as caught:
            await ask(
                question(tmp_path),
                answer=VerdictAnswer,
                way="api",
                environment=variables(tmp_path, server.url),
                timeout_s=0.2,
            )
        assert caught.value.source == "unknown"
        assert marked_processes(tmp_path) == []


def stand_in(folder: Path, *outputs: str, code: int = 0) -> str:
    """A command that prints one prepared output a call and keeps its arguments and input."""
    for number, output in enumerate(outputs, start=1):
        (folder / f"say.{number}").write_text(output)
    path = folder / "claude"
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, os, pathlib, sys\n"
        f"folder = pathlib.Path({str(folder)!r})\n"
        "number = 1 + len(list(folder.glob('heard.*')))\n"
        "heard = [sys.argv[1:], sys.stdin.read(), dict(os.environ)]\n"
        "(folder / f'heard.{number}').write_text(json.dumps(heard))\n"
        "sys.stdout.write((folder / f'say.{number}').read_text())\n"
        f"sys.stderr.write('it hurts')\nsys.exit({code})\n"
    )
    path.chmod(0o755)
    return str(path)


def result(**changes: Any) -> str:
    """The CLI's result."""
    usage = {"inputTokens": 100, "outputTokens": 10, "cacheReadInputTokens": 5, "cacheCreationInputTokens": 1}
    values = {"is_error": False, "subtype": "success", "result": "ok", "total_cost_usd": 0.25}
    return json.dumps(values | {"modelUsage": {"claude-opus-5-5": usage}} | changes)


async def by_claude(folder: Path, command: str, **changes: Any) -> Reply:
    """Ask by the CLI."""
    return await ask(
        question(folder, **changes),
        answer=VerdictAnswer,
        way="claude",
        command=command,
        environment=variables(folder),
    )


async def test_the_cli_gets_the_prompt_on_stdin_and_no_tools(tmp_path: Path) -> None:
    command = stand_in(tmp_path, result(structured_output=GOOD))
    reply = await by_claude(tmp_path, command, max_usd=2.0)
    used = (Tokens("claude-opus-5-5", 100, 10, 5, 1),)
    assert reply == Reply(VerdictAnswer(**GOOD), 0.25, 116, "claude-opus-5-5", "cli", used=used)
    arguments, said, environment = json.loads((tmp_path / "heard.1").read_text())
    assert said == "Task T1: review it"
    assert {"--tools=", "--system-prompt=You are the reviewer.", "--no-session-persistence"} <= set(arguments)
    assert arguments[-2:] == ["--max-budget-usd", "2.0000"]
    assert environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:9"


async def test_a_cli_answer_without_structure_is_asked_for_once_more(tmp_path: Path) -> None:
    command = stand_in(tmp_path, result(result="Looks fine"), result(structured_output=GOOD))
    reply = await by_claude(tmp_path, command, max_usd=2.0)
    assert (reply.usd, reply.tokens) == (0.5, 232)
    arguments, said, _ = json.loads((tmp_path / "heard.2").read_text())
    assert "no answer in the schema was given" in said
    assert "Looks fine" in said
    assert arguments[-1] == "1.7500"


async def test_what_nobody_saw_of_an_answer_that_broke_off_is_charged_at_its_most(tmp_path: Path) -> None:
    whole = {"input_tokens": 100, "output_tokens": 8}
    command = stand_in(tmp_path, result(structured_output=GOOD, usage=whole), result(structured_output=GOOD))
    broken = await by_claude(tmp_path, command, max_usd=2.0, answer_usd=0.5, answer_tokens=1000)

    assert broken.usd == 0.25
    assert 0.0 < broken.open_usd < 0.5
    assert (await by_claude(tmp_path, command, max_usd=2.0, answer_usd=0.5)).open_usd == 0.0


async def test_an_error_of_the_cli_is_not_tried_again(tmp_path: Path) -> None:
    command = stand_in(tmp_path, result(is_error=True, result="API Error: 400"), code=1)
    with pytest.raises(AskFailed, match="could not be asked: API Error: 400") as caught:
        await by_claude(tmp_path, command)
    assert (caught.value.usd, caught.value.source) == (0.25, "cli")


async def test_a_cli_that_prints_garbage_is_quoted(tmp_path: Path) -> None:
    command = stand_in(tmp_path, "garbage", code=3)
    with pytest.raises(AskFailed, match="claude ended with 3: it hurts"):
        await by_claude(tmp_path, command)


async def test_a_missing_cli_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(AskFailed, match=r"no 'claude-nowhere'; install Claude Code"):
        await by_claude(tmp_path, "claude-nowhere")


def test_importing_ask_loads_neither_the_sdk_nor_pydantic() -> None:
    code = (
        "import sys, cockpit.agents.ask; sys.exit(bool({'anthropic', 'pydantic', 'genai_prices'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
