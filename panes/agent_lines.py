"""The agents without a pane, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from panes.title_bar import Shown, bar


class AgentLines(Widget):
    """A bar for each agent without a pane; a click selects one."""

    @dataclass
    class Clicked(Message):
        """Somebody wants this agent's pane."""

        number: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown: Sequence[Shown] = ()
        self._text = Content()

    def show(self, shown: Sequence[Shown]) -> None:
        """Show these agents."""
        if len(shown) != len(self._shown):
            self.styles.height = len(shown)
        self._shown = shown
        self._build()

    def on_resize(self) -> None:
        """Fit the lines into the new width."""
        self._build()

    def _build(self) -> None:
        text = Content("\n").join([bar(shown, self.size.width) for shown in self._shown])
        if not text.is_same(self._text):
            self._text = text
            self.refresh()

    def render(self) -> Content:
        """The lines."""
        return self._text

    def number_at(self, y: int) -> int | None:
        """The agent whose line is at a row."""
        return self._shown[y].agent.number if 0 <= y < len(self._shown) else None

    def on_click(self, event: events.Click) -> None:
        """Select the agent under the mouse."""
        if (number := self.number_at(event.y)) is not None:
            self.post_message(self.Clicked(number))
