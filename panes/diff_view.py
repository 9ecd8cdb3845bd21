"""A diff to read: what stands before it, then its files, hunks and lines; only the rows on the screen are built.

Unified in a narrow view, side by side in a wide one; a key turns it round. The cursor is on a line: it is what a
comment is about, and what enter opens. Files that nobody writes by hand, and files that were viewed, are folded
to their heading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from cockpit.reading import UNREAD, Draft, Reading
from cockpit.state import Comment
from panes import syntax
from panes.diff_layout import Layout, Note
from panes.diff_marks import headings, is_viewed, note
from panes.diff_model import Diff, Kind
from panes.diff_paint import DiffPaint
from panes.drafts import comment_at, placed, row_of
from panes.paragraphs import Paragraph

SPLIT_FROM = 120
"""Cells from which on the two sides stand beside each other, unless somebody chose."""
SIDEWAYS = 16
"""Cells of one step to the side."""
MARGIN = 2
"""Rows that stay in sight above and below the cursor."""


class DiffView(DiffPaint):
    """Paragraphs about a change, and the change itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="up"),
        Binding("down", "move(1)", "Down", show=False, id="down"),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
        Binding("enter", "open", "Open", show=False, id="open"),
        Binding("right_square_bracket", "hunk(1)", "Next hunk", id="diff.next-hunk"),
        Binding("left_square_bracket", "hunk(-1)", "Previous hunk", show=False, id="diff.previous-hunk"),
        Binding("right_curly_bracket", "file(1)", "Next file", id="diff.next-file"),
        Binding("left_curly_bracket", "file(-1)", "Previous file", show=False, id="diff.previous-file"),
        Binding("v", "turn", "Side by side", id="diff.turn"),
        Binding("space", "viewed", "Viewed", id="diff.viewed"),
        Binding("g", "generated", "Generated", id="diff.generated"),
        Binding("left", "sideways(-1)", "Left", show=False, id="diff.left"),
        Binding("right", "sideways(1)", "Right", show=False, id="diff.right"),
    ]

    @dataclass
    class Opened(Message):
        """Enter was pressed on a paragraph that has more to show."""

        handle: str

    @dataclass
    class Viewed(Message):
        """A file was read, or is to be read again."""

        path: str
        digest: str
        is_viewed: bool

    @dataclass
    class InFile(Message):
        """The cursor is in another file now."""

        path: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._handles: Mapping[int, str] = {}
        self._reading, self._about = UNREAD, ""
        self._drafts: list[tuple[int, Draft]] = []
        self._chosen: bool | None = None
        """Side by side or not, where somebody chose."""
        self._toggled: dict[str, bool] = {}
        """Files that somebody folded (True) or opened."""
        self._cursor = 0
        self._in_file = ""

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────

    def show(
        self,
        diff: Diff,
        preface: Sequence[Paragraph] = (),
        handles: Mapping[int, str] | None = None,
        reading: Reading = UNREAD,
        about: str = "",
        stays: bool = False,
    ) -> None:
        """Show a diff after some paragraphs, from the top.

        `handles` says which paragraphs can be opened, `reading` what was viewed and written, `about` the commit
        that is shown. `stays`: it is the diff of what shows already, so who was reading the paragraphs reads on.
        """
        cursor, top = (self._cursor, self.top_row) if stays else (0, 0)
        if not stays:
            self._column, self._toggled, self._in_file = 0, {}, ""
        self._reading, self._about = reading, about
        self._write(preface, handles)
        self._compose_layout(diff)
        self._lay_out(min(cursor, self._head.count), min(top, self._head.count))

    def say(self, preface: Sequence[Paragraph], handles: Mapping[int, str] | None = None) -> None:
        """Change the paragraphs before the diff; what is on the screen stays where it is."""
        if list(preface) != list(self._preface):
            self._rebuild(lambda: self._write(preface, handles))
        self._handles = handles or {}

    def remember(self, reading: Reading, about: str) -> None:
        """What was viewed and commented; `about` is the commit that is shown."""
        if (reading, about) != (self._reading, self._about):
            self._reading, self._about = reading, about
            self._rebuild()

    def _write(self, preface: Sequence[Paragraph], handles: Mapping[int, str] | None = None) -> None:
        self._preface, self._handles = list(preface), handles or {}
        self._head.clear(self.row_width)
        if self.row_width:
            self._head.extend([(p.mark, p.text) for p in self._preface])

    def _lay_out(self, cursor: int, top: int) -> None:
        """Show what is laid out, with the cursor on a row of the view."""
        self._cursor = min(cursor, max(0, self._rows - 1))
        self.lay(self._rows, top)
        self._color()

    def _compose_layout(self, diff: Diff) -> None:
        self._strips.clear()
        self._drafts, _ = placed(diff, self._reading.drafts, self._about)
        notes = [note(row, draft, self._about, self.row_width) for row, draft in self._drafts]
        folded = frozenset(n for n in range(len(diff.files)) if self._is_folded(diff, n))
        self._layout = Layout(diff, self._wants_split, folded, notes)
        self._marks = headings(diff, self._reading, self._drafts, folded)

    @property
    def _rows(self) -> int:
        return self._head.count + self._layout.count

    @property
    def _wants_split(self) -> bool:
        return self._chosen if self._chosen is not None else self.row_width >= SPLIT_FROM

    # ── files ────────────────────────────────────────────────────────────────────────────────────────

    def is_viewed(self, file: int) -> bool:
        """Whether the file was read as it is now."""
        return is_viewed(self._reading, self.diff, file)

    def _is_folded(self, diff: Diff, file: int) -> bool:
        path = diff.files[file].path
        return self._toggled.get(path, file in diff.generated or is_viewed(self._reading, diff, file))

    def _toggle_file(self, file: int) -> None:
        path = self.diff.files[file].path
        self._toggled[path] = not self._is_folded(self.diff, file)
        self._rebuild()

    def go_to(self, path: str, line: int = 0) -> bool:
        """Put the cursor on a file, or on a line of it as it is after the change; whether it is in the diff."""
        file = next((n for n, change in enumerate(self.diff.files) if change.path == path), None)
        if file is None:
            return False
        if line and self._is_folded(self.diff, file):
            self._toggle_file(file)
        row = row_of(self.diff, file, Comment(path, line=line), is_exact=True)
        self._jump(self._row_of(row))
        return True

    # ── the cursor ───────────────────────────────────────────────────────────────────────────────────

    @property
    def cursor_row(self) -> int:
        """The row of the diff under the cursor; -1 before the diff."""
        line = self._cursor - self._head.count
        return self._layout.row_at(line) if 0 <= line < self._layout.count else -1

    @property
    def cursor_file(self) -> str:
        """The path of the file under the cursor; of the first one before the diff."""
        file = self.diff.file_at(max(0, self.cursor_row))
        return self.diff.files[file].path if file >= 0 else ""

    @property
    def cursor_line(self) -> int:
        """The line of that file, as it is after the change; 0 where there is none."""
        row = self.cursor_row
        return next((r.new for r in self.diff.rows[max(0, row) :][:200] if r.new), 0) if row >= 0 else 0

    def draft_here(self) -> Draft | None:
        """The comment that is under the cursor already, or a new one without text; None where none can be."""
        row = self.cursor_row
        if row < 0:
            return None
        if note := self._note_here():
            return next(draft for _, draft in self._drafts if draft.key == note.key)
        if there := next((draft for at, draft in self._drafts if at == row), None):
            return there
        blank = comment_at(self.diff, row)
        return Draft(blank, self._about) if blank else None

    def _note_here(self) -> Note | None:
        """The note that the cursor is on."""
        line = self._cursor - self._head.count
        spot = self._layout.at(line) if 0 <= line < self._layout.count else None
        return self._layout.notes[spot.note] if spot is not None and spot.note >= 0 else None

    def _row_of(self, row: int) -> int:
        """Where a row of the diff lies in the view."""
        return self._head.count + self._layout.line_of(row)

    def _put(self, cursor: int, top: int) -> None:
        """The cursor on a row of the view, and which row is at the top."""
        before = self._cursor
        self._cursor = min(max(0, cursor), max(0, self._rows - 1))
        old_top = self.top_row
        self.go(top)
        if self.top_row == old_top:
            self._repaint_rows(before, self._cursor)
        self._tell_file()

    def _repaint_rows(self, *rows: int) -> None:
        lines = {row - self.top_row for row in rows}
        regions = [Region(0, y, self.size.width, 1) for y in lines if 0 <= y < self.size.height]
        if regions:
            self.refresh(*regions)

    def _tell_file(self) -> None:
        if (path := self.cursor_file) != self._in_file:
            self._in_file = path
            self.post_message(self.InFile(path))

    def _jump(self, row: int) -> None:
        """The cursor on a row of the view, and that row at the top."""
        self._put(row, row)

    def _go(self, rows: Sequence[int], steps: int) -> None:
        """Go to the next or the previous of some rows of the diff that show."""
        lines = [(row, self._layout.line_of(row)) for row in rows]
        places = [self._head.count + line for row, line in lines if self._layout.row_at(line) == row]
        if steps > 0:
            found = next((p for p in places if p > self._cursor), None)
        else:
            found = next((p for p in reversed(places) if p < self._cursor), 0)
        if found is not None:
            self._jump(found)

    def scrolled(self) -> None:
        """The cursor stays in sight where a wheel or a scrollbar moved the view."""
        self._cursor = min(max(self._cursor, self.top_row), self.top_row + max(0, self.size.height - 1))

    def render_line(self, y: int) -> Strip:
        """The row of the screen at `y`, the cursor's marked."""
        strip = super().render_line(y)
        is_cursor = self.top_row + y == self._cursor and (self.has_focus or self.diff.rows)
        return self.with_cursor(strip) if is_cursor else strip

    # ── events ───────────────────────────────────────────────────────────────────────────────────────

    def on_resize(self, event: events.Resize) -> None:
        """Fit the new width, and keep the place."""
        self._rebuild(self._wrap_head)

    def on_focus(self) -> None:
        """The cursor's colour says where keys go."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor's colour says where keys go."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """The mouse puts the cursor; a second click opens."""
        if self.top_row + event.y < self._rows:
            self._put(self.top_row + event.y, self.top_row)
        if event.chain > 1:
            self.action_open()

    def _wrap_head(self) -> None:
        if self.row_width != self._head.width:
            self._write(self._preface, self._handles)

    def _rebuild(self, change: Callable[[], None] | None = None) -> None:
        """Build anew, after a change of what is laid out, with the cursor on the same line at the same height."""
        row, cursor, height = self.cursor_row, self._cursor, self._cursor - self.top_row
        note = self._note_here()
        if change is not None:
            change()
        self._compose_layout(self.diff)
        if row >= 0:
            line = self._layout.line_of_note(note.key) if note else None
            cursor = self._row_of(row) if line is None else self._head.count + line
        self._lay_out(cursor, cursor - height)

    def notify_style_update(self) -> None:
        """Forget rows that were built in other colours."""
        super().notify_style_update()
        self._strips.clear()

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────

    def action_move(self, steps: int) -> None:
        """Move the cursor, and the view where it would leave it."""
        cursor = min(max(0, self._cursor + steps), max(0, self._rows - 1))
        margin = min(MARGIN, max(0, (self.size.height - 1) // 2))
        most, least = cursor - margin, cursor - self.size.height + 1 + margin
        self._put(cursor, min(self.top_row, most) if steps < 0 else max(self.top_row, least))

    def action_page(self, pages: int) -> None:
        """Move by a screenful, less one row."""
        by = pages * max(1, self.size.height - 1)
        self._put(self._cursor + by, self.top_row + by)

    def action_top(self) -> None:
        """Go to the first row."""
        self._put(0, 0)

    def action_bottom(self) -> None:
        """Go to the last row."""
        self._put(self._rows - 1, self._rows)

    def action_hunk(self, steps: int) -> None:
        """Go to the next or the previous hunk."""
        self._go(self.diff.hunk_rows, steps)

    def action_file(self, steps: int) -> None:
        """Go to the next or the previous file."""
        self._go(self.diff.file_rows, steps)

    def action_turn(self) -> None:
        """Side by side, or one under the other."""
        self._chosen = not self.is_split
        self._rebuild()

    def action_open(self) -> None:
        """Show more of what is under the cursor: a gate's output, a finding's place, a folded file."""
        if self._cursor < self._head.count:
            paragraph, _ = self._head.at(self._cursor)
            if handle := self._handles.get(paragraph):
                self.post_message(self.Opened(handle))
        elif self.cursor_row >= 0 and self.diff.rows[self.cursor_row].kind is Kind.FILE:
            self._toggle_file(self.diff.file_at(self.cursor_row))

    def action_viewed(self) -> None:
        """Mark the file as viewed and go to the next that is not; a viewed one is to be viewed again."""
        file = self.diff.file_at(max(0, self.cursor_row))
        if file < 0:
            return
        path, is_viewed = self.diff.files[file].path, not self.is_viewed(file)
        self._toggled.pop(path, None)
        self.post_message(self.Viewed(path, self.diff.digest(file), is_viewed))
        if is_viewed:
            count = len(self.diff.files)
            order = [(file + n) % count for n in range(1, count)]
            next_one = next((n for n in order if not self.is_viewed(n)), file)
            self.call_after_refresh(self.go_to, self.diff.files[next_one].path)

    def action_generated(self) -> None:
        """Show generated files, or fold them again."""
        paths = [self.diff.files[n].path for n in self.diff.generated]
        opens = all(self._toggled.get(path, True) for path in paths)
        self._toggled |= {path: not opens for path in paths}
        self._rebuild()

    def action_sideways(self, steps: int) -> None:
        """Show what is further left or right in long lines."""
        most = max(0, self.diff.longest - SIDEWAYS)
        self._column = min(max(0, self._column + steps * SIDEWAYS), most)
        self._strips.clear()
        self.refresh()

    # ── colours ──────────────────────────────────────────────────────────────────────────────────────

    def _color(self) -> None:
        """Load the lexers that are missing, in a thread: the diff shows at once, and its colours when they can."""
        missing = {syntax.language(f.path): f.path for f in self.diff.files if not syntax.is_loaded(f.path)}
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
