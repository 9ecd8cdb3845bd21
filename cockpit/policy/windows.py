"""Limits of the model's service: who waits for them, until when, and in which order they come back. Pure."""

from __future__ import annotations

from hashlib import sha256

from cockpit.events import WindowOpened
from cockpit.policy.actions import NOTHING, Decision
from cockpit.policy.rules import Rules
from cockpit.state import State, Task

LONGEST_KNOWN = 8 * 24 * 3600.0
"""A reset further away than a week and a day is a mistake."""

LONGEST_GUESS = 3600.0


def until(state: State, rules: Rules, quota: str, resets: float, now: float) -> float:
    """When a limit that was just hit is over: as the service said, where that can be; else a guess that doubles."""
    if now < resets <= now + LONGEST_KNOWN:
        return resets
    hits = min(state.limit_hits.get(quota, 0), 10)
    return float(now + min(LONGEST_GUESS, rules.unknown_limit_seconds * 2**hits))


def open_up(state: State, now: float) -> Decision:
    """The windows whose time is over."""
    due = tuple(WindowOpened(name) for name, window in state.windows.items() if window.until <= now)
    if due:
        return Decision(records=due)
    return Decision(wake=min((w.until for w in state.windows.values()), default=None))


def is_closed(state: State) -> bool:
    """Whether a limit keeps new work from starting. All agents of a night share the one quota they work by."""
    return bool(state.windows)


def waits(state: State, rules: Rules, task: Task, now: float) -> Decision | None:
    """What a parked task needs: to wait, with the moment when it no longer has to; None where it may go on."""
    if task.parked in state.windows:
        return NOTHING
    due = task.parked_until + jitter(task, rules.jitter_seconds) if task.parked_until else 0.0
    return Decision(wake=due) if now < due else None


def jitter(task: Task, most: float) -> float:
    """Up to `most` seconds, always the same for one task and one limit, so that deciding twice agrees."""
    digest = sha256(f"{task.id}@{task.parked_until!r}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 * most
