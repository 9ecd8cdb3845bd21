"""Fills the Markdown in `prompts/`: named placeholders, checked both ways, in one pass.

`{title}` takes a value as it is, `{title:line}` on one line, `{diff:fence}` in a code fence longer than
any in the text. What a task, a diff or a person brings along is data and goes in by `line` or `fence`, so
that it can neither end its fence early nor be read as a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from cockpit.text import plain

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::(line|fence))?\}")
_BACKTICKS = re.compile(r"`+")


class PromptError(Exception):
    """A prompt can't be filled; the text names the prompt and what is missing or too many."""


def fill(name: str, /, **values: object) -> str:
    """The prompt `name` with every placeholder replaced. Raises PromptError where the two don't match."""
    text = _text(name)
    wanted = {match[1] for match in _PLACEHOLDER.finditer(text)}
    if missing := wanted - values.keys():
        raise PromptError(f"prompts/{name}.md needs a value for {_names(missing)}")
    if extra := values.keys() - wanted:
        raise PromptError(f"prompts/{name}.md has no placeholder for {_names(extra)}")
    return _PLACEHOLDER.sub(lambda match: _shaped(str(values[match[1]]), match[2]), text)


def fill_text(text: str, where: str, values: Mapping[str, object]) -> str:
    """A text of the user's own, filled; it need not use every value. Raises PromptError for a name nobody knows."""
    wanted = {match[1] for match in _PLACEHOLDER.finditer(text)}
    if missing := wanted - values.keys():
        raise PromptError(f"{where} has placeholders that mean nothing: {_names(missing)}; known: {_names({*values})}")
    return _PLACEHOLDER.sub(lambda match: _shaped(str(values[match[1]]), match[2]), text)


def fenced(text: str) -> str:
    """`text` in a code fence that nothing in it can close."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.rstrip()}\n{fence}"


def one_line(text: str) -> str:
    """`text` on one line, without control characters."""
    return " ".join(plain(text).split())


def _shaped(value: str, shape: str | None) -> str:
    match shape:
        case "fence":
            return fenced(plain(value))
        case "line":
            return one_line(value)
    return value


@cache
def _text(name: str) -> str:
    try:
        return (resources.files("prompts") / f"{name}.md").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise PromptError(f"there is no prompt {name!r}") from error


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names))
