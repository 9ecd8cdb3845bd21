"""A night in which ten agents talk, without agents: ledger, session files and streams, as hosts would write them.

python -m bench.busy_night FOLDER RATE      # so many lines a second into each stream, until it is killed
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.panes_apps import talk
from cockpit import events
from cockpit.agents.stream import Line, dump_line
from cockpit.hosts.session_file import write
from cockpit.ledger.sqlite import SqliteLedger, prepare_folder
from cockpit.lock import EngineLock
from cockpit.places import Places
from cockpit.state import Session
from tests.repos import make_repo

AGENTS = 10
QUEUED = 30
HEARTBEAT = 5.0
AGE = 3600.0
"""Seconds since the night began: ages in hours change once a minute, as they do for most of a night."""


@contextmanager
def busy_night(root: Path, rate: int) -> Iterator[Path]:
    """A repository in which ten agents say so many lines a second each; 0 for agents that only live."""
    root = make_repo(root)
    places = Places(root)
    _tell(places)
    with EngineLock(places.folder):  # so that the screen starts no engine, which would find that no host lives
        command = [sys.executable, "-m", "bench.busy_night", str(root), str(rate)]
        talking = subprocess.Popen(command, cwd=Path(__file__).parent.parent)
        try:
            yield root
        finally:
            talking.kill()
            talking.wait()


def _tell(places: Places) -> None:
    ledger = SqliteLedger(places.folder)
    _append(ledger, events.NightStarted("n", AGENTS, "main"))
    for n in range(1, AGENTS + QUEUED + 1):
        _append(ledger, events.TaskAdded(f"T{n}", f"{_word(n)} the median"))
    for n in range(1, AGENTS + 1):
        _append(ledger, events.TaskClaimed(f"T{n}", n, f"T{n}-1", f"session-{n}"))
        _append(ledger, events.RunStarted(f"T{n}-1", f"agent-{n}/task-T{n}", f"/w/agent-{n}", "base", 1, "model"))
        places.run_dir(f"T{n}-1").mkdir(parents=True)
    prepare_folder(places.sessions)
    ledger.close()


def _append(ledger: SqliteLedger, event: events.Event) -> None:
    stream = events.stream_of(event)
    ledger.append(stream, ledger.version(stream), [event], time.time() - AGE)


def _word(n: int) -> str:
    """A word that nothing else on the screen has."""
    return f"mend{n:03d}"


def main(folder: Path, rate: int) -> None:
    """What the hosts do: a heartbeat every five seconds, and a line whenever the agent says one."""
    places = Places(folder)
    streams = [places.stream(f"T{n}-1").open("a", encoding="utf-8", buffering=1) for n in range(1, AGENTS + 1)]
    begun, said, beaten = time.time(), 0, 0
    lines = talk()
    while True:
        now = time.time()
        while beaten <= (now - begun) / HEARTBEAT * AGENTS:  # each at its own time
            _beat(places, beaten % AGENTS + 1, begun, now)
            beaten += 1
        while rate and said < (now - begun) * rate * AGENTS:
            number, stream = divmod(said, AGENTS)
            if stream == 0:
                line = next(lines)
            streams[stream].write(dump_line(Line(number + 1, now, line.event)))
            said += 1
        time.sleep(1 / rate / AGENTS if rate else 0.2)


def _beat(places: Places, n: int, begun: float, now: float) -> None:
    session = Session(
        f"agent-{n}", status="working", current_task=f"T{n}", current_phase="editing", current_step="edit a file",
        progress=0.4, started=begun, last_heartbeat=now, last_activity=now,
    )  # fmt: skip
    write(places.session_file(n), session)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
