"""Services that take notifications: a real HTTP server and a real SMTP server on this machine."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Http:
    """What came, and what is answered to it."""

    port: int = 0
    came: list[dict[str, Any]] = field(default_factory=list)
    """Bodies, headers and paths."""
    answers: list[int] = field(default_factory=list)
    """Status codes for the next requests; then 200."""
    hangs: threading.Event = field(default_factory=threading.Event)
    """While it is cleared nothing is answered."""
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def waits_for(self, count: int, seconds: float = 60.0) -> list[dict[str, Any]]:
        """What came, as soon as there are so many."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.came) >= count, seconds), f"only {self.came} came"
            return list(self.came)


@contextmanager
def http_service() -> Iterator[Http]:
    """A server that keeps whatever is posted to it."""
    http = Http()
    http.hangs.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with http.arrived:
                http.came.append({"path": self.path, "headers": dict(self.headers), "body": _read(body)})
                code = http.answers.pop(0) if http.answers else 200
                http.arrived.notify_all()
            http.hangs.wait(120)
            try:
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b"{}")
            except OSError:
                pass  # whoever asked was tired of waiting

        do_PUT = do_POST

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    http.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield http
    finally:
        http.hangs.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


@dataclass
class Post:
    """The mail that came."""

    port: int = 0
    came: list[Message] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a message."""
        assert isinstance(envelope.content, bytes)
        self.came.append(message_from_bytes(envelope.content))
        return "250 OK"


@contextmanager
def mail_service() -> Iterator[Post]:
    """A server that keeps whatever is mailed to it."""
    post = Post()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: SMTP(post, loop=loop), "127.0.0.1", 0))
    post.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield post
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(server.wait_closed())
        loop.close()


def parts(mail: Message) -> dict[str, str]:
    """The parts of a mail: text by content type, attachments by file name."""
    found = {}
    for part in mail.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found[part.get_filename() or part.get_content_type()] = payload.decode()
    return found
