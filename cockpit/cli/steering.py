"""Commands that steer an agent at work: say something to it, and wait until it has read that."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cockpit import commands
from cockpit.cli import REFUSED, asking, surroundings
from cockpit.state import Sent, State
from cockpit.words import stamp

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places

LOOK_SECONDS = 0.02


def message(parsed: argparse.Namespace) -> int:
    """`message AGENT TEXT [--wait]`: with --wait it says where the message is until it is read."""
    where = surroundings.places(parsed)
    text = " ".join(parsed.text)
    code = asking.give(where, commands.Message(parsed.agent, text))
    if code or parsed.wait is None:
        return code
    return _follow(where, parsed.agent, text.strip(), parsed.wait)


def _follow(where: Places, agent: int, text: str, seconds: float) -> int:
    """Say each step of the newest such message; 0 once it is read, 1 where it is not in time."""
    said = ""
    for state in states(where, seconds):
        sent = newest(state, lambda sent: sent.agent == agent and sent.text == text)
        if sent is not None and sent.where != said:
            said = sent.where
            print(f"{stamp(sent.since)}  {said}", flush=True)
        if sent is not None and sent.read:
            return 0
    print(f"it was not read within {seconds:g} s; `cockpit status --json` lists messages on their way", file=sys.stderr)
    return REFUSED


def newest(state: State, wanted: Callable[[Sent], bool]) -> Sent | None:
    """The newest message that is wanted."""
    return next((sent for sent in reversed(list(state.messages.values())) if wanted(sent)), None)


def states(where: Places, seconds: float) -> Iterator[State]:
    """The state now and whenever something was recorded, for at most so long."""
    from cockpit.fold import fold
    from cockpit.ledger.sqlite import SqliteLedger

    ledger, until = SqliteLedger(where.folder), time.monotonic() + seconds
    try:
        state = fold(ledger.read())
        yield state
        while time.monotonic() < until:
            if new := ledger.read(state.position):
                state = fold(new, state)
                yield state
            else:
                time.sleep(LOOK_SECONDS)
    finally:
        ledger.close()
