"""A ledger as a long season leaves it: a thousand tasks, a hundred thousand events."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cockpit import events
from cockpit.events import Event
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.state import GateResult, Verdict
from cockpit.tokens import Tokens
from cockpit.value import replace

TASKS = 1_000
EVENTS = 100_000
AT_ONCE = 10
OPEN = 60
"""The newest tasks, which stand in different states."""

MODEL = "claude-sonnet-5-5"
WHY = "nine in ten of 30 runs like it cost less"

FIRST = f"T{TASKS - OPEN + 1}".encode()
"""The task that the board shows first: it waits for a yes the longest."""


def write(folder: Path, tasks: int = TASKS, total: int = EVENTS, *, woven: bool = False) -> None:
    """Fill a fresh ledger in `folder` in one transaction; `woven`: ten agents work at once."""
    ledger = SqliteLedger(folder)
    versions: dict[str, int] = {}
    begun = time.time() - 8 * 3600
    rows = []
    for number, event in enumerate(story(tasks, total, AT_ONCE if woven else 1)):
        stream, at = events.stream_of(event), begun + number * 0.25
        versions[stream] = versions.get(stream, 0) + 1
        if isinstance(event, events.CostSeen):
            event = replace(event, spent_at=round(at - 0.05, 3))
        rows.append((stream, versions[stream], at, *events.dump(event)))
    database = ledger._db
    database.execute("BEGIN")
    database.executemany("INSERT INTO events (stream, version, at, kind, data) VALUES (?, ?, ?, ?, ?)", rows)
    database.execute("COMMIT")
    ledger.close()


def story(tasks: int, total: int, at_once: int = 1) -> Iterator[Event]:
    """What happened; the night was ended, so that attaching starts no engine."""
    yield events.NightStarted("night-1", 10, "main", cap_usd=500.0)
    for n in range(1, tasks + 1):
        yield events.TaskAdded(f"T{n}", f"Read the format number {n} and say what is wrong", criteria=("it works",))
    steps = max(1, (total - tasks) // tasks - 12)
    waiting = (_task(n, steps, tasks) for n in range(1, tasks + 1))
    working = deque(islice(waiting, at_once))
    while working:
        for one in list(working):
            if (event := next(one, None)) is not None:
                yield event
                continue
            working.remove(one)
            working.extend(islice(waiting, 1))
    yield events.NightStopping("stop", "you")
    yield events.NightEnded("stop")


def _cost(run: str, step: int) -> Event:
    """As a real agent's: every second time a request is on its way, and then it is counted."""
    done, is_open = (step - 1) // 4 * 4, step % 4 == 1
    used = (Tokens(MODEL, done, done * 50, done * 2_000, done * 100),) if done else ()
    tokens, on_its_way = done * 2_151, 0.82 if is_open else 0.0
    return events.CostSeen(run, step, done * 0.002, tokens, MODEL, "cli", open_usd=on_its_way, used=used)


def _task(n: int, steps: int, tasks: int) -> Iterator[Event]:
    task, run = f"T{n}", f"T{n}-1"
    yield events.TaskClaimed(task, 1 + n % 10, run, f"session-{n}", False, 2.0, 0.97, MODEL, WHY)
    yield events.RunStarted(run, f"agent-{1 + n % 10}/task-{task}", f"/w/agent-{1 + n % 10}", "base", 1, MODEL)
    for step in range(1, steps + 1, 2):
        yield events.PhaseChanged(run, "editing" if step % 4 == 1 else "running", "edit app.py")
        yield _cost(run, step)
    if n > tasks - OPEN // 3:
        yield events.RunEnded(run, "stopped")
        return
    yield events.TurnEnded(run, steps + 1, ok=True, summary="done")
    yield events.GatesFinished(task, "h", "t", "m", (GateResult("tests", True, "ok", 1.0),), "1 file, +1 -1")
    yield events.RunEnded(run, "done")
    yield events.ReviewStarted(task)
    yield events.VerdictGiven(task, Verdict(True, "good", head="h"))
    yield events.TaskReady(task)
    if n > tasks - OPEN:
        return
    yield events.MergeApproved(task, "h", "you")
    yield events.TaskLanded(task, f"commit-{n}", "main", "1 file, +1 -1")
