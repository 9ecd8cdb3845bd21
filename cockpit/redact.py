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
from typing import Any, TextIO

from cockpit import secret_shapes
from cockpit.secret_shapes import Found

SECRET_NAME = re.compile(
    r"(?i)(?:^|_)(?:api_?key|key|keys|token|secret|secrets|password|passwd|passphrase|pwd|pass|credentials?|auth|"
    r"dsn|pat|cookie|private)(?:$|_(?!sock$|file$|path$|dir$|id$|url$|name$|type$|method$))"
)
"""Names of variables whose values are secret."""

SHORTEST = 8
"""A shorter value is a word, and taking it out would make texts unreadable without hiding much."""

PEM_OPEN = re.compile(r"-----BEGIN[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?![\s\S]*-----END)")

_SPACES = 7
"""More of them than any shape has stand after an anchor: it was none."""

_UNUSUAL = re.compile(r"\\u00[2-7]|\\/")
"""Ways to write plain letters in JSON by which a secret would not be seen in the line itself."""


class Values:
    """The secret values that are known by heart."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, values: Iterable[str]) -> None:
        """Take values in, and the ways in which they are written in JSON and in bytes."""
        fresh = {value for value in values if _is_secret(value)} - self._known
        if not fresh:
            return
        self._known |= fresh
        written = {way for value in self._known for way in _ways(value)}
        self._pattern = re.compile("|".join(map(re.escape, sorted(written, key=len, reverse=True))))

    def find(self, text: str) -> list[Found]:
        """Where they occur."""
        if self._pattern is None:
            return []
        return [Found("secret of the environment", *match.span()) for match in self._pattern.finditer(text)]

    @property
    def longest(self) -> int:
        """Characters of the longest."""
        return max(map(len, self._known), default=0)

    def open_end(self, text: str) -> int:
        """Where the beginning of one stands at the very end of a text; -1 for none. A single letter is none."""
        tail = text[-self.longest :] if self._known else ""
        starts = [len(text) - n for value in self._known for n in range(min(len(value), len(tail)), 1, -1)
                  if tail.endswith(value[:n])]  # fmt: skip
        return min(starts, default=-1)


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
    shaped, known = secret_shapes.find(text), _values.find(text)
    return secret_shapes.apart([*shaped, *known]) if known else shaped


def text(said: str) -> str:
    """`said` without its secrets."""
    found = find(said) if said else []
    return _without(said, found, 0) if found else said


def data(content: bytes) -> bytes:
    """The same for bytes of any encoding that has ASCII in it."""
    said = content.decode("latin-1")
    found = find(said)
    return _without(said, found, 0).encode("latin-1") if found else content


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


def json_line(line: str) -> str:
    """A line of JSON without secrets, and JSON still; a line that is none is treated as text."""
    if not _UNUSUAL.search(line) and not find(line):
        return line
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return text(line)
    return json.dumps(value(content), separators=(",", ":"))


class Flow:
    """Text that comes in pieces, a secret possibly in two of them.

    What may be the beginning of one is held back until it is clear, or until `flush`; what was let go is
    remembered for the rest of its line, so that the rest of a secret is known for what it is all the same.
    """

    MOST = 16_384
    """Characters that are held back at most."""
    CONTEXT = 512

    def __init__(self) -> None:
        self._before = ""
        """The end of what was let go, as it was."""
        self._held = ""

    @property
    def holds(self) -> bool:
        """Whether something is held back."""
        return bool(self._held)

    def feed(self, piece: str) -> str:
        """What can be let go, now that `piece` has come."""
        said = self._before + self._held + piece
        found = find(said)
        upto = max(len(self._before), self._hold_from(said, found))
        if len(said) - upto > self.MOST:
            upto = len(said)
        return self._let_go(said, found, upto)

    def flush(self) -> str:
        """What is held back, as far as it is no secret by now."""
        said = self._before + self._held
        return self._let_go(said, find(said), len(said))

    def _let_go(self, said: str, found: list[Found], upto: int) -> str:
        out = _without(said[:upto], [one for one in found if one.start < upto], len(self._before))
        line = max(said.rfind("\n", 0, upto) + 1, upto - self.CONTEXT)
        if opened := _pem(said):
            line = min(line, max(opened - 1, upto - self.MOST))
        self._before, self._held = said[line:upto], said[upto:]
        return out

    def _hold_from(self, said: str, found: list[Found]) -> int:
        """Where something begins that may grow to be a secret, or more of one."""
        places = [len(said)]
        if (last := found[-1] if found else None) and last.end == len(said):
            places.append(last.start)
        tail = max(said.rfind("\n") + 1, len(said) - self.CONTEXT)
        line, low = said[tail:], said[tail:].lower()
        hits = [line.rfind(anchor) for anchor in secret_shapes.EXACT]
        hits += [low.rfind(anchor) for anchor in secret_shapes.FOLDED]
        if growing := [at for at in hits if at >= 0 and not _is_over(line, at)]:
            places.append(tail + min(growing))
        if opened := _pem(said):
            places.append(opened - 1)
        if (known := _values.open_end(said)) >= 0:
            places.append(known)
        return min(places)


def _is_over(line: str, at: int) -> bool:
    """Whether what an anchor began can grow no more: some words follow it."""
    return line.count(" ", at) > _SPACES


def _pem(said: str) -> int:
    """One more than where a private key begins that has not ended; 0 for none."""
    opened = PEM_OPEN.search(said)
    return opened.start() + 1 if opened else 0


class ByteFlow:
    """A `Flow` of bytes."""

    def __init__(self) -> None:
        self._flow = Flow()

    @property
    def holds(self) -> bool:
        """Whether something is held back."""
        return self._flow.holds

    def feed(self, piece: bytes) -> bytes:
        """What can be let go, now that `piece` has come."""
        return self._flow.feed(piece.decode("latin-1")).encode("latin-1")

    def flush(self) -> bytes:
        """What is held back, as far as it is no secret by now."""
        return self._flow.flush().encode("latin-1")


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
