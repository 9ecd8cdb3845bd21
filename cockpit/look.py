"""The screen's colours: dark, light, high contrast, none; and every theme that Textual brings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.theme import Theme

    from cockpit.app import CockpitApp

PART = "look"
"""The part of the screen's file that this is kept in."""

OURS = {
    "dark": "textual-dark",
    "light": "textual-light",
    "high-contrast": "high-contrast",
    "no-colour": "no-colour",
}
"""The themes with a name of ours, and what Textual calls them."""

_SAID = {
    "dark": "the default",
    "light": "for a bright terminal",
    "high-contrast": "white and plain colours on black",
    "no-colour": "grey alone; symbols say the rest",
}


def wear(app: CockpitApp, name: str) -> bool:
    """Take the theme with this name; False where there is none."""
    wanted = OURS.get(name, name)
    if wanted in ("high-contrast", "no-colour"):
        app.register_theme(_made(wanted))
    if wanted not in app.available_themes:
        return False
    if app.theme != wanted:
        app.theme = wanted
    return True


def _made(name: str) -> Theme:
    from textual.theme import Theme

    if name == "high-contrast":
        return Theme(
            name,
            primary="#5fd7ff",
            secondary="#ff87ff",
            accent="#ffff00",
            warning="#ffff00",
            error="#ff5f5f",
            success="#5fff5f",
            foreground="#ffffff",
            background="#000000",
            surface="#000000",
            panel="#1c1c1c",
            dark=True,
        )
    grey = "#d0d0d0"
    return Theme(
        name,
        primary=grey,
        secondary=grey,
        accent="#ffffff",
        warning="#ffffff",
        error="#ffffff",
        success=grey,
        foreground="#e4e4e4",
        background="#121212",
        surface="#1c1c1c",
        panel="#262626",
        dark=True,
    )


def choose(app: CockpitApp) -> None:
    """Pick the colours from a list; they are kept for this repository."""
    from panes.pick import Option, Pick

    ours = [Option(name, name.replace("-", " "), _SAID[name]) for name in OURS]
    others = [Option(name, name) for name in sorted(app.available_themes) if name not in OURS.values()]
    app.push_screen(Pick("Colours", [*ours, *others]), partial(_chosen, app))


def _chosen(app: CockpitApp, name: str | None) -> None:
    if name and wear(app, name):
        app.say(f"colours: {name}", ok=True)
        app.begin_work(partial(_remember, app, name), "screen")


async def _remember(app: CockpitApp, name: str) -> None:
    try:
        await app.link.remember(PART, {"theme": name})
    except OSError as error:
        app.say(f"the colours can't be remembered: {error}", ok=False)
