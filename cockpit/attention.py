"""What draws a person's eye when they look elsewhere: the terminal's title, a bell, a desktop notification."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.state import IN_FLIGHT, State, TaskState
from cockpit.text import plain
from cockpit.views import inbox


def title(state: State, repository: str) -> str:
    """`◆ 2 waiting · 3 at work · 5 landed · parsers`."""
    counts = {
        "waiting": len(inbox(state)),
        "at work": len(state.in_state(*IN_FLIGHT)),
        "landed": sum(1 for task in state.in_state(TaskState.LANDED) if _is_of_tonight(state, task.landed_at)),
    }
    parts = [f"{count} {what}" for what, count in counts.items() if count]
    return f"◆ {' · '.join([*parts, plain(repository)])}"


def _is_of_tonight(state: State, at: float) -> bool:
    return state.night is not None and at >= state.night.started


def news(before: State, after: State) -> str:
    """What waits for you now and did not before, in a few words of our own; empty where nothing does."""
    known = {entry.id for entry in inbox(before)}
    # An agent that is with you came by your own key.
    fresh = [entry for entry in inbox(after) if entry.id not in known and entry.agent is None]
    if not fresh:
        return ""
    return f"{fresh[0].id} waits for you" if len(fresh) == 1 else f"{len(fresh)} things wait for you"


def notification(repository: str, text: str, environ: Mapping[str, str]) -> str:
    """The sequences by which terminals show a notification: OSC 9 and OSC 777; through tmux where there is one."""
    name = plain(repository).replace(";", " ")
    sequences = (f"\x1b]9;{name}: {text}\x07", f"\x1b]777;notify;{name};{text}\x07")
    if "TMUX" in environ:
        return "".join("\x1bPtmux;" + one.replace("\x1b", "\x1b\x1b") + "\x1b\\" for one in sequences)
    return "".join(sequences)
