"""Where comments stand in a diff, and where a new one would. Pure.

A comment is found again by its line number while the commit is the one that it was written about; after that by
the line it quotes; and where even that is gone it stands at the head of its file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cockpit.reading import Draft
from cockpit.state import Comment
from panes.diff_model import Diff, Kind, Row

MAX_QUOTE = 400
_LINES = (Kind.ADDED, Kind.REMOVED, Kind.CONTEXT)


def comment_at(diff: Diff, row: int) -> Comment | None:
    """A comment without text on a row of the diff: its line, its hunk or its file; None where there is no file."""
    if not 0 <= row < len(diff.rows) or diff.rows[row].file < 0:
        return None
    it = diff.rows[row]
    path = diff.files[it.file].path
    if it.kind in _LINES:
        is_old = it.kind is Kind.REMOVED
        return Comment(path, line=it.old if is_old else it.new, old=is_old, quote=it.text.rstrip("\n")[:MAX_QUOTE])
    if it.kind is Kind.HUNK:
        first, last = _hunk_lines(diff, row)
        return Comment(path, line=first, last=last, quote=it.text)
    return Comment(path)


def placed(diff: Diff, drafts: Iterable[Draft], head: str) -> tuple[list[tuple[int, Draft]], list[Draft]]:
    """The drafts with the rows that they stand under, and those whose file is not in the diff."""
    files = {change.path: number for number, change in enumerate(diff.files)}
    found: list[tuple[int, Draft]] = []
    homeless: list[Draft] = []
    for draft in drafts:
        file = files.get(draft.comment.file)
        if file is None:
            homeless.append(draft)
        else:
            found.append((row_of(diff, file, draft.comment, draft.head == head), draft))
    return found, homeless


def row_of(diff: Diff, file: int, comment: Comment, is_exact: bool = False) -> int:
    """The row that a comment stands under; the file's heading where its line is not there."""
    start, end = diff.file_range(file)
    if not comment.line:
        return start
    if comment.last:
        return next((n for n in range(start, end) if _is_hunk(diff, n, comment, is_exact)), start)
    numbers = [n for n in range(start, end) if _is_side(diff.rows[n], comment)]
    if is_exact or not comment.quote:
        return next((n for n in numbers if _line(diff.rows[n], comment) == comment.line), start)
    same = [n for n in numbers if diff.rows[n].text.strip() == comment.quote.strip()]
    return min(same, key=lambda n: abs(_line(diff.rows[n], comment) - comment.line), default=start)


def _is_side(row: Row, comment: Comment) -> bool:
    return row.kind is Kind.REMOVED if comment.old else row.kind in (Kind.ADDED, Kind.CONTEXT)


def _line(row: Row, comment: Comment) -> int:
    return row.old if comment.old else row.new


def _is_hunk(diff: Diff, row: int, comment: Comment, is_exact: bool) -> bool:
    it = diff.rows[row]
    return it.kind is Kind.HUNK and (
        it.text == comment.quote or (is_exact and _hunk_lines(diff, row)[0] == comment.line)
    )


def _hunk_lines(diff: Diff, row: int) -> tuple[int, int]:
    """The first and the last line of a hunk, as they are after the change; before it where all of it is gone."""
    lines: list[Row] = []
    for it in diff.rows[row + 1 :]:
        if it.kind in (Kind.HUNK, Kind.FILE):
            break
        lines.append(it)
    numbers: Sequence[int] = [it.new for it in lines if it.new] or [it.old for it in lines if it.old] or [1]
    return numbers[0], max(numbers)
