"""A unified diff as rows to show: files, hunks and lines with their numbers. Pure; knows no screen.

`parse` never fails: where the text is no diff that `unidiff` can read, its lines come out as they are.
Rows hold raw text; `shown` makes one safe to show, and is asked only for the rows on the screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from cockpit.text import plain
from panes.paragraphs import MAX_LINE, bounded

NO_FILE = "/dev/null"


class Kind(StrEnum):
    """What a row of a diff is."""

    FILE = "file"
    NOTE = "note"
    HUNK = "hunk"
    CONTEXT = "context"
    ADDED = "added"
    REMOVED = "removed"


class Row(NamedTuple):
    """One row, as it stands in a diff that is not split in two."""

    kind: Kind
    text: str
    """Without the sign; raw."""
    file: int
    """Index into the diff's files; -1 for none."""
    old: int = 0
    """Line number before; 0 for none."""
    new: int = 0


class Pair(NamedTuple):
    """One row of the side-by-side form: indexes of the rows left and right; both the same for one over the width."""

    left: int
    right: int
    """-1 where there is nothing on that side."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of one file."""

    path: str
    status: str
    """added, deleted, renamed, copied or changed."""
    added: int = 0
    removed: int = 0
    notes: tuple[str, ...] = ()
    """What no line shows: the old name, the mode, that it is binary."""


@dataclass
class Diff:
    """All files of a diff, and all rows."""

    files: Sequence[FileChange] = ()
    rows: Sequence[Row] = ()
    is_plain: bool = False
    """The text could not be read as a diff, and is shown line by line."""
    counts: tuple[int, int] = field(init=False)
    """Lines added and removed."""

    def __post_init__(self) -> None:
        self.counts = sum(f.added for f in self.files), sum(f.removed for f in self.files)

    @cached_property
    def file_rows(self) -> list[int]:
        """The rows that begin a file."""
        return [n for n, row in enumerate(self.rows) if row.kind is Kind.FILE]

    @cached_property
    def hunk_rows(self) -> list[int]:
        """The rows that begin a hunk."""
        return [n for n, row in enumerate(self.rows) if row.kind is Kind.HUNK]

    @cached_property
    def pairs(self) -> list[Pair]:
        """The rows side by side: a run of removed lines beside the run of added ones that follows it."""
        return list(_pairs(self.rows))

    @cached_property
    def pair_of(self) -> list[int]:
        """For each row the pair that it is in."""
        found = [0] * len(self.rows)
        for number, (left, right) in enumerate(self.pairs):
            for row in (left, right):
                if row >= 0:
                    found[row] = number
        return found

    @cached_property
    def twins(self) -> dict[int, int]:
        """For each changed line the line that it was before, or became."""
        lines = (Kind.REMOVED, Kind.ADDED)
        couples = [p for p in self.pairs if p.left >= 0 and p.right >= 0]
        couples = [p for p in couples if (self.rows[p.left].kind, self.rows[p.right].kind) == lines]
        return {one: other for a, b in couples for one, other in ((a, b), (b, a))}

    @cached_property
    def longest(self) -> int:
        """Characters of the longest line, within the bound that is shown."""
        return min(MAX_LINE, max((len(row.text) for row in self.rows), default=0))

    @cached_property
    def digits(self) -> int:
        """Digits of the highest line number."""
        return len(str(max((max(row.old, row.new) for row in self.rows), default=0)))


def parse(text: str) -> Diff:
    """Read a unified diff."""
    # Not at the top of the file: only who opens a diff needs it.
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    try:
        patch = PatchSet(text)
    except (UnidiffParseError, ValueError):
        return _as_it_is(text)
    if not patch:
        return _as_it_is(text)
    files: list[FileChange] = []
    rows: list[Row] = []
    for number, entry in enumerate(patch):
        change = _file(entry)
        files.append(change)
        rows.append(Row(Kind.FILE, change.path, number))
        rows += [Row(Kind.NOTE, note, number) for note in change.notes]
        for hunk in entry:
            rows += _hunk(hunk, number)
    return Diff(files, rows)


def shown(text: str) -> str:
    """A row's text as one safe and bounded line; a carriage return is shown, it may be all that changed."""
    text = text.removesuffix("\n").replace("\r", "␍")
    return bounded(plain(text).replace("\n", "␤"))


def changed_span(before: str, after: str) -> tuple[int, int, int] | None:
    """What differs between two lines: where it begins, where it ends before, and where it ends after.

    None where the lines have too little in common for a mark to help.
    """
    start = 0
    most = min(len(before), len(after))
    while start < most and before[start] == after[start]:
        start += 1
    end = 0
    while end < most - start and before[-1 - end] == after[-1 - end]:
        end += 1
    common = len(before[:start].strip()) + len(before[len(before) - end :].strip())
    if before == after or common * 3 < max(len(before.strip()), len(after.strip())):
        return None
    return start, len(before) - end, len(after) - end


# ── from unidiff ─────────────────────────────────────────────────────────────────────────────────────


def _file(entry: Any) -> FileChange:
    info = [str(line).rstrip("\n") for line in entry.patch_info or ()]
    path = _name(entry.source_file if entry.target_file == NO_FILE else entry.target_file)
    return FileChange(path, _status(entry, info), entry.added, entry.removed, tuple(_notes(entry, info)))


def _status(entry: Any, info: Sequence[str]) -> str:
    if any(line.startswith("copy from ") for line in info):
        return "copied"
    if entry.source_file == NO_FILE:
        return "added"
    if entry.target_file == NO_FILE:
        return "deleted"
    return "renamed" if entry.is_rename else "changed"


def _notes(entry: Any, info: Sequence[str]) -> Iterator[str]:
    for line in info:
        if line.startswith(("rename from ", "copy from ")):
            yield f"from {_unquoted(line.split(' from ', 1)[1])}"
        if line.startswith("similarity index "):
            yield f"{line.removeprefix('similarity index ')} the same"
    if entry.source_mode and entry.target_mode and entry.source_mode != entry.target_mode:
        yield f"mode {entry.source_mode} → {entry.target_mode}"
    elif entry.source_file == NO_FILE and entry.target_mode not in (None, "100644"):
        yield f"mode {entry.target_mode}"
    if entry.is_binary_file:
        yield "binary: nothing to show line by line"


def _hunk(hunk: Any, file: int) -> Iterator[Row]:
    place = f"@@ -{hunk.source_start},{hunk.source_length} +{hunk.target_start},{hunk.target_length} @@"
    yield Row(Kind.HUNK, f"{place} {hunk.section_header}".rstrip(), file)
    for line in hunk:
        match line.line_type:
            case "+":
                yield Row(Kind.ADDED, line.value, file, 0, line.target_line_no)
            case "-":
                yield Row(Kind.REMOVED, line.value, file, line.source_line_no, 0)
            case " ":
                yield Row(Kind.CONTEXT, line.value, file, line.source_line_no, line.target_line_no)
            case "\\":
                yield Row(Kind.NOTE, "no newline at the end of the file", file)


def _as_it_is(text: str) -> Diff:
    lines = text.split("\n") if text else []
    if lines and not lines[-1]:
        lines.pop()
    return Diff((), [_plain_row(line) for line in lines], is_plain=True)


def _plain_row(line: str) -> Row:
    kind = {"+": Kind.ADDED, "-": Kind.REMOVED}.get(line[:1], Kind.CONTEXT)
    return Row(kind, line if kind is Kind.CONTEXT else line[1:], -1)


_OCTAL = re.compile(rb"\\([0-7]{3})|\\(.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def _name(path: str) -> str:
    """A file's name without git's `a/` or `b/` and quotes."""
    return re.sub(r"^[abciow]/", "", _unquoted(path))


def _unquoted(path: str) -> str:
    if len(path) < 2 or not (path[0] == path[-1] == '"'):
        return path

    def byte(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes([int(match[1], 8) & 255])
        return _ESCAPES.get(match[2], match[2])

    return _OCTAL.sub(byte, path[1:-1].encode()).decode(errors="replace")


# ── side by side ─────────────────────────────────────────────────────────────────────────────────────


def _pairs(rows: Sequence[Row]) -> Iterator[Pair]:
    left: list[int] = []
    right: list[int] = []
    for number, row in enumerate(rows):
        if row.kind is Kind.REMOVED and not right:
            left.append(number)
        elif row.kind is Kind.ADDED:
            right.append(number)
        elif row.kind is Kind.NOTE and (left or right):
            # "No newline at the end" between the two runs belongs to the side that it follows.
            (right or left).append(number)
        else:
            yield from _beside(left, right)
            left, right = ([number], []) if row.kind is Kind.REMOVED else ([], [])
            if row.kind is not Kind.REMOVED:
                yield Pair(number, number)
    yield from _beside(left, right)


def _beside(left: Iterable[int], right: Iterable[int]) -> Iterator[Pair]:
    a, b = list(left), list(right)
    for n in range(max(len(a), len(b))):
        yield Pair(a[n] if n < len(a) else -1, b[n] if n < len(b) else -1)
