"""A Messages API on a local port that gives prepared answers, one a request, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Block = dict[str, Any]


def text(words: str) -> Block:
    """A text block."""
    return {"type": "text", "text": words}


def call(name: str, identity: str = "toolu_1", /, **given: Any) -> Block:
    """A tool call."""
    return {"type": "tool_use", "id": identity, "name": name, "input": given}


@dataclass(slots=True)
class Reply:
    """One prepared answer."""

    blocks: Sequence[Block] = ()
    stop: str = ""
    """The stop reason; as the blocks ask for, unless given."""
    usage: Mapping[str, int] = field(default_factory=lambda: {"input_tokens": 100, "output_tokens": 10})
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    """The kind of the error, with `status`, or in the middle of the stream for 200."""
    cut: bool = False
    """Close the connection after the first block's text."""
    hold: threading.Event | None = None
    """Wait for this after the message began."""
    begun: threading.Event = field(default_factory=threading.Event)


class Wire:
    """The server's address and what came in."""

    def __init__(self, replies: list[Reply | Callable[[dict[str, Any]], Reply]], model: str) -> None:
        self.replies = replies
        self.model = model
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.url = ""
        self.closing = threading.Event()

    def next(self, request: dict[str, Any], headers: Mapping[str, str]) -> Reply:
        """The reply to a request."""
        self.requests.append(request)
        self.headers.append(headers)
        if not self.replies:
            return Reply(status=400, error="no_more_replies")
        reply = self.replies.pop(0)
        return reply if isinstance(reply, Reply) else reply(request)


@contextmanager
def wire(*replies: Reply | Callable[[dict[str, Any]], Reply], model: str = "claude-sonnet-4-5") -> Iterator[Wire]:
    """Serve the replies until the block ends."""
    state = Wire(list(replies), model)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: Wire

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        reply = self.state.next(body, {k.lower(): v for k, v in self.headers.items()})
        with suppress(BrokenPipeError, ConnectionResetError):  # the agent was interrupted
            self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 200:
            data = json.dumps({"type": "error", "error": {"type": reply.error, "message": "said the wire"}}).encode()
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            return
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for event in self._events(reply):
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()

    def _events(self, reply: Reply) -> Iterator[dict[str, Any]]:
        usage = dict(reply.usage)
        message: Block = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": self.state.model,
            "content": [],
        }
        message |= {"stop_reason": None, "stop_sequence": None, "usage": usage | {"output_tokens": 1}}
        yield {"type": "message_start", "message": message}
        reply.begun.set()
        while reply.hold and not reply.hold.wait(0.02):
            if self.state.closing.is_set():
                return
        for index, block in enumerate(reply.blocks):
            yield from _block_events(index, block, whole=not reply.cut)
            if reply.cut:
                return
        if reply.error:
            yield {"type": "error", "error": {"type": reply.error, "message": "said the wire"}}
            return
        calls = any(block["type"] == "tool_use" for block in reply.blocks)
        stop = reply.stop or ("tool_use" if calls else "end_turn")
        yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage}
        yield {"type": "message_stop"}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _block_events(index: int, block: Block, *, whole: bool) -> Iterator[dict[str, Any]]:
    empty: Block
    delta: Block
    match block["type"]:
        case "text":
            empty, delta = {"text": ""}, {"type": "text_delta", "text": block["text"]}
        case "thinking":
            empty, delta = {"thinking": "", "signature": ""}, {"type": "thinking_delta", "thinking": block["thinking"]}
        case _:
            empty, delta = {"input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    yield {"type": "content_block_start", "index": index, "content_block": block | empty}
    yield {"type": "content_block_delta", "index": index, "delta": delta}
    if whole:
        yield {"type": "content_block_stop", "index": index}
