"""The built-in gates on what a run did: it changed something, and no tool was refused; and how paths fit patterns.

Tests that were green before the work prove nothing, so a run that changed nothing is no success whatever
they say; neither is one whose agent was refused a tool it asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from cockpit.state import GateResult
from cockpit.text import plain

_MOST = 20
"""Paths and tools that one result names."""


def check_changes(has_changes: bool, denials: Sequence[str]) -> tuple[GateResult, ...]:
    """The results of the gates `changes` and `tools`, in this order."""
    return (
        _result("changes", not has_changes, "the branch changes nothing, and that is no success"),
        _result("tools", bool(denials), f"tools were refused: {names(list(dict.fromkeys(denials)))}"),
    )


def is_protected(file: str, patterns: Sequence[str]) -> bool:
    """Whether one of the globs covers the file.

    As in a .gitignore: a pattern without a slash matches a file or a folder of that name anywhere, one with
    a slash counts from the top; `*` stays within a name, `**` does not; a folder covers all that is in it.
    Case is ignored, since some file systems ignore it. `!` before a pattern takes back what others before it
    covered.
    """
    return bool(protecting(file, patterns))


def protecting(file: str, patterns: Sequence[str]) -> str:
    """The first pattern that covers the file, unless a later one with `!` takes it back; else empty."""
    found = ""
    for pattern in patterns:
        if pattern.startswith("!"):
            found = "" if found and _expression(pattern[1:]).fullmatch(file) else found
        elif not found and _expression(pattern).fullmatch(file):
            found = pattern
    return found


def _result(name: str, failed: bool, why: str) -> GateResult:
    return GateResult(name, not failed, plain(why) if failed else "")


def names(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    body = pattern.strip().rstrip("/")
    if not body:
        return re.compile(r"(?!)")  # matches nothing
    anywhere = "" if "/" in body else "(?:.*/)?"
    words = (_word(word) for word in re.findall(r"\*\*/|/\*\*$|\*+|\?|\[[^]/]+\]|.", body.lstrip("/"), re.DOTALL))
    return re.compile(f"{anywhere}{''.join(words)}(?:/.*)?", re.IGNORECASE | re.DOTALL)


def _word(word: str) -> str:
    match word:
        case "**/":
            return "(?:.*/)?"
        case "/**":
            return "/.*"
        case "**":
            return ".*"
        case "?":
            return "[^/]"
    if word.startswith("*"):
        return "[^/]*"
    if word.startswith("[") and len(word) > 1:
        inner = re.sub(r"([\\\[&~|])", r"\\\1", word[1:-1])
        return f"[{'^' + inner[1:] if inner.startswith('!') else inner}]"
    return re.escape(word)
