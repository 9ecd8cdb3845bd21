"""A unified diff as rows to show: files, hunks and lines with their numbers. Pure; knows no screen.

`parse` never fails: where the text is no diff that `unidiff` can read, its lines come out as they are.
Rows hold raw text; `shown` makes one safe to show, and is asked only for the rows on the screen.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

from cockpit.text import plain
from panes.paragraphs import MAX_LINE, bounded
from panes.word_diff import couples

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


class Run(NamedTuple):
    """A stretch of removed lines and the added ones that follow them."""

    first: int
    middle: int
    """The first added one."""
    end: int


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
    generated: frozenset[int] = frozenset()
    """The files that nobody writes by hand."""
    counts: tuple[int, int] = field(init=False)
    """Lines added and removed."""
    _twins: dict[tuple[int, bool], dict[int, int]] = field(init=False, default_factory=dict)
    _digests: dict[int, str] = field(init=False, default_factory=dict)

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
    def runs(self) -> list[Run]:
        """The stretches in which lines were replaced: first the removed ones, then the added ones."""
        return list(_runs(self.rows))

    def twin(self, row: int, is_beside: bool) -> int | None:
        """The row that a changed line was before, or became; with both sides on the screen the one beside it."""
        if not self.runs:
            return None
        number = bisect_right(self.runs, row, key=lambda run: run.first) - 1
        if number < 0 or row >= self.runs[number].end:
            return None
        kept = self._twins.get((number, is_beside))
        if kept is None:
            kept = self._twins[number, is_beside] = self._couples(self.runs[number], is_beside)
        return kept.get(row)

    def _couples(self, run: Run, is_beside: bool) -> dict[int, int]:
        old = [n for n in range(run.first, run.middle) if self.rows[n].kind is Kind.REMOVED]
        new = [n for n in range(run.middle, run.end) if self.rows[n].kind is Kind.ADDED]
        if is_beside:
            found = list(zip(old, new, strict=False))
        else:
            texts = [[shown(self.rows[n].text) for n in side] for side in (old, new)]
            found = [(old[a], new[b]) for a, b in couples(texts[0], texts[1])]
        return {one: other for a, b in found for one, other in ((a, b), (b, a))}

    def file_range(self, file: int) -> tuple[int, int]:
        """The rows of a file: its first, and the one after its last."""
        end = self.file_rows[file + 1] if file + 1 < len(self.file_rows) else len(self.rows)
        return self.file_rows[file], end

    def file_at(self, row: int) -> int:
        """The file that a row belongs to; -1 where there are none."""
        return self.rows[row].file if 0 <= row < len(self.rows) else -1

    def digest(self, file: int) -> str:
        """What a file's change says, in a few characters; its place in the file does not count."""
        if file not in self._digests:
            start, end = self.file_range(file)
            said = (f"{row.kind[0]}{row.text}" for row in self.rows[start:end] if row.kind is not Kind.HUNK)
            text = "\0".join((self.files[file].status, *said))
            self._digests[file] = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        return self._digests[file]

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


def _runs(rows: Sequence[Row]) -> Iterator[Run]:
    first = middle = -1
    for number, row in enumerate(rows):
        if row.kind is Kind.REMOVED:
            if middle >= 0:
                yield Run(first, middle, number)
            first, middle = (number, -1) if first < 0 or middle >= 0 else (first, -1)
        elif row.kind is Kind.ADDED and first >= 0:
            middle = middle if middle >= 0 else number
        elif row.kind is not Kind.NOTE or first < 0:
            if middle >= 0:
                yield Run(first, middle, number)
            first = middle = -1
    if middle >= 0:
        yield Run(first, middle, len(rows))


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
