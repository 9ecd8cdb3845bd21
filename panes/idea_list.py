"""The categories of ideas: what came of each, whether it is on, and the keys that change that or ask for one now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from cockpit import keys
from cockpit.views import duration
from panes.choices import Choices, Row
from panes.colours import MUTED, column, one_line
from panes.dialogs import Dialog

SPARE_ROWS = 12
"""Of the screen, for what is around the list."""

NAME, LAST = 27, 7


class CategoryList(Choices):
    """A line for each category."""

    def __init__(self, told: Sequence[tuple[str, Content]]) -> None:
        """Show these: a category's id and what is said of it."""
        super().__init__(id="categories")
        self._told = told

    def tell(self, told: Sequence[tuple[str, Content]]) -> None:
        """Show these now."""
        self._told = told
        self.rebuild()

    def rows(self, width: int) -> list[Row]:
        """All of them."""
        return [Row(content, name) for name, content in self._told]


class IdeaList(Dialog[None]):
    """The list; it stays open while its keys act."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i,q", "leave", "Leave", show=False),
        Binding("space", "switch", "On/off", show=False, id="ideas.switch"),
        Binding("a", "ask", "Ask now", show=False, id="ideas.now"),
    ]

    @dataclass
    class Wished(Message):
        """Somebody wants one of a category now, or the category switched."""

        category: str
        now: bool

    def __init__(self, chosen: Mapping[str, str], found: Mapping[str, Any], now: float) -> None:
        """`chosen` is the key of every action; `found` what `idea_numbers.build` made."""
        super().__init__("Ideas", summary(found))
        self._keys = chosen
        self._found, self._now = found, now

    def body(self) -> ComposeResult:
        """The list."""
        shown = CategoryList(self._lines())
        shown.styles.height = max(3, min(len(self._found["categories"]), self.app.size.height - SPARE_ROWS))
        shown.styles.margin = (1, 0, 0, 0)
        yield shown

    def hint(self) -> str:
        """The keys, in words."""
        switch, ask = (keys.pretty(self._keys[action]) for action in ("ideas.switch", "ideas.now"))
        return f"{switch} on or off   {ask} asks for one now   esc leaves it"

    def on_mount(self) -> None:
        """Keys go to the list."""
        self.query_one(CategoryList).focus()

    def _lines(self) -> list[tuple[str, Content]]:
        return [(one["category"], line(one, self._now)) for one in self._found["categories"]]

    def tell(self, found: Mapping[str, Any], now: float) -> None:
        """Show what is true now."""
        self._found, self._now = found, now
        if self.is_mounted:
            self.query_one(CategoryList).tell(self._lines())
            self.query_one("#detail", Static).update(Content(summary(found)))

    def action_switch(self) -> None:
        """Switch the category under the cursor."""
        self.post_message(self.Wished(self.query_one(CategoryList).selected, now=False))

    def action_ask(self) -> None:
        """Ask for an idea of it now."""
        self.post_message(self.Wished(self.query_one(CategoryList).selected, now=True))


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────


def summary(found: Mapping[str, Any]) -> str:
    """Whether ideas come by themselves, what is on its way, and what came of the last days."""
    if current := found["current"]:
        head = f"{current['idea']} is on its way: {current['category']}, {current['step']}."
    elif found["rests"]:
        head = f"No more in this night: {found['rests']}."
    elif found["enabled"]:
        head = "Proposed when the queue is empty."
    else:
        head = "Not by themselves: [ideas] enabled is false."
    taken = "" if found["acceptance"] is None else f", {found['acceptance']:.0%} taken up"
    return f"{head}\n{found['days']} days: {found['coverage']:.0%} of the categories, {found['asked']} asked{taken}."


def line(one: Mapping[str, Any], now: float) -> Content:
    """One category: its name, when it was last asked, what came of it; where it is off, why."""
    symbol, style = ("✓ ", "$text-success") if one["on"] else ("‖ ", "$text-warning")
    last = duration(now - one["last"]) if one["last"] else "never"
    refused = one["refused"] + one["turned_down"]
    counts = {"asked": one["asked"], "taken": one["accepted"], "refused": refused}
    said = " · ".join(f"{count} {what}" for what, count in counts.items() if count)
    why = "" if one["on"] else f"off: {one_line(one['why_off'])}"
    told = " · ".join(filter(None, (why, said)))
    return Content.assemble((symbol, style), column(one["title"], NAME), (column(last, LAST), MUTED), f" {told}")
