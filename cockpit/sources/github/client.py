"""The one GitHub client of a process: every request goes through its limits, its breaker and its turns.

    async with Client.open(settings, where, folder, environ) as github:
        issue = await github.get("/repos/{owner}/{repo}/issues/{number}", number=3)

`{owner}` and `{repo}` are filled in; other names in braces are arguments. A GET that was answered before is asked with
its ETag. What goes wrong is one of `errors`. A short limit is waited for; for a long one `Limited` says until when.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx2
from gidgethub import HTTPException, InvalidField, RedirectionException, ValidationError
from gidgethub.apps import get_installation_access_token, get_jwt
from gidgethub.httpx import GitHubAPI

from cockpit import redact
from cockpit.config_github import GitHubConfig
from cockpit.sources.github import access
from cockpit.sources.github.breaker import Breaker
from cockpit.sources.github.cache import EtagCache
from cockpit.sources.github.errors import (
    BreakerOpen,
    Denied,
    GitHubError,
    Limited,
    Missing,
    NoAccess,
    Refused,
    Unreachable,
)
from cockpit.sources.github.limits import PATIENCE, Limits
from cockpit.sources.github.remote import Where
from cockpit.sources.github.turns import PRIORITY, Priority, Turns

__all__ = ["Client", "Counts", "Priority"]

TRIES = 4
"""Of one request."""
BACKOFF_SECONDS = 1.0
"""Before the second try; doubles with each."""
WRITE_SECONDS = 1.0
"""For each request that writes, as GitHub asks for of whoever makes many; 80 in a minute are its limit."""
WRITES_AT_ONCE = 10
"""So many may come one right after the other."""
TIMEOUT_SECONDS = 30.0
PAGE = 100

Sleep = Callable[[float], Awaitable[None]]


@dataclass
class Counts:
    """What was asked so far."""

    calls: int = 0
    unchanged: int = 0
    """Of them: answered with 304, which counts for no quota."""
    writes: int = 0
    retries: int = 0


class _Api(GitHubAPI):
    """The library's client, with our hooks around every single request."""

    def __init__(self, http: httpx2.AsyncClient, ours: Client, cache: EtagCache, base_url: str) -> None:
        super().__init__(http, "cockpit-agents", cache=cache, base_url=base_url)
        self._ours = ours

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        return await self._ours.send(super()._request, method, url, headers, body)

    async def handle_rate_limit_error(self, *, method: str, url: str, exception: HTTPException, attempt: int) -> bool:
        """Whether the request is to be made again, after waiting as long as it takes."""
        return await self._ours.again(method, exception, attempt)


class Client:
    """All that the cockpit asks of one repository on GitHub."""

    def __init__(
        self,
        settings: GitHubConfig,
        where: Where,
        folder: Path,
        who: access.Token | access.AppKey,
        http: httpx2.AsyncClient,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`folder` is `.cockpit/github/`; `open` is the usual way."""
        self.settings, self.where = settings, where
        self.clock, self._sleep = clock, sleep
        self.counts = Counts()
        self.breaker = Breaker()
        self.limits = Limits(folder / "limits.json")
        self.limits.load(clock())
        self.server_time = 0.0
        """GitHub's clock at its last answer."""
        self.scopes: frozenset[str] | None = None
        """What a classic token may; None where GitHub does not say."""
        self.permissions: Mapping[str, str] | None = None
        """What an App's token may; None where nobody said."""
        self._who, self._token = who, who if isinstance(who, access.Token) else None
        self._turns, self._wrote = Turns(), 0.0
        self._cache = EtagCache(folder / "cache")
        self._api = _Api(http, self, self._cache, where.base_url)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: GitHubConfig,
        where: Where,
        folder: Path,
        environ: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> AsyncIterator[Client]:
        """A client until the block ends. Raises NoAccess where nothing says who we are."""
        who = await asyncio.to_thread(access.find, settings, environ)
        async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=True) as http:
            made = cls(settings, where, folder, who, http, clock=clock, sleep=sleep)
            await asyncio.to_thread(made._cache.prune)
            yield made

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def urgency(self, priority: Priority) -> Any:
        """What is asked inside the block is asked for this."""
        before = PRIORITY.set(priority)
        try:
            yield
        finally:
            PRIORITY.reset(before)

    async def get(self, path: str, /, **names: Any) -> Any:
        """One thing."""
        return await self._call(self._api.getitem, path, names)

    async def pages(self, path: str, /, most: int = 10_000, under: str = "items", **names: Any) -> list[Any]:
        """A whole list, or its first `most` entries; `under` is its name where the answer says more than the list."""
        await self._ready()
        found: list[Any] = []
        with _translated(path):
            asked = self._api.getiter(path, self._filled(names), oauth_token=self._text, iterable_key=under)
            async with aclosing(asked) as entries:
                async for one in entries:
                    found.append(one)
                    if len(found) >= most:
                        break
        return found

    async def post(self, path: str, data: Any, /, **names: Any) -> Any:
        """Make something."""
        return await self._call(self._api.post, path, names, data=data)

    async def patch(self, path: str, data: Any, /, **names: Any) -> Any:
        """Change something."""
        return await self._call(self._api.patch, path, names, data=data)

    async def put(self, path: str, data: Any, /, **names: Any) -> Any:
        """Put something in its place."""
        return await self._call(self._api.put, path, names, data=data)

    async def delete(self, path: str, /, **names: Any) -> None:
        """Take something away."""
        await self._call(self._api.delete, path, names)

    async def delete_with(self, path: str, data: Any, /, **names: Any) -> None:
        """Take something away that is named in the request's body."""
        await self._call(self._api.delete, path, names, data=data)

    async def _call(self, verb: Callable[..., Awaitable[Any]], path: str, names: dict[str, Any], **more: Any) -> Any:
        await self._ready()
        with _translated(path):
            return await verb(path, self._filled(names), oauth_token=self._text, **more)

    def _filled(self, names: Mapping[str, Any]) -> dict[str, Any]:
        owner, _, repo = self.where.repo.partition("/")
        return {"owner": owner, "repo": repo, **names}

    # ── who we are ───────────────────────────────────────────────────────────────────────────────────

    @property
    def is_app(self) -> bool:
        """Whether an App asks, and no person."""
        return isinstance(self._who, access.AppKey)

    @property
    def token(self) -> str:
        """The token of this moment, for git's own use of it; empty before the first request of an App."""
        return self._token.text if self._token else ""

    @property
    def _text(self) -> str:
        assert self._token is not None
        return self._token.text

    async def ready(self) -> str:
        """A token that counts now. Raises GitHubError."""
        await self._ready()
        return self._text

    async def _ready(self) -> None:
        self.check()
        if self._token is not None and self._token.is_good(self.clock()):
            return
        assert isinstance(self._who, access.AppKey)
        with _translated("the App's installation"):
            number = self._who.installation or str((await self._installation(self._who))["id"])
            said = await get_installation_access_token(
                self._api, installation_id=number, app_id=self._who.app, private_key=self._who.key
            )
        self.permissions = said.get("permissions")
        self._token = access.known(said["token"], access.moment(said["expires_at"]))

    async def _installation(self, who: access.AppKey) -> Any:
        jwt = get_jwt(app_id=who.app, private_key=who.key)
        return await self._api.getitem("/repos/{owner}/{repo}/installation", self._filled({}), jwt=jwt)

    # ── every single request ─────────────────────────────────────────────────────────────────────────

    def check(self, priority: Priority | None = None) -> None:
        """Raise Limited or BreakerOpen where nothing may be sent now."""
        now = self.clock()
        if self.breaker.is_open(now):
            raise BreakerOpen(f"GitHub failed {self.breaker.failures} times: {self.breaker.why}", self.breaker.until)
        self.limits.check(PRIORITY.get() if priority is None else priority, now)

    async def send(
        self, request: Callable[..., Awaitable[Any]], method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request when it is its turn, and take in what the answer says of the quota."""
        for attempt in range(1, TRIES + 1):
            async with self._turns.turn(PRIORITY.get()):
                await self._wait(method)
                self.check()
                self.counts.calls += 1
                try:
                    status, said, content = await request(method, url, headers, body)
                except httpx2.HTTPError as error:
                    self._failed(_words(error))
                    trouble, sent = _words(error), not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
                else:
                    self._saw(method, status, said)
                    return status, said, content
            if (sent and method == "POST") or attempt == TRIES:
                raise Unreachable(f"GitHub can't be reached: {trouble}", sent=sent and method != "GET")
            self.counts.retries += 1
            await self._sleep(BACKOFF_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    async def _wait(self, method: str) -> None:
        """For a short limit to be over, and for the pause between two writes."""
        now = self.clock()
        if now < self.limits.blocked_until <= now + PATIENCE:
            await self._sleep(self.limits.blocked_until - now)
        if method != "GET":
            self._wrote = max(self._wrote, self.clock() - WRITES_AT_ONCE * WRITE_SECONDS) + WRITE_SECONDS
            if (rest := self._wrote - self.clock()) > 0:
                await self._sleep(rest)
            self.counts.writes += 1

    def _saw(self, method: str, status: int, headers: Mapping[str, str]) -> None:
        self.limits.saw(headers)
        if (scopes := headers.get("x-oauth-scopes")) is not None:
            self.scopes = frozenset(filter(None, (one.strip() for one in scopes.split(","))))
        if date := headers.get("date"):
            self.server_time = parsedate_to_datetime(date).timestamp()
        if status == 304:
            self.counts.unchanged += 1
        if status >= 500:
            self._failed(f"it answered with {status}")
        elif status not in (403, 429):
            self.limits.worked()
            self.breaker.worked()

    def _failed(self, why: str) -> None:
        self.breaker.failed(self.clock(), why)

    async def again(self, method: str, error: HTTPException, attempt: int) -> bool:
        """Whether a refused request is made again: limits are waited for, a broken GitHub is tried again."""
        status, now = int(error.status_code), self.clock()
        until = self.limits.refused(status, error.headers, str(error), now)
        if until is not None:
            if until > now + PATIENCE or attempt >= TRIES:
                raise Limited(self.limits.why, until) from error
            self.counts.retries += 1
            return True  # `_wait` waits, and so does everybody else
        if status >= 500 and method != "POST" and attempt < TRIES and not self.breaker.is_open(now):
            self.counts.retries += 1
            await self._sleep(BACKOFF_SECONDS * 2 ** (attempt - 1))
            return True
        return False


@contextmanager
def _translated(what: str) -> Any:
    """The library's errors as ours."""
    try:
        yield
    except HTTPException as error:
        raise _ours(error, what) from error


def _ours(error: HTTPException, what: str) -> GitHubError:
    status, said = int(error.status_code), redact.text(str(error))
    if status == 401:
        return NoAccess(f"GitHub does not take the token ({said}): it is wrong, or has ended")
    if status == 403:
        needed = error.headers.get("x-accepted-github-permissions") or error.headers.get("x-accepted-oauth-scopes")
        return Denied(f"the token may not do this ({what}): {said}" + (f"; it needs {needed}" if needed else ""))
    if status in (404, 410):
        return Missing(f"GitHub has no {what}, or the token may not see it")
    if isinstance(error, RedirectionException):
        return GitHubError(f"GitHub has {what} somewhere else now: was the repository renamed? Set [github] repo")
    if status >= 500:
        return Unreachable(f"GitHub is broken: {said}", sent=True)
    return Refused(said, status, _codes(error))


def _codes(error: HTTPException) -> tuple[str, ...]:
    errors = error.errors if isinstance(error, InvalidField | ValidationError) else None
    return tuple(str(e.get("code", "")) for e in errors or () if isinstance(e, Mapping))


def _words(error: Exception) -> str:
    return redact.text(str(error)) or type(error).__name__
