"""What an agent's stream says, in words that are the same for every agent CLI.

A host reads the raw stream of its agent (`.cockpit/runs/<run>/stream.jsonl`), has the agent's adapter
translate it, and appends what comes out to `.cockpit/runs/<run>/events.jsonl`: one JSON object a line,
`{"seq": 7, "at": 1700000000.0, "kind": "ToolCalled", …fields}`. The engine and the screen read that file;
neither knows an agent CLI's own format. `seq` counts from 1 over the whole run, restarts included.

Imports nothing heavy: every host carries this module, and a host has a memory bound.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cockpit import codec
from cockpit.questions import QUESTION, Choice
from cockpit.tokens import Tokens
from cockpit.value import Value, frozen


@frozen
class Started(Value):
    """The agent's process answers; `session` is the conversation it is in."""

    session: str
    model: str = ""


@frozen
class Told(Value):
    """What was said to the agent: its task, rework, a person's message."""

    text: str
    id: str = ""
    by: str = "cockpit"


@frozen
class Said(Value):
    """A block of text by the agent, whole."""

    text: str


@frozen
class Thought(Value):
    """A block of the agent's reasoning, where its CLI shows it."""

    text: str


@frozen
class ToolCalled(Value):
    """The agent uses a tool. `step` is one line for a person, e.g. `edit stats.py`."""

    id: str
    name: str
    step: str
    detail: str = ""
    """The command, or a unified diff for an edit or a write; cut to a bound."""


@frozen
class ToolReturned(Value):
    """What the tool gave back; cut to a bound."""

    id: str
    output: str
    failed: bool = False


@frozen
class Spent(Value):
    """The cost so far of the agent's current process, cumulative."""

    usd: float
    tokens: int
    model: str = ""
    source: str = ""
    """`cli`, `genai-prices`, `config`, or `unknown` where the model has no price."""
    open_usd: float = 0.0
    """What may have been charged beyond `usd`: requests on their way, and answers that broke off."""
    used: tuple[Tokens, ...] = ()
    """The tokens by model and sort, where they are known so exactly."""


@frozen
class Read(Value):
    """The model has got the message `id`."""

    id: str


@frozen
class Asked(Value):
    """The agent waits for a person: for an answer, or for leave to use a tool.

    What it asks at once has one `id` and comes as `parts` lines; it goes on when all of them are answered.
    """

    id: str
    text: str
    choices: tuple[Choice, ...] = ()
    many: bool = False
    about: str = QUESTION
    """`questions.QUESTION` or `PERMISSION`."""
    header: str = ""
    tool: str = ""
    detail: str = ""
    part: int = 1
    parts: int = 1


@frozen
class Answered(Value):
    """The answer to what the agent asked was written to its input."""

    id: str
    text: str
    by: str = "you"


@frozen
class Withdrawn(Value):
    """The agent no longer waits for an answer, e.g. because its turn was interrupted."""

    id: str


@frozen
class Retrying(Value):
    """The model's service refused or broke off; the agent tries again by itself."""

    reason: str
    seconds: float = 0.0
    limited: bool = False
    """It is a limit, which concerns everybody who shares the quota."""


@frozen
class Ended(Value):
    """A turn is over and the agent waits for the next message."""

    ok: bool
    summary: str = ""
    error: str = ""
    fatal: bool = False
    denials: tuple[str, ...] = ()
    broke: bool = False
    """It used up the money that it was given."""
    limited: bool = False
    """It ran into a limit of the model's service: waiting helps, and nothing else does."""
    resets: float = 0.0
    """When that is over, where the service said so; 0: it did not."""


@frozen
class Breached(Value):
    """The host ends the agent: it took more of the machine than it may."""

    what: str
    """memory or processes."""
    why: str


@frozen
class Garbled(Value):
    """A line that was no message of this agent's protocol; shown, never trusted."""

    text: str


@frozen
class Exited(Value):
    """The agent's process is gone; the last line of a host's file. `reason` holds the end of its stderr."""

    code: int | None
    reason: str = ""


StreamEvent = (
    Started
    | Told
    | Said
    | Thought
    | ToolCalled
    | ToolReturned
    | Spent
    | Read
    | Asked
    | Answered
    | Withdrawn
    | Retrying
    | Ended
    | Breached
    | Garbled
    | Exited
)

KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in StreamEvent.__args__}


@frozen
class Line(Value):
    """One line of `events.jsonl`."""

    seq: int
    at: float
    event: StreamEvent


def dump_line(line: Line) -> str:
    """The line's text, with its newline."""
    head = {"seq": line.seq, "at": round(line.at, 3), "kind": type(line.event).__name__}
    return json.dumps(head | codec.encode(line.event), separators=(",", ":")) + "\n"


LARGEST = 1 << 62
"""No count of ours comes near."""


def load_line(text: str) -> Line | None:
    """The line that `dump_line` wrote; None for a torn one or one of another version."""
    try:
        data = codec.parse(text)
        kind = KINDS[data["kind"]]
        seq, at = int(data["seq"]), float(data["at"])
        return Line(seq, at, codec.decode(kind, data)) if seq < LARGEST and math.isfinite(at) else None
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return None


LAST_BYTES = 256 * 1024
"""Of a stream, in which its last turn's end or its last tool call is looked for."""


def is_mid_turn(path: Path) -> bool:
    """Whether the last turn in an `events.jsonl` was begun and never ended; what only follows an end doesn't count."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_BYTES))
            found = [load_line(raw.decode("utf-8", "replace")) for raw in file.read().splitlines()]
    except OSError:
        return False
    for line in reversed(found):
        if line is not None and isinstance(line.event, Ended):
            return False
        if line is not None and isinstance(line.event, Told | Said | Thought | ToolCalled | ToolReturned | Asked):
            return True
    return False


class Tail:
    """Reads a growing `events.jsonl` on from where it was; a torn last line waits until it is whole."""

    def __init__(self, path: Path, after: int = 0) -> None:
        """Lines numbered `after` and below are passed over."""
        self._path = path
        self._offset = 0
        self._after = after

    @property
    def has_more(self) -> bool:
        """Whether the file is longer than what was read; a torn line counts."""
        try:
            return self._path.stat().st_size > self._offset
        except FileNotFoundError:
            return False

    def read(self) -> list[Line]:
        """The lines that came since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        self._offset += len(whole) + len(newline)
        lines = (load_line(raw.decode("utf-8", "replace")) for raw in whole.split(b"\n"))
        new = [line for line in lines if line is not None and line.seq > self._after]
        self._after = max((line.seq for line in new), default=self._after)
        return new
