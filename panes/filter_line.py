"""The line above the board in which a filter is written; what is written counts at once."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from panes.lanes import Lanes

LEAVING = ("enter", "down", "tab", "escape")
"""Back to the tasks; the last one without the filter."""

EXAMPLE = "text, state:ready agent:2 kind:build category:x -word"


class FilterField(Input):
    """The field itself; enter, tab and down lead back to the tasks, and so do all keys after them."""

    def __init__(self) -> None:
        super().__init__(placeholder=EXAMPLE, compact=True, select_on_focus=False)
        self._is_left = False

    def on_focus(self) -> None:
        """Keys are for the filter again."""
        self._is_left = False

    def on_key(self, event: events.Key) -> None:
        """What a fast typist pressed after leaving is for the tasks, though it still comes here."""
        if self._is_left:
            event.stop().prevent_default()
            self.app.simulate_key(event.key)
        elif event.key in LEAVING:
            event.stop().prevent_default()
            self._is_left = True
            self.post_message(FilterLine.Left(event.key != "escape"))


class FilterLine(Horizontal):
    """A field, and how many tasks fit."""

    DEFAULT_CSS = """
    FilterLine {
        height: 1;
        FilterField { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
        FilterField:focus { border: none; background: $boost; }
        #filter-mark { width: 2; color: $text-accent; }
        #filter-count { width: 30; text-align: right; color: $text-warning; }
    }
    """

    @dataclass
    class Changed(Message):
        """Another filter is written."""

        value: str

    @dataclass
    class Left(Message):
        """Keys go back to the tasks; the filter stays, or is forgotten."""

        keep: bool

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._field = FilterField()
        self._wants_keys = False
        self._count = Static("", id="filter-count", markup=False)

    def compose(self) -> ComposeResult:
        """Mark, field and count."""
        yield Static("/", id="filter-mark", markup=False)
        yield self._field
        yield self._count

    @property
    def value(self) -> str:
        """What is written."""
        return self._field.value

    @value.setter
    def value(self, text: str) -> None:
        self._field.value = text
        self._field.cursor_position = len(text)

    def focus(self, scroll_visible: bool = True) -> FilterLine:
        """Keys go to the field as soon as it is on the screen, if they still should."""
        self._wants_keys = True
        self.call_after_refresh(self._focus_field)
        return self

    def _focus_field(self) -> None:
        if self._wants_keys:
            self._field.focus()

    def leave(self, keep: bool) -> None:
        """Keys go elsewhere; show it on while it keeps something."""
        self._wants_keys = False
        self.display = keep and bool(self.value.strip())
        if not keep:
            self.value = ""

    def leaves(self, key: str) -> bool:
        """Whether a key leads back to the tasks."""
        return key in LEAVING

    def take(self, event: events.Key) -> None:
        """A key that was pressed for the field before the field could have it."""
        if event.key == "backspace":
            self.value = self.value[:-1]
        elif event.is_printable and event.character:
            self.value += event.character
        self.post_message(self.Changed(self.value))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say so."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def count(self, lanes: Lanes) -> None:
        """Say how many tasks the filter keeps."""
        self._count.update(f"{lanes.count} of {lanes.total} · esc shows all", layout=False)
