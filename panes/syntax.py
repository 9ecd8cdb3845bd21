"""Syntax colours for one line at a time, by pygments.

A line is coloured without knowing the lines before it: a diff has not got them all, and it is what keeps a
long diff quick. So the inside of a string over many lines is coloured as code. The first line of a language
takes up to a tenth of a second, because its lexer must be loaded; so `tokens` never loads one, and `load` is
for a thread.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import RegexLexer

MAX_LINE = 400
"""Longer lines stay without colour: generated code, and what would make a lexer slow."""

KINDS = ("keyword", "name", "string", "number", "comment")
"""The sorts of token that have a colour of their own; anything else is the empty string."""

_GROUPS = {
    "Keyword": "keyword",
    "Operator.Word": "keyword",
    "Name.Function": "name",
    "Name.Class": "name",
    "Name.Decorator": "name",
    "Name.Tag": "name",
    "Literal.String": "string",
    "Literal.Number": "number",
    "Comment": "comment",
    "Generic.Heading": "name",
}
_lexers: dict[str, RegexLexer | None] = {}


def language(path: str) -> str:
    """What tells a file's language: its ending, or its name where it has none."""
    pure = PurePosixPath(path)
    return pure.suffix.lower() or pure.name


def is_loaded(path: str) -> bool:
    """Whether it is known how to colour this file, or that it can't be."""
    return language(path) in _lexers


def load(path: str) -> None:
    """Find and load the lexer for a file; slow the first time for a language."""
    from pygments.lexer import RegexLexer
    from pygments.lexers import get_lexer_for_filename
    from pygments.util import ClassNotFound

    name = language(path)
    if name in _lexers:
        return
    try:
        lexer = get_lexer_for_filename(f"x{name}" if name.startswith(".") else name)
    except ClassNotFound:
        lexer = None
    _lexers[name] = lexer if isinstance(lexer, RegexLexer) else None


@lru_cache(4096)
def _tokens(name: str, text: str) -> tuple[tuple[str, str], ...]:
    lexer = _lexers[name]
    whole = (("", text),)
    if lexer is None or len(text) > MAX_LINE:
        return whole
    try:
        found = tuple((_group(str(token)), value) for _, token, value in lexer.get_tokens_unprocessed(text) if value)
    except Exception:  # hundreds of lexers by hundreds of people: colour is not worth a crash
        return whole
    # A line must be shown as it is, whatever a lexer makes of it.
    return found if "".join(value for _, value in found) == text else whole


def tokens(path: str, text: str) -> tuple[tuple[str, str], ...]:
    """One line as (kind, text) pieces; in one piece while the file's lexer is not loaded."""
    name = language(path)
    return _tokens(name, text) if name in _lexers else (("", text),)


@lru_cache(512)
def _group(token: str) -> str:
    name = token.removeprefix("Token.")
    while name:
        if name in _GROUPS:
            return _GROUPS[name]
        name = name.rpartition(".")[0]
    return ""
