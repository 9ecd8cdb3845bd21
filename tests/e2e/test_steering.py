"""A person steers agents at work: answers what they ask, tells them something, and sees that it was read."""

from __future__ import annotations

import json
import os
import signal
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit import events, run_tokens
from cockpit.agents import stream
from cockpit.demo.model import ModelServer
from cockpit.demo.script import Play, answer, ask, bash, by_mcp, scene, step, turn
from cockpit.hosts import control
from cockpit.state import TaskState
from tests.e2e.desk import Desk, ended, sits_down
from tests.e2e.real import YES, repository, talks_to
from tests.e2e.scripts import WORK, Step, plan, scripted

pytestmark = pytest.mark.e2e

ASK: Step = {"ask": {"text": "Which colour?", "choices": ["red", "blue"]}}
PAINTS: list[Step] = [ASK, {"say": "It shall be {answer}."}, *WORK]
LISTENS: list[Step] = [{"say": "I wait."}, {"listen": True}, {"say": "You said: {message}"}, *WORK]


def asked(user: Desk) -> str:
    """The open question's name, once there is one."""
    (question,) = user.sees(lambda s: s.open_questions()).open_questions()
    return question.id


def command_lines() -> list[str]:
    """Of all processes."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def transcript(user: Desk, run: str = "T1-1") -> list[stream.StreamEvent]:
    return [line.event for line in stream.Tail(user.places.stream(run)).read()]


def test_a_question_is_answered_on_the_command_line_and_the_agent_goes_on(tmp_path: Path) -> None:
    root = scripted(tmp_path, PAINTS)
    plan(root, "paint the door")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        name = asked(user)
        status = user.types("status")
        assert status.returncode == 10
        assert "agent-1 asks: Which colour? (1 red, 2 blue)" in status.stdout
        (entry,) = user.status()["inbox"]
        assert (entry["question"], entry["task"]) == (name, "T1")
        assert "    2 blue" in user.ok("questions")
        assert "takes one answer" in user.fails("answer", name, "1", "2", code=1)
        assert user.ok("answer", name, "blue").strip() == f"{name} is answered: blue; on its way to agent-1"
        user.sees(ended)
        assert stream.Said("It shall be blue.") in transcript(user)
        assert "was answered by you already: blue" in user.fails("answer", name, "1", code=1)
        (told,) = json.loads(user.ok("questions", "--all", "--json"))
        assert (told["answer"], told["by"], told["delivered"]) == ("blue", "you", True)


def test_what_nobody_answers_gets_the_default_and_everybody_says_so(tmp_path: Path) -> None:
    root = scripted(tmp_path, PAINTS)
    text = (root / "cockpit.toml").read_text().replace("[agents]", "[agents]\nquestion_minutes = 0.01")
    (root / "cockpit.toml").write_text(text)
    plan(root, "paint the door")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(ended)
        assert stream.Said("It shall be red.") in transcript(user)
        (said,) = [event for event in transcript(user) if isinstance(event, stream.Answered)]
        assert (said.text, said.by) == ("red", "nobody in time, so the default")
        assert any(isinstance(one.event, events.QuestionExpired) for one in user.log())
        report = user.ok("report")
        assert "## Decided without you" in report
        assert "Which colour? Nobody answered in time; by default: red" in report
        assert "by default: red" in user.ok("questions", "--all")


def test_a_question_outlives_the_engine(tmp_path: Path) -> None:
    root = scripted(tmp_path, PAINTS)
    plan(root, "paint the door")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        name = asked(user)
        user.kills_the_engine()
        assert name in user.ok("questions")
        user.ok("answer", name, "2")  # with no engine: it is answered at once, and an engine starts
        user.sees(ended)
        assert stream.Said("It shall be blue.") in transcript(user)
        assert [one.event.question for one in user.log() if isinstance(one.event, events.QuestionAsked)] == [name]


def test_what_a_dead_agent_asked_is_closed_and_its_next_process_asks_anew(tmp_path: Path) -> None:
    root = scripted(tmp_path, PAINTS)
    plan(root, "paint the door")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        first = asked(user)
        os.kill(control.read_pids(user.places.run_dir("T1-1"))["pid"], signal.SIGKILL)
        state = user.sees(lambda s: [q for q in s.open_questions() if q.id != first])
        assert state.questions[first].closed == "its process is gone"
        assert f"{first} of agent-1 is closed: its process is gone" in state.notices
        assert "can't be answered any more" in user.fails("answer", first, "1", code=1)
        user.ok("answer", asked(user), "1")
        user.sees(ended)


def test_a_paused_agent_keeps_its_question_and_gets_the_answer_when_it_goes_on(tmp_path: Path) -> None:
    root = scripted(tmp_path, PAINTS)
    plan(root, "paint the door")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        name = asked(user)
        user.ok("pause", "1")
        user.sees(lambda s: s.runs["T1-1"].suspended)
        user.ok("answer", name, "blue")
        assert user.state().questions[name].is_on_its_way
        user.ok("resume", "1")
        user.sees(ended)
        assert stream.Said("It shall be blue.") in transcript(user)


def test_a_message_is_followed_until_it_is_read(tmp_path: Path) -> None:
    root = scripted(tmp_path, LISTENS)
    plan(root, "paint the door")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.in_state(TaskState.WORKING))
        user.ok("pause", "1")
        user.sees(lambda s: s.runs["T1-1"].suspended)
        user.ok("message", "1", "use", "blue")
        (waiting,) = user.status()["messages"]
        assert (waiting["agent"], waiting["text"], waiting["where"]) == ("agent-1", "use blue", "sent")
        assert "not read within 0.2 s" in user.fails("message", "1", "or red", "--wait", "0.2", code=1)
        user.ok("resume", "1")
        steps = user.sees(lambda s: s.messages and all(m.read for m in s.messages.values())).messages.values()
        for sent in steps:
            assert sent.at <= sent.delivered_at <= sent.read_at
        user.sees(ended)


def test_waiting_for_a_message_ends_when_it_is_read(tmp_path: Path) -> None:
    root = scripted(tmp_path, LISTENS)
    plan(root, "paint the door")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.in_state(TaskState.WORKING))
        said = user.ok("message", "1", "use blue", "--wait")
        assert said.splitlines()[0] == "on its way to agent-1"
        assert said.splitlines()[-1].endswith("  read")
        user.sees(ended)


# ── the real agents, against a scripted model ────────────────────────────────────────────────────────


PUBLISH = bash("echo published > out.txt; git add -A; git commit -qm 'Publish it'")
REAL = Play(
    (
        scene(
            "paint the door",
            turn(
                step("I ask.", ask("Which colour?", "red", "blue")),
                step(
                    "I wait for a word.", bash("until test -e go; do python3 -c 'import time; time.sleep(0.05)'; done")
                ),
                step("I publish.", PUBLISH),
                step("All done."),
            ),
            answer(YES),
        ),
    )
)
BY_TOOL = step("I say how far I am.", by_mcp("cockpit", "report_progress", text="the door is sanded", done=0.5))
"""For an agent that has the cockpit's own tools."""


@pytest.mark.parametrize("kind", ["api", "claude"])
def test_a_real_agent_asks_is_told_something_and_needs_leave(tmp_path: Path, kind: str) -> None:
    root = repository(tmp_path, kind)
    first = '[mcp]\nagents = true\n[agents]\nenvironment = ["ENABLE_*"]\nask_first = ["Bash(echo published *)"]'
    (root / "cockpit.toml").write_text((root / "cockpit.toml").read_text().replace("[agents]", first))
    plan(root, "paint the door")
    play = REAL
    if kind == "claude":
        ((begun, *parts),) = [one.turns for one in REAL.scenes]
        turns = (replace(begun, steps=(BY_TOOL, *begun.steps)), *parts)
        play = Play((replace(REAL.scenes[0], turns=turns),))
    at_once = {"ENABLE_TOOL_SEARCH": "false"}  # a scripted model does not look tools up
    with ModelServer(play) as model, sits_down(root, talks_to(model.url) | at_once) as user:
        user.ok("run", "PLAN.md", "--detach")
        name = asked(user)
        assert user.state().questions[name].text == "Which colour?"
        user.ok("answer", name, "2")
        state = user.sees(lambda s: s.questions[name].delivered)
        user.sees(lambda s: "until test -e go" in str(transcript(user)))
        user.ok("message", "1", "mind", "the", "hinges")
        worktree = Path(state.runs["T1-1"].worktree)
        user.sees(lambda s: all(m.delivered for m in s.messages.values()))
        (worktree / "go").touch()
        user.sees(lambda s: all(m.read for m in s.messages.values()))
        if kind == "claude":
            run = user.state().runs["T1-1"]
            assert (run.told, run.tellings) == ("the door is sanded", 1)
            token = run_tokens.of_run(user.places.folder, "T1-1").rpartition(".")[2]
            assert not any(token in line for line in command_lines()), "no command line has the token"
            leave = asked(user)
            question = user.state().questions[leave]
            assert (question.kind, question.tool) == ("permission", "Bash")
            assert "echo published" in question.detail
            user.ok("answer", leave, "allow")
        user.sees(ended)

        assert (root / "out.txt").read_text() == "published\n"
        heard = json.dumps([request.body["messages"] for request in model.requests if request.scene])
        assert "blue" in heard
        assert "mind the hinges" in heard
    if kind == "claude":
        with socket.socket() as client:
            port = int((root / ".cockpit" / "mcp.port").read_text())
            assert client.connect_ex(("127.0.0.1", port)), "the server of the tools is gone with the engine"
