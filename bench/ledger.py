"""The ledger: appending, ten processes that claim, a million events folded, and the same from a snapshot."""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
import time
from pathlib import Path
from typing import Any

from bench import long_night
from bench.rows import Row
from cockpit.events import CommandAnswered, Noticed, TaskClaimed
from cockpit.fold import fold_all
from cockpit.ledger import Conflict, snapshot
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.state import State

EVENTS = 1_000_000
TASKS = 10_000
APPENDS = 2_000
WRITERS = 10
SECONDS = 4.0
PACE = 0.01
"""Seconds from one claim of a process to its next: ten processes want a thousand a second."""


def rows(base: Path) -> list[Row]:
    """Five rows."""
    return [_appends(base / "appends"), *_claims(base / "claims"), *_folds(base / "million")]


def _appends(base: Path) -> Row:
    """Against a plain file that gets the same bytes and is synced as often."""
    ledger = SqliteLedger(base)
    mine, plain = [], []
    with (base / "plain").open("ab", buffering=0) as file:
        for n in range(APPENDS):
            begun = time.perf_counter()
            ledger.append("night", n, [CommandAnswered(f"c{n}", True, "as you say")], 1.0)
            between = time.perf_counter()
            file.write(b"x" * 200)
            os.fsync(file.fileno())
            plain.append(time.perf_counter() - between)
            mine.append(between - begun)
    ledger.close()
    a, b = statistics.median(mine), statistics.median(plain)
    measured = f"{a * 1e6:.0f} µs / {b * 1e6:.0f} µs = {a / b:.1f}x"
    return Row("an append, on the disk", measured, "≤ 8x a line and fsync", a / b <= 8)


def _claims(base: Path) -> list[Row]:
    """Paced claims, and then as many as they can."""
    SqliteLedger(base).close()
    paced = _contend(base, PACE)
    taken = sorted(seconds for times in paced for seconds in times)
    p99 = taken[len(taken) * 99 // 100] * 1000
    half = statistics.median(taken) * 1000
    flat = [len(times) for times in _contend(base, 0.0)]
    share = min(flat) / max(flat)
    return [
        Row(
            f"a paced claim, {WRITERS} processes, p99",
            f"{p99:.1f} ms (p50 {half:.1f}, {len(taken) / SECONDS:.0f}/s)",
            "≤ 10 ms",
            p99 <= 10,
        ),
        Row(
            f"{WRITERS} processes that claim without pause: the slowest's share of the quickest's",
            f"{share:.0%} ({sum(flat) / SECONDS:.0f}/s)",
            "≥ 50 %",
            share >= 0.5,
        ),
    ]


def _contend(base: Path, pace: float) -> list[list[float]]:
    spawn = multiprocessing.get_context("spawn")
    results: Any = spawn.Queue()
    begin = time.time() + 2.0
    writers = [spawn.Process(target=_claim, args=(str(base), n, begin, pace, results)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    found = [results.get(timeout=60) for _ in writers]
    for writer in writers:
        writer.join(60)
    return found


def _claim(folder: str, number: int, begin: float, pace: float, results: Any) -> None:
    """Claim as an engine does: read the version, append on it, again where somebody was quicker."""
    ledger, chance = SqliteLedger(Path(folder)), random.Random(number)
    taken: list[float] = []
    time.sleep(max(0.0, begin - time.time() + chance.uniform(0, pace)))
    until = time.perf_counter() + SECONDS
    while (begun := time.perf_counter()) < until:
        _claim_one(ledger, number, len(taken))
        taken.append(time.perf_counter() - begun)
        if pace:
            time.sleep(max(0.0, pace - taken[-1]))
    ledger.close()
    results.put(taken)


def _claim_one(ledger: SqliteLedger, number: int, count: int) -> None:
    while True:
        try:
            ledger.append("queue", ledger.version("queue"), [TaskClaimed(f"T{count}", number, f"T{count}-1", "s")], 1.0)
            return
        except Conflict:
            continue


def _folds(base: Path) -> list[Row]:
    """A million events: only read, read and folded, and from a snapshot."""
    long_night.write(base, TASKS, EVENTS, woven=True)
    ledger = SqliteLedger(base)
    count = ledger.last()
    scan = _seconds(lambda: sum(1 for _ in ledger._rows(_SCAN, 0)))
    decode = _seconds(lambda: sum(1 for _ in ledger.happened()))
    whole = min(_seconds(lambda: fold_all(ledger.happened(), State())) for _ in range(3))
    snapshot.replay(ledger, base)
    size = (base / snapshot.NAME).stat().st_size / 1e6
    ledger.append("night", ledger.version("night"), [Noticed("what came later")], time.time())
    quick = min(_seconds(lambda: snapshot.replay(ledger, base)) for _ in range(3))
    ledger.close()
    return [
        Row(
            f"{count:,} events of {TASKS:,} tasks folded, with reserves and tokens",
            f"{whole:.2f} s (read {scan:.2f}, and decoded {decode:.2f}: {whole / decode:.1f}x; "
            f"{whole / count * 1e9:.0f} ns an event)",
            "≤ 2 s",
            whole <= 2,
        ),
        Row("the same from a snapshot", f"{quick:.2f} s ({size:.0f} MB)", "≤ 0.2 s", quick <= 0.2),
    ]


_SCAN = "SELECT position, at, kind, CAST(data AS BLOB) FROM events WHERE position > ? ORDER BY position"


def _seconds(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
