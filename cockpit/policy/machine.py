"""Room on the machine: a new run starts only where enough memory and disk is free. Pure."""

from __future__ import annotations

from cockpit.events import StartsChanged
from cockpit.policy.actions import NOTHING, Decision
from cockpit.policy.rules import Rules
from cockpit.policy.sight import Machine
from cockpit.state import State

GROWING_SECONDS = 30.0
"""A run that was started this recently has not taken its memory yet."""

AGAIN = 1.2
"""What was held for want of room begins again only with so much more than is needed: no flicker."""


def lacking(state: State, rules: Rules, machine: Machine, now: float, starting: int = 0) -> str:
    """Why one more run can't start now, `starting` others being let in just now; empty where it can."""
    more = AGAIN if state.starts_held is not None else 1.0
    memory, disk = rules.room_memory_mb, rules.room_disk_mb
    if (
        memory
        and machine.memory_mb is not None
        and machine.memory_mb < memory * (starting + _young(state, now) + 1) * more
    ):
        return f"{machine.memory_mb:.0f} MB of memory are free, {memory:.0f} must be for each agent that starts"
    if disk and machine.disk_mb is not None and machine.disk_mb < disk * more:
        return f"{machine.disk_mb:.0f} MB of disk are free, {disk:.0f} must be"
    return ""


def _young(state: State, now: float) -> int:
    """How many runs have not taken their memory yet."""
    return sum(1 for run in state.runs.values() if run.live and 0 <= now - run.begun < GROWING_SECONDS)


def tell(state: State, why: str) -> Decision:
    """Record that starts are held, or free again; numbers alone are no news."""
    if bool(why) == (state.starts_held is not None):
        return NOTHING
    return Decision(records=(StartsChanged(why),))
