"""Reading, writing and editing one file for the built-in agent; the caller has checked the path."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from cockpit.text import MAX_TEXT

MOST_BYTES = 5_000_000
"""The largest file that is edited or shown as a diff."""


class ToolFailed(Exception):
    """A tool could not do what was asked; the text is for the model."""


def read(path: Path, first: int = 1, last: int | None = None) -> str:
    """The text of a file's lines, as many as fit into one output."""
    _check_regular(path)
    kept: list[str] = []
    size = 0
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for line in islice(file, first - 1, last):
            if "\0" in line:
                raise ToolFailed(f"{path.name} is a binary file of {path.stat().st_size} bytes")
            size += len(line)
            if size > MAX_TEXT - 200:
                return _cut_off(kept, line, first)
            kept.append(line)
    return "".join(kept) or "(empty)"


def _cut_off(kept: list[str], line: str, first: int) -> str:
    if not kept:
        return f"{line[: MAX_TEXT - 200]}\n[line {first} is {len(line)} characters long; the rest is left out]"
    return f"{''.join(kept)}\n[cut off before line {first + len(kept)}; read on with view_range]"


def write(path: Path, content: str) -> str:
    """Make or replace a file."""
    if path.exists():
        _check_regular(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_encoded(content))
    lines = len(content.splitlines())
    return f"wrote {lines} line{'s' * (lines != 1)}"


def edit(path: Path, given: Mapping[str, Any]) -> str:
    """Replace a text in a file."""
    before = _whole(path)
    after, count = edited(before, given)
    path.write_bytes(_encoded(after))
    return f"replaced {count} occurrence{'s' if count > 1 else ''}"


def edited(text: str, given: Mapping[str, Any]) -> tuple[str, int]:
    """The text after an edit, and how many places it changed."""
    old, new = given["old_string"], given["new_string"]
    if "\r\n" in text and "\r" not in old:  # the model was shown the file's line ends and rarely repeats them
        old, new = old.replace("\n", "\r\n"), new.replace("\r\n", "\n").replace("\n", "\r\n")
    count = text.count(old) if old else 0
    if not count:
        raise ToolFailed("old_string is not in the file; read it again and copy the text exactly")
    if count > 1 and not given.get("replace_all"):
        raise ToolFailed(f"old_string occurs {count} times; give more of the lines around it, or replace_all")
    return text.replace(old, new), count


def preview(path: Path, given: Mapping[str, Any], *, whole: bool) -> str:
    """The unified diff that a write (`whole`) or an edit is about to make."""
    before = _whole(path) if path.exists() or not whole else ""
    after = given["content"] if whole else edited(before, given)[0]
    name = given["file_path"]
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _whole(path: Path) -> str:
    _check_regular(path)
    if path.stat().st_size > MOST_BYTES:
        raise ToolFailed(f"{path.name} is larger than {MOST_BYTES} bytes; change it by a command")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ToolFailed(f"{path.name} is not UTF-8 text; change it by a command") from error


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")  # a lone surrogate can come out of JSON; no file can hold it


def _check_regular(path: Path) -> None:
    if path.is_dir():
        raise ToolFailed(f"{path.name} is a folder; list it with glob")
    if not path.exists():
        raise ToolFailed(f"there is no file {path.name}")
    if not path.is_file():
        raise ToolFailed(f"{path.name} is not a regular file")
