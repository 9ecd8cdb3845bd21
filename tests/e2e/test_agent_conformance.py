"""What every agent must do, whatever CLI is behind it: one suite, run on real processes.

The `claude` and `api` agents talk to a scripted model on a local port; the scripted agent plays the same
play without a model, and so does a command in a terminal. Each test drives a real host as the engine would.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from cockpit.agents.stream import (
    Answered,
    Asked,
    Ended,
    Exited,
    Garbled,
    Read,
    Said,
    Spent,
    Started,
    Told,
    ToolCalled,
    ToolReturned,
    Withdrawn,
)
from cockpit.demo.model import ModelServer
from cockpit.demo.script import Fault, Play, Step, Turn, ask, bash, scene, step, turn, write
from cockpit.questions import PERMISSION, QUESTION
from tests.fakes.driven import DrivenRun, eventually, is_gone

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
PROMPT = "Please add a median"


def claude_binary() -> str:
    """The CLI; skips where there is none."""
    if named := os.environ.get("COCKPIT_CLAUDE"):
        return named
    cache = ROOT / ".cache" / "claude-code"
    found = sorted(path for path in cache.rglob("claude") if path.is_file() and os.access(path, os.X_OK))
    if not found:
        pytest.skip(f"there is no Claude Code CLI in COCKPIT_CLAUDE or {cache}")
    return str(found[0])


NOT_IN_A_TERMINAL = {
    "test_its_cost_is_counted": "nobody knows what a command spends; that it says so is in test_terminal_host.py",
    "test_a_message_in_the_middle_of_a_turn_is_read_in_it": "nothing is typed into it; the engine refuses messages",
    "test_it_dies_with_its_host": "between turns it has no process; in a turn, see test_terminal_host.py",
    "test_a_request_that_can_not_succeed_is_fatal": "it makes no requests that we see; a missing program is fatal",
    "test_it_asks_a_person_waits_and_goes_on_with_the_answer": "it asks on its screen; the answer is typed there",
    "test_a_question_waits_through_a_pause": "it asks on its screen; the answer is typed there",
    "test_what_it_asked_is_withdrawn_when_its_turn_is_interrupted": "it asks on its screen",
    "test_its_stream_tells_what_it_reads_says_and_does": "it has no stream",
    "test_garbage_in_its_stream_harms_nobody": "it has no stream: what it prints is for people, and never read",
}
"""Clauses that have no meaning for a command in a terminal, and why."""

PLAYER = """
import json, os, pathlib, subprocess, sys
prompt = pathlib.Path(sys.argv[2])
turn = int(prompt.stem.removeprefix("prompt-")) - 1
for step in json.loads(pathlib.Path(sys.argv[1]).read_text())["turns"][turn]:
    if "say" in step:
        print(step["say"], flush=True)
    elif "write" in step:
        pathlib.Path(step["write"]["path"]).write_text(step["write"]["text"])
    elif "run" in step:
        subprocess.run(step["run"], shell=True, check=True)
"""
"""A command that plays the same scripts as the scripted agent, a turn each time it is run."""


class Stage:
    """One kind of agent, and how a play reaches it."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self._server: ModelServer | None = None
        self.run: DrivenRun

    @contextmanager
    def plays(self, *turns: Turn) -> Iterator[DrivenRun]:
        """A run whose agent will play the turns."""
        with ExitStack() as stack:
            command, environment = "", {"GIT_CONFIG_GLOBAL": os.devnull}
            if self.kind == "scripted":
                command = self._script(turns)
            elif self.kind == "terminal":
                (self.folder / "player.py").write_text(PLAYER, encoding="utf-8")
                command = f"{sys.executable} {self.folder}/player.py {self._script(turns)} {{prompt}}"
            else:
                self._server = stack.enter_context(ModelServer(Play((scene("", *turns, name="all"),))))
                environment |= self._model_environment(self._server.url)
            if self.kind == "claude":
                command = claude_binary()
            run = DrivenRun(self.folder / "run-of-agent", self.kind, command=command, environment=environment)
            self.run = stack.enter_context(run)
            yield run

    def _model_environment(self, url: str) -> dict[str, str]:
        ours = {"PYTHONPATH": str(ROOT), "COCKPIT_API_PATIENCE": "0.01"} if self.kind == "api" else {}
        return {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "test-key-of-twenty-chars", **ours}

    def _script(self, turns: tuple[Turn, ...]) -> str:
        path = self.folder / "script.json"
        path.write_text(json.dumps({"turns": [_script_turn(t) for t in turns]}), encoding="utf-8")
        return str(path)

    def system(self) -> str:
        """The system prompt of the last request."""
        assert self._server is not None
        return json.dumps([r.body for r in self._server.requests if r.scene][-1].get("system"))

    def asked(self) -> list[Any]:
        """What the model was asked, request by request."""
        assert self._server is not None
        return [r.body for r in self._server.requests if r.scene]

    def billed(self) -> list[Any]:
        """The answers that the model gave."""
        assert self._server is not None
        return list(self._server.billed)

    def heard(self) -> str:
        """Everything that the model was told in its last request."""
        if self.kind == "terminal":
            return "\n".join(path.read_text("utf-8") for path in sorted(self.run.run_dir.glob("prompt-*.md")))
        if self._server is None:
            return (self.run.run_dir / "scripted.json").read_text("utf-8")
        bodies = [r.body for r in self._server.requests if r.scene]
        return json.dumps(bodies[-1]["messages"])

    def uses_a_tool(self) -> None:
        """Wait until the agent has begun to wait for `let_go`."""
        if self.kind == "terminal":
            eventually(lambda: "waiting" in self.printed(), f"the tool in {self.run}")
        else:
            self.run.until(ToolCalled)

    def printed(self) -> str:
        """What is on the terminal of a terminal agent."""
        return (self.run.run_dir / "terminal.log").read_text("utf-8")

    def expects(self, ended: Ended, text: str) -> None:
        """A turn ended well, and `text` is the last that the agent said."""
        if self.kind == "terminal":
            assert ended == Ended(True, "the command left with code 0")
            assert text in self.printed().splitlines()
        else:
            assert ended == Ended(True, text)


def _script_turn(played: Turn) -> list[dict[str, Any]]:
    return [step for one in played.steps for step in _script_steps(one)]


def _script_steps(played: Step) -> Iterator[dict[str, Any]]:
    yield {"spend": {"usd": 0.01, "tokens": 100}}
    if played.fault:
        yield {"end": {"ok": False, "error": played.fault.message, "fatal": played.fault.status == 400}}
        return
    yield {"say": played.say}
    for call in played.calls:
        given = dict(call.inputs)
        match call.tool:
            case "write":
                yield {"write": given}
            case "ask":
                yield {"ask": {"text": given["question"], "choices": given["choices"].split("|")}}
                yield {"say": "The answer: {answer}"}
            case _:
                yield {"run": given["command"]}


@pytest.fixture(params=["scripted", "terminal", "api", "claude"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Each kind of agent in turn."""
    if request.param == "terminal" and (why := NOT_IN_A_TERMINAL.get(request.node.originalname)):
        pytest.skip(why)
    if request.param == "claude":
        claude_binary()
    return Stage(request.param, tmp_path)


WRITES = turn(
    step("I write it.", write("median.py", "def median(): ...\n")),
    step("The median is there."),
)


def waits(folder: DrivenRun) -> None:
    """Make a FIFO that a tool's `cat go` waits on."""
    os.mkfifo(folder.worktree / "go")


WAITS = step("I wait.", bash("echo waiting; cat go"))


def let_go(run: DrivenRun) -> None:
    """Let the tool's `cat go` return, once it waits."""
    with (run.worktree / "go").open("w") as fifo:
        fifo.write("went on\n")


def test_it_reads_its_prompt_uses_a_tool_and_ends_its_turn(stage: Stage) -> None:
    with stage.plays(WRITES) as run:
        prompt = run.start(PROMPT)
        stage.expects(run.ended(), "The median is there.")
        assert run.all(Told) == [Told(PROMPT, prompt)]
        assert run.all(Started)[0].session == run.conversation
        assert (run.worktree / "median.py").read_text() == "def median(): ...\n"
        assert PROMPT in stage.heard()


def test_its_stream_tells_what_it_reads_says_and_does(stage: Stage) -> None:
    with stage.plays(WRITES) as run:
        prompt = run.start(PROMPT)
        run.ended()
        assert run.all(Read) == [Read(prompt)]
        assert [said.text for said in run.all(Said)] == ["I write it.", "The median is there."]
        (called,), (returned,) = run.all(ToolCalled), run.all(ToolReturned)
        assert called.step == "write median.py"
        assert "+def median(): ..." in called.detail
        assert (returned.id, returned.failed) == (called.id, False)
        assert run.seqs == list(range(1, len(run.seqs) + 1))


def test_its_cost_is_counted(stage: Stage) -> None:
    with stage.plays(WRITES, turn(step("Again."), on="once more")) as run:
        run.start(PROMPT)
        run.ended()
        first = run.cost()
        run.say("once more")
        run.ended(2)
        assert 0 < first < run.cost() < 1
        assert run.all(Spent)[-1].source in ("cli", "genai-prices")
        session = eventually(
            lambda: s if (s := run.session()).cost_usd_est == run.cost() and s.status == "idle" else None, "the cost"
        )
        assert session.tokens == run.all(Spent)[-1].tokens > 0


def test_a_second_message_goes_on_with_the_conversation(stage: Stage) -> None:
    with stage.plays(WRITES, turn(step("Renamed."), on="rename it")) as run:
        run.start(PROMPT)
        run.ended()
        message = run.say("Now rename it")
        stage.expects(run.ended(2), "Renamed.")
        assert Told("Now rename it", message, "you") in run.all(Told)
        assert Read(message) in run.all(Read) or stage.kind == "terminal"  # where nothing acknowledges anything
        assert PROMPT in stage.heard()
        assert "Now rename it" in stage.heard()


def test_a_message_in_the_middle_of_a_turn_is_read_in_it(stage: Stage) -> None:
    with stage.plays(turn(WAITS, step("Done, with your hint."))) as run:
        waits(run)
        run.start(PROMPT)
        run.until(ToolCalled)
        message = run.say("mind the empty list")
        run.until_event(Told("mind the empty list", message, "you"))
        let_go(run)
        assert run.ended() == Ended(True, "Done, with your hint.")
        events = run.look()
        assert events.index(Read(message)) < events.index(run.all(Ended)[0])
        assert "mind the empty list" in stage.heard()


def test_an_interrupt_ends_the_turn_and_keeps_the_process(stage: Stage) -> None:
    with stage.plays(turn(WAITS, step("unreached")), turn(step("Here I am."), on="are you there")) as run:
        waits(run)
        run.start(PROMPT)
        stage.uses_a_tool()
        run.do("interrupt")
        ended = run.ended()
        assert not ended.ok
        assert ended.error == "interrupted" or "KeyboardInterrupt" in ended.error  # as a person's ctrl+c
        run.say("are you there?")
        stage.expects(run.ended(2), "Here I am.")
        assert run.all(Exited) == []


def test_it_leaves_when_it_is_asked_to(stage: Stage) -> None:
    with stage.plays(WRITES) as run:
        run.start(PROMPT)
        run.ended()
        agent = run.pids["agent_pid"]
        run.do("end")
        run.gone()
        assert is_gone(agent)
        assert run.tree() == ()
        session = run.session()
        assert (session.status, session.current_phase, session.pid) == ("idle", "gone", 0)


def test_it_leaves_in_the_middle_of_a_tool(stage: Stage) -> None:
    with stage.plays(turn(WAITS, step("unreached"))) as run:
        waits(run)
        run.start(PROMPT)
        stage.uses_a_tool()
        run.do("end")
        run.gone()
        assert run.tree() == ()


CHILDREN = turn(
    step("I leave some behind.", bash("setsid nohup tail -f /dev/null >/dev/null 2>&1 & echo $! > child.pid")),
    step("They live."),
)


@pytest.mark.parametrize("op", ["kill", "end"])
def test_nothing_that_it_started_survives_it(stage: Stage, op: str) -> None:
    with stage.plays(CHILDREN) as run:
        run.start(PROMPT)
        run.ended()
        agent, child = run.pids["agent_pid"], int((run.worktree / "child.pid").read_text())
        assert is_gone(child) == (stage.kind in ("api", "terminal"))  # whose children end with the tool, or the turn
        run.do(op)
        run.gone()
        assert is_gone(agent)
        assert is_gone(child)
        assert run.tree() == ()


def test_it_dies_with_its_host(stage: Stage) -> None:
    with stage.plays(WRITES) as run:
        run.start(PROMPT)
        run.ended()
        agent = run.pids["agent_pid"]
        run.kill_host()
        eventually(lambda: is_gone(agent), "the agent's death")


@pytest.mark.parametrize("way", ["killed", "asked"])
def test_an_agent_that_is_gone_goes_on_with_its_conversation(stage: Stage, way: str) -> None:
    with stage.plays(WRITES, turn(step("And tested."), on="go on")) as run:
        run.start(PROMPT)
        run.ended()
        before, agent = run.cost(), run.pids["agent_pid"]
        if way == "killed":
            run.kill_host()
        else:
            run.do("end")
            run.gone()
        eventually(lambda: is_gone(agent), "the agent's death")
        run.start("Please go on", resume=True)
        stage.expects(run.ended(2), "And tested.")
        assert [started.session for started in run.all(Started)] == [run.conversation] * 2
        assert PROMPT in stage.heard()
        assert "Please go on" in stage.heard()
        assert run.seqs == list(range(1, len(run.seqs) + 1))
        assert before < run.cost() <= 1.5 * before or stage.kind == "terminal"  # whose cost is unknown


def test_an_agent_killed_in_a_tool_is_told_to_go_on(stage: Stage) -> None:
    with stage.plays(turn(WAITS, step("unreached")), turn(step("Picked up."), on="go on")) as run:
        waits(run)
        run.start(PROMPT)
        stage.uses_a_tool()
        run.kill_host()
        if stage.kind == "scripted":  # it does the broken turn again
            (run.worktree / "go").unlink()
        run.start("Please go on", resume=True)
        ended = run.ended()
        assert ended.ok
        assert "Please go on" in stage.heard()


def test_a_request_that_can_not_succeed_is_fatal(stage: Stage) -> None:
    refused = Fault(status=400, message="your credit balance is too low", times=50)
    with stage.plays(turn(step("", fault=refused))) as run:
        run.start(PROMPT)
        ended = run.ended()
        assert (ended.ok, ended.fatal) == (False, True)
        assert "credit balance" in ended.error.lower()
        assert run.is_alive


def test_garbage_in_its_stream_harms_nobody(stage: Stage) -> None:
    with stage.plays(turn(WAITS, step("Done."))) as run:
        waits(run)
        run.start(PROMPT)
        run.until(ToolCalled)
        agent = json.loads((run.run_dir / "host.json").read_text())["agent_pid"]
        with Path(f"/proc/{agent}/fd/1").open("wb", buffering=0) as stream:
            stream.write(b"\x1b[31mWARNING\xff no JSON\n[1, 2]\n{}\n")
        run.until(Garbled, 3)
        let_go(run)
        assert run.ended() == Ended(True, "Done.")
        assert "\x1b" not in run.all(Garbled)[0].text


ASKS = step("I ask.", ask("Which base?", "postgres", "sqlite"))


@pytest.mark.parametrize("stage", ["scripted", "api", "claude"], indirect=True)
def test_it_asks_a_person_waits_and_goes_on_with_the_answer(stage: Stage) -> None:
    with stage.plays(turn(ASKS, step("So be it."))) as run:
        run.start(PROMPT)
        asked = run.until(Asked)
        assert (asked.text, asked.about, asked.many, asked.parts) == ("Which base?", QUESTION, False, 1)
        assert [choice.label for choice in asked.choices] == ["postgres", "sqlite"]
        eventually(lambda: run.session().current_phase == "waiting for you", "the session file to say so")
        assert run.all(Ended) == []
        run.answer(asked, "sqlite")
        run.until_event(Answered(asked.id, "sqlite"))
        assert run.ended() == Ended(True, "So be it.")
        assert "sqlite" in "".join(out.output for out in run.all(ToolReturned)) + str(run.all(Said))
        run.answer(asked, "postgres")  # too late, and nobody is harmed
        run.do("end")
        run.gone()
        assert len(run.all(Answered)) == 1


@pytest.mark.parametrize("stage", ["scripted", "api", "claude"], indirect=True)
def test_what_it_asked_is_withdrawn_when_its_turn_is_interrupted(stage: Stage) -> None:
    with stage.plays(turn(ASKS, step("unreached")), turn(step("Here I am."), on="are you there")) as run:
        run.start(PROMPT)
        asked = run.until(Asked)
        run.do("interrupt")
        run.until_event(Withdrawn(asked.id))
        assert run.ended() == Ended(False, error="interrupted")
        run.say("are you there?")
        assert run.ended(2).ok


@pytest.mark.parametrize("stage", ["scripted", "api", "claude"], indirect=True)
def test_a_question_waits_through_a_pause(stage: Stage) -> None:
    with stage.plays(turn(ASKS, step("So be it."))) as run:
        run.start(PROMPT)
        asked = run.until(Asked)
        run.do("pause")
        eventually(lambda: run.session().status == "paused", "the pause")
        run.answer(asked, "sqlite")
        run.do("resume")
        assert run.ended() == Ended(True, "So be it.")


PUBLISHES = turn(step("I publish.", bash("echo published > out.txt")), step("Well then."))


@pytest.mark.parametrize("stage", ["claude"], indirect=True)
@pytest.mark.parametrize("allow", [True, False])
def test_the_cli_asks_before_it_uses_a_tool_that_needs_leave(stage: Stage, allow: bool) -> None:
    with stage.plays(PUBLISHES) as run:
        run.ask_first = ("Bash(echo *)",)
        run.start(PROMPT)
        asked = run.until(Asked)
        assert (asked.about, asked.tool, asked.text) == (PERMISSION, "Bash", "bash echo published > out.txt")
        assert asked.detail == "echo published > out.txt"
        run.answer(asked, allow=allow, note="" if allow else "not tonight")
        assert run.ended() == Ended(True, "Well then."), "a person's no is an answer, not an obstacle"
        assert (run.worktree / "out.txt").exists() == allow
        (returned,) = run.all(ToolReturned)
        assert returned.failed == (not allow)
        assert allow or "not tonight" in returned.output


@pytest.mark.parametrize("stage", ["api", "claude"], indirect=True)
def test_it_knows_its_role(stage: Stage) -> None:
    with stage.plays(WRITES) as run:
        run.start(PROMPT)
        run.ended()
        assert "the builder called Mortimer" in stage.system()


@pytest.mark.parametrize("stage", ["claude"], indirect=True)
@pytest.mark.parametrize("command", ["git push", "git push origin main", "git -C . push origin main"])
def test_the_cli_denies_a_push(stage: Stage, command: str) -> None:
    with stage.plays(turn(step("I push.", bash(command)), step("Then not."))) as run:
        run.start(PROMPT)
        assert run.ended() == Ended(True, "Then not.", denials=(f"bash {command}",))
        assert run.all(ToolReturned)[0].failed


def test_a_large_prompt_arrives_whole(stage: Stage) -> None:
    with stage.plays(turn(step("That was long."))) as run:
        run.start(f"{PROMPT}. " + "All of this matters. " * 15_000 + "The end.")
        stage.expects(run.ended(), "That was long.")
        assert "The end." in stage.heard()


def test_a_pause_stops_everything_until_it_is_resumed(stage: Stage) -> None:
    with stage.plays(turn(WAITS, step("Done."))) as run:
        waits(run)
        run.start(PROMPT)
        stage.uses_a_tool()
        eventually(lambda: len(run.tree()) > 1, "the tool's process")
        run.do("pause")
        eventually(lambda: run.session().status == "paused", "the pause")
        eventually(lambda: {_state(pid) for pid in run.tree()} == {"T"}, "the stop of every process")
        run.do("resume")
        eventually(lambda: run.session().status == "working", "the end of the pause")
        let_go(run)
        assert run.ended().ok


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
