"""A play: what a scripted model says and does, in words that fit any agent.

A `Play` has scenes. A `Scene` belongs to the conversations in which all of its `when` texts occur, a task's
title for example. A conversation is a list of turns: each begins with something that the model is told, and
`Turn.on` says with what. A turn has steps; a `Step` is one answer of the model: a text and tool calls. A
step without calls ends the turn. Where a request wants an answer in a schema, a scene's `answers` speak.

The tools' names are neutral: `bash`, `read`, `write`, `edit`, `glob`, `grep` and `ask`. Whoever plays the
script finds out what the agent calls them.

In Python a play is written with the functions below; `playfile` reads one from TOML.

    Play((
        scene("Add a median", turn(
            step("I look first.", read("stats.py")),
            step("Now the change.", write("stats.py", "…")),
            step("Done."),
        )),
    ))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TOOLS: Mapping[str, tuple[str, ...]] = {
    "bash": ("command",),
    "read": ("path",),
    "write": ("path", "text"),
    "edit": ("path", "old", "new"),
    "glob": ("pattern",),
    "grep": ("pattern",),
    "ask": ("question", "choices"),
}
"""The neutral tools and their inputs."""


MCP = "mcp__"
"""Begins the names of tools that agents get from MCP servers; they are called as they are, `mcp__SERVER__TOOL`."""


class BadPlay(ValueError):
    """A play makes no sense; the text says where and what was expected."""


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a tool."""

    tool: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a step, the first `times` times that it is asked for."""

    status: int = 0
    """An HTTP error in place of the answer: 400, 401, 429, 500, 529, …"""
    retry_after: float | None = None
    """Seconds, for the `retry-after` header of the error."""
    message: str = ""
    """The error's text."""
    cut: bool = False
    """The answer breaks off in the middle, without a word."""
    garbage: bool = False
    """The answer is not in the protocol at all."""
    hang: float = 0.0
    """Seconds of silence before the answer, or before whatever else goes wrong with it."""
    times: int = 1

    @property
    def delivers(self) -> bool:
        """The answer comes whole in the end."""
        return not (self.status or self.cut or self.garbage)


@dataclass(frozen=True, slots=True)
class Step:
    """One answer of the model."""

    say: str = ""
    calls: tuple[Call, ...] = ()
    fault: Fault | None = None
    tokens: int = 0
    """Report so many output tokens; 0 counts the answer's text."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the model does after it was told something.

    The first thing said in a conversation plays the first turn without `on`. Later, what contains a turn's
    `on` plays that turn; the n-th such message plays the n-th turn with that `on`, or the last of them.
    Anything else said in the middle of a turn lets it go on, and after its end plays the next turn
    without `on`.
    """

    steps: tuple[Step, ...]
    on: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model answers when it is asked for an object in a schema.

    Of the answers whose `on` occurs in what was asked, or else of those without, the n-th serves the n-th
    asking and the last every later one.
    """

    value: Mapping[str, Any] | None = None
    text: str = ""
    """Say this where there is no `value`: something outside any schema."""
    on: str = ""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What the model does in the conversations that the scene is about."""

    name: str
    when: tuple[str, ...] = ()
    """All of these occur in one message to the model; the earliest message that fits a scene decides."""
    system: str = ""
    """This occurs in the system prompt."""
    turns: tuple[Turn, ...] = ()
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Play:
    """Every scene, and the turns that any scene may fall back to."""

    scenes: tuple[Scene, ...]
    shared: tuple[Turn, ...] = field(default=())
    """Turns with an `on`, for what a scene has no turn of its own for."""

    def __post_init__(self) -> None:
        names = [scene.name for scene in self.scenes]
        for scene in self.scenes:
            if names.count(scene.name) > 1:
                raise BadPlay(f"two scenes are called {scene.name!r}; a scene's name must be its own")
            _check_scene(scene)
        for turn in self.shared:
            if not turn.on:
                raise BadPlay("a shared turn needs `on`: what must be said to play it")
            _check_turn(turn, f"shared turn on {turn.on!r}")


def _check_scene(scene: Scene) -> None:
    where = f"scene {scene.name!r}"
    if not scene.turns and not scene.answers:
        raise BadPlay(f"{where} has neither turns nor answers")
    if scene.turns and all(turn.on for turn in scene.turns):
        raise BadPlay(f"{where} has no turn without `on`, so nothing to do at first")
    for number, turn in enumerate(scene.turns, 1):
        _check_turn(turn, f"{where}, turn {number}")
    for number, one in enumerate(scene.answers, 1):
        if (one.value is None) == (not one.text):
            raise BadPlay(f"{where}, answer {number}: give either a value or a text")


def _check_turn(turn: Turn, where: str) -> None:
    if not turn.steps:
        raise BadPlay(f"{where} has no steps")
    for number, step in enumerate(turn.steps, 1):
        if not step.calls and number < len(turn.steps):
            raise BadPlay(f"{where}, step {number} calls no tool, which ends the turn; it must be the last")
        for call in step.calls:
            _check_call(call, f"{where}, step {number}")


def _check_call(call: Call, where: str) -> None:
    if call.tool.startswith(MCP):
        return
    if call.tool not in TOOLS:
        raise BadPlay(f"{where}: there is no tool {call.tool!r}; choose one of {', '.join(TOOLS)}")
    if set(call.inputs) != set(TOOLS[call.tool]):
        raise BadPlay(f"{where}: {call.tool} takes {', '.join(TOOLS[call.tool])}; got {', '.join(call.inputs)}")


def bash(command: str) -> Call:
    """Run a command at the root of the worktree."""
    return Call("bash", {"command": command})


def read(path: str) -> Call:
    """Read a file; paths are relative to the worktree."""
    return Call("read", {"path": path})


def write(path: str, text: str) -> Call:
    """Write a whole file."""
    return Call("write", {"path": path, "text": text})


def edit(path: str, old: str, new: str) -> Call:
    """Replace the one occurrence of `old` in a file."""
    return Call("edit", {"path": path, "old": old, "new": new})


def glob(pattern: str) -> Call:
    """List files."""
    return Call("glob", {"pattern": pattern})


def grep(pattern: str) -> Call:
    """Search files."""
    return Call("grep", {"pattern": pattern})


def ask(question: str, *choices: str) -> Call:
    """Ask the person in charge."""
    return Call("ask", {"question": question, "choices": "|".join(choices)})


def by_mcp(server: str, tool: str, **inputs: Any) -> Call:
    """Use a tool of an MCP server."""
    return Call(f"{MCP}{server}__{tool}", inputs)


def step(say: str, *calls: Call, fault: Fault | None = None, tokens: int = 0) -> Step:
    """One answer of the model; without calls it ends the turn."""
    return Step(say, calls, fault, tokens)


def turn(*steps: Step, on: str = "") -> Turn:
    """The steps after something was said."""
    return Turn(steps, on)


def answer(
    value: Mapping[str, Any] | None = None, *, text: str = "", on: str = "", fault: Fault | None = None
) -> Answer:
    """An object for whoever asks in a schema."""
    return Answer(value, text, on, fault)


def scene(when: str | tuple[str, ...], *parts: Turn | Answer, name: str = "", system: str = "") -> Scene:
    """The turns and answers for the conversations about `when`."""
    texts = (when,) if isinstance(when, str) else when
    turns = tuple(part for part in parts if isinstance(part, Turn))
    answers = tuple(part for part in parts if isinstance(part, Answer))
    return Scene(name or " · ".join(filter(None, (*texts, system))), tuple(filter(None, texts)), system, turns, answers)
