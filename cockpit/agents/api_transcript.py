"""The built-in agent's conversation on disk: `transcript.jsonl`, append only, on the disk before it is sent.

The first line names the conversation; then a line for each message: {"message": {"role", "content"},
"ids": [the messages of ours that it carries]}. Every request is made from what lies here and nothing else,
so a process that died in the middle can be followed by another. Two things may then be missing: the end of
the last line, which is dropped, and the results of tools that were running, which the model is told are
unknown.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cockpit import redact

Block = dict[str, Any]
Message = dict[str, Any]

UNKNOWN_OUTCOME = (
    "The agent was interrupted while this ran. Whether it took effect is unknown; check before you rely on it."
)


class Transcript:
    """One conversation. A second process on the same one is the caller's to prevent."""

    def __init__(self, path: Path, session: str, *, resume: bool) -> None:
        self._messages: list[Message] = []
        self._unread: list[str] = []
        if path.exists() and not (resume and self._load(path, session)):
            path.rename(_free_name(path))
        fresh = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if fresh:
            self._append({"session": session})

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def unread(self) -> tuple[str, ...]:
        """The ids of our messages that no answer has come after."""
        return tuple(self._unread)

    @property
    def messages(self) -> list[Message]:
        """The conversation as the API wants it: roles alternate."""
        merged: list[Message] = []
        for message in self._messages:
            if merged and merged[-1]["role"] == message["role"]:
                content = [*merged[-1]["content"], *message["content"]]
                merged[-1] = {"role": message["role"], "content": content}
            else:
                merged.append(message)
        return merged

    def waiting_calls(self) -> list[Block]:
        """The tool calls of the last message that have no result."""
        if not self._messages or self._messages[-1]["role"] != "assistant":
            return []
        return [block for block in self._messages[-1]["content"] if block["type"] == "tool_use"]

    def tell(self, texts: Mapping[str, str], results: Iterable[Block] = (), note: str = "") -> None:
        """Add what the model gets next: tool results, messages by id, and a note of the agent's own.

        The API wants a result for every call, and before any text: calls without one get "unknown".
        """
        given = {block["tool_use_id"]: block for block in results}
        answers = [given.get(call["id"]) or unknown(call["id"]) for call in self.waiting_calls()]
        said = [{"type": "text", "text": text} for text in (*texts.values(), note) if text]
        if answers or said:
            self._keep({"role": "user", "content": [*answers, *said]}, list(texts))

    def answered(self, content: list[Block]) -> None:
        """Add what the model said, whole; an empty answer can't be sent back and leaves nothing."""
        self._unread = []
        if content:
            self._keep({"role": "assistant", "content": content}, [])

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _keep(self, message: Message, ids: list[str]) -> None:
        self._append({"message": _stored(message), "ids": ids})
        self._messages.append(message)
        self._unread += ids

    def _append(self, line: Mapping[str, Any]) -> None:
        left = memoryview(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        while left:
            left = left[os.write(self._file, left) :]
        os.fsync(self._file)

    def _load(self, path: Path, session: str) -> bool:
        """Read what is whole, cut off what is torn; False where it is another conversation's."""
        raw = path.read_bytes()
        lines, whole = _whole_lines(raw)
        if not lines or lines[0].get("session") != session:
            return False
        for line in lines[1:]:
            message = line["message"]
            self._messages.append(message)
            self._unread = [*self._unread, *line["ids"]] if message["role"] == "user" else []
        if raw.endswith(b"\n", whole):  # no line that was torn off: what follows may be of use to a person
            shutil.copy(path, _free_name(path))
        if whole < len(raw):
            with path.open("r+b") as file:
                file.truncate(whole)
                os.fsync(file.fileno())
        return True


def _stored(message: Message) -> Message:
    """A message as it is kept: without secrets. Its thoughts stay as they are, since the model signs them."""
    blocks = [block if "thinking" in block.get("type", "") else redact.value(block) for block in message["content"]]
    return {**message, "content": blocks}


def unknown(call: str) -> Block:
    """The result of a tool call of which nobody knows what it did."""
    return {"type": "tool_result", "tool_use_id": call, "content": UNKNOWN_OUTCOME, "is_error": True}


def _whole_lines(raw: bytes) -> tuple[list[dict[str, Any]], int]:
    """The lines up to the first that can't be read, and how many bytes they are."""
    lines: list[dict[str, Any]] = []
    size = 0
    for text in raw.splitlines(keepends=True):
        if not text.endswith(b"\n"):
            break
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            break
        if not isinstance(line, dict) or not ("session" in line if not lines else _is_message(line)):
            break
        lines.append(line)
        size += len(text)
    return lines, size


def _is_message(line: dict[str, Any]) -> bool:
    """Whether a line has what is asked of it later on; anything could have been written there."""
    message, ids = line.get("message"), line.get("ids")
    if not isinstance(message, dict) or not isinstance(ids, list) or message.get("role") not in ("user", "assistant"):
        return False
    content = message.get("content")
    return isinstance(content, list) and all(_is_block(block) for block in content)


def _is_block(block: Any) -> bool:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        return False
    return block["type"] != "tool_use" or isinstance(block.get("id"), str)


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}-{number}{path.suffix}")).exists():
        number += 1
    return aside
