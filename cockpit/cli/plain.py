"""`cockpit --plain`: the cockpit as a conversation in plain lines, for screen readers, dumb terminals and logs.

It says how things stand, then what happens, a line each; what is typed is a command as on the command line
(`approve T3`, `message 1 …`, `status`). Nothing is ever painted over.
"""

from __future__ import annotations

import asyncio
import shlex
import sys
import threading
from typing import TYPE_CHECKING

from cockpit.cli import Wrong, command, surroundings
from cockpit.cli.following import line_of
from cockpit.text import plain
from cockpit.views import inbox

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places
    from cockpit.state import State

HELP = """\
status, inbox (i), approve TASK, reject TASK -m NOTE, task list, task show TASK, logs AGENT, message AGENT TEXT,
pause AGENT, resume AGENT, stop, … and every other command of `cockpit --help`; quit (q) leaves, the night goes on."""

LEAVE = ("quit", "q", "exit")


def attach(parsed: argparse.Namespace) -> int:
    """Until quit, or the end of the input; the night goes on."""
    where = surroundings.places(parsed)
    state = surroundings.state(where)
    _revive(where, state)
    run(where, "status")
    print("help says what can be typed; quit leaves, the night goes on", flush=True)
    try:
        asyncio.run(_talk(where, state))
    except KeyboardInterrupt:
        print()
    return 0


def _revive(where: Places, state: State) -> None:
    from cockpit.engine import desk
    from cockpit.lock import engine_pid

    if desk.needs_engine(state) and engine_pid(where.folder) is None:
        try:
            desk.ensure_engine(where)
        except desk.DeskError as error:
            print(f"no engine runs: {error}", file=sys.stderr)


async def _talk(where: Places, state: State) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    # A thread that ends with the program: reading a terminal can't be broken off.
    threading.Thread(target=_listen, args=(where, loop, over), daemon=True).start()
    telling = asyncio.create_task(_tell(where, state))
    await over.wait()
    telling.cancel()


async def _tell(where: Places, state: State) -> None:
    from cockpit.fold import apply
    from cockpit.ledger.sqlite import SqliteLedger

    ledger = SqliteLedger(where.folder)
    try:
        async for batch in ledger.follow(state.position):
            for one in batch:
                known = {entry.id for entry in inbox(state)}
                state = apply(state, one)
                fresh = [f"waiting   {e.id}: {e.why}. {e.do}" for e in inbox(state) if e.id not in known]
                for line in filter(None, [line_of(one), *fresh]):
                    print(plain(line))
            sys.stdout.flush()
    finally:
        ledger.close()


def _listen(where: Places, loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    for line in sys.stdin:
        words = line.split()
        if words and words[0] in LEAVE:
            break
        if words:
            obey(where, line)
    else:
        if not sys.stdin.isatty():
            return  # a pipe that is empty has nothing to say; go on telling
    loop.call_soon_threadsafe(over.set)


def obey(where: Places, line: str) -> None:
    """Do what was typed, and say what came of it."""
    match line.split():
        case ["help" | "h" | "?"]:
            print(HELP)
        case ["inbox" | "i"]:
            _inbox(where)
        case _:
            try:
                run(where, *shlex.split(line))
            except ValueError as error:
                print(f"that can't be read: {error}")
    sys.stdout.flush()


def _inbox(where: Places) -> None:
    found = inbox(surroundings.state(where))
    for entry in found:
        print(plain(f"{entry.id} {entry.title}: {entry.why}\n  {entry.do}"))
    if not found:
        print("nothing waits for you")


def run(where: Places, *words: str) -> None:
    """One command of the command line on this repository."""
    from cockpit.cli.parser import parser

    try:
        parsed = parser().parse_args(["-C", str(where.root), *words])
        if parsed.run.startswith(("attaching.", "plain.", "terminal.")):
            raise Wrong("that needs a screen; leave with quit first")
        command(parsed.run)(parsed)
    except Wrong as error:
        print(error)
    except SystemExit:  # the parser has said what is wrong
        return
