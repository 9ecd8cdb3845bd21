"""An agent's transcript, live.

Nothing runs while nothing is added. When lines come in, they go into the model at once and onto the screen
when the pace of `panes.direct` allows: then all that came since the last paint is laid out together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.cache import LRUCache
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from cockpit.agents import stream
from panes.line_view import LineView
from panes.paragraphs import Tone, texts
from panes.rows import Place, Rows
from panes.transcript_model import Transcript
from panes.wrap import fit

CACHED_ROWS = 256


class TranscriptView(LineView):
    """What an agent says and does; sticks to the end until somebody scrolls up."""

    FRAMES: ClassVar[float] = 30.0

    following: reactive[bool] = reactive(True, init=False)
    """Whether the view sticks to the end."""

    class FollowChanged(Message):
        """The view began or ceased to stick to the end."""

        def __init__(self, view: TranscriptView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> TranscriptView:
            """The view it is about."""
            return self.view

    placeholder: reactive[str] = reactive("", init=False)
    """What it says while there is no line yet."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._transcript = Transcript()
        self._rows = Rows()
        self._laid_out = 0
        """Paragraphs, counted from the first ever, up to which rows exist."""
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(CACHED_ROWS)

    # ── feeding ──────────────────────────────────────────────────────────────────────────────────────

    def add(self, lines: Sequence[stream.Line]) -> None:
        """Take in what the agent's stream says next; it shows within a tenth of a second."""
        self._transcript.add(lines)
        if not self.is_settled:
            self.mark()

    def reset(self) -> None:
        """Forget everything: another run begins."""
        self._transcript = Transcript()
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
        self._place(self._row_of(held))

    @property
    def is_settled(self) -> bool:
        """Whether everything that was added is laid out."""
        return self._laid_out == self._transcript.dropped + len(self._transcript.paragraphs)

    @property
    def lines(self) -> list[str]:
        """The kept lines as a person reads them, unwrapped."""
        return [*([self._notice()] if self._transcript.dropped else []), *texts(self._transcript.paragraphs)]

    @property
    def _shows(self) -> bool:
        return self.row_width > 0 and self.is_on_screen

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

    def _lay_out(self) -> None:
        new = self._transcript.paragraphs[self._laid_out - self._transcript.dropped :]
        self._rows.extend([(p.mark, p.text) for p in new])
        self._laid_out += len(new)

    def _lay_out_anew(self) -> None:
        self._strips.clear()
        self._rows.clear(self.row_width)
        self._laid_out = self._transcript.dropped
        if self.row_width:
            self._lay_out()

    def _held(self) -> Place | None:
        """The spot at the top of the screen, its paragraph counted from the first ever."""
        row = self.top_row - self._head
        if row < 0 or row >= self._rows.count:
            return None
        paragraph, offset = self._rows.place(row)
        return Place(paragraph + self._first, offset)

    def _row_of(self, held: Place | None) -> int:
        if held is None or held.paragraph < self._first:
            return 0
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

    def watch_following(self) -> None:
        """Tell whoever shows it."""
        self.post_message(self.FollowChanged(self))

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew where the width changed, and keep the place."""
        held = None if self.following else self._held()
        if self.row_width != self._rows.width:
            self._lay_out_anew()
        self._place(self._row_of(held))

    def notify_style_update(self) -> None:
        """Forget rows that were built in other colours."""
        super().notify_style_update()
        self._strips.clear()

    def action_bottom(self) -> None:
        """Go to the end and stay there."""
        self.following = True
        self._place(0)

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────

    def row_strip(self, row: int) -> Strip:
        """A row of a paragraph, or the notice about dropped ones."""
        if not self._rows.count:
            return self.tone_strip(Tone.NOTE, fit(self.placeholder, self.row_width)) if self.row_width else self.blank()
        if row < self._head:
            return self.tone_strip(Tone.NOTE, self._notice())
        paragraph, part = self._rows.at(row - self._head)
        key = (self._first + paragraph, part)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._row(paragraph, part)
            self._strips[key] = strip
        return strip

    def _row(self, paragraph: int, part: int) -> Strip:
        index = self._first + paragraph - self._transcript.dropped
        if index < 0:  # dropped since the last flush, which the next one will show
            return self.blank()
        tone, mark, text = self._transcript.paragraphs[index]
        start, end = self._rows.span(paragraph, part)
        return self.tone_strip(tone, (mark if part == 0 else " " * len(mark)) + text[start:end].rstrip())
