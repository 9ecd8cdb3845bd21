"""What the Claude Code CLI prints, read: a recorded session, and lines of the kinds that are rare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cockpit.agents import LaunchError, Spec
from cockpit.agents.claude import ADAPTER
from cockpit.agents.claude_stream import ClaudeTranslator
from cockpit.agents.stream import (
    Ended,
    Garbled,
    Read,
    Retrying,
    Said,
    Spent,
    Started,
    StreamEvent,
    Thought,
    ToolCalled,
    ToolReturned,
)
from cockpit.tokens import Tokens

RECORDED = Path(__file__).parent / "recorded" / "claude.jsonl"
"""A real session with version 2.1.329, without what nobody reads: an edit, a message in the middle of a turn,
a denied push, an interrupt, a retry, a refusal."""

MODEL = "claude-sonnet-4-5"


def translated(lines: Iterable[str], **how: Any) -> list[StreamEvent]:
    """The events of some lines."""
    reader = ClaudeTranslator("/srv/tree", **how)
    return [event for line in lines for event in reader.read(line)]


def line(type_: str, **data: Any) -> str:
    """A line of the CLI."""
    return json.dumps({"type": type_, **data})


def state(name: str) -> str:
    """The CLI says what it does."""
    return line("system", subtype="session_state_changed", state=name)


def result(cost: float = 0.1, words: str = "", **data: Any) -> str:
    """The end of a turn."""
    usage = {MODEL: {"inputTokens": int(cost * 1000), "outputTokens": 0}}
    return line("result", subtype="success", total_cost_usd=cost, modelUsage=usage, result=words, **data)


def usage(cost: float) -> str:
    """The answer to `get_usage`."""
    session = {"total_cost_usd": cost, "model_usage": {MODEL: {"inputTokens": int(cost * 1000)}}}
    return line("control_response", response={"subtype": "success", "response": {"session": session}})


def test_a_recorded_session() -> None:
    events = translated(RECORDED.read_text("utf-8").splitlines())
    assert [event for event in events if not isinstance(event, ToolReturned | Spent)] == [
        Started("00000002-0000-4000-8000-000000000000", MODEL),
        Read("00000001-0000-4000-8000-000000000000"),
        Said("I look first."),
        ToolCalled("toolu_1", "Read", "read stats.py", "file_path: stats.py"),
        Said("Now I change it."),
        ToolCalled(
            "toolu_2", "Edit", "edit stats.py", "--- a/stats.py\n+++ b/stats.py\n@@ -1 +1 @@\n-return 0\n+return 1\n"
        ),
        Said("And wait."),
        ToolCalled("toolu_3", "Bash", "bash cat go", "cat go"),
        Read("00000003-0000-4000-8000-000000000000"),
        Said("Changed."),
        Ended(True, "Changed."),
        Read("00000004-0000-4000-8000-000000000000"),
        Said("I push."),
        ToolCalled("toolu_4", "Bash", "bash git push origin main", "git push origin main"),
        Said("Not allowed."),
        Ended(True, "Not allowed.", denials=("bash git push origin main",)),
        Read("00000005-0000-4000-8000-000000000000"),
        ToolCalled("toolu_5", "Bash", "bash cat go", "cat go"),
        Ended(False, error="interrupted"),
        Retrying("overloaded 529", 0.619),
        Read("00000006-0000-4000-8000-000000000000"),
        Said("Retried."),
        Ended(True, "Retried."),
        Read("00000007-0000-4000-8000-000000000000"),
        Ended(False, error="API Error: 400 messages: too odd", fatal=True),
    ]


def test_the_tools_of_a_recorded_session_answer() -> None:
    events = translated(RECORDED.read_text("utf-8").splitlines())
    returned = [event for event in events if isinstance(event, ToolReturned)]
    assert [(event.id, event.failed) for event in returned] == [
        ("toolu_1", False),
        ("toolu_2", False),
        ("toolu_3", False),
        ("toolu_4", True),
        ("toolu_5", True),
    ]
    assert returned[0].output == "1\tdef f():\n2\t    return 0\n3\t"


def test_the_cost_of_a_recorded_session_only_grows() -> None:
    spent = [e for e in translated(RECORDED.read_text("utf-8").splitlines()) if isinstance(e, Spent)]
    assert [round(s.usd, 4) for s in spent] == [0.0834, 0.0978, 0.112, 0.1196, 0.1272, 0.1272]
    assert [s.tokens for s in spent] == sorted(s.tokens for s in spent)
    assert {(s.model, s.source) for s in spent} == {(MODEL, "cli")}


def test_the_order_of_keys_does_not_matter() -> None:
    lines = RECORDED.read_text("utf-8").splitlines()
    turned = [json.dumps(dict(reversed(json.loads(one).items()))) for one in lines]
    assert translated(turned) == translated(lines)


def test_a_resumed_process_does_not_count_what_was_spent_before() -> None:
    events = translated([usage(0.5), state("running"), usage(0.625), result(0.75), state("idle")], resumed=True)
    first, second = ((Tokens(MODEL, count),) for count in (125, 250))
    assert events == [
        Spent(0.125, 125, "", "cli", used=first),
        Spent(0.25, 250, "", "cli", used=second),
        Ended(True),
    ]


def test_a_resumed_process_that_does_not_say_what_it_began_with_began_with_nothing() -> None:
    assert translated([result(0.75)], resumed=True) == [
        Spent(0.75, 750, "", "cli", used=(Tokens(MODEL, 750),)),
        Ended(True),
    ]


def test_a_turn_that_waited_belongs_to_the_same_end() -> None:
    denied = [{"tool_name": "Bash", "tool_input": {"command": "git push"}}]
    lines = [
        state("running"),
        result(0.1, "one", is_error=True, permission_denials=denied),
        result(0.2, "two"),
        state("idle"),
        state("idle"),
    ]
    ended = [event for event in translated(lines) if isinstance(event, Ended)]
    assert ended == [Ended(True, "two", denials=("bash git push",))]


def test_an_end_is_not_lost_when_the_process_leaves_first() -> None:
    reader = ClaudeTranslator()
    for one in (state("running"), result(0.1, "done")):
        assert not any(isinstance(event, Ended) for event in reader.read(one))
    assert list(reader.finish()) == [Ended(True, "done")]
    assert list(reader.finish()) == []


@pytest.mark.parametrize(
    ("data", "ended"),
    [
        ({"api_error_status": 401, "result": "Invalid API key"}, Ended(False, error="Invalid API key", fatal=True)),
        ({"api_error_status": 529, "result": "Overloaded"}, Ended(False, error="Overloaded")),
        ({"terminal_reason": "prompt_too_long", "result": "Too long"}, Ended(False, error="Too long", fatal=True)),
        (
            {"terminal_reason": "budget_exhausted", "errors": ["Reached maximum budget ($5)"]},
            Ended(False, error="budget: what it was given is used up", broke=True),
        ),
        ({"terminal_reason": "aborted_streaming", "errors": ["noise"]}, Ended(False, error="interrupted")),
        ({"subtype": "error_max_turns"}, Ended(False, error="error_max_turns")),
        ({"result": "Credit balance is too low"}, Ended(False, error="Credit balance is too low", fatal=True)),
    ],
)
def test_how_a_turn_fails(data: dict[str, Any], ended: Ended) -> None:
    assert translated([line("result", is_error=True, **data)]) == [ended]


def assistant(*blocks: dict[str, Any], parent: str | None = None, model: str = MODEL) -> str:
    """A message of the model."""
    return line("assistant", parent_tool_use_id=parent, message={"model": model, "content": list(blocks)})


def test_thoughts_are_kept_apart_from_what_is_said() -> None:
    blocks = ({"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes."}, {"type": "text", "text": " "})
    assert translated([assistant(*blocks)]) == [Thought("Hm."), Said("Yes.")]


def test_of_a_subagent_only_its_tools_are_shown() -> None:
    call = {"type": "tool_use", "id": "t", "name": "Grep", "input": {"pattern": "TODO", "path": "/srv/tree/src"}}
    events = translated([assistant({"type": "text", "text": "inner"}, call, parent="toolu_9", model="small")])
    assert events == [ToolCalled("t", "Grep", "search TODO", "pattern: TODO\npath: /srv/tree/src")]


def test_results_without_text_are_named() -> None:
    content = [{"type": "text", "text": "see"}, {"type": "image", "source": {}}]
    block = {"type": "tool_result", "tool_use_id": "t", "content": content}
    assert translated([line("user", message={"content": [block]})]) == [ToolReturned("t", "see\n[image]")]


@pytest.mark.parametrize("text", ["no JSON", "[1]", "{}", '{"type": 3}', "null", '{"type": "result"', "\x00\xff"])
def test_what_is_no_line_of_the_protocol_is_garbled(text: str) -> None:
    assert translated([text]) == [Garbled(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        line("something_new", message=3),
        line("system"),
        line("system", subtype="init_of_tomorrow"),
        line("assistant"),
        line("assistant", message={"content": "text"}),
        line("assistant", message={"content": [None, 3, {"type": "new"}]}),
        line("user", message=None),
        line("control_response", response={"subtype": "error", "error": "no"}),
        line("control_response", response=[]),
        line("tool_progress", tool_use_id="t"),
    ],
)
def test_what_is_unknown_is_passed_over(text: str) -> None:
    assert translated([text]) == []


def spec(**changes: Any) -> Spec:
    """A spec for a CLI that need not exist."""
    plain: dict[str, Any] = {"run": "T1-1", "session": "s-1", "resume": False, "model": MODEL, "worktree": "/w"}
    return Spec(**(plain | {"run_dir": "/r", "command": "/bin/true"} | changes))


def after(argv: list[str], option: str) -> str:
    """An option's value."""
    return argv[argv.index(option) + 1]


def test_the_command_line() -> None:
    argv = ADAPTER.argv(spec(system="You build.", budget_usd=2.5))
    assert argv[0] == "/bin/true"
    assert after(argv, "--session-id") == "s-1"
    assert after(argv, "--model") == MODEL
    assert after(argv, "--append-system-prompt") == "You build."
    assert after(argv, "--max-budget-usd") == "2.5000"
    assert after(argv, "--setting-sources") == "user"
    assert "Bash(git push *)" in after(argv, "--disallowedTools")


def test_it_resumes_only_what_was_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path))
    assert "--session-id" in ADAPTER.argv(spec(resume=True))
    transcript = tmp_path / "projects" / "-w" / "s-1.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.touch()
    assert after(ADAPTER.argv(spec(resume=True)), "--resume") == "s-1"


def test_a_cli_that_is_not_there_is_named_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COCKPIT_CLAUDE", raising=False)
    with pytest.raises(LaunchError, match=r"\(claude\) was not found; install it with `npm install"):
        ADAPTER.argv(spec(command=""))


def test_the_cli_is_found_on_the_path_and_by_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("claude", "other"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COCKPIT_CLAUDE", raising=False)
    assert ADAPTER.argv(spec(command=""))[0] == str(tmp_path / "claude")
    monkeypatch.setenv("COCKPIT_CLAUDE", str(tmp_path / "other"))
    assert ADAPTER.argv(spec(command=""))[0] == str(tmp_path / "other")
