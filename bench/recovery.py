"""Recovery: everything of a night is killed at once, engine, hosts and agents; how long until agents run again."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from statistics import median

from bench.rows import Row
from cockpit import commands
from cockpit.engine import desk
from cockpit.events import RunStarted
from cockpit.hosts import process
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.lock import engine_pid
from cockpit.places import Places
from cockpit.state import MergePolicy, TaskDraft
from tests.repos import make_repo

AGENTS, TIMES, PATIENCE = 2, 5, 30.0


def rows(base: Path) -> list[Row]:
    """From the command that starts the engine again until every agent that was killed runs again."""
    root = make_repo(base / "recovery")
    script = base / "recovery" / "script.json"
    script.write_text(json.dumps({"turns": [[{"hang": True}]]}))
    text = f'[agents]\nkind = "scripted"\ncommand = "{script}"\nrestarts = 10\n[machine]\nfree_disk_mb = 0\n'
    (root / "cockpit.toml").write_text(text + f'[cage]\nreadable = ["{base}"]\n')
    places = Places(root)
    try:
        desk.give(places, commands.AddTasks(tuple(TaskDraft(f"t{n}", f"Task {n}") for n in range(AGENTS))))
        desk.give(places, commands.StartNight(agents=AGENTS, target="main", merge=MergePolicy.ASK, review=False))
        _running(places, after=0)
        taken = [_again(places) for _ in range(TIMES)]
    finally:
        _kill(places)
    words = f"{median(taken):.2f} s (worst of {TIMES}: {max(taken):.2f})"
    return [Row("kill -9 of everything to all agents running again", words, "≤ 2 s", max(taken) <= 2.0)]


def _again(places: Places) -> float:
    after = _kill(places)
    begun = time.perf_counter()
    desk.ensure_engine(places)
    _running(places, after)
    return time.perf_counter() - begun


def _kill(places: Places) -> int:
    """Kill all of it; the ledger's last position."""
    if pid := engine_pid(places.folder):
        os.kill(pid, signal.SIGKILL)
    process.kill_tree(str(places.folder), variable=process.HOUSE_MARK)
    while engine_pid(places.folder) is not None:
        time.sleep(0.005)
    return max((one.position for one in SqliteLedger(places.folder).read()), default=0)


def _running(places: Places, after: int) -> None:
    """Wait until every agent was started after a position of the ledger."""
    ledger, until = SqliteLedger(places.folder), time.monotonic() + PATIENCE
    try:
        while sum(isinstance(one.event, RunStarted) for one in ledger.read(after)) < AGENTS:
            if time.monotonic() > until:
                raise TimeoutError("the agents did not run again")
            time.sleep(0.005)
    finally:
        ledger.close()
