"""The protocol of agents that we write ourselves: our own stream events, as JSON lines both ways.

To the agent, on stdin, one order a line:

    {"op": "say", "id": "<uuid>", "text": "…"}      a message; the agent emits Read(id) when its model has it
    {"op": "answer", "id": "…", "answers": ["…"]}   to what it asked, one for each part; "allow": false denies
    {"op": "interrupt"}                             end the turn, keep the process
    {"op": "end"}                                   leave

From the agent, on stdout, one `stream.StreamEvent` a line: {"kind": "Said", "text": "…"}. What only a host
can know (`Told`, `Answered`, `Garbled`, `Exited`) is not accepted from an agent.

An adapter inherits `NeutralAgent` and starts its process with `python_command`; the process uses
`load_order` and `emit`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import cockpit
from cockpit import codec, faults
from cockpit.agents import Reply, Spec, Translator
from cockpit.agents.stream import KINDS, Asked, Garbled, StreamEvent, Withdrawn
from cockpit.text import cut

OPS = frozenset({"say", "answer", "interrupt", "end"})
FROM_AGENTS = frozenset(KINDS) - {"Told", "Answered", "Garbled", "Exited"}
"""The events an agent may say; the others are the host's own."""


@dataclass(frozen=True, slots=True)
class Order:
    """One line to the agent."""

    op: str
    """say, answer, interrupt or end."""
    id: str = ""
    text: str = ""
    answers: tuple[str, ...] = ()
    allow: bool = True


def dump_order(order: Order) -> str:
    """The order's line, with its newline."""
    return json.dumps(codec.encode(order)) + "\n"


def load_order(line: str) -> Order | None:
    """The order that `dump_order` wrote; None for anything else."""
    try:
        order = codec.decode(Order, codec.parse(line))
    except ValueError:
        return None
    return order if order.op in OPS else None


def dump_event(event: StreamEvent) -> str:
    """The event's line, with its newline."""
    return json.dumps({"kind": type(event).__name__} | codec.encode(event)) + "\n"


def emit(event: StreamEvent, out: TextIO | None = None) -> None:
    """Write one event for the host to read; for the agent's own process. One write, then a flush."""
    stream = sys.stdout if out is None else out
    faults.reach(f"emit.before {type(event).__name__}")
    stream.write(dump_event(event))
    stream.flush()
    faults.reach(f"emit.after {type(event).__name__}")


_BOOTSTRAP = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def python_command(module: str) -> list[str]:
    """Run a module of ours as an agent's process: found wherever we lie, and nothing of the worktree's.

    Says nothing in the environment (PYTHONPATH would), for that is what the agent's tools inherit.
    """
    home = str(Path(cockpit.__file__).parent.parent)
    return [sys.executable, "-P", "-c", _BOOTSTRAP.strip(), home, module]


class NeutralTranslator:
    """Reads the lines that `emit` wrote, and answers what it saw asked."""

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def answer(self, reply: Reply) -> str | None:
        """The line that answers; None where nobody waits for it."""
        if reply.id not in self._asked:
            return None
        self._asked.discard(reply.id)
        return dump_order(Order("answer", reply.id, reply.note, reply.answers, reply.allow))

    def read(self, line: str) -> Iterable[StreamEvent]:
        """The one event of a line; nothing for an empty line."""
        if not line.strip():
            return ()
        try:
            data = codec.parse(line)
            if data["kind"] in FROM_AGENTS:
                return (self._noted(codec.decode(KINDS[data["kind"]], data)),)
        except (ValueError, KeyError, TypeError):
            pass
        return (Garbled(cut(line, 500)),)

    def _noted(self, event: StreamEvent) -> StreamEvent:
        if isinstance(event, Asked):
            self._asked.add(event.id)
        elif isinstance(event, Withdrawn):
            self._asked.discard(event.id)
        return event


class NeutralAgent:
    """The half of an adapter that is the same for every agent of ours."""

    def translator(self, spec: Spec) -> Translator:
        """A reader for one process's lines."""
        return NeutralTranslator()

    def say(self, text: str, message: str) -> str:
        """The line that tells the agent `text`."""
        return dump_order(Order("say", message, text))

    def interrupt(self) -> str:
        """The line that ends the turn."""
        return dump_order(Order("interrupt"))

    def end(self) -> str:
        """The line that asks the process to leave."""
        return dump_order(Order("end"))
