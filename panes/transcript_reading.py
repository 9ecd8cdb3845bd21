"""Reading an agent's transcript back: from block to block, from error to error, folding and unfolding, following."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from panes.rows import Place
from panes.said import Said
from panes.transcript_rows import Fold, TranscriptRows

FOLDS = {
    Fold.BRIEF: "long results are folded",
    Fold.OPEN: "everything is unfolded",
    Fold.LINE: "each tool call is folded to a line",
}
MARGIN = 3
"""Rows above what somebody jumped to, where there is room."""


class Reading(TranscriptRows):
    """The rows, and the actions that move about in them."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._error = -1
        """The error that was jumped to last."""

    def tell(self) -> None:
        """Something else is to be said about how the transcript shows."""

    # ── going somewhere ──────────────────────────────────────────────────────────────────────────────

    def _visible(self) -> list[int]:
        """The blocks on the screen, by their first paragraph."""
        top, bottom = self.top_row, min(self.top_row + self.size.height, self.virtual_size.height)
        found: dict[int, None] = {}
        for row in range(top, bottom):
            if (place := self._place_at(row)) is not None and place.paragraph >= self._transcript.dropped:
                found[self._transcript.block(place.paragraph)[0]] = None
        return list(found)

    def _nearest(self, visible: list[int]) -> int | None:
        """The block a person means: the one they are at, else the newest in sight, when reading back the first."""
        if self._cursor in visible:
            return self._cursor
        return (visible[-1] if self.following else visible[0]) if visible else None

    def _show(self, place: Place) -> None:
        """Have a place on the screen, and the person at its block."""
        start, _ = self._transcript.block(place.paragraph)
        self._cursor = start
        row = self._row_of(place)
        if not self.top_row <= row < self.top_row + self.size.height:
            self._scroll(row - min(MARGIN, self.size.height // 3))
        self._repaint()

    def _scroll(self, row: int) -> None:
        self.following = row >= self.max_scroll_y
        self.go(row)

    def _is_hidden(self, place: Place) -> bool:
        """Whether the place is folded away."""
        start, _ = self._transcript.block(place.paragraph)
        fold, is_head = self._fold(start), place.paragraph == max(start, self._transcript.dropped)
        is_folded = bool(self._transcript.paragraph(place.paragraph).folded)
        return (fold is Fold.BRIEF and is_folded) or (fold is Fold.LINE and not is_head)

    def _unfold_for(self, place: Place) -> None:
        """A place that is folded away must show before one can go there."""
        if self._is_hidden(place):
            self.following = False
            self._fold_block(self._transcript.block(place.paragraph)[0], Fold.OPEN)

    def action_block(self, steps: int) -> None:
        """Go to another message or tool call; beyond the last one it follows again."""
        visible = self._visible()
        if not visible:
            return
        starts, at = self._transcript.starts, self._nearest(visible)
        assert at is not None
        index = bisect_left(starts, at)
        if self._cursor == at:
            index += steps
        if index >= len(starts):
            self._cursor = None
            self.action_bottom()
            self._repaint()
            return
        self._show(Place(max(starts[max(0, index)], self._transcript.dropped), 0))

    def action_error(self, steps: int) -> None:
        """Go to another error; the first time, and from the end, to the newest one."""
        errors = self._transcript.errors
        if not errors:
            self.post_message(Said("no error in this transcript", ok=False))
            return
        index = self._next_error(errors, steps)
        self._error = errors[index]
        self._unfold_for(Place(self._error, 0))
        self._show(Place(self._error, 0))
        self.post_message(Said(f"error {index + 1} of {len(errors)}"))

    def _next_error(self, errors: list[int], steps: int) -> int:
        row = self._row_of(Place(self._error, 0))
        if self._error in errors and self.top_row <= row < self.top_row + self.size.height:
            return (errors.index(self._error) + steps) % len(errors)
        if self.following:
            return len(errors) - 1
        top = self._held() or Place(self._transcript.dropped, 0)
        return (bisect_right(errors, top.paragraph) + (steps - 1) // 2) % len(errors)

    # ── following and folding ────────────────────────────────────────────────────────────────────────

    def action_bottom(self) -> None:
        """Go to the end and stay there."""
        self.following = True
        self._place(0)

    def action_follow(self) -> None:
        """Stick to the end, or stay here whatever comes."""
        if self.following:
            self.following = False
        else:
            self._cursor = None
            self._repaint()
            self.action_bottom()

    def action_fold(self) -> None:
        """Fold or unfold the block that is meant."""
        able = [start for start in self._visible() if self._is_foldable(start)]
        start = self._nearest(able)
        if start is None:
            self.post_message(Said("nothing here can be folded", ok=False))
            return
        self._cursor = start
        self._toggle(start)

    def _is_foldable(self, start: int) -> bool:
        first, end = self._transcript.block(start)
        return self._transcript.lines(first, end) > 1

    def _toggle(self, start: int) -> None:
        """A long block shows all of it or its beginning, a short one all of it or a line."""
        _, end = self._transcript.block(start)
        is_long = any(self._transcript.paragraph(n).folded for n in range(max(start, self._transcript.dropped), end))
        match self._fold(start):
            case Fold.BRIEF if is_long:
                fold = Fold.OPEN
            case Fold.OPEN if is_long:
                fold = Fold.BRIEF
            case Fold.LINE:
                fold = Fold.OPEN
            case _:
                fold = Fold.LINE
        if fold is Fold.OPEN:  # who unfolds wants to read, from where it begins
            self.following = False
        self._fold_block(start, fold)
        if fold is Fold.OPEN:
            self._bring_in(start, end)
        self._follow_at_end()
        self.tell()

    def _bring_in(self, start: int, end: int) -> None:
        """Scroll until as much of a block shows as fits, its beginning in any case."""
        head, after = self._row_of(Place(start, 0)), self._row_of(Place(end, 0))
        top = min(head, max(self.top_row, after - self.size.height))
        if top != self.top_row:
            self._scroll(top)

    def _follow_at_end(self) -> None:
        """Where the end shows there is nothing to stay for."""
        if self.top_row >= self.max_scroll_y:
            self.following = True

    def action_fold_all(self) -> None:
        """Unfold everything, fold everything to lines, or as it was: long results folded."""
        order = list(Fold)
        self._fold_all = order[(order.index(self._fold_all) + 1) % len(order)]
        self._folds.clear()
        held = self._held()
        self._lay_out_anew()
        self._place(self._row_of(held))
        self.tell()
        self.post_message(Said(FOLDS[self._fold_all]))
