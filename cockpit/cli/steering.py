"""Commands that steer an agent at work: say something to it, take its conversation over, hand it back."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cockpit import commands
from cockpit.cli import REFUSED, Wrong, asking, surroundings
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


TAKE_SECONDS = 60.0
"""How long an agent may take to leave before we say that it does not."""


def takeover(parsed: argparse.Namespace) -> int:
    """`takeover AGENT [--hold]`: the same as the key, on this terminal; leaving the program hands back."""
    where, number = surroundings.places(parsed), parsed.agent
    if not parsed.hold and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Wrong("there is no terminal here; with --hold it is only held, and `cockpit handback` gives it back")
    if code := asking.give(where, commands.TakeOver(number)):
        return code
    _wait_until_free(where, number)
    if parsed.hold:
        print(f"agent-{number} is with you: {_worktree(where, number)}; `cockpit handback {number}` gives it back")
        return 0
    return _visit(where, number)


def handback(parsed: argparse.Namespace) -> int:
    """`handback AGENT [-m NOTE]`."""
    return asking.ask(parsed, commands.HandBack(parsed.agent, parsed.message))


def _visit(where: Places, number: int) -> int:
    from cockpit.engine import visit

    try:
        left = visit.plan(where, surroundings.state(where), number).pay()
    except visit.NoVisit as error:
        raise Wrong(f"{error}. agent-{number} stays with you; `cockpit handback {number}` gives it back") from error
    if left.failed_at_once:
        raise Wrong(
            f"the program failed at once (exit code {left.code}). agent-{number} stays with you: "
            f"`cockpit takeover {number}` tries again, `cockpit handback {number}` gives it back"
        )
    return asking.give(where, commands.HandBack(number))


def _wait_until_free(where: Places, number: int) -> None:
    for state in states(where, TAKE_SECONDS):
        agent = state.agents.get(number)
        if agent is None or agent.taken is None:
            raise Wrong(f"agent-{number} left before it could be taken over; `cockpit status` tells")
        if agent.taken.is_free:
            return
    raise Wrong(
        f"agent-{number} has not left within {TAKE_SECONDS:.0f} s; see .cockpit/engine.log, or `cockpit kill {number}`"
    )


def _worktree(where: Places, number: int) -> str:
    run = surroundings.state(where).agent_run(number)
    return run.worktree if run else ""
