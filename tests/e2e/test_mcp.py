"""The MCP server with a real client, over stdio and over HTTP: what callers may do, and what they may not."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from cockpit import events, run_tokens
from cockpit.api import Cockpit
from cockpit.cli.mcp import for_starter
from cockpit.mcpserver import tools
from cockpit.mcpserver.callers import Caller
from cockpit.mcpserver.server import build
from cockpit.mcpserver.tools import Proposed, Tools
from cockpit.places import Places
from cockpit.state import TaskState
from tests.e2e.desk import Desk, sits_down
from tests.e2e.scripts import scripted
from tests.repos import make_repo

TOOLS = ["ask_user", "create_tasks", "list_tasks", "report", "report_progress", "show_task", "status"]


@asynccontextmanager
async def over_stdio(root: Path, **environ: str) -> AsyncIterator[Client]:
    where = StdioServerParameters(
        command=sys.executable, args=["-m", "cockpit", "mcp"], cwd=root, env={"HOME": str(root.parent), **environ}
    )
    async with Client(stdio_client(where)) as client:
        yield client


@contextmanager
def server(root: Path) -> Iterator[str]:
    """A server on a free port; its address."""
    command = [sys.executable, "-m", "cockpit", "mcp", "--http"]
    environ = os.environ | {"HOME": str(root.parent)}
    with subprocess.Popen(
        command, cwd=root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as it:
        try:
            assert it.stdout is not None
            assert it.stderr is not None
            url = it.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), it.stderr.read()
            yield url
        finally:
            it.terminate()
            assert it.wait(60) == 0, it.stderr.read() if it.stderr else ""


@asynccontextmanager
async def over_http(url: str, token: str) -> AsyncIterator[Client]:
    shown = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=shown, timeout=60, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def within(root: Path, **environ: str) -> AsyncIterator[Client]:
    """The same client and the same server, without a process between them."""
    async with Client(build(for_starter(root, environ))) as client:
        yield client


async def text(client: Client, tool: str, **given: Any) -> str:
    """What a tool says; it must succeed."""
    result = await client.call_tool(tool, given)
    said = "\n".join(getattr(block, "text", "") for block in result.content)
    assert not result.is_error, said
    return said


async def error(client: Client, tool: str, **given: Any) -> str:
    """What a tool says; it must fail."""
    result = await client.call_tool(tool, given)
    said = "\n".join(getattr(block, "text", "") for block in result.content)
    assert result.is_error, said
    return said


async def test_a_client_over_stdio_looks_and_proposes(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    Cockpit(root).add_task("Be there already")
    async with over_stdio(root) as client:
        assert sorted(tool.name for tool in (await client.list_tools()).tools) == TOOLS
        assert "1 waits" in await text(client, "status") or "1 queued" in await text(client, "status")
        proposed = [
            {"title": "Write it", "criteria": ["it is there"], "files": ["app.py"]},
            {"title": "Read it", "kind": "explore", "after": ["Write it", "T1"]},
        ]
        result = await client.call_tool("create_tasks", {"tasks": proposed})
        assert (result.structured_content or {})["tasks"] == ["T2", "T3"]
        assert "only suggested" in (result.structured_content or {})["said"]
        again = await client.call_tool("create_tasks", {"tasks": proposed[:1]})
        assert (again.structured_content or {})["tasks"] == ["T2"]

        listed = (await client.call_tool("list_tasks", {"filter": "state:suggested"})).structured_content or {}
        assert [(t["task"], t["state"]) for t in listed["result"]] == [("T2", "suggested"), ("T3", "suggested")]
        assert "it is there" in await text(client, "show_task", task="T2")
        assert "# " in await text(client, "report")

    tasks = Cockpit(root).state.tasks
    assert tasks["T3"].depends_on == ("T2", "T1")
    assert {t.state for name, t in tasks.items() if name != "T1"} == {TaskState.SUGGESTED}
    assert tasks["T2"].merge is None
    given = [r.event for r in Cockpit(root).events() if isinstance(r.event, events.CommandGiven)]
    assert given[-1].who.endswith(", MCP")


async def test_errors_are_in_words_for_the_model(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    (tmp_path / "nowhere").mkdir()
    async with within(root) as client:
        assert "there is no task 'T9'" in await error(client, "show_task", task="T9")
        assert "no field 'stage'" in await error(client, "list_tasks", filter="stage:ready")
        assert "no kind 'dance'" in await error(client, "create_tasks", tasks=[{"title": "x", "kind": "dance"}])
        assert "1 to 50 tasks" in await error(client, "create_tasks", tasks=[])
        assert "depends on 'T7'" in await error(client, "create_tasks", tasks=[{"title": "x", "after": ["T7"]}])
        assert "the question is empty" in await error(client, "ask_user", question=" ")
        assert "10 to 86400 seconds" in await error(client, "ask_user", question="x?", minutes=0)
        assert "only an agent of the night may report" in await error(client, "report_progress", text="half")
        assert "Unknown tool" in await error(client, "approve", task="T1")
        (root / "cockpit.toml").write_text("[agents]\ncount = 99\n")
        assert "cockpit.toml" in await error(client, "status")
    async with within(tmp_path / "nowhere") as client:
        assert "is in no git repository" in await error(client, "status")


async def test_what_is_asked_waits_in_the_inbox_and_the_answer_comes_back(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    with sits_down(root) as user:
        async with over_stdio(root) as client:
            late = asyncio.create_task(client.call_tool("ask_user", {"question": "Anybody?", "minutes": 10.0 / 60}))
            await user.comes(lambda s: "Q1" in s.questions)
            asking = asyncio.create_task(
                client.call_tool("ask_user", {"question": "Which port?", "choices": ["8080", "9090"], "minutes": 5})
            )
            state = await user.comes(lambda s: "Q2" in s.questions)
            question = state.questions["Q2"]
            assert (question.text, question.caller, question.run) == ("Which port?", "mcp", "")
            entry = next(e for e in user.status()["inbox"] if e["question"] == "Q2")
            assert "Which port? (1 8080, 2 9090)" in entry["why"]
            assert "Q2  mcp, " in user.ok("questions")
            assert "on its way to mcp" in user.ok("answer", "Q2", "2")
            found = (await asking).structured_content or {}
            assert (found["answered"], found["answer"], found["by"]) == (True, "9090", "you")
            assert "mcp has it" in user.ok("questions", "--all")

            found = (await late).structured_content or {}
            assert (found["answered"], found["question"]) == (False, "Q1")
            assert "Decide yourself" in found["why"]
            await user.comes(lambda s: not s.open_questions())

            left = asyncio.create_task(client.call_tool("ask_user", {"question": "Still there?", "minutes": 60}))
            await user.comes(lambda s: s.open_questions())
            left.cancel()
        state = await user.comes(lambda s: "Q3" in s.questions and not s.open_questions())
        assert state.questions["Q3"].closed == "whoever asked no longer waits for an answer"
        assert "can't be answered any more" in user.fails("answer", "Q3", "yes", code=1)
        assert user.status()["inbox"] == []


async def test_over_http_only_with_a_token_and_only_from_here(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    folder = Places(root).folder
    with server(root) as url:
        token = (folder / "mcp.token").read_text().strip()
        assert stat.S_IMODE((folder / "mcp.token").stat().st_mode) == 0o600
        async with over_http(url, token) as client:
            assert sorted(tool.name for tool in (await client.list_tools()).tools) == TOOLS
            assert (await client.call_tool("create_tasks", {"tasks": [{"title": "By port"}]})).structured_content
            assert "By port" in await text(client, "list_tasks")

        good = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        async with httpx2.AsyncClient(trust_env=False) as http:
            for status, headers in (
                (401, {}),
                (401, {"Authorization": "Bearer guess"}),
                (401, {"Authorization": f"Basic {token}"}),
                (401, {"Authorization": f"Bearer T1-1.{'0' * 64}"}),
                (403, good | {"Origin": "http://evil.example"}),
                (403, good | {"Origin": "null"}),
                (421, good | {"Host": "evil.example"}),
                (421, good | {"Host": f"evil.example:{url.split(':')[2].split('/')[0]}"}),
            ):
                answer = await http.post(url, headers=headers, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
                assert answer.status_code == status, f"{headers}: {answer.text}"


@asynccontextmanager
async def at_work(tmp_path: Path) -> AsyncIterator[tuple[Path, Desk]]:
    """A repository in which agent-1 holds T1, by the run T1-1, and gets nothing done."""
    root = scripted(tmp_path, [{"run": "env > $COCKPIT_TASK.env"}, {"hang": True}])
    with sits_down(root) as user:
        user.ok("task", "add", "Take long")
        user.ok("task", "add", "Wait")
        user.ok("run", "--detach")
        await user.comes(lambda s: "T1-1" in s.runs and s.tasks["T1"].state is TaskState.WORKING)
        yield root, user


async def test_only_the_agent_that_holds_a_task_may_report_on_it(tmp_path: Path) -> None:
    async with at_work(tmp_path) as (root, user):
        folder = user.places.folder
        own = run_tokens.of_run(folder, "T1-1")
        async with over_stdio(root, COCKPIT_RUN_TOKEN=own) as client:
            assert await text(client, "report_progress", text="the parser is written", done=0.4) == "noted for T1"
            assert "between 0 and 1" in await error(client, "report_progress", text="x", done=40)
            mine = (await client.call_tool("create_tasks", {"tasks": [{"title": "An idea"}]})).structured_content or {}
            assert mine["queued"] is False
        assert "40 % at" in user.ok("task", "show", "T1")
        async with within(root, COCKPIT_RUN_TOKEN=f"T1-1.{'0' * 64}") as client:
            assert "is no token of this repository's runs" in await error(client, "report_progress", text="forged")
        async with within(root, COCKPIT_RUN_TOKEN=run_tokens.of_run(folder, "T2-1")) as client:
            assert "there is no run 'T2-1'" in await error(client, "report_progress", text="not mine")
        with server(root) as url:
            async with over_http(url, own) as client:
                assert await text(client, "report_progress", text="and tested") == "noted for T1"
                asking = asyncio.create_task(client.call_tool("ask_user", {"question": "Go on?", "minutes": 5}))
                state = await user.comes(lambda s: s.open_questions())
                assert [q.asker for q in state.open_questions()] == ["agent-1"]
                assert state.is_asking("T1-1")
                user.ok("answer", "1", "yes, go on")
                assert ((await asking).structured_content or {})["answer"] == "yes, go on"
        user.ok("kill", "1")
        await user.comes(lambda s: s.runs["T1-1"].outcome)
        async with within(root, COCKPIT_RUN_TOKEN=own) as client:
            assert "T1-1 does not hold T1 any more" in await error(client, "report_progress", text="too late")
        run = Cockpit(root).state.runs["T1-1"]
        assert (run.told, run.tellings) == ("and tested", 2)
        ledger = "".join(str(r.event) for r in user.log())
        assert own.rpartition(".")[2] not in ledger


async def test_a_caller_that_goes_before_its_question_has_a_name_leaves_none_behind(tmp_path: Path) -> None:
    cockpit = Cockpit(make_repo(tmp_path))

    async def pulse(_: float) -> None:
        return

    asking = asyncio.create_task(Tools(cockpit, Caller("claude")).ask_person("Still there?", (), False, 600.0, pulse))
    while not tools._being_asked:  # the question is still being given, by a thread
        await asyncio.wait({asking}, timeout=0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    state = await asyncio.to_thread(cockpit.wait, lambda s: "Q1" in s.questions and not s.open_questions(), 60)
    assert state.questions["Q1"].closed


def test_a_server_that_is_told_to_end_takes_back_what_it_asked(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "hand", "version": "1"}}
    asks = {"name": "ask_user", "arguments": {"question": "Still there?", "minutes": 60}}
    lines: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": asks},
    ]
    with sits_down(root) as user:
        command = [sys.executable, "-m", "cockpit", "mcp"]
        with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as it:
            assert it.stdin is not None
            it.stdin.write("".join(json.dumps({"jsonrpc": "2.0", **line}) + "\n" for line in lines))
            it.stdin.flush()
            assert user.sees(lambda s: s.open_questions()).questions["Q1"].caller == "hand"
            it.terminate()
            assert it.wait(60) == 0
        assert not user.state().open_questions()


@pytest.mark.parametrize("queue", [True, False])
def test_what_is_proposed_is_queued_only_where_the_owner_says_so(tmp_path: Path, queue: bool) -> None:
    cockpit = Cockpit(make_repo(tmp_path))
    found = Tools(cockpit, Caller("claude"), queue).create_tasks([Proposed("One")])
    assert (found["queued"], cockpit.task("T1").state == "queued") == (queue, queue)
    by_agent = Tools(cockpit, Caller("claude", run="T1-1"), queue).create_tasks([Proposed("Two")])
    assert (by_agent["queued"], cockpit.task("T2").state) == (False, TaskState.SUGGESTED)
