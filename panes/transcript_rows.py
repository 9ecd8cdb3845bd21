"""An agent's transcript as rows of the screen, live: laid out, folded and painted.

Nothing runs while nothing is added. When lines come in, they go into the model at once and onto the screen
when the pace of `panes.direct` allows: then all that came since the last paint is laid out together. Folding gives
a paragraph other rows, or none; its number stays, so everything that remembers a place goes on being right.

The first column is kept for signs: where the person is, which lines are selected, which match is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.reactive import reactive
from textual.strip import Strip

from cockpit.agents import stream
from panes.line_view import TONES, LineView
from panes.paragraphs import Paragraph, Tone, more_lines, texts
from panes.rows import Place, Rows
from panes.search import Search
from panes.transcript_model import Transcript, diff_tone
from panes.wrap import ONE_ROW, breaks, fit, line_breaks

CACHED_ROWS = 256
HERE, SELECTED, FOUND, NOTHING = "▌", "█", "▶", " "
"""The signs of the first column."""
MATCH = Style(reverse=True)
LOOKED_AT = Style(reverse=True, bold=True, underline=True)
FOLDABLE = frozenset({Tone.TOOL, Tone.DETAIL, Tone.THOUGHT, Tone.TOLD, Tone.NOTE, Tone.HUNK})
"""The tones of blocks that become one line where everything is folded; what an agent says stays."""


class Fold(StrEnum):
    """How much of a block shows."""

    BRIEF = "brief"
    """All of it, but of a long text only the beginning."""
    OPEN = "open"
    LINE = "line"
    """One line, which says how many there are."""


class TranscriptRows(LineView):
    """The rows of what an agent says and does; sticks to the end while it is `following`."""

    ALLOW_SELECT: ClassVar[bool] = False  # whole lines are selected here, and by keys too
    FRAMES: ClassVar[float] = 30.0

    following: reactive[bool] = reactive(True, init=False)
    """Whether the view sticks to the end."""
    placeholder: reactive[str] = reactive("", init=False)
    """What it says while there is no line yet."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._transcript = Transcript()
        self._rows = Rows()
        self._laid_out = 0
        """Paragraphs, counted from the first ever, up to which rows exist."""
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(CACHED_ROWS)
        self._fold_all = Fold.BRIEF
        self._folds: dict[int, Fold] = {}
        """Blocks that are folded otherwise, by the number of their first paragraph."""
        self._cursor: int | None = None
        """The block that the person is at, by the number of its first paragraph."""
        self._selection: tuple[Place, Place] | None = None
        """The rows that are selected, from where it began to where it is now."""
        self._search: Search | None = None

    # ── feeding ──────────────────────────────────────────────────────────────────────────────────────

    def add(self, lines: Sequence[stream.Line]) -> None:
        """Take in what the agent's stream says next; it shows within a tenth of a second."""
        self._transcript.add(lines)
        if not self.is_settled:
            self.mark()

    def reset(self) -> None:
        """Forget everything: another run begins."""
        self._transcript = Transcript()
        self._folds.clear()
        self._cursor = self._selection = self._search = None
        self._lay_out_anew()
        self.following = True
        self._place(0)

    def take_in(self) -> None:
        """Lay out what was added since the last paint."""
        if not self._shows or self.is_settled:
            return
        held = None if self.following else self._held()
        self._forget_dropped()
        self._lay_out()
        if self._search is not None and self._search.take_in():
            self.searched()
        self._place(self._row_of(held))

    def searched(self) -> None:
        """The search has other matches than before."""

    @property
    def is_settled(self) -> bool:
        """Whether everything that was added is laid out."""
        return self._laid_out == self._transcript.end

    @property
    def lines(self) -> list[str]:
        """The kept lines as a person reads them, unwrapped."""
        return [*([self._notice()] if self._transcript.dropped else []), *texts(self._transcript.paragraphs)]

    @property
    def _shows(self) -> bool:
        return self.row_width > 0 and self.is_on_screen

    @property
    def _text_width(self) -> int:
        """Cells of a row without the column of signs."""
        return max(0, self.row_width - 1)

    # ── laying out ───────────────────────────────────────────────────────────────────────────────────

    @property
    def _first(self) -> int:
        """The number, counted from the first ever, of the oldest paragraph that has rows."""
        return self._laid_out - self._rows.paragraphs

    @property
    def _head(self) -> int:
        """Rows above the first paragraph: the notice about dropped lines."""
        return 1 if self._first else 0

    def _notice(self) -> str:
        return f"… {self._transcript.dropped:,} earlier lines were dropped; the run's log has them"

    def _forget_dropped(self) -> None:
        gone = self._transcript.dropped - self._first
        if gone > 0:
            self._rows.drop(gone)
            # What was dropped before it was ever laid out counts as laid out.
            self._laid_out = max(self._laid_out, self._transcript.dropped)
            oldest = self._transcript.starts[0] if self._transcript.starts else 0
            self._folds = {start: fold for start, fold in self._folds.items() if start >= oldest}

    def _lay_out(self) -> None:
        for number in range(self._laid_out, self._transcript.end):
            self._rows.append(self._breaks(number))
        self._laid_out = self._transcript.end

    def _lay_out_anew(self) -> None:
        self._strips.clear()
        self._rows.clear(self._text_width)
        self._laid_out = self._transcript.dropped
        if self.row_width:
            self._lay_out()

    def _breaks(self, number: int) -> Sequence[int]:
        """Where the rows of a paragraph begin, as its block is folded now."""
        paragraph = self._transcript.paragraph(number)
        width = self._text_width - cell_len(paragraph.mark)
        if self._fold_all is Fold.BRIEF and not self._folds:  # nearly always
            return ONE_ROW if paragraph.folded else breaks(paragraph.text, width)
        start, _ = self._transcript.block(number)
        fold = self._fold(start)
        if fold is Fold.LINE:
            return ONE_ROW if number == max(start, self._transcript.dropped) else ()
        if not paragraph.folded:
            return breaks(paragraph.text, width)
        return line_breaks(paragraph.text, width) if fold is Fold.OPEN else ONE_ROW

    def _fold(self, start: int) -> Fold:
        """How the block that begins at `start` is folded."""
        fold = self._folds.get(start, self._fold_all)
        if fold is Fold.LINE and start not in self._folds:
            head = self._transcript.paragraph(max(start, self._transcript.dropped))
            return Fold.LINE if head.tone in FOLDABLE else Fold.BRIEF
        return fold

    def _fold_block(self, start: int, fold: Fold) -> None:
        """Give the rows of one block another shape; the rows at the top of the screen stay there."""
        held = self._held()
        self._folds[start] = fold
        first, end = max(start, self._first), min(self._transcript.block(start)[1], self._laid_out)
        self._rows.replace(first - self._first, [self._breaks(n) for n in range(first, end)])
        self._strips.clear()
        self._place(self._row_of(held))

    def _held(self) -> Place | None:
        """The spot at the top of the screen, its paragraph counted from the first ever."""
        return self._place_at(self.top_row)

    def _place_at(self, row: int) -> Place | None:
        row -= self._head
        if row < 0 or row >= self._rows.count:
            return None
        paragraph, offset = self._rows.place(row)
        return Place(paragraph + self._first, offset)

    def _row_of(self, held: Place | None) -> int:
        if held is None or held.paragraph < self._first:
            return 0
        if held.paragraph >= self._laid_out:
            return self._head + self._rows.count
        return self._head + self._rows.row_of(Place(held.paragraph - self._first, held.offset))

    def _place(self, row: int) -> None:
        """Have the rows there are, with `row` on top, or with the end at the bottom while it follows."""
        count = self._head + max(1, self._rows.count)
        self.lay(count, count if self.following else row)

    # ── events ───────────────────────────────────────────────────────────────────────────────────────

    def scrolled(self) -> None:
        """A person who scrolls up wants to read; one who comes to the end wants to follow."""
        self.following = self.top_row >= self.max_scroll_y

    def watch_placeholder(self) -> None:
        """Show it where there is nothing else."""
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew where the width changed, and keep the place."""
        held = None if self.following else self._held()
        if self._text_width != self._rows.width:
            self._lay_out_anew()
        self._place(self._row_of(held))

    def notify_style_update(self) -> None:
        """Forget rows that were built in other colours."""
        super().notify_style_update()
        self._strips.clear()

    def _repaint(self) -> None:
        """The same rows look different now."""
        self._strips.clear()
        self.mark(soon=True)

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────

    def row_strip(self, row: int) -> Strip:
        """A row of a paragraph, or the notice about dropped ones."""
        if not self._rows.count:
            return self._strip(Tone.NOTE, fit(self.placeholder, self._text_width)) if self.row_width else self.blank()
        if row < self._head:
            return self._strip(Tone.NOTE, self._notice())
        paragraph, part = self._rows.at(row - self._head)
        key = (self._first + paragraph, part)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._row(*key)
            self._strips[key] = strip
        return strip

    def _row(self, number: int, part: int) -> Strip:
        if number < self._transcript.dropped:  # dropped since the last paint, which the next one will show
            return self.blank()
        paragraph = self._transcript.paragraph(number)
        start, end = self._rows.span(number - self._first, part)
        block, after = self._transcript.block(number)
        sign = self._sign(Place(number, start), block)
        fold = self._fold(block)
        if fold is Fold.LINE:
            return self._strip(paragraph.tone, self._one_line(paragraph, number, after), sign)
        if not paragraph.folded:
            goes_on = part and not paragraph.mark.endswith("│ ")
            mark = " " * len(paragraph.mark) if goes_on else paragraph.mark
            return self._strip(paragraph.tone, mark + paragraph.text[start:end].rstrip(), sign)
        if fold is Fold.BRIEF:
            return self._strip(Tone.NOTE, paragraph.mark + more_lines(paragraph.folded), sign)
        return self._strip(_tone_at(paragraph, start), paragraph.mark + paragraph.text[start:end].rstrip(), sign)

    def _one_line(self, paragraph: Paragraph, number: int, after: int) -> str:
        """A whole block in one row."""
        fails = paragraph.tone is not Tone.ERROR and self._transcript.fails(number, after)
        hidden = self._transcript.lines(number + 1, after) + max(0, paragraph.folded - 1)
        count = f" · {hidden:,} line{'s' if hidden != 1 else ''}" if hidden else ""
        tail = f"{' ✗' if fails else ''}{count}"
        text = paragraph.text.partition("\n")[0]
        return fit(paragraph.mark + text, self._text_width - cell_len(tail)) + tail

    def _sign(self, place: Place, block: int) -> str:
        if self._selection is not None and min(self._selection) <= place <= max(self._selection):
            return SELECTED
        if self._search is not None and (found := self._search.place) is not None:
            is_here = place.paragraph == found.paragraph and self._row_of(place) == self._row_of(found)
            return FOUND if is_here else NOTHING
        return HERE if block == self._cursor else NOTHING

    def _strip(self, tone: Tone, text: str, sign: str = NOTHING) -> Strip:
        """A row with its sign, the matches of a search standing out."""
        width = self._text_width
        style = self.component(TONES[tone])
        if sign == SELECTED:
            style += Style(reverse=True)
        text = set_cell_size(text, width)
        segments = [Segment(sign, self.component(TONES[Tone.TOOL]))]
        at = 0
        for start, end in self._search.spans(text) if self._search is not None else ():
            segments += [
                Segment(text[at:start], style),
                Segment(text[start:end], style + (LOOKED_AT if sign == FOUND else MATCH)),
            ]
            at = end
        segments.append(Segment(text[at:], style))
        return Strip([s for s in segments if s.text], width + 1)


def _tone_at(paragraph: Paragraph, offset: int) -> Tone:
    """The tone of an unfolded line, which in a diff is told by the line's sign."""
    if paragraph.tone is not Tone.HUNK:
        return paragraph.tone
    start = paragraph.text.rfind("\n", 0, offset) + 1
    return diff_tone(paragraph.text[start : start + 1])
