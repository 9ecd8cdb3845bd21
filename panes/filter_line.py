"""The line above the board in which a filter is written; what is written counts at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from panes.lanes import Lanes


class FilterField(Input):
    """The field itself; enter, tab and the arrows lead back to the tasks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down,tab", "leave(True)", "Keep", show=False),
        Binding("escape", "leave(False)", "All", show=False),
    ]

    def action_leave(self, keep: bool) -> None:
        """Back to the tasks, with the filter or without."""
        self.post_message(FilterLine.Left(keep))


class FilterLine(Horizontal):
    """A field, and how many tasks fit."""

    DEFAULT_CSS = """
    FilterLine {
        height: 1;
        FilterField { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
        FilterField:focus { border: none; background: $boost; }
        #filter-mark { width: 2; color: $text-accent; }
        #filter-count { width: auto; padding: 0 1; color: $text-warning; }
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

    def compose(self) -> ComposeResult:
        """Mark, field and count."""
        yield Static("/", id="filter-mark", markup=False)
        yield FilterField(
            placeholder="text, state:ready agent:2 kind:build category:x -word", compact=True, select_on_focus=False
        )
        yield Static("", id="filter-count", markup=False)

    @property
    def value(self) -> str:
        """What is written."""
        return self.query_one(FilterField).value

    @value.setter
    def value(self, text: str) -> None:
        self.query_one(FilterField).value = text

    def focus(self, scroll_visible: bool = True) -> FilterLine:
        """Keys go to the field."""
        self.call_after_refresh(lambda: self.query_one(FilterField).focus(scroll_visible))
        return self

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say so."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def count(self, lanes: Lanes) -> None:
        """Say how many tasks the filter keeps."""
        if self.is_mounted:
            self.query_one("#filter-count", Static).update(f"{lanes.count} of {lanes.total} · esc shows all")
