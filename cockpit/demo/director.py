"""Decides what the scripted model says next.

Everything is read off the request: which scene the conversation belongs to, which turn of it was begun last,
and how many of its steps have their results. So an agent can be killed and its conversation resumed by
another process, and the play goes on where it was. Only two things are remembered here: how often a fault
has struck, and how often an object was asked for, because such questions have no conversation.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cockpit.demo.conversation import Conversation, Did, Got, Said, ToolUse
from cockpit.demo.script import Answer, Fault, Play, Scene, Step, Turn

NO_SCENE = "This is a scripted model, and its script has no scene for that."
NOTHING_LEFT = "There is nothing left for me to do here."
DONE = "Done."


@dataclass(frozen=True, slots=True)
class Line:
    """What the model answers to one request."""

    scene: str
    """The scene's name; empty where none fits."""
    say: str = ""
    uses: tuple[ToolUse, ...] = ()
    fault: Fault | None = None
    tokens: int = 0


class Director:
    """Plays one play for any number of conversations at once."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._lock = threading.Lock()
        self._struck: Counter[tuple[str, int, int]] = Counter()
        self._asked: Counter[tuple[str, str]] = Counter()

    def line(self, conversation: Conversation) -> Line:
        """The model's answer to a request."""
        if conversation.schema is not None:
            return self._object(conversation, conversation.schema)
        for scene, start in _scenes(self._play, conversation):
            if scene.turns and _has_tools(scene, conversation):
                return self._step(scene, conversation, start)
        return Line("", NO_SCENE)

    def _step(self, scene: Scene, conversation: Conversation, start: int) -> Line:
        place = _Place(scene, self._play.shared)
        for entry in conversation.entries[start:]:
            place.after(entry)
        step = place.step
        if step is None:
            return Line(scene.name, NOTHING_LEFT if place.is_over else DONE)
        with self._lock:
            fault = self._strike((scene.name, place.turn_number, place.done), step.fault)
        return Line(scene.name, step.say, tuple(conversation.use(c) for c in step.calls), fault, step.tokens)

    def _object(self, conversation: Conversation, schema: Mapping[str, Any]) -> Line:
        found = next((scene for scene, _ in _scenes(self._play, conversation) if scene.answers), None)
        name = found.name if found else ""
        if conversation.has_answered:
            return Line(name, DONE)
        answer = self._next_answer(found, conversation.said) if found else None
        if answer is None:
            return _given(name, conversation, instance(schema))
        if answer.value is None:
            return Line(name, answer.text, fault=answer.fault)
        return _given(name, conversation, answer.value, answer.fault)

    def _next_answer(self, scene: Scene, said: str) -> Answer:
        fitting = [a for a in scene.answers if a.on and a.on in said] or [a for a in scene.answers if not a.on]
        fitting = fitting or list(scene.answers)
        with self._lock:
            asked = self._asked[scene.name, fitting[0].on]
            chosen = fitting[min(asked, len(fitting) - 1)]
            fault = self._strike((scene.name, -1, scene.answers.index(chosen)), chosen.fault)
            if fault is None or fault.delivers:
                self._asked[scene.name, fitting[0].on] += 1
        return replace(chosen, fault=fault)

    def _strike(self, place: tuple[str, int, int], fault: Fault | None) -> Fault | None:
        """The fault, as long as it has not struck often enough; call it with the lock held."""
        if fault is None:
            return None
        self._struck[place] += 1
        return fault if self._struck[place] <= fault.times else None


class _Place:
    """How far a conversation got in its scene; fed with the entries one by one."""

    def __init__(self, scene: Scene, shared: Sequence[Turn]) -> None:
        self._turns = (*scene.turns, *shared)
        self._plain = iter([number for number, turn in enumerate(self._turns) if not turn.on])
        self._heard: Counter[str] = Counter()
        self.turn_number = -1
        self.done = 0
        self.is_over = True
        """The turn has ended."""

    @property
    def step(self) -> Step | None:
        """What comes next; None where the script has nothing more."""
        steps = self._turns[self.turn_number].steps
        return steps[self.done] if not self.is_over and self.done < len(steps) else None

    def after(self, entry: Said | Did | Got) -> None:
        """Go on by one entry."""
        match entry:
            case Said():
                self._hear(entry)
            case Got(unknown=False):
                self.done += 1
            case Did(tools=()) if self.turn_number >= 0:
                self.is_over = self.done >= sum(bool(step.calls) for step in self._turns[self.turn_number].steps)

    def _hear(self, said: Said) -> None:
        number = self._called(said.text) if self.turn_number >= 0 else None
        if number is None and self.is_over and not said.meanwhile:
            number = next(self._plain, None)
        if number is not None:
            self.turn_number, self.done, self.is_over = number, 0, False

    def _called(self, text: str) -> int | None:
        """The turn whose `on` comes first in the text; the n-th of them for the n-th such text."""
        found = [(text.index(turn.on), turn.on) for turn in self._turns if turn.on and turn.on in text]
        if not found:
            return None
        _, on = min(found, key=lambda pair: pair[0])
        self._heard[on] += 1
        numbers = [number for number, turn in enumerate(self._turns) if turn.on == on]
        return numbers[min(self._heard[on], len(numbers)) - 1]


def _scenes(play: Play, conversation: Conversation) -> Iterator[tuple[Scene, int]]:
    """The scenes that fit, the one that the earliest message calls for first, and where they begin."""
    for start, entry in enumerate(conversation.entries):
        if not isinstance(entry, Said) or entry.meanwhile:
            continue
        for scene in play.scenes:
            if scene.system in conversation.system and all(text in entry.text for text in scene.when):
                yield scene, start


def _has_tools(scene: Scene, conversation: Conversation) -> bool:
    """A scene that needs tools is no answer to a request without them, such as one for a title."""
    calls = [call for turn in scene.turns for step in turn.steps for call in step.calls]
    return all(conversation.can_use(call.tool) for call in calls)


def _given(name: str, conversation: Conversation, value: Mapping[str, Any], fault: Fault | None = None) -> Line:
    if conversation.has_schema_tool:
        return Line(name, "", (conversation.answer(value),), fault)
    return Line(name, json.dumps(value, ensure_ascii=False), fault=fault)


def instance(schema: Mapping[str, Any]) -> Any:
    """The plainest value that fits a JSON Schema of the sort that models are given."""
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return instance(schema[key][0])
    properties: Mapping[str, Any] = schema.get("properties", {})
    plain: Mapping[str, Any] = {
        "object": {name: instance(properties[name]) for name in schema.get("required", properties)},
        "array": [],
        "integer": 0,
        "number": 0.0,
        "boolean": True,
        "null": None,
    }
    return plain.get(schema.get("type", "object" if properties else "string"), "ok")
