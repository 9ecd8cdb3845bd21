"""A local server that speaks the Messages API and answers from a script: everything real but the model.

    python -m cockpit.demo.model PLAY.toml --port-file FILE

It serves the demo, the tests and the bench. Agents talk to it as they talk to the real service, by
`ANTHROPIC_BASE_URL` and any key. It listens on 127.0.0.1 only and needs nothing but the standard library,
so it is up before its first client.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from cockpit.demo import conversation, wire
from cockpit.demo.director import Director, Line
from cockpit.demo.playfile import load
from cockpit.demo.script import BadPlay, Fault, Play

MAX_REQUESTS = 1000
"""Requests that are remembered."""
_HEADERS = ("anthropic-beta", "anthropic-version", "authorization", "user-agent", "x-api-key", "x-app")
_RETRIED = "x-stainless-retry-count"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came in."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    """The ones that tell who asks, and how; names in lower case."""
    scene: str = ""
    """The name of the scene that answered; empty where none did."""


class ModelServer:
    """The server, for use inside a test: a context manager, its requests to be looked at."""

    def __init__(self, play: Play, pace: float = 0.0, port: int = 0, *, remember: int = MAX_REQUESTS) -> None:
        self.pace = pace
        """Seconds of thought before an answer; its pieces then come over as long again."""
        self.director = Director(play)
        self.stopping = threading.Event()
        self.billed: deque[Mapping[str, Any]] = deque(maxlen=remember)
        """The newest answers that were begun, whole or cut: what the service would charge for."""
        self._seen: deque[Request] = deque(maxlen=remember)
        self._news = threading.Condition()
        self._http = _Server(("127.0.0.1", port), _Handler)
        self._http.model = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="model-server")

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """What to set `ANTHROPIC_BASE_URL` to."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Request]:
        """The newest requests, oldest first."""
        with self._news:
            return list(self._seen)

    def wait_for(self, wanted: Callable[[Request], bool], timeout: float = 10.0) -> Request:
        """The first request that is `wanted`, as soon as it is there. Raises TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: any(map(wanted, self._seen)), timeout):
                raise TimeoutError(f"no such request in {timeout:g} s, among {len(self._seen)}")
            return next(filter(wanted, self._seen))

    def remember(self, request: Request) -> None:
        """Add to what was asked."""
        with self._news:
            self._seen.append(request)
            self._news.notify_all()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Break off every answer and give the port back; returns when all of it is done."""
        self.stopping.set()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.hang_up()
        self._http.server_close()

    def __enter__(self) -> ModelServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    """Remembers its connections, so that it can end while clients keep them open."""

    daemon_threads = False  # so that server_close waits for them
    request_queue_size = 64
    model: ModelServer

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End every connection; the threads that serve them notice and leave."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # its client was quicker
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves in the middle is nobody's fault; anything else is worth a trace."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        """Answer a request for a message, or count its tokens."""
        body = self._body()
        path = self.path.partition("?")[0]
        if path not in ("/v1/messages", "/v1/messages/count_tokens"):
            self._not_found(body)
        elif problem := wire.complaint(body):
            self._remember(body if isinstance(body, Mapping) else {})
            self._json(400, wire.error(400, problem))
        elif path.endswith("count_tokens"):
            self._remember(body)
            self._json(200, {"input_tokens": wire.count(body)})
        else:
            line = self.server.model.director.line(conversation.read(body))
            self._remember(body, line.scene)
            self._play(body, line)

    def do_GET(self) -> None:
        """There is nothing to get."""
        self._not_found(self._body())

    do_HEAD = do_PUT = do_DELETE = do_GET

    def _play(self, body: Mapping[str, Any], line: Line) -> None:
        fault = line.fault or Fault()
        self._rest(fault.hang + self.server.model.pace)
        if fault.status:
            retry = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
            self._json(fault.status, wire.error(fault.status, fault.message), retry)
            return
        answer = wire.message(body, line)
        pieces = list(wire.events(answer))
        if fault.garbage:
            pieces = [b"event: message_start\ndata: {not json at all\n\n"]
        else:
            self.server.model.billed.append(answer)
        if body.get("stream"):
            self._stream(pieces[: len(pieces) // 2] if fault.cut else pieces, whole=not fault.cut)
        else:
            self._whole(answer, fault)

    def _whole(self, answer: Mapping[str, Any], fault: Fault) -> None:
        """An answer in one piece, after as long as a streamed one would take."""
        self._rest(self.server.model.pace)
        data = b"<html>not json at all</html>" if fault.garbage else json.dumps(answer).encode()
        if not fault.cut:
            self._send(200, data)
            return
        self._head(200, "application/json", {"Content-Length": str(len(data))})
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True

    def _stream(self, pieces: Sequence[bytes], *, whole: bool) -> None:
        """Server-sent events; one that is cut looks to the client as if it had come to its end."""
        how = {"Transfer-Encoding": "chunked"} if whole else {"Connection": "close"}
        self._head(200, "text/event-stream", {"Cache-Control": "no-cache"} | how)
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if whole else piece)
            self._rest(self.server.model.pace / len(pieces))
        if whole:
            self.wfile.write(b"0\r\n\r\n")

    def _rest(self, seconds: float) -> None:
        if seconds and self.server.model.stopping.wait(seconds):
            raise ConnectionAbortedError("the server ends")

    def _not_found(self, body: Any) -> None:
        self._remember(body if isinstance(body, Mapping) else {})
        self._json(404, wire.error(404, f"{self.command} {self.path} is not served here"))

    def _remember(self, body: Mapping[str, Any], scene: str = "") -> None:
        kept = {name: self.headers[name] for name in (*_HEADERS, _RETRIED) if name in self.headers}
        self.server.model.remember(Request(self.path, body, kept, scene))

    def _body(self) -> Any:
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            return json.loads(data) if data else {}
        except ValueError:
            return None

    def _json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), headers)

    def _send(self, status: int, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._head(status, "application/json", {"Content-Length": str(len(data)), **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(data)

    def _head(self, status: int, kind: str, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "request-id": f"req_{id(self):x}", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Say nothing: stderr belongs to whoever runs the server."""


def main(arguments: list[str] | None = None) -> int:
    """Serve a play until SIGTERM or ctrl+c."""
    parser = argparse.ArgumentParser(prog="python -m cockpit.demo.model", description=__doc__.partition("\n")[0])
    parser.add_argument("play", type=Path, help="the play, a TOML file")
    parser.add_argument("--port-file", type=Path, help="write the address here once it listens")
    parser.add_argument("--port", type=int, default=0, help="the port; any free one where it is not given")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds of thought before an answer")
    given = parser.parse_args(arguments)
    try:
        server = ModelServer(load(given.play), given.pace, given.port, remember=0)
    except (BadPlay, OSError) as error:
        print(f"model server: {error}", file=sys.stderr)
        return 2
    wanted = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)  # before the threads begin, which inherit it
    with server:
        if given.port_file:
            _write_whole(given.port_file, f"{server.url}\n")
        print(server.url, flush=True)
        signal.sigwait(wanted)
    if given.port_file:
        given.port_file.unlink(missing_ok=True)
    return 0


def _write_whole(path: Path, text: str) -> None:
    """Write it so that a reader sees all of it or no file."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main())
