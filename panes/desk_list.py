"""The merge desk's list: what is to be decided, then what landed lately."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cockpit.policy.forecast import clashes
from cockpit.state import State, Task
from cockpit.views import undone_text
from panes.choices import Choices, Row
from panes.colours import MUTED, SYMBOLS, column, one_line
from panes.desk_text import at_desk, landed_lately

HEADED_FROM = 12
"""Rows from which on there is room for headings."""


class DeskList(Choices):
    """The tasks at the desk, one a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._state = State()
        self._comments: Mapping[str, int] = {}

    def show(self, state: State, comments: Mapping[str, int]) -> None:
        """List a state's tasks; `comments` are a person's own that were not sent yet."""
        self._state, self._comments = state, comments
        self.rebuild()
        if not self.has_focus:  # it may be two rows high: the one that is being read is one of them
            self._show_cursor()

    def rows(self, width: int) -> list[Row]:
        """A line for each task; one that says so when there is none."""
        waiting, landed = at_desk(self._state), landed_lately(self._state)
        found = [self._row(task, width) for task in waiting] or [Row(Content.styled(" nothing to decide", MUTED))]
        if landed and self.size.height >= HEADED_FROM:
            found += [Row(Content()), Row(Content.styled(" Landed lately", "bold"))]
        return [*found, *(self._row(task, width) for task in landed)]

    def _row(self, task: Task, width: int) -> Row:
        """A task in one line: its symbol, its id, its title, what else there is to know, and its state."""
        symbol, style = SYMBOLS[task.state]
        state = "undone" if undone_text(self._state, task).startswith("rolled") else str(task.state)
        count = self._comments.get(task.id, 0)
        against = [clash.other or "target" for clash in clashes(self._state, task)]
        more = f" ≠{against[0]}{'…' if len(against) > 1 else ''}" if against else ""
        more += f" ✎{count}" if count else ""
        room = max(0, width - 3 - 5 - len(state) - len(more))
        title = column(one_line(task.title), room)
        return Row(
            Content.assemble(
                (f" {symbol} ", style), column(task.id, 4), title, (more, "$text-warning"), " ", (state, style)
            ),
            task.id,
        )


class DeskHeader(Widget):
    """What the selected task is, in two lines."""

    DEFAULT_CSS = "DeskHeader { height: 2; padding: 0 1; }"

    text: reactive[Content] = reactive(Content(""))
    """What it shows."""

    def render(self) -> Content:
        """The lines, cut to the width."""
        width = self.content_size.width
        return Content("\n").join(part.truncate(width, ellipsis=True) for part in self.text.split("\n"))
