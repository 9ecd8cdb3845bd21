"""The Messages API's shapes: what is refused, what an answer looks like, whole or as server-sent events."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cockpit.demo.director import Line

CHARACTERS_A_TOKEN = 4
CHUNK = 48
"""Characters of an answer that come at once."""

_ERRORS: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}

Json = Mapping[str, Any]


def complaint(body: Any) -> str:
    """Why the real service would refuse the request; empty where it would not."""
    if not isinstance(body, Mapping):
        return "the body must be a JSON object"
    for name, kind in (("model", str), ("messages", list)):
        if not isinstance(body.get(name), kind):
            return f"{name}: field required"
    messages = [m for m in body["messages"] if isinstance(m, Mapping) and m.get("role") != "system"]
    if not messages or messages[0].get("role") != "user":
        return "messages: the first message must have the role user"
    if any(m.get("role") not in ("user", "assistant") or not m.get("content") for m in messages):
        return "messages: each needs a role and content"
    return _unpaired(messages)


def _unpaired(messages: Sequence[Json]) -> str:
    """Every tool call needs its result in the next message, and every result its call in the last."""
    called: set[str] = set()
    for number, message in enumerate(messages):
        given = set(_ids(message, "tool_result", "tool_use_id"))
        if missing := called - given:
            return f"messages.{number}: `tool_use` ids without `tool_result` blocks: {', '.join(sorted(missing))}"
        if surplus := given - called:
            return f"messages.{number}: unexpected `tool_use_id` in `tool_result`: {', '.join(sorted(surplus))}"
        called = set(_ids(message, "tool_use", "id"))
    return "messages: the last `tool_use` has no `tool_result`" if called else ""


def _ids(message: Json, kind: str, key: str) -> Iterator[str]:
    if not isinstance(message["content"], str):
        for block in message["content"]:
            if block.get("type") == kind:
                yield str(block.get(key))


def error(status: int, message: str) -> dict[str, Any]:
    """The body of an HTTP error."""
    kind = _ERRORS.get(status, "api_error")
    return {
        "type": "error",
        "error": {"type": kind, "message": message or kind},
        "request_id": f"req_{secrets.token_hex(12)}",
    }


def count(body: Json) -> int:
    """The tokens of a request, by its length."""
    return _tokens([body.get("system"), body.get("tools"), body["messages"]])


def message(body: Json, line: Line) -> dict[str, Any]:
    """The whole answer to a request."""
    content: list[dict[str, Any]] = [{"type": "text", "text": line.say}] if line.say else []
    for use in line.uses:
        given = {"id": f"toolu_{secrets.token_hex(12)}", "name": use.name, "input": dict(use.input)}
        content.append({"type": "tool_use", **given})
    return {
        "id": f"msg_{secrets.token_hex(12)}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if line.uses else "end_turn",
        "stop_sequence": None,
        "usage": _usage(body, line.tokens or _tokens(content)),
    }


def _usage(body: Json, output: int) -> dict[str, Any]:
    """What the answer costs: with cache marks, what was sent before is read and what is new is written."""
    system_and_tools = _tokens([body.get("system"), body.get("tools")])
    messages = body["messages"]
    known, fresh = _tokens(messages[:-2]) if len(messages) > 2 else 0, _tokens(messages[-2:])
    usage: dict[str, Any] = {"input_tokens": system_and_tools + known + fresh}
    written = read = 0
    if _is_cached(body):
        is_first = len(messages) < 3
        written = fresh + (system_and_tools if is_first else 0)
        read = 0 if is_first else system_and_tools + known
        usage["input_tokens"] = 1
    return usage | {
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": max(1, output),
        "service_tier": "standard",
    }


def _is_cached(body: Json) -> bool:
    return "cache_control" in json.dumps([body.get("system"), body.get("tools"), body["messages"][-1]]) or (
        "cache_control" in body
    )


def _tokens(value: Any) -> int:
    return -(-len(json.dumps(value, ensure_ascii=False)) // CHARACTERS_A_TOKEN) if value else 0


def events(answer: Json) -> Iterator[bytes]:
    """The answer as server-sent events, in chunks."""
    usage = answer["usage"]
    begun = {**answer, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield event({"type": "message_start", "message": begun})
    for index, block in enumerate(answer["content"]):
        yield from _block(index, block)
    delta = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
    yield event({"type": "message_delta", "delta": delta, "usage": usage})
    yield event({"type": "message_stop"})


def _block(index: int, block: Json) -> Iterator[bytes]:
    if block["type"] == "text":
        empty: Json = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": part} for part in _chunks(block["text"])]
    else:
        empty = {**block, "input": {}}
        text = json.dumps(block["input"], ensure_ascii=False)
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in _chunks(text)]
    yield event({"type": "content_block_start", "index": index, "content_block": empty})
    for delta in deltas:
        yield event({"type": "content_block_delta", "index": index, "delta": delta})
    yield event({"type": "content_block_stop", "index": index})


def event(data: Json) -> bytes:
    """One server-sent event."""
    return f"event: {data['type']}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _chunks(text: str) -> Iterator[str]:
    for start in range(0, len(text), CHUNK):
        yield text[start : start + CHUNK]
