"""Cards that stay true while they are open, and the question for an amount of money."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from cockpit import keys
from cockpit.numbers import lines
from panes.dialogs import Card, Dialog
from panes.inbox import hint
from panes.money_card import money_card


class MoneyCard(Card):
    """Where the money goes; from it the night may get another cap."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("dollar_sign", "leave", "Leave", show=False),
        Binding("c", "cap", "Cap", show=False, id="money.cap"),
    ]

    def __init__(self, cap_key: str, width: int) -> None:
        """`cap_key` is the key that asks for another cap."""
        super().__init__("Money", Content(), width, hint=f"{keys.pretty(cap_key)} changes the cap   esc closes it")

    def tell(self, found: Mapping[str, Any], titles: Mapping[str, str]) -> None:
        """Show what `metrics.money` found."""
        self.show(money_card(found, titles, self.wanted_width - 7))

    def action_cap(self) -> None:
        """Close, and ask for another cap."""
        self.dismiss("cap")


class NumbersCard(Card):
    """How the last 30 days went; the bars are days."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("number_sign", "leave", "Leave", show=False)]

    def __init__(self, width: int) -> None:
        """Room for so many cells."""
        super().__init__("The last 30 days", Content(), width)

    def tell(self, found: Mapping[str, Any]) -> None:
        """Show what `numbers.build` found."""
        self.show(Content("\n".join(lines(found, self.wanted_width - 7))))


class TaskCard(Card):
    """A task with its evidence; its keys act on this very task, whatever the lists below have become."""

    def __init__(self, task: str, chosen: Mapping[str, str], width: int) -> None:
        """`chosen` is the key of every action."""
        super().__init__("", Content(), width)
        self.task_id = task
        self._keys = chosen
        self._answers: list[tuple[str, str]] = []

    def tell(self, heading: str, text: Content, answers: list[tuple[str, str]]) -> None:
        """Show the task as it is now; `answers` are the actions that apply, and what each does to it."""
        self._answers = answers
        self.entitle(heading, "  ".join(filter(None, (hint(self._keys, answers), "esc closes it"))))
        self.show(text)

    def on_key(self, event: events.Key) -> None:
        """Close with the action whose key was pressed."""
        for action, _ in self._answers:
            if event.key == self._keys[action]:
                event.stop()
                self.dismiss(action)
                return


class Amount(Dialog[float]):
    """An amount of dollars to write."""

    def body(self) -> ComposeResult:
        """Room for the amount."""
        yield Input(id="title", placeholder="US dollars, such as 15 or 12.50", select_on_focus=False)

    def hint(self) -> str:
        """The keys, in words."""
        return "enter sets it   esc leaves it"

    def on_mount(self) -> None:
        """Keys go to the field."""
        self.query_one(Input).focus()

    def on_input_submitted(self) -> None:
        """Give the amount; what is none is said, not sent."""
        written = self.query_one(Input).value
        usd = amount(written)
        if usd is not None:
            self.dismiss(usd)
            return
        said = f"{written!r} is no amount of dollars, such as 15 or 12.50" if written.strip() else "No amount yet"
        self.query_one("#hint", Static).update(Content.styled(f"{said}.   esc leaves it", "$text-warning"))


def amount(text: str) -> float | None:
    """The dollars of `15`, `$12.50` or `12,50`; None where it is no amount above nothing."""
    try:
        usd = float(text.strip().removeprefix("$").replace(",", "."))
    except ValueError:
        return None
    return usd if usd > 0 and math.isfinite(usd) else None
