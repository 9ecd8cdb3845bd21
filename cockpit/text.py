"""Makes text that somebody else wrote safe to show: no escape sequences, no control characters, bounded."""

from __future__ import annotations

import re

MAX_TEXT = 20_000
"""Characters of a gate's output, or another long text, that are kept for a person."""

# A string sequence (OSC, DCS, SOS, PM, APC) must end on its own line: otherwise one that never ends would
# hide everything after it from the reader.
_SEQUENCE = re.compile(
    r"""
      (?: \x1b[\]PX^_] | [\x9d\x90\x98\x9e\x9f] ) [^\x07\x1b\x9c\n]* (?: \x07 | \x1b\\ | \x9c )
    | (?: \x1b\[ | \x9b ) [0-?]* [ -/]* [@-~]
    | \x1b [ -/]* [0-~]
    """,
    re.VERBOSE,
)
_LINE_END = re.compile(r"\r+\n|[\r\x0b\x0c\x85\u2028\u2029]")
# The last group turns the direction of writing, which lets a line show something that it does not say.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ANY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What all of these begin with; most texts have none of it."""


def plain(text: str) -> str:
    """`text` without escape sequences and control characters; newlines and tabs stay, every line end is `\\n`."""
    if not _ANY.search(text):
        return text
    text = _SEQUENCE.sub("", text)
    text = _LINE_END.sub("\n", text)
    text = _CONTROL.sub("", text)
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def cut(text: str, limit: int = MAX_TEXT) -> str:
    """`text`, its middle left out where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
