"""A GitHub on this machine for tests: state, real sockets, a git remote, faults on demand, and a referee.

    with StandIn(tmp_path) as hub:
        hub.repo.issue("The date is wrong", by="ada", labels=["cockpit"])
        client = …(hub.api_url, hub.token("ada"))

`api_url` is laid out as GitHub Enterprise has it (`/api/v3`). What is done against GitHub's description, by the client
or by the stand-in itself, fails the test at the end of the block.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.github import accounts, git_http, issues, pulls
from tests.fakes.github.accounts import App
from tests.fakes.github.calls import HANDLERS, Call, Refused, Reply
from tests.fakes.github.cut import OPERATIONS
from tests.fakes.github.referee import Asked, Referee
from tests.fakes.github.remote import Remote
from tests.fakes.github.store import Repo

PREFIX = "/api/v3"
_ = (accounts, issues, pulls)  # their handlers enter themselves into the table


def _pattern(template: str) -> re.Pattern[str]:
    places = re.sub(r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{'.+' if m[1] == 'ref' else '[^/]+'})", template)
    return re.compile(places + r"\Z")


ROUTES = [
    (template, _pattern(template)) for template in sorted(OPERATIONS, key=lambda t: (t.count("{ref}"), t.count("{")))
]


@dataclass(frozen=True)
class Fault:
    """Something goes wrong with the next requests that fit."""

    status: int = 0
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict)
    method: str = ""
    """Only requests of this method."""
    path: str = ""
    """Only requests whose path has this in it."""
    times: int = 1
    cut: str = ""
    """`before`: the connection is cut and nothing is done; `after`: all is done, and the answer is lost."""

    @classmethod
    def secondary(cls, retry_after: int | None = 1, **which: Any) -> Fault:
        """Too much at once."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return cls(403, "You have exceeded a secondary rate limit. Please wait.", headers, **which)

    @classmethod
    def too_many(cls, retry_after: int = 1, **which: Any) -> Fault:
        """The same, as a proxy says it."""
        return cls(429, "Too many requests", {"Retry-After": str(retry_after)}, **which)

    @classmethod
    def primary(cls, reset: float, **which: Any) -> Fault:
        """The hour's requests are used up."""
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(reset))}
        return cls(403, "API rate limit exceeded for user ID 1.", headers, **which)

    @classmethod
    def broken(cls, status: int = 502, **which: Any) -> Fault:
        """GitHub itself has a bad day."""
        return cls(status, "Server Error", **which)

    def fits(self, method: str, path: str) -> bool:
        """Whether it is about a request."""
        return self.times > 0 and self.method in ("", method) and self.path in path


@dataclass(frozen=True)
class Seen:
    """A request that was answered."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    login: str
    body: dict[str, Any] | list[Any] | None
    at: float

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class StandIn:
    """The server; one repository is there from the start."""

    def __init__(self, folder: Path, owner: str = "acme", name: str = "site", remote: Path | None = None) -> None:
        """Listen; `remote` is a bare repository that is there already."""
        self.lock = threading.RLock()
        self.referee = Referee()
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        """Every request to the API, in the order they were answered."""
        self.limit, self.remaining, self.reset = 5000, 5000, int(time.time()) + 3600
        self.tokens: dict[str, str] = {}
        """Who holds each token."""
        self.scopes: dict[str, str] = {}
        """What classic tokens may, as a header says it; fine-grained ones have none."""
        self.git_logins: list[tuple[str, bool]] = []
        """Who asked for git by HTTP, and whether to write."""
        self.app: App | None = None
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.hub = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.api_url = self.url + PREFIX
        kept = Remote(remote) if remote else Remote.make(folder / f"{name}.git")
        self.repo = Repo(owner, name, f"{self.url}/{owner}/{name}", kept, rights={owner: "admin"})
        self.repos = {(owner, name): self.repo}
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def git_url(self) -> str:
        """The remote by HTTP; pushing takes a token whose holder may write."""
        return f"{self.repo.html_url}.git"

    def token(self, login: str, right: str = "") -> str:
        """A token of somebody, who gets that right in the repository."""
        if right:
            self.repo.rights[login] = right
        return self.new_token(login)

    def new_token(self, login: str) -> str:
        """A token that nobody has yet."""
        made = f"ghp_{hashlib.sha256(f'{login} {len(self.tokens)}'.encode()).hexdigest()[:36]}"
        self.tokens[made] = login
        return made

    def requests(self, method: str = "", path: str = "") -> list[Seen]:
        """Those that were answered, of a method and with something in their path."""
        with self.lock:
            return [one for one in self.seen if method in ("", one.method) and path in one.path]

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self.check()

    def close(self) -> None:
        """Listen no longer, and cut what is connected."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def check(self) -> None:
        """Fail where anything was against GitHub's description."""
        assert not self.referee.violations, "\n\n".join(self.referee.violations)

    # ── answering ────────────────────────────────────────────────────────────────────────────────────

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Reply | None:
        """Answer a request; None: cut the connection."""
        with self.lock:
            split = urlsplit(target)
            path = split.path.removeprefix(PREFIX)
            fault = self._fault(method, path)
            asked = self._asked(method, path, dict(parse_qsl(split.query, keep_blank_values=True)), body)
            if fault is not None and fault.cut == "before":
                return None
            login = ""
            if fault is not None and not fault.cut:
                reply = Refused(fault.status, fault.message, headers=fault.headers).reply()
            else:
                login, reply = self._reply(asked, path, headers)
            reply = self._finished(asked, reply, headers)
            if (scopes := self.scopes.get(headers.get("Authorization", "").partition(" ")[2])) is not None:
                reply.headers["X-OAuth-Scopes"] = scopes
            self._note(asked, method, path, login, reply)
            return None if fault is not None and fault.cut == "after" else reply

    def _fault(self, method: str, path: str) -> Fault | None:
        for place, fault in enumerate(self.faults):
            if fault.fits(method, path):
                self.faults[place] = replace(fault, times=fault.times - 1)
                return fault
        return None

    def _asked(self, method: str, path: str, query: dict[str, str], body: bytes) -> Asked | None:
        for template, pattern in ROUTES:
            found = pattern.match(path)
            if found and (method, template) in HANDLERS:
                params = {name: unquote(value) for name, value in found.groupdict().items()}
                return Asked(method, template, params, query, body)
        self.referee.violations.append(f"request {method} {path}: the stand-in serves no such operation")
        return None

    def _reply(self, asked: Asked | None, path: str, headers: Any) -> tuple[str, Reply]:
        if asked is None:
            return "", Refused(404, "Not Found").reply()
        if not headers.get("User-Agent"):
            return "", Refused(403, "Request forbidden by administrative rules. Set a User-Agent.").reply()
        login = self._login(headers.get("Authorization", ""))
        if not login:
            return "", Refused(401, "Bad credentials").reply()
        self.referee.request(asked)
        try:
            body = json.loads(asked.body) if asked.body else {}
            call = Call(self.api_url, login, asked.params, asked.query, body, self, path)
            return login, HANDLERS[asked.method, asked.template](call)
        except Refused as refused:
            return login, refused.reply()
        except (KeyError, ValueError, TypeError) as error:
            return login, Refused(422, f"Invalid request.\n\n{error!r}").reply()

    def _login(self, header: str) -> str:
        word, _, token = header.partition(" ")
        if word.lower() not in ("token", "bearer"):
            return ""
        if token.count(".") == 2 and self.app is not None:
            return self._app_login(self.app, token)
        return self.tokens.get(token, "")

    def _app_login(self, app: App, token: str) -> str:
        import jwt

        try:
            claims = jwt.decode(token, app.public_key, algorithms=["RS256"])
        except jwt.PyJWTError:
            return ""
        return app.login if str(claims.get("iss")) == str(app.id) else ""

    def _finished(self, asked: Asked | None, reply: Reply, headers: Any) -> Reply:
        """With what every answer has: its mark, and how much may still be asked. What is unchanged costs nothing."""
        body = b"" if reply.data is None else json.dumps(reply.data).encode()
        extra = dict(reply.headers)
        if asked is not None and asked.method == "GET" and reply.status == 200:
            mark = f'W/"{hashlib.sha256(body + reply.headers.get("Link", "").encode()).hexdigest()}"'
            extra["ETag"] = mark
            if headers.get("If-None-Match") == mark:
                reply = Reply(304)
        if reply.status != 304 and not (asked and asked.template == "/rate_limit"):
            self.remaining -= 1
        if asked is not None:
            self.referee.response(asked, reply.status, body)
        limits = {
            "X-RateLimit-Limit": self.limit,
            "X-RateLimit-Remaining": self.remaining,
            "X-RateLimit-Reset": self.reset,
        }
        return Reply(reply.status, reply.data, {k: str(v) for k, v in limits.items()} | extra)

    def _note(self, asked: Asked | None, method: str, path: str, login: str, reply: Reply) -> None:
        body = json.loads(asked.body) if asked and asked.body.startswith((b"{", b"[")) else None
        query = asked.query if asked else {}
        self.seen.append(Seen(method, path, query, reply.status, login, body, time.time()))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    hub: StandIn

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True
    timeout = 30

    def _do(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = (
            git_http.chunks(self.rfile)
            if "chunked" in self.headers.get("Transfer-Encoding", "")
            else self.rfile.read(size)
        )
        if not self.path.startswith(PREFIX):
            git_http.serve(self, self.server.hub, body)
            return
        reply = self.server.hub.answer(self.command, self.path, self.headers, body)
        if reply is None:
            self.close_connection = True
            return
        sent = b"" if reply.data is None else json.dumps(reply.data).encode()
        headers = reply.headers | ({"Content-Type": "application/json; charset=utf-8"} if sent else {})
        self.give(reply.status, headers, sent)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do

    def give(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Write an answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing: tests look at `seen`."""


def statuses(seen: Sequence[Seen]) -> list[int]:
    """Their statuses."""
    return [one.status for one in seen]
