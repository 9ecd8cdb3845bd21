"""The question before cleaning up: what would go, what stays, and why."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from panes.dialogs import Confirm


class CleanUp(Confirm):
    """Yes or no to a list that scrolls where it is long."""

    DEFAULT_CSS = """
    CleanUp #listed { height: auto; max-height: 60vh; margin-top: 1; scrollbar-size-vertical: 1; }
    CleanUp #listed Static { height: auto; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
        Binding("pagedown", "scroll(10)", "Page down", show=False),
    ]

    def __init__(self, question: str, listed: str) -> None:
        """Ask `question` about what is `listed`."""
        super().__init__(question)
        self._listed = listed

    def body(self) -> ComposeResult:
        """The list."""
        with VerticalScroll(id="listed", can_focus=False):
            yield Static(Content(self._listed), markup=False)

    def hint(self) -> str:
        """The keys, in words."""
        return "y yes   n no   ↑ ↓ scroll"

    def action_scroll(self, rows: int) -> None:
        """Scroll the list."""
        self.query_one("#listed").scroll_relative(y=rows, animate=False)
