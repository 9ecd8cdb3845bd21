"""The scripted model server, as its clients see it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic import beta_tool
from pydantic import BaseModel

from cockpit.demo.model import ModelServer
from cockpit.demo.script import (
    Play,
    answer,
    bash,
    edit,
    read,
    scene,
    step,
    turn,
    write,
)
from tests.fakes.model_clients import MODEL, client_of, hang_up, say_go  # noqa: F401

pytestmark = pytest.mark.usefixtures("hang_up")

CACHED = {"cache_control": {"type": "ephemeral"}}

MEDIAN = scene(
    "Add a median",
    turn(
        step("I look first.", read("stats.py")),
        step("Now the change.", write("stats.py", "def median(): ...\n")),
        step("", bash("python3 -m unittest")),
        step("The median is there."),
    ),
    turn(step("I see.", edit("stats.py", "...", "return 0")), step("Fixed."), on="A gate failed"),
    turn(step("Again.", bash("true")), step("Fixed again."), on="A gate failed"),
    turn(step("More of it.", bash("echo more")), step("More is there.")),
)

TOOLS: list[Any] = [
    {"name": name, "input_schema": {"type": "object", "properties": {key: {"type": "string"} for key in inputs}}}
    for name, inputs in {
        "bash": ("command",),
        "read": ("file_path",),
        "write": ("file_path", "content"),
        "edit": ("file_path", "old_string", "new_string"),
    }.items()
]


class Verdict(BaseModel):
    """What a reviewer answers."""

    approve: bool
    summary: str


class Talk:
    """An agent in ten lines: sends the whole conversation, keeps what comes."""

    def __init__(self, server: ModelServer) -> None:
        self.client = client_of(server)
        self.messages: list[Any] = []

    def say(self, text: str) -> list[Any]:
        self.messages.append({"role": "user", "content": text})
        return self.ask()

    def give(self, content: str = "done", *, failed: bool = False, note: str = "") -> list[Any]:
        """Results for every call of the last answer, and what was said meanwhile."""
        calls = [block for block in self.messages[-1]["content"] if block["type"] == "tool_use"]
        results: list[Any] = [
            {"type": "tool_result", "tool_use_id": c["id"], "content": content, "is_error": failed} for c in calls
        ]
        texts = [{"type": "text", "text": note}] if note else []
        self.messages.append({"role": "user", "content": results + texts})
        return self.ask()

    def ask(self) -> list[Any]:
        made = self.client.messages.create(model=MODEL, max_tokens=1000, tools=TOOLS, messages=self.messages)
        blocks = [block.model_dump(exclude_none=True) for block in made.content]
        self.messages.append({"role": "assistant", "content": blocks})
        return [block.get("text") or {block["name"]: block["input"]} for block in blocks]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(Play((MEDIAN,))) as running:
        yield running


def test_a_turn_is_played_step_by_step(server: ModelServer) -> None:
    talk = Talk(server)
    assert talk.say("Task T1: Add a median") == ["I look first.", {"read": {"file_path": "stats.py"}}]
    assert talk.give() == [
        "Now the change.",
        {"write": {"file_path": "stats.py", "content": "def median(): ...\n"}},
    ]
    assert talk.give() == [{"bash": {"command": "python3 -m unittest"}}]
    assert talk.give() == ["The median is there."]


def test_what_is_said_chooses_the_turn(server: ModelServer) -> None:
    talk = Talk(server)
    talk.say("Task T1: Add a median")
    for _ in range(3):
        talk.give()
    assert talk.say("A gate failed: tests")[0] == "I see."
    assert talk.give() == ["Fixed."]
    assert talk.say("A gate failed: tests")[0] == "Again."
    assert talk.give() == ["Fixed again."]
    assert talk.say("A gate failed: tests")[0] == "Again."
    talk.give()
    assert talk.say("Please do more.")[0] == "More of it."
    assert talk.give() == ["More is there."]
    assert talk.say("And more?") == ["There is nothing left for me to do here."]


@pytest.mark.parametrize(
    "unknown",
    [
        "The agent was interrupted while this ran. Whether it took effect is unknown.",
        "[Tool call interrupted: its outcome is unknown. Check whether it took effect.]",
        "Not run: the answer was cut off.",
    ],
)
def test_a_conversation_goes_on_where_it_was_interrupted(server: ModelServer, unknown: str) -> None:
    talk = Talk(server)
    talk.say("Task T1: Add a median")
    talk.give()
    again = talk.give(unknown, failed=True, note="You were interrupted.")
    assert again[0] == "Now the change.", "nobody knows whether it was written, so it is written again"
    assert talk.give() == [{"bash": {"command": "python3 -m unittest"}}]
    assert talk.give("1 failed", failed=True) == ["The median is there."], "a failure is a result like any other"


def test_a_message_in_the_middle_does_not_lose_the_place(server: ModelServer) -> None:
    talk = Talk(server)
    talk.say("<system-reminder>mind the tests</system-reminder>Task T1: Add a median")
    assert talk.give(note="How far are you?")[0] == "Now the change."
    meanwhile = "The user sent a new message while you were working:\nA gate failed: lint"
    steered = talk.give(f"ok <system-reminder>{meanwhile}</system-reminder>")
    assert steered[0] == "I see."


def test_another_server_can_take_over(server: ModelServer) -> None:
    talk = Talk(server)
    talk.say("Task T1: Add a median")
    with ModelServer(Play((MEDIAN,))) as second:
        talk.client = client_of(second)
        assert talk.give()[0] == "Now the change."


def test_the_earliest_message_decides_the_scene() -> None:
    play = Play((scene("Beta", turn(step("I am beta."))), scene("Alpha", turn(step("I am alpha."), on=""))))
    with ModelServer(play) as server:
        talk = Talk(server)
        assert talk.say("Task: Alpha") == ["I am alpha."]
        talk.say("Meanwhile Beta landed.")
        assert server.requests[-1].scene == "Alpha"


def test_a_scene_that_needs_tools_is_not_for_side_requests(server: ModelServer) -> None:
    asked = client_of(server).messages.create(
        model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "A title for: Add a median"}]
    )
    assert "no scene" in asked.content[0].model_dump()["text"]
    assert server.requests[-1].scene == ""


def test_streaming_gives_the_same_answer(server: ModelServer) -> None:
    user: list[Any] = [{"role": "user", "content": "Add a median"}]
    client = client_of(server)
    with client.messages.stream(model=MODEL, max_tokens=99, tools=TOOLS, messages=user) as stream:
        said = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert said == "I look first."
    assert final.stop_reason == "tool_use"
    assert final.content[1].model_dump()["input"] == {"file_path": "stats.py"}
    whole = client.messages.create(model=MODEL, max_tokens=99, tools=TOOLS, messages=user)
    assert whole.usage == final.usage


def test_usage_counts_what_was_sent(server: ModelServer) -> None:
    client = client_of(server)
    one: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "x" * 4000, **CACHED}]}]
    cold = client.messages.create(model=MODEL, max_tokens=9, messages=one, system="s" * 8000).usage
    assert cold.cache_creation_input_tokens is not None
    assert 3000 <= cold.cache_creation_input_tokens <= 3100
    more = [*one, {"role": "assistant", "content": "ok"}, {"role": "user", "content": [{"type": "text", "text": "y"}]}]
    more[-1]["content"][0] |= CACHED
    warm = client.messages.create(model=MODEL, max_tokens=9, messages=more, system="s" * 8000).usage
    assert (warm.cache_read_input_tokens or 0) >= 3000
    assert warm.output_tokens > 0
    plain: list[Any] = [{"role": "user", "content": "z" * 4000}]
    unmarked = client.messages.create(model=MODEL, max_tokens=9, messages=plain).usage
    assert unmarked.input_tokens >= 1000
    assert unmarked.cache_read_input_tokens == unmarked.cache_creation_input_tokens == 0
    assert client.messages.count_tokens(model=MODEL, messages=plain).input_tokens == unmarked.input_tokens


def test_a_step_can_report_more_tokens_than_it_has() -> None:
    with ModelServer(Play((scene("Add", turn(step("Done.", tokens=123_456))),))) as server:
        made = client_of(server).messages.create(
            model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "Add"}]
        )
    assert made.usage.output_tokens == 123_456


def test_the_tool_runner_plays_a_scene(tmp_path: Path, server: ModelServer) -> None:
    @beta_tool
    def read(file_path: str) -> str:
        """Read."""
        return (tmp_path / file_path).read_text()

    @beta_tool
    def write(file_path: str, content: str) -> str:
        """Write."""
        (tmp_path / file_path).write_text(content)
        return "written"

    @beta_tool
    def edit(file_path: str, old_string: str, new_string: str) -> str:
        """Edit."""
        return write.func(file_path, read.func(file_path).replace(old_string, new_string))

    @beta_tool
    def bash(command: str) -> str:
        """Run."""
        return f"ran {command}"

    (tmp_path / "stats.py").write_text("old")
    runner = client_of(server).beta.messages.tool_runner(
        model=MODEL,
        max_tokens=999,
        tools=[read, write, edit, bash],
        messages=[{"role": "user", "content": "Add a median"}],
        thread=False,
    )
    final = runner.until_done()
    assert final.content[0].model_dump()["text"] == "The median is there."
    assert (tmp_path / "stats.py").read_text() == "def median(): ...\n"
    assert [request.scene for request in server.requests] == ["Add a median"] * 4


def test_structured_answers_come_in_order() -> None:
    review = scene(
        "Task T1",
        answer({"approve": False, "summary": "no"}),
        answer({"approve": True, "summary": "yes"}),
        answer({"approve": False, "summary": "a digit"}, on="isdigit"),
        system="You are the reviewer",
    )
    with ModelServer(Play((review,))) as server:
        client = client_of(server)

        def ask(text: str, system: str = "You are the reviewer of one task") -> Verdict | None:
            made = client.messages.parse(
                model=MODEL,
                max_tokens=99,
                system=system,
                messages=[{"role": "user", "content": text}],
                output_format=Verdict,
            )
            return made.parsed_output

        assert ask("Task T1") == Verdict(approve=False, summary="no")
        assert ask("Task T1") == Verdict(approve=True, summary="yes")
        assert ask("Task T1") == Verdict(approve=True, summary="yes"), "the last one serves every later asking"
        assert ask("Task T1\n+ cell.isdigit()") == Verdict(approve=False, summary="a digit")
        assert ask("Task T1", "You make titles") == Verdict(approve=True, summary="ok"), "no scene: what fits"


def test_an_answer_can_be_outside_the_schema() -> None:
    play = Play((scene("Task", answer(text="I'd rather not."), answer({"approve": True, "summary": "fine"})),))
    with ModelServer(play) as server:
        with pytest.raises(ValueError, match="Invalid JSON"):
            parsed(server)
        assert parsed(server).approve


def parsed(server: ModelServer) -> Verdict:
    made = client_of(server).messages.parse(
        model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "Task"}], output_format=Verdict
    )
    assert made.parsed_output is not None
    return made.parsed_output


def test_requests_that_the_service_would_refuse_are_refused(server: ModelServer) -> None:
    client = client_of(server)
    call = {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {}}
    dangling: list[Any] = [
        {"role": "user", "content": "Add a median"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": "and?"},
    ]
    with pytest.raises(anthropic.BadRequestError, match="without `tool_result`"):
        client.messages.create(model=MODEL, max_tokens=9, messages=dangling)
    stray: list[Any] = [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_9"}]}]
    with pytest.raises(anthropic.BadRequestError, match="unexpected `tool_use_id`"):
        client.messages.create(model=MODEL, max_tokens=9, messages=stray)
    with pytest.raises(anthropic.BadRequestError, match="first message"):
        client.messages.create(model=MODEL, max_tokens=9, messages=[{"role": "assistant", "content": "hi"}])
    with pytest.raises(anthropic.NotFoundError, match="not served here"):
        client.models.list()


def test_requests_are_remembered_within_a_bound() -> None:
    with ModelServer(Play((MEDIAN,)), remember=2) as server:
        client = client_of(server, key="a-key")
        for text in ("one", "two", "three"):
            client.messages.create(model=MODEL, max_tokens=9, messages=[{"role": "user", "content": text}])
        assert [request.body["messages"][0]["content"] for request in server.requests] == ["two", "three"]
        assert server.requests[-1].headers["authorization"] == "Bearer a-key"
        with pytest.raises(TimeoutError):
            server.wait_for(lambda request: request.scene == "none", timeout=0)


def test_pace_spreads_an_answer() -> None:
    play = Play((scene("Go", turn(step("x" * 500))),))
    with ModelServer(play, pace=0.05) as server:
        began = time.monotonic()
        say_go(client_of(server))
        assert time.monotonic() - began >= 0.1


def test_a_stopped_server_gives_its_port_back(server: ModelServer) -> None:
    say_go(client_of(server))
    port = server.port
    server.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with ModelServer(Play((MEDIAN,)), port=port) as second:
        assert second.port == port


def test_it_runs_as_a_process_until_it_is_told_to_end(tmp_path: Path) -> None:
    (tmp_path / "play.toml").write_text('[[scene]]\n[[scene.turn]]\n[[scene.turn.step]]\nsay = "Hello."\n')
    address = tmp_path / "address"
    argv = [sys.executable, "-m", "cockpit.demo.model", str(tmp_path / "play.toml"), "--port-file", str(address)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert address.read_text().strip() == url
            made = client_of(url).messages.create(
                model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
            )
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert made.content[0].model_dump()["text"] == "Hello."
    assert os.listdir(tmp_path) == ["play.toml"]


def test_a_process_without_a_good_play_says_why(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "cockpit.demo.model", str(tmp_path / "none.toml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "none.toml: can't be read" in done.stderr
