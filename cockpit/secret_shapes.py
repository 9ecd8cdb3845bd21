"""What secrets look like: the rules by which the gate looks for them and by which every log is cleaned of them.

A shape is tried only where one of its anchors (a piece of text, in small letters) occurs, and all anchors are
sought in one go (`anchors`), which makes looking at clean text cheap. Shapes with a value of their own (`value`)
redact only that part, so that the line stays readable. Names of hashes, ids and counts are no secrets' names, and
placeholders are no values.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from cockpit.anchors import Anchors, Places


class Found(NamedTuple):
    """A secret in a text, by where it lies."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Shape:
    """One sort of secret."""

    kind: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]
    is_real: Callable[[str], bool] | None = None
    """A second look at the value."""
    folded: bool = False
    """Whether small and capital letters are the same to it; its anchors are in small ones then."""


_PLACEHOLDER = re.compile(
    r"(?i)^(?:[<\[({$%].*|.*\$\{.*|.*\{\{.*|x{3,}.*|\*+.*|\.{3}.*|your[-_ ].*|my[-_].*|changeme.*|example.*|"
    r"placeholder.*|dummy.*|redacted.*|none|null|true|false|undefined|password|secret|pass(?:wd)?|test|foo|bar|baz)$"
)
_WORDS = re.compile(r"[A-Za-z]+(?:[-_./:+][A-Za-z]+)*[-_./:+]?\d{0,4}")
_PATH = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.@+~-]+){2,}[/\\]?")
_CODE = re.compile(r"[(){}\[\]<>$\\]|::|->|\w\.\w+\.|^(?:self|this|os|env|process|config|settings|request)\.")


def entropy(text: str) -> float:
    """Bits for each character, by how often each occurs."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _is_password(value: str) -> bool:
    """Whether an assigned value is one that somebody would want to keep secret: no word, no name, no code."""
    if _PLACEHOLDER.match(value) or _CODE.search(value) or _WORDS.fullmatch(value) or _PATH.fullmatch(value):
        return False
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value) and entropy(value) >= 2.75


def is_placeholder(value: str) -> bool:
    """Whether a value only stands for a secret: `changeme`, `${PASSWORD}`, `<your key>`."""
    return bool(_PLACEHOLDER.match(value))


def _is_url_password(value: str) -> bool:
    return not _PLACEHOLDER.match(value) and not _CODE.search(value)


def _is_random(value: str) -> bool:
    return entropy(value) >= 3.0


def _edge(start: str) -> str:
    """A literal that no letter or digit stands before."""
    return rf"(?<![A-Za-z0-9]){re.escape(start)}"


def _shape(
    kind: str, anchors: str, pattern: str, is_real: Callable[[str], bool] | None = None, folded: bool = False
) -> Shape:
    flags = re.IGNORECASE if folded else 0
    return Shape(kind, tuple(anchors.split()), re.compile(pattern, flags), is_real, folded)


_PEM = (
    r"-----BEGIN[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]{0,12000}?-----END[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:(?:\\[nr]|\s)*[A-Za-z0-9+/=]{16,})*)"
)
_BEFORE_KEY = "|".join(
    f"(?<={word}{mark})"
    for word in ("api", "access", "secret", "private", "account", "signing", "encryption", "auth", "master", "service")
    for mark in ("", "_", "-")
)
_NAMES = rf"(?:passw(?:or)?d|passphrase|pwd|secret|(?:{_BEFORE_KEY})key|token|credentials?)"

_ASSIGNED = r"(?=\w{3,11}+\\?[\"']?\s{0,3}[:=])"
"""Looked at first, since most words that could be such a name are just words; no name is longer."""

_TWILIO = " ".join(f"SK{digit}" for digit in "0123456789abcdef")
"""Two letters alone would be found far too often, and slow down the search for all others."""

SHAPES = (
    _shape("private key", "-----BEGIN", _PEM),
    _shape("AWS access key", "AKIA ASIA ABIA ACCA", r"(?<![A-Za-z0-9])A[A-Z]{3}[A-Z2-7]{16}(?![A-Za-z0-9])"),
    _shape("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}"),
    _shape("GitLab token", "glpat- glrt- gldt-", r"gl[a-z]+-[\w-]{20,}"),
    _shape("Anthropic key", "sk-ant-", _edge("sk-ant-") + r"[\w-]{16,}"),
    _shape(
        "OpenAI key", "sk-", _edge("sk-") + r"(?:(?:proj|svcacct|admin|None)-[\w-]{20,}|[A-Za-z0-9]{32,})", _is_random
    ),
    _shape("Slack token", "xox", _edge("xox") + r"[abeoprs]-[A-Za-z0-9-]{10,}"),
    _shape("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/[\w/]{20,}"),
    _shape("Discord webhook", "/api/webhooks/", r"/api/webhooks/\d{10,}/[\w-]{40,}"),
    _shape(
        "Stripe key", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"[a-z]+_(?:(?:live|test)_)?[A-Za-z0-9+/=]{16,}"
    ),
    _shape("Google key", "AIza GOCSPX- ya29.", r"AIza[\w-]{35}|GOCSPX-[\w-]{20,}|" + _edge("ya29.") + r"[\w-]{20,}"),
    _shape("JSON web token", "eyJ", _edge("eyJ") + r"[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    _shape("npm token", "npm_", _edge("npm_") + r"[A-Za-z0-9]{36}"),
    _shape("PyPI token", "pypi-", _edge("pypi-") + r"[\w-]{50,}"),
    _shape("SendGrid key", "SG.", _edge("SG.") + r"[\w-]{16,}\.[\w-]{16,}"),
    _shape("Twilio key", _TWILIO, _edge("SK") + r"[0-9a-f]{32}(?![0-9A-Za-z])"),
    _shape("Azure key", "AccountKey=", r"AccountKey=(?P<value>[A-Za-z0-9+/=]{40,})"),
    _shape("Telegram token", ":AA", r"(?<=\d{8}):AA[\w-]{32,}"),
    _shape("Hugging Face token", "hf_", _edge("hf_") + r"[A-Za-z0-9]{30,}", _is_random),
    _shape("DigitalOcean token", "dop_v1_ doo_v1_", r"do[op]_v1_[a-f0-9]{40,}"),
    _shape("Databricks token", "dapi", _edge("dapi") + r"[a-f0-9]{32}(?![0-9A-Za-z])"),
    _shape("age key", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[A-Z0-9]{40,}"),
    _shape(
        "password in a URL",
        "://",
        r"://[^\s/:@\"'`<>]{0,80}:(?P<value>[^\s/@\"'`<>]{3,200})@",
        _is_url_password,
    ),
    _shape(
        "authorization header",
        "bearer authorization",
        r"(?:authorization\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?(?:basic|token|key)|bearer)\s{1,3}"
        r"(?P<value>[\w+/=.~-]{16,})",
        _is_password,
        folded=True,
    ),
    _shape(
        "assigned secret",
        "passw passphrase pwd secret key token credential",
        rf"{_ASSIGNED}{_NAMES}\\?[\"']?\s{{0,3}}(?:=>|:=|[:=])\s{{0,3}}\\?[\"'`]?(?P<value>[^\s\"'`,;\\]{{8,200}})",
        _is_password,
        folded=True,
    ),
)
"""Every shape; of two that overlap the earlier one names the secret."""

EXACT = tuple(dict.fromkeys(anchor for shape in SHAPES if not shape.folded for anchor in shape.anchors))
FOLDED = tuple(dict.fromkeys(anchor for shape in SHAPES if shape.folded for anchor in shape.anchors))

_KELVIN = "\u212a"
"""The only letter beyond ASCII whose small one is within, a `k`."""


@cache
def _sought() -> tuple[Anchors, Anchors, Anchors]:
    """The anchors, in groups that are sought quicker one by one than together; the last is sought in small letters."""
    twilio = _TWILIO.split()
    return Anchors([anchor for anchor in EXACT if anchor not in twilio]), Anchors(twilio), Anchors(FOLDED)


def places(data: bytes, text: str = "") -> Places:
    """Where the anchors occur in bytes; in a text it was made of too, where that has letters beyond Latin ones."""
    exact, twilio, folded = _sought()
    found: Places = {}
    exact.add_places(data, found)
    twilio.add_places(data, found)
    if not text.isascii() and _KELVIN in text:
        data = as_bytes(text.replace(_KELVIN, "k"))
    folded.add_places(data.lower(), found)
    return found


def as_bytes(text: str) -> bytes:
    """A byte for each character, so that places agree; those that no anchor has are all the same."""
    return text.encode("latin-1", "replace")


def find(text: str) -> list[Found]:
    """The secrets in a text, in order, none inside another."""
    return find_at(text, places(as_bytes(text), text))


def find_at(text: str, at: Places) -> list[Found]:
    """The same, where the places of the anchors are known."""
    if not at:
        return []
    tried = ((shape, anchor) for shape in SHAPES for anchor in shape.anchors if anchor in at)
    found = [one for shape, anchor in tried for one in _of(shape, text, len(anchor), at[anchor])]
    return found if len(found) < 2 else apart(found)


def apart(found: list[Found]) -> list[Found]:
    """In order, those that overlap made one."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif one.end > kept[-1].end:
            kept[-1] = kept[-1]._replace(end=one.end)
    return kept


def _of(shape: Shape, text: str, size: int, places: list[int]) -> Iterator[Found]:
    """What fits a shape at one of its anchors, which has this size."""
    after = 0
    for at in places:
        if at < after:
            continue
        match = shape.pattern.match(text, at)
        after = at + size
        if match is not None:
            group = "value" if "value" in shape.pattern.groupindex else 0
            if shape.is_real is None or shape.is_real(match[group]):
                yield Found(shape.kind, match.start(group), match.end(group))
                after = max(after, match.end())


def masked(secret: str) -> str:
    """Enough of a secret to know it again, and not enough to use it."""
    shown = secret[:4] if len(secret) >= 20 and secret[:4].isascii() else ""
    return f"{' '.join(shown.split())}… ({len(secret)} characters)"
