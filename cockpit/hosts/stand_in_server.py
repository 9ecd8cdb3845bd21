"""The stand-in for the model's service: it holds the user's key, so that the agent needs none.

    python -P -m cockpit.hosts.stand_in_server FD          listens on the socket FD; started by a host, and dies with it
    python -P -m cockpit.hosts.stand_in_server FD --door   on a socket that comes by FD out of a cage (`cage.door`)

The agent gets an address on this machine and a token that is worth nothing elsewhere, or once its host is gone. Of
a request only the head is looked at: the token is checked, the user's key put in its place, and the address. Bodies
and answers pass through byte by byte (streams, retries, errors, limits' headers); who breaks off breaks off both
ends. Gateways (ANTHROPIC_BASE_URL), proxies and certificates are the user's own.

A process and not a thread of the host's: the host is small, and forks.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import socket
import ssl
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from cockpit.hosts.stand_in import BASE, KEY, PASS, TOKEN

SERVICE = "https://api.anthropic.com"
LONGEST_HEAD = 256 * 1024
PIECE = 64 * 1024
CONNECT_SECONDS = 30.0

_REPLACED = frozenset({"host", "x-api-key", "authorization", "proxy-authorization", "proxy-connection"})


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where requests really go, and with what."""

    url: str
    key: str = ""
    token: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Upstream:
        """What the user's environment says."""
        return cls(environ.get(BASE) or SERVICE, environ.get(KEY, ""), environ.get(TOKEN, ""))


class Refused(Exception):
    """A request that is not passed on; with the status to answer it with."""

    def __init__(self, status: str, kind: str, text: str) -> None:
        super().__init__(text)
        self.status, self.kind = status, kind


def rewritten(head: bytes, upstream: Upstream, token: str) -> tuple[bytes, int | None]:
    """A request's head as the service gets it, and its body's length; None where it comes in chunks. Raises Refused."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[1].startswith("/"):
        raise Refused("400 Bad Request", "invalid_request_error", "this is no request")
    headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines if line)]
    found = {name.lower(): value for name, value in headers}
    given = found.get("x-api-key") or found.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        raise Refused("401 Unauthorized", "authentication_error", "this is not the token of this run")
    where = urlsplit(upstream.url)
    kept = [(name, value) for name, value in headers if name.lower() not in _REPLACED]
    kept.append(("Host", where.netloc.rpartition("@")[2]))
    if upstream.key and ("x-api-key" in found or not upstream.token):
        kept.append(("x-api-key", upstream.key))
    if upstream.token and ("authorization" in found or not upstream.key):
        kept.append(("Authorization", f"Bearer {upstream.token}"))
    words[1] = where.path.rstrip("/") + words[1]
    text = "\r\n".join([" ".join(words), *(f"{name}: {value}" for name, value in kept)])
    chunked = "chunked" in found.get("transfer-encoding", "").lower()
    length = None if chunked else int(found.get("content-length") or 0)
    return f"{text}\r\n\r\n".encode("latin-1"), length


async def pass_body(source: asyncio.StreamReader, sink: asyncio.StreamWriter, length: int | None) -> None:
    """A request's body as it comes."""
    if length is None:
        while await _pass_chunk(source, sink):
            pass
        return
    while length > 0:
        piece = await source.read(min(PIECE, length))
        if not piece:
            raise ConnectionError("the body broke off")
        length -= len(piece)
        sink.write(piece)
        await sink.drain()


async def _pass_chunk(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> bool:
    """One chunk, or the end with its trailers; whether more follows."""
    line = await source.readuntil(b"\r\n")
    sink.write(line)
    size = int(line.partition(b";")[0], 16)
    if size:
        await pass_body(source, sink, size + 2)
        return True
    while True:
        line = await source.readuntil(b"\r\n")
        sink.write(line)
        if line == b"\r\n":
            await sink.drain()
            return False


class StandIn:
    """Serves one agent's connections; each has one of its own to the service."""

    def __init__(self, upstream: Upstream, token: str, environ: Mapping[str, str]) -> None:
        self._upstream, self._token = upstream, token
        where = urlsplit(upstream.url)
        self._host, secure = where.hostname or "", where.scheme == "https"
        self._port = where.port or (443 if secure else 80)
        self._tls = _tls(environ) if secure else None
        proxies = urllib.request.getproxies_environment()
        bypass = urllib.request.proxy_bypass_environment(self._host, proxies)  # type: ignore[attr-defined]
        self._proxy = None if bypass else proxies.get(where.scheme)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the agent's, to its end."""
        back: asyncio.Task[None] | None = None
        there: asyncio.StreamWriter | None = None
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                changed, length = rewritten(head[:-4], self._upstream, self._token)
                if there is None:
                    answers, there = await self._connect()
                    back = asyncio.create_task(_pass_back(answers, writer))
                there.write(changed)
                await pass_body(reader, there, length)
                await there.drain()
        except Refused as refused:
            await _say(writer, refused.status, refused.kind, str(refused))
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # either end left, or what came is no request
        finally:
            if back is not None:
                back.cancel()
            for end in (there, writer):
                if end is not None:
                    end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if self._proxy is None:
                    return await asyncio.open_connection(self._host, self._port, ssl=self._tls)
                return await self._through(urlsplit(self._proxy))
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise Refused("502 Bad Gateway", "api_error", f"{self._host} can't be reached: {error}") from error

    async def _through(self, proxy: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """By way of the user's proxy."""
        reader, writer = await asyncio.open_connection(proxy.hostname, proxy.port or 80)
        place = f"{self._host}:{self._port}"
        writer.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{_login(proxy)}\r\n".encode("latin-1"))
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200" not in answer.partition(b"\r\n")[0]:
            writer.close()
            raise OSError(f"the proxy says {answer.decode('latin-1').splitlines()[0]}")
        if self._tls is not None:
            await writer.start_tls(self._tls, server_hostname=self._host)
        return reader, writer


def _login(proxy: SplitResult) -> str:
    if proxy.username is None:
        return ""
    import base64

    words = base64.b64encode(f"{proxy.username}:{proxy.password or ''}".encode()).decode()
    return f"Proxy-Authorization: Basic {words}\r\n"


def _tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The system's certificates, or those the user's environment names."""
    context = ssl.create_default_context()
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        if path := environ.get(name):
            with suppress(OSError, ssl.SSLError):
                context.load_verify_locations(path)
    return context


async def _pass_back(answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """All that the service says, as it comes; its end is the connection's."""
    try:
        while piece := await answers.read(PIECE):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def _say(writer: asyncio.StreamWriter, status: str, kind: str, text: str) -> None:
    body = json.dumps({"type": "error", "error": {"type": kind, "message": f"the cockpit's stand-in: {text}"}}).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close"
    writer.write(f"{head}\r\n\r\n".encode() + body)
    with suppress(OSError):
        await writer.drain()


def through_door(fd: int) -> socket.socket:
    """The listening socket that is handed out of a cage; leaves where none comes, for then no agent does."""
    with socket.socket(fileno=fd) as way:
        _, fds, _, _ = socket.recv_fds(way, 16, 1)
    if not fds:
        sys.exit(1)
    return socket.socket(fileno=fds[0])


async def main(listening: socket.socket, environ: Mapping[str, str]) -> None:
    """Listen until our host is gone."""
    stand_in = StandIn(Upstream.of(environ), environ[PASS], environ)
    server = await asyncio.start_server(stand_in.serve, sock=listening, limit=LONGEST_HEAD)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    fd = int(sys.argv[1])
    asyncio.run(main(through_door(fd) if "--door" in sys.argv else socket.socket(fileno=fd), os.environ))
