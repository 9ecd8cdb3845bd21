"""The key table as Textual's bindings of the app."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from cockpit import keys

_ELSEWHERE = {"up", "down", "open", "next", "previous"}
"""Actions that the focused pane or the screen binds."""

_METHODS = {"palette": "command_palette"}


def method(action: str) -> str:
    """The app's method for an action, as a binding names it."""
    return _METHODS.get(action, keys.method(action))


def is_elsewhere(action: str) -> bool:
    """Whether a pane or the screen binds the action, and not the app."""
    return action in _ELSEWHERE or "." in action


def app_bindings() -> list[BindingType]:
    """The app's own bindings, each under its action's name, so that a keymap can move it."""
    return [
        Binding(key.default, method(key.action), key.title, show=False, id=key.action)
        for key in keys.TABLE
        if not is_elsewhere(key.action)
    ]
