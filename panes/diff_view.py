"""A diff to read: what stands before it, then its files, hunks and lines; only the rows on the screen are built.

Unified in a narrow view, side by side in a wide one; a key turns it round. Long lines are not wrapped but
scrolled sideways, both sides together. Signs and line numbers say what the colours say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.strip import Strip

from panes import syntax
from panes.diff_model import Diff, Kind, Row, changed_span, shown
from panes.line_view import LineView
from panes.paragraphs import Paragraph, Tone
from panes.rows import Rows

SPLIT_FROM = 120
"""Cells from which on the two sides stand beside each other, unless somebody chose."""
CACHED_ROWS = 512
SIDEWAYS = 16
"""Cells of one step to the side."""

_SIGNS = {Kind.ADDED: "+", Kind.REMOVED: "-"}
_STATUS_SIGNS = {"added": "+", "deleted": "-", "renamed": "→", "copied": "⧉", "changed": "~"}
_BARE = {Kind.ADDED: "diff--added", Kind.REMOVED: "diff--removed"}
_MARKED = {Kind.ADDED: "diff--word-added", Kind.REMOVED: "diff--word-removed"}


class DiffView(LineView):
    """Paragraphs about a change, and the change itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "hunk(1)", "Next hunk", id="diff.next-hunk"),
        Binding("left_square_bracket", "hunk(-1)", "Previous hunk", show=False, id="diff.previous-hunk"),
        Binding("right_curly_bracket", "file(1)", "Next file", id="diff.next-file"),
        Binding("left_curly_bracket", "file(-1)", "Previous file", show=False, id="diff.previous-file"),
        Binding("v", "turn", "Side by side", id="diff.turn"),
        Binding("left", "sideways(-1)", "Left", show=False, id="diff.left"),
        Binding("right", "sideways(1)", "Right", show=False, id="diff.right"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"diff--{kind}" for kind in syntax.KINDS),
        *("diff--file", "diff--hunk", "diff--number-column", "diff--added", "diff--removed", "diff--nothing"),
        *("diff--word-added", "diff--word-removed"),
    }
    DEFAULT_CSS = """
    DiffView {
        .diff--file { background: $primary 25%; text-style: bold; }
        .diff--hunk { color: $text-accent; background: $accent 10%; }
        .diff--number-column { color: $text-muted; }
        .diff--added { background: $success 15%; }
        .diff--removed { background: $error 15%; }
        .diff--word-added { background: $success 40%; text-style: bold; }
        .diff--word-removed { background: $error 40%; text-style: bold; }
        .diff--nothing { background: $surface; }
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
        self._diff = Diff()
        self._chosen: bool | None = None
        """Side by side or not, where somebody chose."""
        self._split = False
        self._column = 0
        self._strips: LRUCache[int, Strip] = LRUCache(CACHED_ROWS)

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────

    def show(self, diff: Diff, preface: Sequence[Paragraph] = ()) -> None:
        """Show a diff after some paragraphs, from the top."""
        self._diff, self._column = diff, 0
        self._write(preface)
        self._build(0)

    def replace(self, diff: Diff, preface: Sequence[Paragraph]) -> None:
        """Show another diff of the same thing, which has come in: who was reading the paragraphs reads on."""
        row = self.top_row
        self._diff = diff
        self._write(preface)
        self._build(min(row, self._head.count))

    def say(self, preface: Sequence[Paragraph]) -> None:
        """Change the paragraphs before the diff; what is on the screen stays where it is."""
        if list(preface) == list(self._preface):
            return
        before, row = self._head.count, self.top_row
        self._write(preface)
        self._build(row + self._head.count - before if row >= before else row)

    @property
    def diff(self) -> Diff:
        """What is shown."""
        return self._diff

    @property
    def is_split(self) -> bool:
        """Whether the two sides stand beside each other."""
        return self._split

    def _write(self, preface: Sequence[Paragraph]) -> None:
        self._preface = list(preface)
        self._head.clear(self.row_width)
        if self.row_width:
            self._head.extend([(p.mark, p.text) for p in self._preface])

    def _build(self, row: int) -> None:
        self._strips.clear()
        self._split = self._wants_split
        self.lay(self._head.count + self._count, row)
        self._color()

    @property
    def _wants_split(self) -> bool:
        return self._chosen if self._chosen is not None else self.row_width >= SPLIT_FROM

    @property
    def _count(self) -> int:
        return len(self._diff.pairs) if self._split else len(self._diff.rows)

    # ── places ───────────────────────────────────────────────────────────────────────────────────────

    def _place(self) -> tuple[int, int]:
        """What is at the top: a row of the diff and nothing, or -1 and a character count into the preface."""
        row = self.top_row - self._head.count
        if row < 0 or not self._diff.rows:
            return -1, self.top_row
        row = min(row, self._count - 1)
        if not self._split:
            return row, 0
        left, right = self._diff.pairs[row]
        return (left if left >= 0 else right), 0

    def _row_of(self, row: int) -> int:
        """Where a row of the diff lies in the view."""
        return self._head.count + (self._diff.pair_of[row] if self._split else row)

    def _go(self, rows: Sequence[int], steps: int) -> None:
        """Go to the next or the previous of some rows of the diff."""
        places = [self._row_of(row) for row in rows]
        if steps > 0:
            found = next((p for p in places if p > self.top_row), None)
        else:
            found = next((p for p in reversed(places) if p < self.top_row), 0)
        if found is not None:
            self.go(found)

    # ── events and actions ───────────────────────────────────────────────────────────────────────────

    def on_resize(self, event: events.Resize) -> None:
        """Fit the new width, and keep the place."""
        self._rebuild(self._wrap_head)

    def action_turn(self) -> None:
        """Side by side, or one under the other."""
        self._chosen = not self._split
        self._rebuild()

    def _wrap_head(self) -> None:
        if self.row_width != self._head.width:
            self._write(self._preface)

    def _rebuild(self, change: Callable[[], None] | None = None) -> None:
        """Build anew, after a change of what is laid out, with the same place at the top."""
        row, top = self._place()
        if change is not None:
            change()
        self._split = self._wants_split
        self._build(top if row < 0 else self._row_of(row))

    def action_hunk(self, steps: int) -> None:
        """Go to the next or the previous hunk."""
        self._go(self._diff.hunk_rows, steps)

    def action_file(self, steps: int) -> None:
        """Go to the next or the previous file."""
        self._go(self._diff.file_rows, steps)

    def action_sideways(self, steps: int) -> None:
        """Show what is further left or right in long lines."""
        most = max(0, self._diff.longest - SIDEWAYS)
        self._column = min(max(0, self._column + steps * SIDEWAYS), most)
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget rows that were built in other colours."""
        super().notify_style_update()
        self._strips.clear()

    # ── colours ──────────────────────────────────────────────────────────────────────────────────────

    def _color(self) -> None:
        """Load the lexers that are missing, in a thread: the diff shows at once, and its colours when they can."""
        missing = {syntax.language(f.path): f.path for f in self._diff.files if not syntax.is_loaded(f.path)}
        if missing and self.is_attached:
            paths = list(missing.values())
            self.run_worker(lambda: self._load(paths), thread=True, group="lexers", exclusive=True)

    def _load(self, paths: Sequence[str]) -> None:
        for path in paths:
            syntax.load(path)
        self.app.call_from_thread(self._colored)

    def _colored(self) -> None:
        self._strips.clear()
        self.refresh()

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────

    def row_strip(self, row: int) -> Strip:
        """A row of the preface or of the diff."""
        strip = self._strips.get(row)
        if strip is None:
            strip = self._preface_row(row) if row < self._head.count else self._diff_row(row - self._head.count)
            self._strips[row] = strip
        return strip

    def _preface_row(self, row: int) -> Strip:
        paragraph, part = self._head.at(row)
        tone, mark, text = self._preface[paragraph]
        start, end = self._head.span(paragraph, part)
        return self.tone_strip(tone, (" " * len(mark) if part else mark) + text[start:end].rstrip())

    def _diff_row(self, number: int) -> Strip:
        if not self._split:
            return self._whole(number)
        left, right = self._diff.pairs[number]
        if left == right and self._diff.rows[left].kind is not Kind.CONTEXT:
            return self._whole(left)
        width = self.row_width
        half = (width - 1) // 2
        segments = [*self._side(left, half, old=True), Segment("│", self.component("diff--number-column"))]
        return Strip([*segments, *self._side(right, width - half - 1, old=False)], width)

    def _whole(self, number: int) -> Strip:
        row, width = self._diff.rows[number], self.row_width
        match row.kind:
            case Kind.FILE:
                return self._bar(self._file_text(row), "diff--file")
            case Kind.HUNK:
                return self._bar(shown(row.text), "diff--hunk")
            case Kind.NOTE:
                return self.tone_strip(Tone.NOTE, "  " + shown(row.text))
        gutter = f"{_number(row.old, self._diff.digits)} {_number(row.new, self._diff.digits)} "
        if row.file < 0:
            gutter = ""
        return Strip(list(self._code(number, gutter, width)), width)

    def _side(self, number: int, width: int, old: bool) -> Iterator[Segment]:
        if number < 0:
            yield Segment(" " * width, self.component("diff--nothing"))
            return
        row = self._diff.rows[number]
        if row.kind is Kind.NOTE:
            yield Segment(set_cell_size("  " + shown(row.text), width), self.component("line--note"))
            return
        yield from self._code(number, f"{_number(row.old if old else row.new, self._diff.digits)} ", width)

    def _bar(self, text: str, name: str) -> Strip:
        return Strip([Segment(set_cell_size(text, self.row_width), self.component(name))], self.row_width)

    def _file_text(self, row: Row) -> str:
        change = self._diff.files[row.file]
        counts = f"+{change.added} -{change.removed}"
        return f"{_STATUS_SIGNS.get(change.status, '~')} {shown(change.path)}  {change.status}  {counts}"

    def _code(self, number: int, gutter: str, width: int) -> Iterator[Segment]:
        """A line of code in exactly `width` cells, scrolled sideways, with its numbers and its sign in front."""
        row = self._diff.rows[number]
        bare = _BARE.get(row.kind)
        names = (bare,) if bare else ()
        gutter = set_cell_size(f"{gutter}{_SIGNS.get(row.kind, ' ')} ", min(width, len(gutter) + 2))
        yield Segment(gutter, self.component(*names, "diff--number-column"))
        room = width - len(gutter)
        text = shown(row.text)
        pieces = self._pieces(row, text, self._span(number, text), names)
        window = Strip(list(pieces)).crop(self._column, self._column + room)
        yield from window
        yield Segment(" " * (room - window.cell_length), self.component(*names))

    def _span(self, number: int, text: str) -> tuple[int, int] | None:
        """The part of a changed line that differs from what it was, or became."""
        twin = self._diff.twins.get(number)
        if twin is None:
            return None
        other = shown(self._diff.rows[twin].text)
        if self._diff.rows[number].kind is Kind.REMOVED:
            span = changed_span(text, other)
            return (span[0], span[1]) if span else None
        span = changed_span(other, text)
        return (span[0], span[2]) if span else None

    def _pieces(self, row: Row, text: str, span: tuple[int, int] | None, names: tuple[str, ...]) -> Iterator[Segment]:
        path = self._diff.files[row.file].path if row.file >= 0 else ""
        place = 0
        marked = (*names, _MARKED[row.kind]) if span else names
        for kind, piece in syntax.tokens(path, text):
            color = (f"diff--{kind}",) if kind else ()
            for part, is_marked in _cut(piece, place, span):
                style: Style = self.component(*(marked if is_marked else names), *color)
                yield Segment(part, style)
            place += len(piece)


def _cut(piece: str, place: int, span: tuple[int, int] | None) -> Iterator[tuple[str, bool]]:
    """A piece that begins at `place`, cut where the marked span begins and ends."""
    if span is None:
        yield piece, False
        return
    start, end = (min(max(0, edge - place), len(piece)) for edge in span)
    for part, is_marked in ((piece[:start], False), (piece[start:end], True), (piece[end:], False)):
        if part:
            yield part, is_marked


def _number(number: int, digits: int) -> str:
    return f"{number or '':>{digits}}"
