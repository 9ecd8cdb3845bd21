"""An agent's transcript: what a person does in it beside reading, that is to search, select and copy; and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from cockpit import keys
from panes.rows import Place
from panes.said import Copied, Said
from panes.search import Search
from panes.transcript_reading import FOLDS, Reading
from panes.transcript_rows import Fold


class TranscriptView(Reading):
    """What an agent says and does; sticks to the end until somebody scrolls up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", show=False, id="transcript.search"),
        Binding("full_stop", "match(1)", "Next match", show=False, id="transcript.next-match"),
        Binding("comma", "match(-1)", "Match before", show=False, id="transcript.previous-match"),
        Binding("e", "error(1)", "Next error", show=False, id="transcript.next-error"),
        Binding("E", "error(-1)", "Error before", show=False, id="transcript.previous-error"),
        Binding("right_square_bracket", "block(1)", "Next block", show=False, id="transcript.next-block"),
        Binding("left_square_bracket", "block(-1)", "Block before", show=False, id="transcript.previous-block"),
        Binding("space", "fold", "Fold", show=False, id="transcript.fold"),
        Binding("o", "fold_all", "Fold all", show=False, id="transcript.fold-all"),
        Binding("f", "follow", "Follow", show=False, id="transcript.follow"),
        Binding("y", "copy", "Copy", show=False, id="transcript.copy"),
        Binding("shift+up", "select(-1)", "Select up", show=False, id="transcript.select-up"),
        Binding("shift+down", "select(1)", "Select down", show=False, id="transcript.select-down"),
        Binding("escape", "leave", "Leave", show=False, id="transcript.leave"),
    ]

    @dataclass
    class Remarked(Message):
        """There is something else to say about how the transcript shows."""

        view: TranscriptView
        remark: str
        """Empty where there is nothing special."""

        @property
        def control(self) -> TranscriptView:
            """The view it is about."""
            return self.view

    def __init__(
        self,
        chosen: Mapping[str, str] | None = None,
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """`chosen` is the key of every action, as far as it is not the table's."""
        super().__init__(id=id, classes=classes)
        self._keys = chosen or {}
        self._typing = False
        """Keys go into the query."""
        self._remark = ""
        self._drag: Place | None = None
        """Where the mouse went down."""

    # ── what is special now ──────────────────────────────────────────────────────────────────────────

    def watch_following(self) -> None:
        """Say whether the end shows."""
        self.tell()

    def searched(self) -> None:
        """Say how many matches there are now."""
        self._strips.clear()
        self.tell()

    def reset(self) -> None:
        """Forget everything: another run begins."""
        super().reset()
        self._typing = False
        self.tell()

    def tell(self) -> None:
        """Post what is special now, where it is something else than before."""
        remark = " · ".join(self._remarks())
        if remark != self._remark:
            self._remark = remark
            self.post_message(self.Remarked(self, remark))

    def _remarks(self) -> list[str]:
        found = [FOLDS[self._fold_all]] if self._fold_all is not Fold.BRIEF else []
        if self._search is not None:
            return [*self._about_search(self._search), *found]
        if self._selection is not None:
            rows = abs(self._row_of(self._selection[1]) - self._row_of(self._selection[0])) + 1
            found.insert(0, f"{rows} row{'s' if rows != 1 else ''} selected · {self._key('copy')} copies")
        elif not self.following:
            found.insert(0, f"↑ scrolled up · {self._key('follow')} follows")
        return found

    def _about_search(self, search: Search) -> list[str]:
        count = f"{search.at + 1} of {search.count}" if search.count else "nothing" if search.query else "search"
        if self._typing:
            return [f"/{search.query}▏ {count}"]
        steps = f"{self._key('next-match')} next · {self._key('previous-match')} before"
        return [f"/{search.query}  {count}", steps, f"{self._key('leave')} ends"]

    def _key(self, action: str) -> str:
        name = f"transcript.{action}"
        return keys.pretty(self._keys.get(name, keys.BY_ACTION[name].default))

    # ── searching ────────────────────────────────────────────────────────────────────────────────────

    def action_search(self) -> None:
        """Write what to look for."""
        self._search = Search(self._transcript)
        self._typing = True
        self._selection = None
        self._repaint()
        self.tell()

    def take_key(self, event: events.Key) -> bool:
        """A key that is part of a query; whether it was."""
        if not self._typing or self._search is None:
            return False
        query = self._search.query
        if event.key == "escape":
            self.action_leave()
        elif event.key == "enter":
            self._typing = False
            self._look()
        elif event.key in ("up", "down"):
            self.action_match(-1 if event.key == "up" else 1)
        elif event.key == "backspace":
            self._seek(query[:-1])
        elif event.key == "ctrl+u":
            self._seek("")
        elif event.is_printable and event.character:
            self._seek(query + event.character)
        else:
            return event.key not in ("tab", "shift+tab", "pageup", "pagedown", "ctrl+c", "ctrl+q")
        return True

    def on_key(self, event: events.Key) -> None:
        """Keys go into the query while one is written."""
        if self.take_key(event):
            event.stop()
            event.prevent_default()

    def _seek(self, query: str) -> None:
        assert self._search is not None
        near = self._search.place or self._held() or Place(self._transcript.dropped, 0)
        self._search.seek(query, near)
        self._look()

    def action_match(self, steps: int) -> None:
        """Go to another match."""
        if self._search is None or not self._search.query:
            self.post_message(Said(f"nothing is sought; {self._key('search')} searches", ok=False))
            return
        self._search.step(steps)
        self._look()

    def _look(self) -> None:
        """Show the match that is looked at."""
        assert self._search is not None
        if (place := self._search.place) is not None and self._typing and self._is_hidden(place):
            self._show(Place(self._transcript.block(place.paragraph)[0], 0))  # unfolded when the query is whole
        elif place is not None:
            self._unfold_for(place)
            self._show(place)
        self._repaint()
        self.tell()

    def action_leave(self) -> None:
        """End the search, or the selection; then forget where the person was."""
        if self._search is not None:
            self._search, self._typing = None, False
        elif self._selection is not None:
            self._end_selection()
        else:
            self._cursor = None
        self._repaint()
        self.tell()

    # ── selecting and copying ────────────────────────────────────────────────────────────────────────

    def action_select(self, rows: int) -> None:
        """Select rows, beginning where the person is."""
        if self._selection is None:
            place = self._begin_of_selection()
            if place is None:
                return
            self._selection = (place, place)
        else:
            begin, end = self._selection
            self._selection = (begin, self._place_at(self._row_of(end) + rows) or end)
        self.following = False
        row = self._row_of(self._selection[1])
        if not self.top_row <= row < self.top_row + self.size.height:
            self.go(self.top_row + rows)
        self._repaint()
        self.tell()

    def _begin_of_selection(self) -> Place | None:
        visible = self._visible()
        if self._cursor in visible:
            return Place(max(self._cursor or 0, self._transcript.dropped), 0)
        bottom = min(self.top_row + self.size.height, self.virtual_size.height) - 1
        return self._place_at(bottom if self.following else self.top_row)

    def action_copy(self) -> None:
        """Copy the selected rows, else the message or tool call that is meant."""
        if self._selection is not None:
            text = self._selected_text(min(self._selection), max(self._selection))
            self._end_selection()
        elif (start := self._nearest(self._visible())) is not None:
            self._cursor = start
            self._repaint()
            text = self._block_text(start)
        else:
            self.post_message(Said("there is nothing to copy", ok=False))
            return
        self.post_message(Copied(text))

    def _end_selection(self) -> None:
        self._selection = None
        self._follow_at_end()
        self._repaint()
        self.tell()

    def _block_text(self, start: int) -> str:
        _, end = self._transcript.block(start)
        first = max(start, self._transcript.dropped)
        return "\n".join(self._transcript.paragraph(n).text for n in range(first, end))

    def _selected_text(self, begin: Place, end: Place) -> str:
        """The rows' text without the breaks that only the width made."""
        text, last = "", -1
        for row in range(self._row_of(begin), self._row_of(end) + 1):
            number, part = self._rows.at(row - self._head)
            start, stop = self._rows.span(number, part)
            text += "\n" if last not in (-1, number) else ""
            text += self._transcript.paragraph(number + self._first).text[start:stop]
            last = number
        return text.rstrip("\n")

    # ── the mouse ────────────────────────────────────────────────────────────────────────────────────

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A selection may begin here."""
        if event.button == 1:
            self._drag = self._place_at(self.top_row + event.y)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Select from where the mouse went down to where it is; at the edges, scroll."""
        if self._drag is None:
            return
        if not 0 <= event.y < self.size.height:
            self.go(self.top_row + (1 if event.y > 0 else -1))
        row = self.top_row + min(max(0, event.y), self.size.height - 1)
        place = self._place_at(min(row, self.virtual_size.height - 1))
        if place is not None and (place != self._drag or self._selection is not None):
            self.following = False
            self._selection = (self._drag, place)
            self._repaint()
            self.tell()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The selection is done; where there was none, it was a click."""
        self.release_mouse()
        self._drag = None

    def on_click(self, event: events.Click) -> None:
        """Go to the block under the mouse; one that is folded, or clicked twice, is unfolded or folded."""
        place = self._place_at(self.top_row + event.y)
        if place is None or (self._selection is not None and place in self._selection):
            return
        self._selection = None
        self._cursor = start = self._transcript.block(place.paragraph)[0]
        if self._is_foldable(start) and (event.chain == 2 or self._is_hidden(place)):
            self._toggle(start)
        self._repaint()
        self.tell()
