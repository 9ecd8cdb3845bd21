"""What happened in a night that a person may not expect: restarts, waits, rescued work; said in the report."""

from __future__ import annotations

from cockpit.value import Value, frozen

KEPT = 200
"""Sorts of things that are remembered of a night."""

RESTART, CUT, HANDED, LIMIT, SLEPT, ENGINE, REBASED, CONFLICT, MORE_MONEY, BROKEN, REWRITTEN, HALT, SET_ASIDE, FLAKY = (
    *("restart", "cut", "handed on", "limit", "slept", "engine", "rebased", "conflict", "more money"),
    *("launch failed", "rewritten", "emergency stop", "session file", "flaky"),
)


@frozen
class Odd(Value):
    """One sort of thing that happened to one task, quota or agent, as often as it did."""

    kind: str
    about: str = ""
    count: int = 1
    seconds: float = 0.0
    """How long it took, of what takes time."""
    usd: float = 0.0
    why: str = ""
    """The last time's reason."""
    at: float = 0.0
    """The last time."""


def sentence(odd: Odd, duration: str, money: str, cause: str) -> str:
    """What happened, in words; times, money and somebody else's words are given as they are to be shown."""
    times = "" if odd.count == 1 else f" {odd.count} times"
    because = f": {cause}" if cause else ""
    match odd.kind:
        case "restart":
            return f"{odd.about}: its turn broke off and was taken up again in the same conversation{times}"
        case "launch failed":
            return f"{odd.about}: its agent could not be started{times}{because}"
        case "cut":
            return f"{odd.about}: its agent's process was ended{times}{because}"
        case "handed on":
            return f"{odd.about}: it was handed to another agent{times}{because}"
        case "limit":
            return f"a limit of {odd.about} was waited for{times}, {duration} in all{because}"
        case "slept":
            return f"the machine slept, or its clock was set{times}, {duration} in all"
        case "engine":
            return f"the engine died and came back{times}; nothing was lost"
        case "rebased":
            return f"{odd.about}: git rebased its branch{times}, since it no longer merged{because}"
        case "conflict":
            return f"{odd.about}: it conflicted with what landed, and its agent mended that{times}"
        case "more money":
            return f"{odd.about}: its run used up its reserve and got {money} more"
        case "rewritten":
            return f"the target branch was rewritten by somebody{times}{because}"
        case "emergency stop":
            return f"{odd.about} stopped everything at once{times}; it went on in the same conversations"
        case "session file":
            return f"{odd.about}: its session file could not be trusted and was set aside{times}{because}"
        case "flaky":
            return f"{odd.about}: a gate failed and then passed on the same tree{times}{because}"
        case _:
            return f"{odd.about} {odd.kind}{times}{because}"
