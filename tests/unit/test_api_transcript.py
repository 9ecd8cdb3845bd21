"""The built-in agent's transcript: cut it anywhere, and the conversation still makes sense to the API."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cockpit.agents.api_transcript import Transcript

SESSION = "9a3f6c1e-0000-4000-8000-000000000001"


def call(identity: str) -> dict[str, Any]:
    """A tool call."""
    return {"type": "tool_use", "id": identity, "name": "bash", "input": {"command": "true"}}


def returned(identity: str) -> dict[str, Any]:
    """Its result."""
    return {"type": "tool_result", "tool_use_id": identity, "content": "fine"}


def conversation(path: Path) -> Transcript:
    """Two tool calls, a message in the middle, an answer."""
    transcript = Transcript(path, SESSION, resume=False)
    transcript.tell({"m1": "Task T1"})
    transcript.answered([{"type": "text", "text": "I look."}, call("c1"), call("c2")])
    transcript.tell({"m2": "name it median"}, [returned("c1"), returned("c2")])
    transcript.answered([call("c3")])
    transcript.tell({}, [returned("c3")], "Go on.")
    transcript.answered([{"type": "text", "text": "Done."}])
    return transcript


def assert_sendable(messages: list[dict[str, Any]]) -> None:
    """Roles alternate, and every call has its result first thing in the next message."""
    assert [m["role"] for m in messages] == [("user", "assistant")[n % 2] for n in range(len(messages))]
    assert messages[-1]["role"] == "user"
    for said, next_said in pairwise(messages):
        calls = [b["id"] for b in said["content"] if b["type"] == "tool_use"]
        assert [b.get("tool_use_id") for b in next_said["content"][: len(calls)]] == calls


def test_a_resumed_conversation_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "transcript.jsonl"
    first = conversation(path)
    first.close()
    second = Transcript(path, SESSION, resume=True)
    assert second.messages == first.messages
    assert second.unread == ()
    second.close()


def test_cut_anywhere_it_can_be_gone_on_with(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    conversation(whole).close()
    raw = whole.read_bytes()
    header = raw.index(b"\n") + 1
    for size in range(header, len(raw) + 1):
        path = tmp_path / "cut.jsonl"
        path.write_bytes(raw[:size])
        transcript = Transcript(path, SESSION, resume=True)
        transcript.tell({"m9": "You were interrupted"})
        assert_sendable(transcript.messages)
        assert transcript.messages[-1]["content"][-1]["text"] == "You were interrupted"
        assert transcript.unread[-1] == "m9"
        transcript.close()
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert len(lines) == raw[:size].count(b"\n") + 1
        path.unlink()


def test_a_call_without_a_result_gets_one_that_says_unknown(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t.jsonl", SESSION, resume=False)
    transcript.tell({"m1": "go"})
    transcript.answered([call("c1"), call("c2")])
    transcript.tell({"m2": "and now"}, [returned("c2")])
    first, second, text = transcript.messages[-1]["content"]
    assert (first["tool_use_id"], first["is_error"]) == ("c1", True)
    assert "unknown" in first["content"]
    assert second == returned("c2")
    assert text["text"] == "and now"
    transcript.close()


def test_messages_are_unread_until_an_answer_came_after_them(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    transcript = Transcript(path, SESSION, resume=False)
    transcript.tell({"m1": "go"})
    transcript.close()
    resumed = Transcript(path, SESSION, resume=True)
    resumed.tell({"m2": "go on"})
    assert resumed.unread == ("m1", "m2")
    assert len(resumed.messages) == 1
    resumed.answered([])
    assert not resumed.unread
    resumed.close()


@pytest.mark.parametrize("content", ["", "garbage\n", '{"session": "another"}\n', '[1]\n{"message": 1}\n'])
def test_what_is_not_this_conversation_is_kept_aside(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(content)
    for _ in range(2):
        Transcript(path, SESSION, resume=False).close()
    assert (tmp_path / "t-1.jsonl").read_text() == content
    assert (tmp_path / "t-2.jsonl").exists()
    resumed = Transcript(path, SESSION, resume=True)
    assert len(resumed) == 0
    resumed.close()
