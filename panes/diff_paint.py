"""How a diff's rows look: numbers, signs, colours, the words that changed, notes; one strip for each line.

Signs and line numbers say what the colours say. Long lines are not wrapped but scrolled sideways, both sides
together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from panes import syntax
from panes.diff_layout import Layout
from panes.diff_model import Diff, Kind, Row, shown
from panes.line_view import LineView
from panes.paragraphs import Paragraph, Tone
from panes.rows import Rows
from panes.word_diff import Spans, word_spans

CACHED_ROWS = 512

_SIGNS = {Kind.ADDED: "+", Kind.REMOVED: "-"}
STATUS_SIGNS = {"added": "+", "deleted": "-", "renamed": "→", "copied": "⧉", "changed": "~"}
_BARE = {Kind.ADDED: "diff--added", Kind.REMOVED: "diff--removed"}
_MARKED = {Kind.ADDED: "diff--word-added", Kind.REMOVED: "diff--word-removed"}


class DiffPaint(LineView):
    """The rows of paragraphs about a change, and of the change itself."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"diff--{kind}" for kind in syntax.KINDS),
        *("diff--file", "diff--hunk", "diff--number-column", "diff--added", "diff--removed", "diff--nothing"),
        *("diff--word-added", "diff--word-removed", "diff--draft", "diff--cursor", "diff--cursor-blurred"),
    }
    DEFAULT_CSS = """
    DiffPaint {
        .diff--file { background: $primary 25%; text-style: bold; }
        .diff--hunk { color: $text-accent; background: $accent 10%; }
        .diff--number-column { color: $text-muted; }
        .diff--added { background: $success 15%; }
        .diff--removed { background: $error 15%; }
        .diff--word-added { background: $success 40%; text-style: bold; }
        .diff--word-removed { background: $error 40%; text-style: bold; }
        .diff--nothing { background: $surface; }
        .diff--draft { color: $text-warning; background: $warning 10%; }
        .diff--cursor { background: $primary 50%; }
        .diff--cursor-blurred { background: $primary 20%; }
        .diff--keyword { color: $text-primary; }
        .diff--name { color: $text-warning; }
        .diff--string { color: $text-success; }
        .diff--number { color: $text-accent; }
        .diff--comment { color: $text-muted; text-style: italic; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._preface: Sequence[Paragraph] = ()
        self._head = Rows()
        self._layout = Layout(Diff())
        self._marks: Mapping[int, str] = {}
        """What a file's heading says besides: viewed, generated, folded."""
        self._column = 0
        self._strips: LRUCache[int, Strip] = LRUCache(CACHED_ROWS)

    @property
    def diff(self) -> Diff:
        """What is shown."""
        return self._layout.diff

    @property
    def is_split(self) -> bool:
        """Whether the two sides stand beside each other."""
        return self._layout.is_split

    def row_strip(self, row: int) -> Strip:
        """A row of the preface or of the diff."""
        strip = self._strips.get(row)
        if strip is None:
            strip = self._preface_row(row) if row < self._head.count else self._diff_row(row - self._head.count)
            self._strips[row] = strip
        return strip

    def with_cursor(self, strip: Strip) -> Strip:
        """The same row under the cursor."""
        over = self.component("diff--cursor" if self.has_focus else "diff--cursor-blurred").background_style
        return Strip([Segment(text, (style or Style()) + over) for text, style, _ in strip], strip.cell_length)

    def _preface_row(self, row: int) -> Strip:
        paragraph, part = self._head.at(row)
        tone, mark, text = self._preface[paragraph]
        start, end = self._head.span(paragraph, part)
        return self.tone_strip(tone, (" " * len(mark) if part else mark) + text[start:end].rstrip())

    def _diff_row(self, line: int) -> Strip:
        spot = self._layout.at(line)
        if spot.note >= 0:
            return self._bar(self._layout.notes[spot.note].lines[spot.part], "diff--draft")
        if not self.is_split:
            return self._whole(spot.base)
        left, right = self.diff.pairs[spot.base]
        if left == right and self.diff.rows[left].kind is not Kind.CONTEXT:
            return self._whole(left)
        width = self.row_width
        half = (width - 1) // 2
        segments = [*self._side(left, half, old=True), Segment("│", self.component("diff--number-column"))]
        return Strip([*segments, *self._side(right, width - half - 1, old=False)], width)

    def _whole(self, number: int) -> Strip:
        row, width = self.diff.rows[number], self.row_width
        match row.kind:
            case Kind.FILE:
                return self._bar(self._file_text(row), "diff--file")
            case Kind.HUNK:
                return self._bar(shown(row.text), "diff--hunk")
            case Kind.NOTE:
                return self.tone_strip(Tone.NOTE, "  " + shown(row.text))
        gutter = f"{_number(row.old, self.diff.digits)} {_number(row.new, self.diff.digits)} "
        if row.file < 0:
            gutter = ""
        return Strip(list(self._code(number, gutter, width)), width)

    def _side(self, number: int, width: int, old: bool) -> Iterator[Segment]:
        if number < 0:
            yield Segment(" " * width, self.component("diff--nothing"))
            return
        row = self.diff.rows[number]
        if row.kind is Kind.NOTE:
            yield Segment(set_cell_size("  " + shown(row.text), width), self.component("line--note"))
            return
        yield from self._code(number, f"{_number(row.old if old else row.new, self.diff.digits)} ", width)

    def _bar(self, text: str, name: str) -> Strip:
        return Strip([Segment(set_cell_size(text, self.row_width), self.component(name))], self.row_width)

    def _file_text(self, row: Row) -> str:
        change = self.diff.files[row.file]
        counts = f"+{change.added} -{change.removed}"
        said = f"{STATUS_SIGNS.get(change.status, '~')} {shown(change.path)}  {change.status}  {counts}"
        mark = self._marks.get(row.file, "")
        return f"{said}  {mark}" if mark else said

    def _code(self, number: int, gutter: str, width: int) -> Iterator[Segment]:
        """A line of code in exactly `width` cells, scrolled sideways, with its numbers and its sign in front."""
        row = self.diff.rows[number]
        bare = _BARE.get(row.kind)
        names = (bare,) if bare else ()
        gutter = set_cell_size(f"{gutter}{_SIGNS.get(row.kind, ' ')} ", min(width, len(gutter) + 2))
        yield Segment(gutter, self.component(*names, "diff--number-column"))
        room = width - len(gutter)
        text = shown(row.text)
        pieces = self._pieces(row, text, self._spans(number, text), names)
        window = Strip(list(pieces)).crop(self._column, self._column + room)
        yield from window
        yield Segment(" " * (room - window.cell_length), self.component(*names))

    def _spans(self, number: int, text: str) -> Spans:
        """The words of a changed line that differ from what it was, or became."""
        twin = self.diff.twin(number, self.is_split) if self.diff.rows[number].kind in _BARE else None
        if twin is None:
            return ()
        other = shown(self.diff.rows[twin].text)
        is_old = self.diff.rows[number].kind is Kind.REMOVED
        found = word_spans(text, other) if is_old else word_spans(other, text)
        return () if found is None else found[0 if is_old else 1]

    def _pieces(self, row: Row, text: str, spans: Spans, names: tuple[str, ...]) -> Iterator[Segment]:
        path = self.diff.files[row.file].path if row.file >= 0 else ""
        marked = (*names, _MARKED[row.kind]) if spans else names
        place = 0
        for kind, piece in syntax.tokens(path, text):
            color = (f"diff--{kind}",) if kind else ()
            for part, is_marked in _cut(piece, place, spans):
                style: Style = self.component(*(marked if is_marked else names), *color)
                yield Segment(part, style)
            place += len(piece)


def _cut(piece: str, place: int, spans: Spans) -> Iterator[tuple[str, bool]]:
    """A piece that begins at `place`, cut where marked spans begin and end."""
    at = 0
    for first, last in spans:
        start, end = (min(max(at, edge - place), len(piece)) for edge in (first, last))
        if start > at:
            yield piece[at:start], False
        if end > start:
            yield piece[start:end], True
        at = max(at, end)
    if at < len(piece):
        yield piece[at:], False


def _number(number: int, digits: int) -> str:
    return f"{number or '':>{digits}}"
