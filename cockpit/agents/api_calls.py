"""Calls to the Messages API: what a failure means, and trying again with patience.

The SDK's own retries are off: they can't be seen, and a person who watches an agent wants to know why nothing
happens. A stream that was cut looks to the SDK like a short answer; here it is a failure like any other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, Protocol, TypeVar

import httpx2
from anthropic import AnthropicError, APIConnectionError, APIError, APIStatusError, AsyncAnthropic

from cockpit.agents import limits

MAX_TRIES = 10
LONGEST_WAIT = 3600.0
"""A service that says to come back later than this is given up for now."""

RETRIED_STATUS = frozenset({408, 409, 425, 429})
PASSING = frozenset({"overloaded_error", "rate_limit_error", "api_error", "timeout_error"})
"""Kinds of an error in the middle of a stream that are worth another try."""

OVERLOADED, OVERLOADED_STATUS, NOT_FOUND = "overloaded_error", 529, 404

WITH_FALLBACK = 3
"""Tries of an overloaded model while another may be asked instead."""

NO_KEY = "there is no key for the model's service: set ANTHROPIC_API_KEY, or ANTHROPIC_AUTH_TOKEN for a gateway"

T = TypeVar("T")


class Broken(Exception):
    """An answer ended before its end, or could not be read."""


class GaveUp(Exception):
    """The service gave no answer; `fatal` where trying again can't help, `of_model` where another model may answer."""

    def __init__(
        self, text: str, *, fatal: bool, limited: bool = False, resets: float = 0.0, of_model: bool = False
    ) -> None:
        super().__init__(text)
        self.of_model = of_model
        self.fatal = fatal
        self.limited = limited
        self.resets = resets


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try."""

    reason: str
    passing: bool
    """It may go away by itself."""
    after: float | None = None
    """Seconds to wait, where the service said so."""
    limited: bool = False
    """A limit, which concerns everybody who shares the quota."""
    resets: float = 0.0
    """When it is over, where that was said."""
    of_model: bool = False
    """The model is overloaded, or there is none of that name: another one may answer."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait between tries."""

    first: float = 0.5
    most: float = 60.0
    tries: int = MAX_TRIES
    of_model: int = MAX_TRIES
    """The tries where another model may answer: fewer while there is one."""

    def wait(self, failure: Failure, failed: int) -> float:
        """Seconds before the next try, after `failed` tries; never less than the service asked for."""
        if failure.after is not None:
            return failure.after
        return float(min(self.most, self.first * 2 ** (failed - 1)) * random.uniform(0.75, 1.25))


def connect() -> AsyncAnthropic:
    """A client as the environment says: ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN."""
    return AsyncAnthropic(max_retries=0)


async def insist(call: Callable[[], Awaitable[T]], patience: Patience, retrying: Callable[[str, float], None]) -> T:
    """Call until it answers. Raises GaveUp where that can't help, or after many tries.

    `retrying` is told the reason and the wait before each further try.
    """
    for failed in range(1, patience.tries + 1):
        try:
            return await call()
        except (APIError, AnthropicError, httpx2.HTTPError, Broken) as error:
            failure = failure_of(error)
        except TypeError as error:  # what the SDK raises where it finds no key
            if "authentication" not in str(error):
                raise
            raise GaveUp(NO_KEY, fatal=True) from error
        wait = patience.wait(failure, failed)
        if failure.limited and wait > limits.SOON:  # others must wait too: the engine sees to that
            raise GaveUp(failure.reason, fatal=False, limited=True, resets=failure.resets)
        if not failure.passing or wait > LONGEST_WAIT:
            raise GaveUp(failure.reason, fatal=not failure.passing, of_model=failure.of_model)
        if failure.of_model and failed >= patience.of_model:
            raise GaveUp(failure.reason, fatal=False, of_model=True)
        if failed < patience.tries:
            retrying(failure.reason, wait)
            await asyncio.sleep(wait)
    reason = f"{failure.reason} ({patience.tries} tries)"
    raise GaveUp(reason, fatal=False, limited=failure.limited, resets=failure.resets)


def may_be_charged(error: BaseException) -> bool:
    """Whether a request that got no answer may have reached the service and cost money all the same."""
    if isinstance(error, APIStatusError):
        return error.status_code < 400
    if isinstance(error, httpx2.HTTPError | APIConnectionError):
        return not isinstance(_first_cause(error), httpx2.ConnectError | httpx2.ConnectTimeout | OSError)
    return isinstance(error, asyncio.CancelledError | Broken)


def _first_cause(error: BaseException) -> BaseException:
    while not isinstance(error, httpx2.HTTPError | OSError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def failure_of(error: Exception) -> Failure:
    """What a failed try means."""
    match error:
        case Broken():
            return Failure(str(error), passing=True)
        case APIStatusError():
            return _status_failure(error)
        case APIConnectionError() | httpx2.HTTPError():
            return Failure(f"no connection: {_root(error)}", passing=True)
    return Failure(str(error) or type(error).__name__, passing=False)


def _status_failure(error: APIStatusError) -> Failure:
    kind, text = _body(error)
    status = error.status_code
    if status < 400:  # the stream had begun well, and then held an error
        return Failure(f"{kind}: {text}", passing=kind in PASSING, of_model=kind == OVERLOADED)
    reason = f"{status} {kind}: {text}" if kind else f"{status}: {text}"
    passing = status in RETRIED_STATUS or status >= 500
    after, limited = _retry_after(error.response.headers), status == limits.TOO_MANY
    resets = limits.from_headers(error.response.headers) if limited else 0.0
    resets = resets or (time() + after if limited and after else 0.0)
    if limited and after is None and resets > time():
        after = resets - time()
    unknown = status == NOT_FOUND and "model" in text.lower()
    of_model = kind == OVERLOADED or status == OVERLOADED_STATUS or unknown
    return Failure(reason[:500], passing, after, limited, resets, of_model)


def _body(error: APIStatusError) -> tuple[str, str]:
    body = error.body
    inner = body.get("error", body) if isinstance(body, dict) else {}
    if not isinstance(inner, dict):
        inner = {}
    return str(inner.get("type") or ""), str(inner.get("message") or error.message)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """`retry-after` as seconds; a date in it counts from now."""
    if text := headers.get("retry-after-ms"):
        scale = 0.001
    elif text := headers.get("retry-after"):
        scale = 1.0
    else:
        return None
    try:
        return max(0.0, float(text) * scale)
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except ValueError:
        return None


def _root(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__


class _Stream(Protocol):
    """What the SDK's message streams, the beta ones and the others, have in common."""

    @property
    def current_message_snapshot(self) -> Any: ...

    def __aiter__(self) -> Any: ...


@dataclass(slots=True)
class Answer:
    """One answer as it comes in."""

    model: str
    usage: dict[str, Any] = field(default_factory=dict)
    """What it cost so far. Of an answer that broke off, the output is counted from its text."""
    content: list[dict[str, Any]] = field(default_factory=list)
    stop_reason: str = ""
    begun: bool = False
    """The service had begun to answer: it may charge for it."""

    @property
    def has_calls(self) -> bool:
        """It uses tools."""
        return any(block["type"] == "tool_use" for block in self.content)

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n\n".join(b["text"] for b in self.content if b["type"] == "text" and b["text"])


async def listen(stream: _Stream, answer: Answer, on: Callable[[Any], None]) -> None:
    """Read a stream into `answer`, telling `on` each event. Raises Broken for one that was cut.

    `answer` is filled as far as it came, also when this is cancelled: what was begun is paid for.
    """
    begun = False
    try:
        async for event in stream:
            begun = answer.begun = begun or event.type == "message_start"
            on(event)
    except (APIError, httpx2.HTTPError):
        raise
    except Exception as error:  # the border: whatever a server sends that the SDK can't make sense of
        raise Broken(f"the answer could not be read: {error}") from error
    finally:
        if begun:
            _take(stream.current_message_snapshot, answer)
    if not answer.stop_reason:
        raise Broken("the answer broke off")


def _take(message: Any, answer: Answer) -> None:
    answer.model = message.model or answer.model
    answer.usage = message.usage.to_dict(mode="json")
    answer.content = [block.to_dict(mode="json") for block in message.content]
    answer.stop_reason = message.stop_reason or ""
    if not answer.stop_reason:
        said = sum(len(str(b.get("text") or b.get("thinking") or b.get("input") or "")) for b in answer.content)
        answer.usage["output_tokens"] = max(answer.usage.get("output_tokens") or 0, said // 4)
