"""A terminal agent's host: a key's way through it to the program and back, and what a flood costs it."""

from __future__ import annotations

import time
from pathlib import Path

from bench.rows import Row, p95
from tests.fakes.driven import DrivenRun
from tests.fakes.looker import Looker

KEYS = 500
FLOOD = 100 << 20

ECHO = "stty raw -echo; echo ready; exec cat"
TORRENT = f"yes 'all work and no play makes jack a dull boy, all day long' | head -c {FLOOD}; echo the end; exec cat"


def rows(base: Path) -> list[Row]:
    """Two rows."""
    ways = _ways(base / "keys")
    largest = _flooded(base / "host-flood")
    return [
        Row("a key through a terminal agent's host and back, p95", f"{ways:.2f} ms", "≤ 2 ms", ways <= 2),
        Row(
            "that host's largest memory, 100 MB printed, one screen dead", f"{largest:.1f} MB", "≤ 25 MB", largest <= 25
        ),
    ]


def _ways(base: Path) -> float:
    taken = []
    with DrivenRun(base, "terminal", command=ECHO) as run:
        run.start("Begin")
        with Looker(run.run_dir) as screen:
            screen.waits_for(b"ready")
            for n in range(KEYS):
                begun = time.perf_counter()
                screen.types(b"<%d>" % n)
                screen.waits_for(b"<%d>" % n)
                taken.append(time.perf_counter() - begun)
    return p95(taken) * 1000


def _flooded(base: Path) -> float:
    with DrivenRun(base, "terminal", command=TORRENT) as run:
        run.start("Begin")
        with Looker(run.run_dir):
            while True:  # a screen that is dropped comes again, as the real one does
                with Looker(run.run_dir) as screen:
                    while screen.looks():
                        if b"the end" in screen.seen[-100:]:
                            return _largest_mb(int(run.pids["pid"]))


def _largest_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
