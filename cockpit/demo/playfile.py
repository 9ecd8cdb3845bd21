"""Plays in TOML.

[[scene]]
name = "median"
when = "Add a median"           # or a list; all must occur in one message
system = ""                     # must occur in the system prompt

[[scene.turn]]                  # on = "A gate failed" for a later one
[[scene.turn.step]]
say = "I look first."
read = "stats.py"               # bash, read, glob and grep take one text
[[scene.turn.step]]
edit = { path = "stats.py", old = "…", new = "…" }
fail = { status = 429, retry_after = 1, times = 2 }     # or cut, garbage = true, hang = 3.0
[[scene.turn.step]]
say = "Done."

[[scene.answer]]                # for requests in a schema
on = "isdigit"
[scene.answer.value]
approve = false

[[shared]]                      # a turn for every scene that has none for its `on`
on = "A person asks for changes"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cockpit.demo.script import TOOLS, Answer, BadPlay, Call, Fault, Play, Scene, Step, Turn

LONGEST_ERROR = 500

_FAULTS = ("fail", "cut", "garbage", "hang")


def load(path: Path) -> Play:
    """The play in a file. Raises BadPlay."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadPlay(f"{path}: can't be read: {error}") from error


def parse(text: str, name: str = "the play") -> Play:
    """The play in `text`; errors begin with `name`. Raises BadPlay."""
    try:
        data = _Table(tomllib.loads(text), "the file")
        data.only("scene", "shared")
        scenes = tuple(_scene(table) for table in data.tables("scene"))
        return Play(scenes, tuple(_turn(table) for table in data.tables("shared")))
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a mere ValueError
        raise BadPlay(f"{name}: {error}"[:LONGEST_ERROR]) from error


class _Table:
    """A TOML table that knows where it is, so that a mistake can be told."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, Mapping):
            raise BadPlay(f"{where}: expected a table, got {data!r:.60}")
        self.data: Mapping[str, Any] = data
        self.where = where

    def only(self, *known: str) -> None:
        for key in self.data:
            if key not in known:
                raise BadPlay(f"{self.where}: unknown key {key!r}; known here: {', '.join(known)}")

    def get(self, key: str, kind: type[Any] | tuple[type[Any], ...], default: Any) -> Any:
        value = self.data.get(key, default)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            wanted = kind.__name__ if isinstance(kind, type) else " or ".join(k.__name__ for k in kind)
            raise BadPlay(f"{self.where}: {key} = {value!r:.60}: expected {wanted}")
        return value

    def tables(self, key: str) -> Iterable[_Table]:
        found = self.get(key, list, [])
        return [_Table(one, f"{self.where}, {key} {number}") for number, one in enumerate(found, 1)]


def _scene(table: _Table) -> Scene:
    table.only("name", "when", "system", "turn", "answer")
    when = table.get("when", (str, list), [])
    texts = (when,) if isinstance(when, str) else tuple(str(text) for text in when)
    return Scene(
        table.get("name", str, "") or table.where,
        tuple(filter(None, texts)),
        table.get("system", str, ""),
        tuple(_turn(one) for one in table.tables("turn")),
        tuple(_answer(one) for one in table.tables("answer")),
    )


def _turn(table: _Table) -> Turn:
    table.only("on", "step")
    return Turn(tuple(_step(one) for one in table.tables("step")), table.get("on", str, ""))


def _step(table: _Table) -> Step:
    table.only("say", "tokens", *TOOLS, *_FAULTS)
    calls = tuple(_call(tool, given, table.where) for tool, given in table.data.items() if tool in TOOLS)
    return Step(table.get("say", str, ""), calls, _fault(table), table.get("tokens", int, 0))


def _call(tool: str, given: Any, where: str) -> Call:
    names = TOOLS[tool]
    inputs = {names[0]: given} if len(names) == 1 else given
    if not isinstance(inputs, Mapping) or not all(isinstance(value, str) for value in inputs.values()):
        wanted = "a text" if len(names) == 1 else f"a table of texts: {', '.join(names)}"
        raise BadPlay(f"{where}: {tool} = {given!r:.60}: expected {wanted}")
    return Call(tool, dict(inputs))


def _answer(table: _Table) -> Answer:
    table.only("on", "value", "text", *_FAULTS)
    value = table.data.get("value")
    if value is not None:
        value = _Table(value, f"{table.where}, value").data
    return Answer(value, table.get("text", str, ""), table.get("on", str, ""), _fault(table))


def _fault(table: _Table) -> Fault | None:
    if not any(key in table.data for key in _FAULTS):
        return None
    fail = _Table(table.data.get("fail", {}), f"{table.where}, fail")
    fail.only("status", "retry_after", "message", "times")
    return Fault(
        status=fail.get("status", int, 0),
        retry_after=fail.get("retry_after", (int, float), 0) if "retry_after" in fail.data else None,
        message=fail.get("message", str, ""),
        cut=table.get("cut", bool, False),
        garbage=table.get("garbage", bool, False),
        hang=float(table.get("hang", (int, float), 0.0)),
        times=fail.get("times", int, 1),
    )
