"""The scripted agent: real work and real events, but what it does is written in a JSON file.

    scripted_agent SCRIPT.json RUN_DIR SESSION [--resume]

The script is `{"model": "…", "turns": [[step, …], …]}`. Each message pops the next turn; after the last one
every turn just ends well. A step is an object with one key that says what to do:

    {"say": "text"}  {"think": "text"}       {turn}, {message}, {heard} (all messages) and {answer} are filled in
    {"tool": {"name", "step", "detail", "output", "failed"}}   a tool call that only looks like one
    {"write": {"path", "text"}}              writes a file in the worktree
    {"run": "command"}                       runs a shell command there
    {"commit": "message"}                    commits everything
    {"spend": {"usd", "tokens", "model"}}    adds to the cost of this process
    {"retry": {"reason", "seconds"}}         says that the model's service refused
    {"ask": {"text", "choices", "many", "kind", "tool", "detail"}}   waits for a person; the answer is {answer}
    {"listen": true}                         waits for a message within this turn, unless one was read in it already
    {"end": {"ok", "summary", "error", "fatal", "denials", "limited", "resets"}}   ends the turn; every one
                                             has `"end": {}` at its end
    {"hang": true}                           waits for an interrupt or the end
    {"garbage": "text"}                      prints something that is no event
    {"die": 3}                               exits at once

Messages that come while a turn runs are read at its next tool, else they begin the next turn. The turn's
number lies in RUN_DIR, so a resumed agent goes on; a turn that was broken off from outside is done again.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import uuid
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cockpit import faults
from cockpit.agents import stream
from cockpit.agents.neutral import Order, emit, load_order
from cockpit.agents.steps import diff
from cockpit.questions import PERMISSION, PERMISSION_CHOICES, QUESTION, Choice
from cockpit.text import cut

Step = Mapping[str, Any]


class Interrupted(Exception):
    """The turn is to end."""


class Orders:
    """What comes in on stdin, a line at a time, with or without waiting."""

    def __init__(self) -> None:
        self._bytes = b""
        self.messages: deque[Order] = deque()
        """Said and not yet read."""
        self.answers: dict[str, Order] = {}
        """To what was asked, by its id."""
        self._interrupts = 0

    def take(self, *, wait: bool) -> None:
        """Read what has come; with `wait` until at least one order has. Leaves when told to."""
        while True:
            *lines, self._bytes = self._bytes.split(b"\n")
            for line in lines:
                self._sort(load_order(line.decode("utf-8", "replace")))
            if (lines and wait) or not select.select([0], [], [], None if wait else 0)[0]:
                return
            data = os.read(0, 65_536)
            if not data:
                sys.exit(0)
            self._bytes += data

    def _sort(self, order: Order | None) -> None:
        if order is None:
            return
        if order.op == "end":
            sys.exit(0)
        if order.op == "interrupt":
            self._interrupts += 1
        elif order.op == "answer":
            self.answers[order.id] = order
        else:
            self.messages.append(order)

    def check(self) -> None:
        """Raise Interrupted where an interrupt has come."""
        if self._interrupts:
            self._interrupts = 0
            raise Interrupted

    def forget_interrupts(self) -> None:
        """Between turns there is nothing to interrupt."""
        self._interrupts = 0


class Memory:
    """What outlives the process: the turn's number and the messages so far."""

    def __init__(self, path: Path, resume: bool) -> None:
        self._path = path
        data = json.loads(path.read_text("utf-8")) if resume and path.exists() else {}
        self.turn: int = data.get("turn", 0)
        self.heard: list[str] = data.get("heard", [])

    def save(self) -> None:
        """Write it, whole or not at all."""
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps({"turn": self.turn, "heard": self.heard}), "utf-8")
        os.replace(temporary, self._path)


class Player:
    """Plays a script."""

    def __init__(self, script: Mapping[str, Any], memory: Memory) -> None:
        self._turns: list[list[Step]] = script["turns"]
        self._model = script.get("model", "scripted")
        self._memory = memory
        self._orders = Orders()
        self._usd, self._tokens = 0.0, 0
        self._tool = 0
        self._last_words = ""
        self._asked = 0
        self._answer = ""
        self._told = 0
        """Messages read in this turn that no `listen` has waited for; the one that began it counts as none."""

    def play(self, session: str) -> None:
        """Take messages until told to leave."""
        emit(stream.Started(session, self._model))
        while True:
            while not self._orders.messages:
                self._orders.take(wait=True)
            self._orders.forget_interrupts()
            self._turn()

    def _turn(self) -> None:
        number = self._memory.turn
        self._told = -1
        self._hear()
        steps = self._turns[number] if number < len(self._turns) else []
        ended = stream.Ended(False, error="interrupted")
        with suppress(Interrupted):
            ended = self._steps(steps)
        self._advance(number)
        emit(ended)

    def _advance(self, number: int) -> None:
        self._memory.turn = number + 1
        self._memory.save()

    def _steps(self, steps: list[Step]) -> stream.Ended:
        for step in steps:
            self._orders.take(wait=False)
            self._orders.check()
            ((what, value),) = step.items()
            if what == "end":
                return stream.Ended(
                    value.get("ok", True),
                    value.get("summary", self._last_words),
                    value.get("error", ""),
                    value.get("fatal", False),
                    tuple(value.get("denials", ())),
                    limited=value.get("limited", False),
                    resets=value.get("resets", 0.0),
                )
            getattr(self, f"_do_{what}")(value)
        return stream.Ended(True, self._last_words)

    def _hear(self) -> None:
        """Read every message that waits."""
        while self._orders.messages:
            order = self._orders.messages.popleft()
            self._memory.heard.append(order.text)
            self._told += 1
            emit(stream.Read(order.id))
        self._memory.save()

    def _do_say(self, text: str) -> None:
        self._last_words = self._filled(text)
        emit(stream.Said(self._last_words))

    def _do_think(self, text: str) -> None:
        emit(stream.Thought(self._filled(text)))

    def _filled(self, text: str) -> str:
        heard = self._memory.heard
        values = {"{turn}": str(self._memory.turn + 1), "{message}": heard[-1], "{heard}": " | ".join(heard)}
        values["{answer}"] = self._answer
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    def _do_tool(self, tool: Mapping[str, Any]) -> None:
        step = tool.get("step", tool["name"])
        called = self._call(tool["name"], step, tool.get("detail", ""))
        self._return(called, tool.get("output", ""), failed=tool.get("failed", False))

    def _call(self, name: str, step: str, detail: str) -> str:
        self._tool += 1
        called = f"tool-{self._memory.turn + 1}-{self._tool}"
        emit(stream.ToolCalled(called, name, step, cut(detail)))
        return called

    def _return(self, called: str, output: str, *, failed: bool = False) -> None:
        emit(stream.ToolReturned(called, cut(output), failed))
        self._orders.take(wait=False)
        self._hear()

    def _do_write(self, value: Mapping[str, str]) -> None:
        path = Path(value["path"]).resolve()
        if not path.is_relative_to(Path.cwd()):
            raise ValueError(f"{path} lies outside of the worktree")
        before = path.read_text("utf-8") if path.exists() else ""
        called = self._call("Write", f"write {value['path']}", diff(value["path"], before, value["text"]))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value["text"], "utf-8")
        self._return(called, f"wrote {value['path']}")

    def _do_run(self, command: str) -> None:
        called = self._call("Bash", f"bash {command}"[:160], command)
        child = subprocess.Popen(
            ["sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        output = self._output_of(child)
        self._return(called, output, failed=child.returncode != 0)

    def _output_of(self, child: subprocess.Popen[bytes]) -> str:
        """What it prints until it leaves (its children may hold the pipe longer); an interrupt kills it."""
        assert child.stdout is not None
        output, pipe = b"", child.stdout.fileno()
        while True:
            ready, _, _ = select.select([pipe, 0], [], [], 0.05)
            if 0 in ready:
                self._orders.take(wait=False)
                self._check_or_kill(child)
            data = os.read(pipe, 65_536) if pipe in ready else b""
            output += data
            if not data and (pipe in ready or child.poll() is not None):
                child.wait()
                return output.decode("utf-8", "replace")

    def _check_or_kill(self, child: subprocess.Popen[bytes]) -> None:
        try:
            self._orders.check()
        except Interrupted:
            child.kill()
            child.wait()
            raise

    def _do_commit(self, message: str) -> None:
        called = self._call("Bash", f"git commit -m {message!r}"[:160], f"git add -A && git commit -m {message!r}")
        output = ""
        for command in (["git", "add", "-A"], ["git", "commit", "-m", message]):
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
            output += done.stdout + done.stderr
            if done.returncode:
                break
        self._return(called, output, failed=done.returncode != 0)

    def _do_spend(self, value: Mapping[str, Any]) -> None:
        self._usd += value.get("usd", 0.0)
        self._tokens += value.get("tokens", 0)
        emit(stream.Spent(self._usd, self._tokens, value.get("model", self._model), "cli"))

    def _do_retry(self, value: Mapping[str, Any]) -> None:
        emit(stream.Retrying(value.get("reason", "the service is busy"), value.get("seconds", 0.0)))

    def _do_ask(self, value: Mapping[str, Any]) -> None:
        self._asked += 1
        name = f"ask-{self._memory.turn + 1}-{self._asked}-{uuid.uuid4().hex[:8]}"
        kind = value.get("kind", QUESTION)
        offered = tuple(Choice(str(label)) for label in value.get("choices", ()))
        choices = PERMISSION_CHOICES if kind == PERMISSION else offered
        more = {key: value[key] for key in ("many", "tool", "detail") if key in value}
        emit(stream.Asked(name, value["text"], choices, about=kind, **more))
        try:
            while name not in self._orders.answers:
                self._orders.take(wait=True)
                self._orders.check()
        except Interrupted:
            emit(stream.Withdrawn(name))
            raise
        got = self._orders.answers.pop(name)
        words = ", ".join(got.answers) or got.text
        self._answer = f"{'allow' if got.allow else 'deny'} {words}".strip() if kind == PERMISSION else words

    def _do_listen(self, _: object) -> None:
        while not (self._told or self._orders.messages):
            self._orders.take(wait=True)
            self._orders.check()
        self._hear()
        self._told = 0

    def _do_hang(self, _: object) -> None:
        while True:
            self._orders.take(wait=True)
            self._orders.check()

    def _do_garbage(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def _do_die(self, code: int) -> None:
        self._advance(self._memory.turn)  # once is enough: a resumed agent goes on after it
        print(f"the script says: die with {code}", file=sys.stderr)
        os._exit(code)


def main(arguments: list[str]) -> None:
    """Play the script until told to leave."""
    faults.process("agent")
    script, run_dir, session, *rest = arguments
    memory = Memory(Path(run_dir) / "scripted.json", resume="--resume" in rest)
    Player(json.loads(Path(script).read_text("utf-8")), memory).play(session)


if __name__ == "__main__":
    main(sys.argv[1:])
