"""The emergency stop: every process of this repository's night is killed, now, whatever state the engine is in.

It asks nobody. The engine, the hosts, the agents, their gates and reviews and everything any of these started
carry one mark in their environment; the process table is swept for it until nobody is left. Only then the
ledger is told, so that nothing starts again by itself: neither the next command nor an attached screen.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from cockpit.commands import EmergencyStop
from cockpit.engine import desk
from cockpit.hosts import control, process
from cockpit.ledger import LedgerError
from cockpit.lock import engine_pid
from cockpit.places import Places
from cockpit.state import Answer

GONE_SECONDS = 2.0
"""How long the kernel may take to let go of a killed engine's lock."""


def stop(places: Places, by: str = "you") -> Answer:
    """Kill everything, then say so in the ledger; how many agents lived, and what is left to do."""
    begun = time.monotonic()
    agents = sum(1 for folder in (places.folder / "runs").glob("*") if control.is_alive(folder))
    _kill_engine(places)
    left = process.kill_tree(str(places.folder), variable=process.HOUSE_MARK)
    seconds = time.monotonic() - begun
    killed = f"{agents} agent{'s' if agents != 1 else ''} and the engine were killed"
    if left:
        return Answer(False, f"{killed}, but these processes survive: {', '.join(map(str, left))}")
    try:
        said = desk.give(places, EmergencyStop(round(seconds, 3)), by)
    except (desk.DeskError, LedgerError) as error:
        return Answer(False, f"{killed}, but the ledger could not be told: {error}")
    return Answer(said.ok, f"{killed}; {said.message}")


def _kill_engine(places: Places) -> None:
    until = time.monotonic() + GONE_SECONDS
    while (pid := engine_pid(places.folder)) is not None and time.monotonic() < until:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
