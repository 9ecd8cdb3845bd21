"""The keys that arrange the agents' panes, and what is remembered of it from one screen to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit.keys import AGENTS, BOARD
from panes.tiling import Layout, Wish

if TYPE_CHECKING:
    from cockpit.app_base import AppBase
    from cockpit.screen_file import Choices

PART = "agents"
"""The part of the screen's file that this is kept in."""
CLIPBOARD_BYTES = 74_000
"""Many terminals ignore a longer text: in base64 it passes their bound of 100,000."""
NO_AGENTS = "there are no agents: no night was started"


def zoom(app: AppBase) -> None:
    """Give the selected agent's pane all the room, or put the others back; from elsewhere, go there zoomed."""
    grid = app.main.agents
    if not app.state.agents:
        app.say(NO_AGENTS, ok=False)
        return
    if app.main.view == AGENTS or not grid.wish.zoomed:
        grid.zoom()
    app.main.go(AGENTS)


def layout(app: AppBase) -> None:
    """Take the next layout."""
    app.say(f"layout: {app.main.agents.next_layout()}", ok=True)
    app.main.go(AGENTS)


def go_agent(app: AppBase) -> None:
    """Show the agents' numbers and wait for a digit."""
    if not app.main.agents.choose():
        app.say(NO_AGENTS, ok=False)
        return
    app.main.view = AGENTS
    app.say("go to agent: 1 to 9, 0 is agent-10, esc stays", None)


def copy(app: AppBase, text: str) -> None:
    """Put a text on the clipboard of the person's terminal, which may be at the other end of an SSH line."""
    size, lines = len(text.encode()), text.count("\n") + 1
    if size > CLIPBOARD_BYTES:
        app.say(f"{size:,} bytes are too much for a terminal's clipboard: select fewer rows", ok=False)
        return
    app.copy_to_clipboard(text)
    app.say(f"copied {lines:,} line{'s' if lines != 1 else ''}", ok=True)


async def recall(app: AppBase) -> None:
    """Begin as the last screen on this repository ended."""
    try:
        kept, fault = await app.link.recall()
    except Exception as error:  # a choice about the screen is nothing to fail over
        kept, fault = {}, str(error)
    if app.main.agents.wish == Wish():  # who was quicker than the file has chosen already
        app.main.agents.wish = wish_of(kept.get(PART, {}))
    if isinstance(columns := kept.get(BOARD, {}).get("columns"), bool):
        app.main.board.wish(columns)
    if fault:
        app.say(fault, ok=False)


async def remember(app: AppBase, wish: Wish) -> None:
    """Keep what was chosen."""
    choices: dict[str, str | int | float | bool] = {"layout": str(wish.layout)}
    if wish.most is not None:
        choices["panes"] = wish.most
    try:
        await app.link.remember(PART, choices)
    except OSError as error:
        app.say(f"the layout can't be remembered: {error}", ok=False)


def wish_of(choices: Choices) -> Wish:
    """What the file says, as far as it makes sense."""
    layout, most = choices.get("layout"), choices.get("panes")
    sane = isinstance(most, int) and not isinstance(most, bool) and most > 0
    return Wish(Layout(layout) if layout in set(Layout) else Layout.TILED, int(most) if most and sane else None)
