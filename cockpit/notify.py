"""Sends one message to one service, by apprise, in a process of its own: `python -m cockpit.notify`.

Whoever sends waits a bounded time and no longer, whatever the service or its library does; so nothing here can be in
the night's way. The URL, which has secrets in it, goes in by standard input: it is in no argument list. What comes
back of an error has nothing of the URL in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apprise import NotifyBase

SECONDS = 30.0
"""How long a service may take."""

NOT_KNOWN = "no service that apprise knows has such a URL"

MAX_ERROR = 300


@dataclass(frozen=True, slots=True)
class Result:
    """How it went."""

    ok: bool
    error: str = ""
    fatal: bool = False
    """Trying again can't help."""


async def send(url: str, title: str, body: str, attachment: str = "", seconds: float = SECONDS) -> Result:
    """Have a service told; however it goes, it is over after `seconds`."""
    asked = json.dumps({"url": url, "title": title, "body": body, "attachment": attachment}).encode()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "cockpit.notify"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        process_group=0,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(asked), seconds)
    except TimeoutError:
        return Result(False, f"no answer within {seconds:.0f} s")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return _result(out)


def _result(out: bytes) -> Result:
    try:
        found = json.loads(out)
        return Result(bool(found["ok"]), str(found["error"]), bool(found["fatal"]))
    except (ValueError, KeyError, TypeError):
        return Result(False, "the process that sends it died")


def problem(url: str) -> str:
    """What is wrong with a URL by what apprise says, without sending anything; empty where nothing is."""
    return "" if _service(url) is not None else NOT_KNOWN


# ── in the process of its own ────────────────────────────────────────────────────────────────────────


def main() -> int:
    """Read what to send, send it, print how it went."""
    asked = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        found = _sent(asked["url"], asked["title"], asked["body"], asked["attachment"])
    print(json.dumps({"ok": found.ok, "error": found.error, "fatal": found.fatal}))
    return 0


def _sent(url: str, title: str, body: str, attachment: str) -> Result:
    from apprise import Apprise, NotifyFormat

    service = _service(url)
    if service is None:
        return Result(False, NOT_KNOWN, fatal=True)
    takes_markdown = NotifyFormat.MARKDOWN in _formats(service)
    sender = Apprise()
    sender.add(service)
    with _listened() as said:
        done = sender.notify(
            title=title[: service.title_maxlen or None],
            body=_fitting(body, service.body_maxlen),
            body_format=NotifyFormat.MARKDOWN if takes_markdown else NotifyFormat.TEXT,
            attach=_attached(attachment) if attachment and _is_mail(url) else None,
        )
    return Result(True) if done else Result(False, _error(said, url))


def _service(url: str) -> NotifyBase | None:
    """The service behind a URL; mail is plain text unless the URL says otherwise."""
    from apprise import Apprise

    with _listened():
        if _is_mail(url) and "format=" not in url:
            url = f"{url}{'&' if '?' in url else '/?' if url.count('/') < 3 else '?'}format=text"
        made = Apprise.instantiate(url, suppress_exceptions=True)
    return made


def _is_mail(url: str) -> bool:
    return url.lower().startswith(("mailto:", "mailtos:"))


def _formats(service: NotifyBase) -> Iterable[Any]:
    formats = service.notify_format
    return formats if isinstance(formats, tuple | list) else (formats,)


def _attached(report: str) -> Any:
    from apprise.attachment.memory import AttachMemory

    return AttachMemory(content=report, name="report.md", mimetype="text/markdown")  # type: ignore[no-untyped-call]


def _fitting(body: str, most: int) -> str:
    """As much as the service takes, whole lines."""
    tail = "\n\n… the rest: `cockpit report`"
    if not most or len(body) <= most:
        return body
    kept = body[: most - len(tail)]
    return kept[: kept.rfind("\n") if "\n" in kept else None].rstrip() + tail


@contextlib.contextmanager
def _listened() -> Any:
    """What apprise logs meanwhile: its only way to say why it failed."""
    import logging

    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("apprise")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(handler)


def _error(said: Iterable[str], url: str) -> str:
    """Its words in one line, without anything of the URL but the service's name."""
    line = " ".join(" ".join(said).split()) or "it failed and did not say why"
    return without(line, url)[:MAX_ERROR]


def without(line: str, url: str) -> str:
    """A text without the parts of a URL, as they are and as they are written in URLs."""
    from urllib.parse import unquote, unquote_plus

    rest = url.partition("://")[2]
    parts = {part for part in re.split(r"[/:@?&=,\s]+", rest) if len(part) > 3}
    parts |= {unquote(part) for part in parts} | {unquote_plus(part) for part in parts}
    for part in sorted(parts, key=len, reverse=True):
        line = line.replace(part, "…")
    return line


if __name__ == "__main__":
    sys.exit(main())
