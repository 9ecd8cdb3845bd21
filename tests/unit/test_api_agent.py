"""The built-in agent: its real process against a local Messages API."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cockpit.agents.stream import (
    Ended,
    Read,
    Retrying,
    Said,
    Spent,
    Started,
    Thought,
    ToolCalled,
    ToolReturned,
)
from cockpit.tokens import Tokens
from tests.fakes.api_process import all_of, api_process, marked_processes, spec_for
from tests.fakes.wire import Reply, call, text, wire

SLOW = "python3 -c 'import time; time.sleep(300)'"


def results(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The tool results in the last message of a request."""
    return [block for block in request["messages"][-1]["content"] if block["type"] == "tool_result"]


def texts(request: dict[str, Any]) -> list[str]:
    """The texts in the last message of a request."""
    return [block["text"] for block in request["messages"][-1]["content"] if block["type"] == "text"]


async def test_a_task_from_the_first_word_to_the_last(tmp_path: Path) -> None:
    spec = spec_for(tmp_path)
    replies = (
        Reply(
            [
                {"type": "thinking", "thinking": "A file, then."},
                text("I write it."),
                call("write", file_path="stats.py", content="def mean(v):\n    return sum(v)\n"),
            ]
        ),
        Reply([call("edit", file_path="stats.py", old_string="sum(v)", new_string="sum(v) / len(v)")]),
        Reply([call("bash", "toolu_3", command="python3 -c 'import stats; print(stats.mean([1, 2]))'")]),
        Reply([text("Done: mean() is there.")]),
    )
    with wire(*replies) as server:
        async with api_process(spec, server.url) as agent:
            message = agent.say("Task T1: write mean()")
            ended = await agent.ended()
            events = agent.events
            assert await agent.ends() == 0

    assert ended == Ended(True, "Done: mean() is there.")
    assert events[0] == Started(spec.session, spec.model)
    assert events[1] == Read(message)
    assert [e.text for e in all_of(events, Thought)] == ["A file, then."]
    assert [e.text for e in all_of(events, Said)] == ["I write it.", "Done: mean() is there."]
    write, edit, bash = all_of(events, ToolCalled)
    assert (write.step, edit.step) == ("write stats.py", "edit stats.py")
    assert bash.step == "$ python3 -c 'import stats; print(stats.mean([1, 2]))'"
    assert "+def mean(v):" in write.detail
    assert "-    return sum(v)\n+    return sum(v) / len(v)\n" in edit.detail
    assert [e.output for e in all_of(events, ToolReturned)][-1] == "1.5"
    assert not any(e.failed for e in all_of(events, ToolReturned))
    assert [e.tokens for e in all_of(events, Spent)] == [110, 220, 330, 440]
    spent = all_of(events, Spent)[-1]
    assert spent.usd == pytest.approx(4 * (100 * 3 + 10 * 15) / 1e6)
    assert (spent.model, spent.source) == ("claude-sonnet-4-5", "genai-prices")
    assert agent.stderr == ""

    first = server.requests[0]
    assert first["messages"][0]["content"][0]["text"] == "Task T1: write mean()"
    assert first["system"][0]["text"].startswith("You are a builder.")
    assert [t["name"] for t in first["tools"]] == ["bash", "read", "write", "edit", "glob", "grep", "ask_user"]
    assert "thread" not in first
    for request in server.requests:
        assert request["system"][0]["cache_control"] == {"type": "ephemeral"}
        marks = [("cache_control" in block) for m in request["messages"] for block in m["content"]]
        assert marks == [False] * (len(marks) - 1) + [True]
    assert "test-key" in " ".join(server.headers[0].values())


async def test_a_message_in_the_middle_goes_in_beside_the_tool_results(tmp_path: Path) -> None:
    go = tmp_path / "go"
    wait = f"python3 -c \"import os, time\nwhile not os.path.exists('{go}'): time.sleep(0.01)\""
    with wire(Reply([call("bash", command=wait)]), Reply([text("Understood.")])) as server:
        async with api_process(spec_for(tmp_path), server.url) as agent:
            agent.say("go")
            await agent.uses_tool()
            message = agent.say("name it median")
            assert Read(message) not in agent.events
            go.touch()
            assert (await agent.ended()).ok
            assert Read(message) in agent.events
    assert len(server.requests) == 2
    assert len(results(server.requests[1])) == 1
    assert texts(server.requests[1]) == ["name it median"]


async def test_a_message_during_the_last_answer_is_answered_in_the_same_turn(tmp_path: Path) -> None:
    last = Reply([text("Done.")], hold=threading.Event())
    with wire(last, Reply([text("That too.")])) as server:
        async with api_process(spec_for(tmp_path), server.url) as agent:
            agent.say("go")
            await agent.until(lambda events: bool(all_of(events, Read)))
            message = agent.say("and the docs")
            # The agent reads its orders in order, so a garbled one after it, complained about, shows it came in.
            os.write(agent._stdin, b"not an order\n")
            await agent.until(lambda _: "not an order" in agent.stderr)
            assert last.hold is not None
            last.hold.set()
            assert await agent.ended() == Ended(True, "That too.")
            assert Read(message) in agent.events
            assert len(all_of(agent.events, Ended)) == 1


async def test_an_interrupt_ends_the_turn_and_the_command_with_all_its_children(tmp_path: Path) -> None:
    spec = spec_for(tmp_path)
    command = f"setsid {SLOW} & {SLOW}"
    replies = (
        Reply(
            [
                call("write", file_path="a", content="1"),
                call("bash", "toolu_2", command=command),
                call("read", "toolu_3", file_path="a"),
            ]
        ),
        Reply([text("I see.")]),
    )
    with wire(*replies) as server:
        async with api_process(spec, server.url) as agent:
            agent.say("go")
            await agent.uses_tool(2)
            await agent.until(lambda _: len(marked_processes(Path(spec.run_dir))) >= 3)
            agent.interrupt()
            assert await agent.ended() == Ended(False, error="interrupted")
            await agent.until(lambda _: marked_processes(Path(spec.run_dir)) == [agent.process.pid])
            agent.say("what happened?")
            assert (await agent.ended(2)).ok
            returned = {e.id: e for e in all_of(agent.events, ToolReturned)}
    assert not returned["toolu_1"].failed
    assert returned["toolu_2"].failed
    told = {block["tool_use_id"]: block["content"] for block in results(server.requests[1])}
    assert told["toolu_1"] == "wrote 1 line"
    assert "unknown" in told["toolu_2"]
    assert told["toolu_3"].startswith("Not run")
    assert texts(server.requests[1]) == ["what happened?"]


async def test_a_killed_process_is_followed_by_one_that_knows_it_all(tmp_path: Path) -> None:
    spec = spec_for(tmp_path)
    with wire(Reply([text("I run it."), call("bash", command=SLOW)])) as server:
        async with api_process(spec, server.url) as agent:
            agent.say("Task T1")
            await agent.uses_tool()
            await agent.kill()
    for pid in marked_processes(Path(spec.run_dir)):
        with suppress(ProcessLookupError):
            os.kill(pid, 9)  # a host sweeps what its agent leaves

    transcript = Path(spec.run_dir) / "transcript.jsonl"
    with transcript.open("ab") as file:
        file.write(b'{"message":{"role":"us')  # torn by the power cut
    with wire(Reply([text("On I go.")])) as server:
        async with api_process(spec_for(tmp_path, resume=True), server.url) as agent:
            agent.say("You were interrupted")
            assert (await agent.ended()).ok
    request = server.requests[0]
    assert [m["role"] for m in request["messages"]] == ["user", "assistant", "user"]
    assert "unknown" in results(request)[0]["content"]
    assert texts(request) == ["You were interrupted"]
    assert [json.loads(line) for line in transcript.read_text().splitlines()]


async def test_a_message_that_was_sent_but_never_answered_is_read_after_the_restart(tmp_path: Path) -> None:
    spec = spec_for(tmp_path)
    with wire(Reply([text("never")], hold=threading.Event(), status=200)) as server:
        async with api_process(spec, server.url) as agent:
            first = agent.say("Task T1")
            await agent.until(lambda _: bool(server.requests))
            await agent.kill()
    with wire(Reply([text("Here.")])) as server:
        async with api_process(spec_for(tmp_path, resume=True), server.url) as agent:
            second = agent.say("go on")
            assert (await agent.ended()).ok
            assert {first, second} <= {e.id for e in all_of(agent.events, Read)}
    assert texts(server.requests[0]) == ["Task T1", "go on"]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Reply(status=429, error="rate_limit_error", headers={"retry-after": "0"}), "429 rate_limit_error"),
        (Reply(status=529, error="overloaded_error"), "529 overloaded_error"),
        (Reply(status=500, error="api_error"), "500 api_error"),
        (Reply([text("half an ans")], cut=True), "the answer broke off"),
        (Reply([text("I")], error="overloaded_error"), "overloaded_error"),
    ],
    ids=["429", "529", "500", "cut", "error-in-stream"],
)
async def test_a_passing_failure_is_shown_and_tried_again(tmp_path: Path, failure: Reply, reason: str) -> None:
    with wire(failure, failure, Reply([text("Here.")])) as server:
        async with api_process(spec_for(tmp_path), server.url) as agent:
            agent.say("go")
            assert await agent.ended() == Ended(True, "Here.")
            retries = all_of(agent.events, Retrying)
            assert len(retries) == 2
            assert all(reason in retry.reason for retry in retries)
            assert len(all_of(agent.events, Read)) == 1
    assert server.requests[0]["messages"] == server.requests[2]["messages"]


async def test_a_cut_tool_call_is_never_run(tmp_path: Path) -> None:
    spec = spec_for(tmp_path)
    broken = Reply([call("bash", command="touch ran")], cut=True)
    with wire(broken, Reply([text("Here.")])) as server:
        async with api_process(spec, server.url) as agent:
            agent.say("go")
            assert (await agent.ended()).ok
            assert not all_of(agent.events, ToolCalled)
    assert not (Path(spec.worktree) / "ran").exists()


async def test_after_ten_tries_the_turn_fails_and_the_process_stays(tmp_path: Path) -> None:
    failures = [Reply(status=529, error="overloaded_error", headers={"retry-after": "0"}) for _ in range(10)]
    with wire(*failures, Reply([text("Back.")])) as server:
        async with api_process(spec_for(tmp_path), server.url) as agent:
            agent.say("go")
            ended = await agent.ended()
            assert (ended.ok, ended.fatal) == (False, False)
            assert "529" in ended.error
            assert len(server.requests) == 10
            agent.say("again")
            assert (await agent.ended(2)).ok
    assert texts(server.requests[-1]) == ["go", "again"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_lasting_failure_is_fatal_at_once(tmp_path: Path, status: int) -> None:
    with wire(Reply(status=status, error="some_error")) as server:
        async with api_process(spec_for(tmp_path), server.url) as agent:
            agent.say("go")
            ended = await agent.ended()
    assert (ended.ok, ended.fatal) == (False, True)
    assert f"{status} some_error: said the wire" in ended.error
    assert len(server.requests) == 1


async def test_without_a_key_the_turn_fails_in_words(tmp_path: Path) -> None:
    with wire() as server:
        async with api_process(spec_for(tmp_path), server.url, ANTHROPIC_API_KEY="") as agent:
            agent.say("go")
            ended = await agent.ended()
    assert (ended.ok, ended.fatal) == (False, True)
    assert "ANTHROPIC_API_KEY" in ended.error


async def test_a_budget_is_not_overrun(tmp_path: Path) -> None:
    costly = Reply([call("bash", command="true")], usage={"input_tokens": 10_000, "output_tokens": 500})
    with wire(*[costly] * 9) as server:
        async with api_process(spec_for(tmp_path, budget_usd=0.10), server.url) as agent:
            agent.say("go")
            ended = await agent.ended()
            spent = all_of(agent.events, Spent)[-1]
    assert (ended.ok, ended.fatal) == (False, False)
    assert ended.error.startswith("budget")
    assert 0.06 < spent.usd <= 0.10
    limits = [request["max_tokens"] for request in server.requests]
    assert limits == sorted(limits, reverse=True)


async def test_a_model_without_a_price_is_not_free(tmp_path: Path) -> None:
    with wire(Reply([text("Done.")]), model="homemade") as server:
        async with api_process(spec_for(tmp_path, model="homemade"), server.url) as agent:
            agent.say("go")
            await agent.ended()
            assert all_of(agent.events, Spent) == [
                Spent(0.0, 110, "homemade", "unknown", used=(Tokens("homemade", 100, 10),))
            ]


async def test_an_answer_at_its_limit_is_asked_to_go_on_and_its_calls_are_not_run(tmp_path: Path) -> None:
    spec = spec_for(tmp_path)
    long = Reply([text("A lot"), call("bash", command="touch ran")], stop="max_tokens")
    with wire(long, Reply([text("Done.")])) as server:
        async with api_process(spec, server.url) as agent:
            agent.say("go")
            assert await agent.ended() == Ended(True, "Done.")
    assert not (Path(spec.worktree) / "ran").exists()
    assert results(server.requests[1])[0]["content"].startswith("Not run")
    assert "cut off" in texts(server.requests[1])[0]


async def test_answers_that_never_fit_end_the_turn(tmp_path: Path) -> None:
    with wire(*[Reply([text("A lot")], stop="max_tokens")] * 9) as server:
        async with api_process(spec_for(tmp_path), server.url) as agent:
            agent.say("go")
            ended = await agent.ended()
    assert not ended.ok
    assert "don't fit" in ended.error
    assert len(server.requests) == 4


async def test_a_tool_that_does_not_exist_is_an_error_for_the_model(tmp_path: Path) -> None:
    with wire(Reply([call("browse", url="x")]), Reply([text("Then not.")])) as server:
        async with api_process(spec_for(tmp_path), server.url) as agent:
            agent.say("go")
            assert (await agent.ended()).ok
            assert [e.failed for e in all_of(agent.events, ToolReturned)] == [True]
    assert results(server.requests[1])[0] | {"cache_control": None} == {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": "There is no tool 'browse'.",
        "is_error": True,
        "cache_control": None,
    }


async def test_a_module_in_the_worktree_does_not_get_into_the_agent(tmp_path: Path) -> None:
    spec = spec_for(tmp_path)
    (Path(spec.worktree) / "anthropic.py").write_text("raise SystemExit('captured')")
    with wire(Reply([text("Done.")])) as server:
        async with api_process(spec, server.url) as agent:
            agent.say("go")
            assert (await agent.ended()).ok


async def test_sigterm_ends_the_turn_and_the_process(tmp_path: Path) -> None:
    spec = spec_for(tmp_path)
    with wire(Reply([call("bash", command=SLOW)])) as server:
        async with api_process(spec, server.url) as agent:
            agent.say("go")
            await agent.uses_tool()
            agent.process.terminate()
            assert await agent.ended() == Ended(False, error="interrupted")
            await agent._exit
    assert marked_processes(Path(spec.run_dir)) == []
