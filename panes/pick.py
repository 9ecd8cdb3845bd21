"""A short list to pick from: a digit takes a line at once, arrows and enter take the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from panes.choices import Choices, Row
from panes.colours import MUTED, column
from panes.dialogs import Dialog

MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the list."""

    id: str
    title: str
    detail: str = ""


class PickList(Choices):
    """The options, the first nine with their digit."""

    def __init__(self, options: Sequence[Option]) -> None:
        """Show these, in this order."""
        super().__init__(id="pick-list")
        self._options = options

    def rows(self, width: int) -> list[Row]:
        """A line for each option."""
        longest = max((len(option.title) for option in self._options), default=0)
        return [Row(_line(n, option, longest), option.id) for n, option in enumerate(self._options, 1)]


def _line(number: int, option: Option, longest: int) -> Content:
    digit = str(number) if number <= 9 else " "
    return Content.assemble(
        (f" {digit} ", "bold $text-accent"), column(option.title, longest + 2), (option.detail, MUTED)
    )


class Pick(Dialog[str]):
    """A question whose answer is one of several options; gives the option's id."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(digit), f"take({digit})", "Take", show=False) for digit in range(1, 10)
    ]

    def __init__(self, question: str, options: Sequence[Option], detail: str = "") -> None:
        """Ask `question`; there must be an option."""
        super().__init__(question, detail)
        self.options = list(options)

    def body(self) -> ComposeResult:
        """The list."""
        shown = PickList(self.options)
        shown.styles.height = min(len(self.options), MOST_ROWS)
        shown.styles.margin = (1, 0, 0, 0)
        yield shown

    def hint(self) -> str:
        """The keys, in words."""
        return "1 … 9 or enter takes one   esc leaves it"

    def on_mount(self) -> None:
        """Keys go to the list."""
        self.query_one(PickList).focus()

    def on_choices_opened(self, event: Choices.Opened) -> None:
        """Enter on a line, or a click on the one under the cursor."""
        event.stop()
        self.dismiss(event.choice)

    def action_take(self, number: int) -> None:
        """A digit."""
        if number <= len(self.options):
            self.dismiss(self.options[number - 1].id)
