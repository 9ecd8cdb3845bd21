"""The front desk: how keys and the command line give commands, whether an engine runs or not.

A command is appended to the ledger; the engine answers it there. Where no engine runs, whoever asks takes
the engine's lock for a moment and answers by the same pure function, and then starts an engine if what was
asked needs one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from cockpit import asker, commands, events, faults, private
from cockpit.commands import AddTasks, Command, HandBack
from cockpit.engine.core import Book
from cockpit.fold import fold
from cockpit.hosts.process import HOUSE_MARK
from cockpit.ledger import Ledger, snapshot
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.lock import EngineLock, EngineRuns, engine_pid
from cockpit.places import Places
from cockpit.policy.questions import of_callers
from cockpit.state import Answer, State, TaskState

ANSWER_SECONDS = 20.0
"""How long an engine may take to answer before we say that it does not."""

START_SECONDS = 20.0
"""How long a new engine may take to take its lock."""


class DeskError(Exception):
    """A command could not be given, or an engine not be started; the text says why and what to do."""


def read_state(folder: Path) -> State:
    """The state as the ledger in `.cockpit/` has it. Raises LedgerError where there is none."""
    ledger = SqliteLedger(folder, create=False)
    try:
        return snapshot.replay(ledger, folder)
    finally:
        ledger.close()


def give(
    places: Places,
    command: Command,
    by: str = "you",
    environ: Mapping[str, str] = os.environ,
    way: str = "command line",
) -> Answer:
    """Give a command and wait for its answer; starts an engine where the command needs one."""
    if isinstance(command, HandBack) and (busy := _is_visited(places, command.agent)):
        return busy
    ledger = SqliteLedger(places.folder)
    try:
        name = str(uuid.uuid4())
        kind, data = commands.dump(command)
        given = events.CommandGiven(name, kind, data, by, asker.who(way))
        ledger.append(events.stream_of(given), 0, [given], time.time())
        said = _settled(ledger, places, name) or _awaited(ledger, places, name)
        if said.ok and not isinstance(command, AddTasks) and needs_engine(snapshot.replay(ledger, places.folder)):
            ensure_engine(places, environ)
        return said
    finally:
        ledger.close()


def _is_visited(places: Places, number: int) -> Answer | None:
    """Somebody is still in the conversation that is to be handed back."""
    from cockpit.engine import visit

    run = read_state(places.folder).agent_run(number)
    if run is None or not visit.is_visited(places.run_dir(run.id)):
        return None
    return Answer(False, f"somebody is in the conversation of agent-{number} still; leaving it hands it back")


def _settled(ledger: Ledger, places: Places, name: str) -> Answer | None:
    """Answer what is pending ourselves if no engine runs; None where one does."""
    try:
        with EngineLock(places.folder):
            return _answer_all(ledger, places).answers[name]
    except EngineRuns:
        return None


def _answer_all(ledger: Ledger, places: Places) -> State:
    """Answer what no engine has; one that just left may have answered already."""
    book = Book(ledger, state=snapshot.replay(ledger, places.folder))
    book.record(*of_callers(book.state, time.time()).records)
    book.answer()
    return book.state


def _awaited(ledger: Ledger, places: Places, name: str) -> Answer:
    state, until = snapshot.replay(ledger, places.folder), time.monotonic() + ANSWER_SECONDS
    while name not in state.answers and time.monotonic() < until:
        time.sleep(0.01)
        state = fold(ledger.read(state.position), state)
        if name not in state.answers and engine_pid(places.folder) is None:  # it died before it could answer
            return _settled(ledger, places, name) or _awaited(ledger, places, name)
    if name in state.answers:
        return state.answers[name]
    raise DeskError(
        f"the engine did not answer within {ANSWER_SECONDS:.0f} s; the command is kept and will be answered. "
        "See .cockpit/engine.log, or stop it with `cockpit stop --now`"
    )


def needs_engine(state: State) -> bool:
    """Whether there is something that only an engine can do."""
    night = state.night
    if state.halt is not None:
        return False
    if night is not None and night.ended and state.engine.pid and not state.engine.stopped:
        return True  # it was killed before it had written the report
    if (night is not None and not night.ended) or state.git.cleaning is not None or state.told.is_behind:
        return True
    if state.github.asked:
        return True
    if state.plan is not None and state.plan.is_asked:
        return True
    if state.ideas.wish or state.ideas.current is not None:
        return True
    approved = [t for t in state.tasks.values() if t.state is TaskState.MERGING and t.approved_by != "policy"]
    return bool(approved)


def ensure_engine(places: Places, environ: Mapping[str, str] = os.environ) -> int:
    """Start an engine where none runs, detached from this terminal; its process id."""
    if pid := engine_pid(places.folder):
        return pid
    faults.reach("engine.before start")
    with open(places.engine_log, "ab", opener=private.open_log) as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cockpit.engine", str(places.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=places.root,
            env={**environ, HOUSE_MARK: str(places.folder)},
        )
    faults.reach("engine.after start")
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if pid := engine_pid(places.folder):
            # It outlives us, or we outlive it (a screen, a program, a server): then nothing of it stays behind.
            threading.Thread(target=process.wait, name="engine", daemon=True).start()
            return pid
        if process.poll() is not None:
            if process.returncode == 0:
                return process.pid  # it found everything done and left again
            raise DeskError(f"the engine could not start:\n{_tail(places.engine_log)}")
        time.sleep(0.01)
    raise DeskError(f"the engine did not start within {START_SECONDS:.0f} s:\n{_tail(places.engine_log)}")


def _tail(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    return text[-1500:] or f"it printed nothing; see {path}"
