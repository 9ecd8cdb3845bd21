"""A Messages API request, read as a conversation: what was said, what was done, what may be used.

Agents wrap what people say: Claude Code adds `<system-reminder>` blocks, hands on what was said meanwhile
inside a tool's result, and leaves notes of its own after an interruption. Here all of that is sorted out,
so that a script only sees what was meant for the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cockpit.demo.script import MCP, Call

_REMINDER = re.compile(r"<system-reminder>(.*?)</system-reminder>", re.DOTALL)
_MEANWHILE = re.compile(r"The user sent a new message while you were working:\s*(.*)", re.DOTALL)
_FOLDER = re.compile(r"working directory: *(/[^\n]*)", re.IGNORECASE)
_UNKNOWN = re.compile(r"\W*(\w+ ){0,3}(interrupted|not run)\b", re.IGNORECASE)
"""How agents begin the result of a tool call of which they don't know what came."""
_AGENTS_NOTE = re.compile(r"\[Request interrupted by user.*\]$", re.DOTALL)

_NAMES: Mapping[str, tuple[str, ...]] = {
    tool: (tool, tool.capitalize()) for tool in ("bash", "read", "write", "edit", "glob", "grep")
} | {"ask": ("ask_user", "AskUserQuestion")}
_INPUTS: Mapping[str, tuple[str, ...]] = {
    "command": ("command",),
    "path": ("file_path", "path"),
    "text": ("content", "text"),
    "old": ("old_string", "old_str"),
    "new": ("new_string", "new_str"),
    "pattern": ("pattern",),
}
_SCHEMA_TOOL = "StructuredOutput"


@dataclass(frozen=True, slots=True)
class Said:
    """Something said to the model."""

    text: str
    meanwhile: bool = False
    """It came in the middle of a turn, inside a tool's result."""


@dataclass(frozen=True, slots=True)
class Did:
    """One answer of the model: the names of the tools it called, none at the end of a turn."""

    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Got:
    """What the tools gave back for one answer."""

    failed: bool
    unknown: bool
    """The agent was interrupted and can't say what came of it."""


Entry = Said | Did | Got


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call in the agent's own words."""

    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One request."""

    entries: tuple[Entry, ...]
    system: str
    tools: Mapping[str, frozenset[str]]
    """The agent's tools, each with the names of its inputs."""
    schema: Mapping[str, Any] | None
    """What the answer must look like, if the request says so."""
    folder: str
    """The agent's working directory where it tells and wants absolute paths; else empty."""

    @property
    def said(self) -> str:
        """Everything that was said to the model."""
        return "\n\n".join(entry.text for entry in self.entries if isinstance(entry, Said))

    @property
    def has_schema_tool(self) -> bool:
        """The answer in the schema is a tool call."""
        return _SCHEMA_TOOL in self.tools

    @property
    def has_answered(self) -> bool:
        """The answer in the schema was given, and accepted."""
        match self.entries[-2:]:
            case (Did(tools=tools), Got(failed=False)):
                return _SCHEMA_TOOL in tools
        return False

    def can_use(self, tool: str) -> bool:
        """Whether the agent has the neutral `tool`."""
        return tool in self.tools or any(name in self.tools for name in _NAMES.get(tool, ()))

    def use(self, call: Call) -> ToolUse:
        """`call` as this agent wants it."""
        if call.tool.startswith(MCP):
            return ToolUse(call.tool, call.inputs)
        name = next(name for name in _NAMES[call.tool] if name in self.tools)
        if call.tool == "ask":
            return ToolUse(name, _ask(call, self.tools[name]))
        given = {}
        for key, value in call.inputs.items():
            known = next((option for option in _INPUTS[key] if option in self.tools[name]), _INPUTS[key][0])
            given[known] = f"{self.folder}/{value}" if key == "path" and self.folder else value
        return ToolUse(name, given)

    def answer(self, value: Mapping[str, Any]) -> ToolUse:
        """The call that gives `value` as the answer in the schema."""
        return ToolUse(_SCHEMA_TOOL, value)


def _ask(call: Call, inputs: frozenset[str]) -> dict[str, Any]:
    """A question with its choices, as the agent's own tool wants it."""
    question, choices = call.inputs["question"], call.inputs["choices"].split("|")
    if "questions" not in inputs:
        return {"question": question, "choices": choices}
    options = [{"label": choice, "description": f"take {choice}"} for choice in choices]
    return {"questions": [{"question": question, "header": "Ask", "options": options, "multiSelect": False}]}


def read(body: Mapping[str, Any]) -> Conversation:
    """The conversation in the body of a request."""
    messages = body["messages"]
    system = [_text(body.get("system"))] + [_text(m["content"]) for m in messages if m["role"] == "system"]
    tools = {str(tool["name"]): _inputs(tool) for tool in body.get("tools") or () if "name" in tool}
    folder = _FOLDER.search("\n".join(system))
    entries = [entry for m in messages if m["role"] != "system" for entry in _entries(m)]
    return Conversation(tuple(entries), "\n".join(system), tools, _schema(body), folder[1].strip() if folder else "")


def _entries(message: Mapping[str, Any]) -> Iterator[Entry]:
    blocks = _blocks(message["content"])
    if message["role"] == "assistant":
        yield Did(tuple(str(block["name"]) for block in blocks if block.get("type") == "tool_use"))
        return
    if results := [block for block in blocks if block.get("type") == "tool_result"]:
        texts = [_text(block.get("content")) for block in results]
        failed = any(block.get("is_error") for block in results)
        yield Got(failed, any(_UNKNOWN.match(text) for text in texts))
        for text in texts:
            yield from _meanwhile(text)
    for block in blocks:
        if block.get("type") == "text":
            yield from _said(str(block["text"]))


def _said(text: str) -> Iterator[Said]:
    yield from _meanwhile(text)
    plain = _REMINDER.sub("", text).strip()
    if plain and not _AGENTS_NOTE.match(plain):
        yield Said(plain)


def _meanwhile(text: str) -> Iterator[Said]:
    for reminder in _REMINDER.finditer(text):
        if found := _MEANWHILE.search(reminder[1]):
            yield Said(found[1].strip(), meanwhile=True)


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    if wanted.get("type") == "json_schema":
        schema: Mapping[str, Any] = wanted["schema"]
        return schema
    for tool in body.get("tools") or ():
        if tool.get("name") == _SCHEMA_TOOL:
            found: Mapping[str, Any] = tool.get("input_schema") or {}
            return found
    return None


def _inputs(tool: Mapping[str, Any]) -> frozenset[str]:
    return frozenset((tool.get("input_schema") or {}).get("properties") or ())


def _blocks(content: Any) -> list[Mapping[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content or () if isinstance(block, Mapping)]


def _text(content: Any) -> str:
    return "\n".join(str(block.get("text", "")) for block in _blocks(content))
