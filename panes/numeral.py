"""An agent's number, as large as its pane allows: shown while somebody chooses a pane by its number."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

DIGITS: Mapping[str, tuple[str, str, str, str, str]] = {
    "0": ("█▀▀█", "█  █", "█  █", "█  █", "▀▀▀▀"),
    "1": ("▄█  ", " █  ", " █  ", " █  ", "▀▀▀ "),
    "2": ("▀▀▀█", "   █", "█▀▀▀", "█   ", "▀▀▀▀"),
    "3": ("▀▀▀█", "   █", " ▀▀█", "   █", "▀▀▀▀"),
    "4": ("█  █", "█  █", "▀▀▀█", "   █", "   ▀"),
    "5": ("█▀▀▀", "█   ", "▀▀▀█", "   █", "▀▀▀▀"),
    "6": ("█▀▀▀", "█   ", "█▀▀█", "█  █", "▀▀▀▀"),
    "7": ("▀▀▀█", "   █", "   █", "   █", "   ▀"),
    "8": ("█▀▀█", "█  █", "█▀▀█", "█  █", "▀▀▀▀"),
    "9": ("█▀▀█", "█  █", "▀▀▀█", "   █", "▀▀▀▀"),
}


class Numeral(Widget):
    """One digit in the middle of the room it has."""

    DEFAULT_CSS = """
    Numeral { height: 1fr; display: none; color: $text-primary; text-style: bold; content-align: center middle; }
    """

    digit: reactive[str] = reactive("")
    """The key that chooses this pane."""

    def render(self) -> Content:
        """Five rows high, or in a low pane as a plain digit."""
        rows = DIGITS.get(self.digit)
        if rows is None or self.size.height < len(rows):
            return Content(f"▐ {self.digit} ▌")
        return Content("\n".join(rows))
