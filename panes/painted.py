"""The screen as the terminal has it: text with colours, as bytes would paint it.

Textual has no public way to ask for it, so this reads the compositor; Textual is pinned, and a test holds it.
"""

from __future__ import annotations

from rich.color import ColorSystem
from textual.app import App
from textual.strip import Strip


def painted(app: App[None]) -> str:
    """Every row of the screen, each at its place; ends with the terminal's own colours."""
    system = app.console._color_system  # the terminal's own, since a style keeps the codes that it was first asked for
    rows = app.screen._compositor.render_strips()
    return "".join(f"\x1b[{y};1H{_text(row, system)}" for y, row in enumerate(rows, 1)) + "\x1b[0m"


def _text(row: Strip, system: ColorSystem | None) -> str:
    return "".join(
        segment.style.render(segment.text, color_system=system) if segment.style else segment.text
        for segment in row
        if not segment.control
    )
