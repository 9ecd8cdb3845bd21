"""The server on a port of this machine: for whoever shows a token, and for no page in a browser.

Listens on 127.0.0.1 alone. A request must name this very address as its host (a page that had its own name point here
could not), must not come from another origin, and must show the owner's token or that of a run.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

HOST = "127.0.0.1"
PATH = "/mcp"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def listen(port: int) -> socket.socket:
    """A socket on a port; 0 takes any that is free. Raises OSError."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((HOST, port))
        found.listen()
    except OSError:
        found.close()
        raise
    return found


class Door:
    """Lets only those in who may come."""

    def __init__(self, app: App, port: int, admits: Callable[[str], bool]) -> None:
        """`admits` looks at the Authorization header."""
        self._app, self._admits = app, admits
        self._hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, or the server's own start and end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refused(headers)
        if refused is None:
            await self._app(scope, receive, send)
        else:
            await _refuse(send, *refused)

    def _refused(self, headers: dict[str, str]) -> tuple[int, str] | None:
        if headers.get("host", "") not in self._hosts:
            return 421, "this server answers to its own address alone"
        if headers.get("origin") is not None and headers["origin"] not in self._origins:
            return 403, "no request from a page of another origin is answered"
        if not self._admits(headers.get("authorization", "")):
            return 401, "show a token: `Authorization: Bearer …`; the owner's is in .cockpit/mcp.token"
        return None


async def _refuse(send: Send, status: int, why: str) -> None:
    body = json.dumps({"error": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    """One that ends in peace when it is told to: uvicorn's own gives itself the signal once more."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us."""
        yield


async def serve(server: MCPServer, listening: socket.socket, admits: Callable[[str], bool]) -> None:
    """Answer until we are told to end."""
    port = int(listening.getsockname()[1])
    hosts = [f"{HOST}:{port}", f"localhost:{port}"]
    security = TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts])
    app = server.streamable_http_app(streamable_http_path=PATH, transport_security=security)
    config = uvicorn.Config(
        Door(app, port, admits), log_level="warning", access_log=False, timeout_graceful_shutdown=2, ws="none"
    )
    running = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: setattr(running, "should_exit", True))
    await running.serve(sockets=[listening])
