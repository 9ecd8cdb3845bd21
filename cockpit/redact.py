"""Takes secrets out of text before it is stored: what has a secret's shape, and the values of the environment.

One set of rules for everything that is kept: the ledger, streams, logs, session files, reports. What takes a
secret's place has neither quotes nor backslashes, so JSON stays JSON, and is never taken for a secret itself.
`learn` adds the values of variables whose names say that they are secret; every process does so for its own
environment before it stores anything.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TextIO

from cockpit import secret_shapes
from cockpit.anchors import Anchors, Places
from cockpit.secret_shapes import Found, as_bytes

SECRET_NAME = re.compile(
    r"(?i)(?:^|_)(?:api_?key|key|keys|token|secret|secrets|password|passwd|passphrase|pwd|pass|credentials?|auth|"
    r"dsn|pat|cookie|private)(?:$|_(?!sock$|file$|path$|dir$|id$|url$|name$|type$|method$))"
)
"""Names of variables whose values are secret."""

SHORTEST = 8
"""A shorter value is a word, and taking it out would make texts unreadable without hiding much; no shape is shorter."""

_BEGINNING = 64
"""Characters of a value by which it is looked for."""
_FEW = 10
"""So many are found quicker one by one than all at once."""

_PEM_ANCHOR = "-----BEGIN"
_PEM_OPEN = re.compile(rb"-----BEGIN[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?![\s\S]*-----END)")

_SPACES = 7
"""More of them than any shape has stand after an anchor: it was none."""

_UNUSUAL = ("\\/", *(f"\\u00{digit}" for digit in "234567"))
"""Ways to write plain letters in JSON by which a secret would not be seen in the line itself."""


class Values:
    """The secret values that are known by heart."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._written: set[str] = set()
        """They, and the ways in which they are written."""
        self._sought: tuple[list[Anchors], re.Pattern[str]] | None = None
        """How they are looked for, quickly and exactly; None where that has to be made."""

    def add(self, values: Iterable[str]) -> None:
        """Take values in, and the ways in which they are written in JSON and in bytes."""
        fresh = {value for value in values if _is_secret(value)} - self._known
        if not fresh:
            return
        self._known |= fresh
        self._written |= {way for value in fresh for way in _ways(value)}
        self._sought = None

    def occur(self, data: bytes) -> bool:
        """Whether any may be in these bytes."""
        if self._sought is None and self._written:
            self._sought = _seeking(self._written)
        return self._sought is not None and any(words.occur(data) for words in self._sought[0])

    def find(self, text: str, data: bytes) -> list[Found]:
        """Where they occur in a text, which has these bytes."""
        if not self.occur(data) or self._sought is None:
            return []
        return [Found("secret of the environment", *match.span()) for match in self._sought[1].finditer(text)]

    @property
    def longest(self) -> int:
        """Characters of the longest."""
        return max(map(len, self._known), default=0)

    def open_end(self, text: bytes) -> int:
        """Where the beginning of one stands at the very end of some bytes; -1 for none. A single letter is none."""
        tail = text[-self.longest :].decode("latin-1") if self._known else ""
        starts = [place for value in self._known if (place := _open(value, tail)) >= 0]
        return len(text) - len(tail) + min(starts) if starts else -1


def _seeking(written: Iterable[str]) -> tuple[list[Anchors], re.Pattern[str]]:
    ways = sorted(written, key=len, reverse=True)
    beginnings = sorted({as_bytes(way[:_BEGINNING]).decode("latin-1") for way in ways})
    groups = [[one] for one in beginnings] if len(beginnings) <= _FEW else [beginnings]
    return [Anchors(group) for group in groups], re.compile("|".join(map(re.escape, ways)))


def _open(value: str, tail: str) -> int:
    """Where in `tail` begins what is a beginning of `value`, or all of it; -1 for nowhere."""
    at = tail.find(value[:2], max(0, len(tail) - len(value)))
    while at >= 0 and not value.startswith(tail[at:]):
        at = tail.find(value[:2], at + 1)
    return at


def _is_secret(value: str) -> bool:
    """Whether a variable's value is worth hiding: long enough, and no path, word or number."""
    if len(value) < SHORTEST or value[0] in "/~." or len(value) > 20_000:
        return False
    return not value.isdigit() and len(set(value)) > 3


def _ways(value: str) -> set[str]:
    ways = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    return ways | {value.encode("utf-8", "surrogateescape").decode("latin-1")}


_values = Values()


def learn(environ: Mapping[str, str]) -> None:
    """From now on the values of the secret-looking variables of an environment are secrets wherever they occur."""
    _values.add(value for name, value in environ.items() if SECRET_NAME.search(name))


def secret_names(environ: Mapping[str, str]) -> set[str]:
    """The variables whose values are never written down."""
    return {name for name, value in environ.items() if SECRET_NAME.search(name) and value}


def find(text: str) -> list[Found]:
    """Every secret in a text, in order, none inside another."""
    if len(text) < SHORTEST:
        return []
    content = as_bytes(text)
    return _find_at(text, content, secret_shapes.places(content, text))


def _find_in(content: bytes, at: Places) -> list[Found]:
    """Every secret in bytes; most have none, and are not even made text."""
    return _find_at(content.decode("latin-1"), content, at) if at or _values.occur(content) else []


def _find_at(text: str, content: bytes, at: Places) -> list[Found]:
    shaped, known = secret_shapes.find_at(text, at), _values.find(text, content)
    return secret_shapes.apart([*shaped, *known]) if known else shaped


def text(said: str) -> str:
    """`said` without its secrets."""
    found = find(said)
    return _without(said, found, 0) if found else said


def data(content: bytes) -> bytes:
    """The same for bytes of any encoding that has ASCII in it."""
    found = _find_in(content, secret_shapes.places(content))
    return _without(content.decode("latin-1"), found, 0).encode("latin-1") if found else content


def _without(said: str, found: list[Found], start: int) -> str:
    """`said` from `start` on, without what was found."""
    parts, at = [], start
    for one in found:
        if one.end <= at:
            continue
        parts += [said[at : max(at, one.start)], f"[redacted: {one.kind}]"]
        at = one.end
    return "".join([*parts, said[at:]])


def value(content: Any) -> Any:
    """JSON-ready data without secrets, keys included; what has none is given back as it is."""
    if isinstance(content, str):
        return text(content)
    if isinstance(content, dict):
        return {text(key) if isinstance(key, str) else key: _entry(key, item) for key, item in content.items()}
    if isinstance(content, list | tuple):
        return [value(item) for item in content]
    return content


def _entry(key: object, item: Any) -> Any:
    """An entry's value; one whose name says that it is secret, as in an assignment."""
    if isinstance(key, str) and isinstance(item, str) and len(item) < 256:
        line = f'{key}="{item}"'
        place = len(line) - 1 - len(item)
        if any(one.start == place and one.end >= len(line) - 1 for one in find(line)):
            return "[redacted: assigned secret]"
    return value(item)


@cache
def _unusual() -> Anchors:
    return Anchors(_UNUSUAL)


def is_plain(lines: str) -> bool:
    """Whether lines of JSON, or one, can be kept as they are: who has none in all has none in any."""
    return not _unusual().occur(as_bytes(lines)) and not find(lines)


def json_line(line: str) -> str:
    """A line of JSON without secrets, and JSON still; a line that is none is treated as text."""
    if is_plain(line):
        return line
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return text(line)
    return json.dumps(value(content), separators=(",", ":"))


class ByteFlow:
    """Bytes that come in pieces, a secret possibly in two of them.

    What may be the beginning of one is held back until it is clear, or until `flush`; what was let go is
    remembered for the rest of its line, so that the rest of a secret is known for what it is all the same.
    """

    MOST = 16_384
    """Bytes that are held back at most."""
    CONTEXT = 512

    def __init__(self) -> None:
        self._before = b""
        """The end of what was let go, as it was."""
        self._held = b""

    @property
    def holds(self) -> bool:
        """Whether something is held back."""
        return bool(self._held)

    def feed(self, piece: bytes) -> bytes:
        """What can be let go, now that `piece` has come."""
        said = b"".join((self._before, self._held, piece))
        at = secret_shapes.places(said)
        found = _find_in(said, at)
        upto = max(len(self._before), _hold_from(said, found, at))
        if len(said) - upto > self.MOST:
            upto = len(said)
        if upto == len(said) and not found and not self._held:  # as it nearly always is
            self._remember(said, upto, at)
            return piece
        return self._let_go(said, found, upto, at)

    def flush(self) -> bytes:
        """What is held back, as far as it is no secret by now."""
        said = self._before + self._held
        at = secret_shapes.places(said)
        return self._let_go(said, _find_in(said, at), len(said), at)

    def _let_go(self, said: bytes, found: list[Found], upto: int, at: Places) -> bytes:
        out = said[len(self._before) : upto]
        if gone := [one for one in found if one.start < upto]:
            out = _without(said[:upto].decode("latin-1"), gone, len(self._before)).encode("latin-1")
        self._remember(said, upto, at)
        return out

    def _remember(self, said: bytes, upto: int, at: Places) -> None:
        line = max(said.rfind(b"\n", 0, upto) + 1, upto - self.CONTEXT)
        if (opened := _pem(said, at)) >= 0:
            line = min(line, max(opened, upto - self.MOST))
        self._before, self._held = said[line:upto], said[upto:]


def _hold_from(said: bytes, found: list[Found], at: Places) -> int:
    """Where something begins that may grow to be a secret, or more of one."""
    starts = [len(said)]
    if (last := found[-1] if found else None) and last.end == len(said):
        starts.append(last.start)
    if at:
        tail = max(said.rfind(b"\n") + 1, len(said) - ByteFlow.CONTEXT)
        lasts = [places[-1] for places in at.values()]
        starts += [place for place in lasts if place >= tail and not _is_over(said, place)]
        if (opened := _pem(said, at)) >= 0:
            starts.append(opened)
    if (known := _values.open_end(said)) >= 0:
        starts.append(known)
    return min(starts)


def _is_over(said: bytes, at: int) -> bool:
    """Whether what an anchor began can grow no more: some words follow it."""
    return said.count(b" ", at) > _SPACES


def _pem(said: bytes, at: Places) -> int:
    """Where a private key begins that has not ended; -1 for nowhere."""
    opened = _PEM_OPEN.search(said, at[_PEM_ANCHOR][0]) if _PEM_ANCHOR in at else None
    return opened.start() if opened else -1


class _Clean(io.TextIOBase):
    """Standard error into a log: lines without secrets."""

    def __init__(self, inner: TextIO) -> None:
        self._inner = inner

    def write(self, said: str) -> int:
        """Write a line, or a part of one: what prints here prints whole lines."""
        self._inner.write(text(said))
        return len(said)

    def flush(self) -> None:
        """Have it in the log."""
        self._inner.flush()

    def fileno(self) -> int:
        """The log's descriptor."""
        return self._inner.fileno()


def clean_stderr() -> None:
    """From now on what this process prints to its log has no secrets, tracebacks included."""
    if not isinstance(sys.stderr, _Clean):
        sys.stderr = _Clean(sys.stderr)


learn(os.environ)
