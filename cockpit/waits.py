"""What holds the whole night up, in words: a limit of the model's service, the breaker, no room on the machine."""

from __future__ import annotations

from cockpit.state import State
from cockpit.words import clock


def sentences(state: State) -> list[str]:
    """A sentence each, the most pressing first; the same for the screen, the status and the report."""
    found = [f"agents die at once, so none is started: {state.breaker.why}"] if state.breaker is not None else []
    found += [
        f"{window.why}; all who share the quota {window.quota!r} wait until {clock(window.until)}"
        for window in state.windows.values()
    ]
    if state.starts_held is not None:
        found.append(f"no agent is started: {state.starts_held.why}")
    return found


def short(state: State) -> list[str]:
    """The same in a few words, for one line."""
    found = ["agents die at once"] if state.breaker is not None else []
    found += [f"limit until {clock(window.until)}" for window in state.windows.values()]
    return [*found, "no room to start"] if state.starts_held is not None else found
