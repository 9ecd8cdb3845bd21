"""`cockpit status` against an empty Python, and how soon the screen is there."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench import long_night
from bench.programs import first_paint, painting
from bench.rows import Row, in_turn, ratio
from tests.e2e.scripts import plan, scripted
from tests.repos import make_repo

EMPTY_APP = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("READY")
Empty().run()
"""


def rows(base: Path) -> list[Row]:
    """Both rows."""
    root = scripted(base / "commands")
    plan(root, *(f"task number {n}" for n in range(30)))
    python = sys.executable
    cockpit = str(Path(python).with_name("cockpit"))
    subprocess.run([cockpit, "plan", "PLAN.md"], cwd=root, check=True, capture_output=True)

    def status() -> float:
        return _seconds([cockpit, "status"], root)

    def nothing() -> float:
        return _seconds([python, "-c", "pass"], root)

    mine, empty = in_turn(15, status, nothing)
    paint, blank = in_turn(
        7,
        lambda: first_paint(["cockpit"], root, b"Tasks"),
        lambda: first_paint([python, "-c", EMPTY_APP], root, b"READY"),
    )
    return [
        *_after_a_season(base),
        ratio("`cockpit status`", mine, empty, 4, "`python3 -c pass`"),
        ratio("`cockpit` to first paint", paint, blank, 1.1, "an empty Textual app"),
    ]


def _after_a_season(base: Path) -> list[Row]:
    """The kept frame, and the whole screen on a thousand tasks and a hundred thousand events."""
    root = make_repo(base / "season")
    long_night.write(root / ".cockpit")
    with painting(["cockpit"], root) as screen:
        screen.paints(long_night.FIRST)
        screen.leaves(b"q")
    kept, whole = in_turn(
        7,
        lambda: first_paint(["cockpit"], root, " … as of".encode()),
        lambda: _whole(root),
    )
    frame, full = statistics.median(kept), statistics.median(whole)
    return [
        Row("the frame kept from last time, painted", f"{frame * 1000:.0f} ms", "≤ 25 ms", frame <= 0.025),
        Row(
            f"attach to {long_night.TASKS:,} tasks and {long_night.EVENTS:,} events, full paint",
            f"{full * 1000:.0f} ms",
            "≤ 400 ms",
            full <= 0.4,
        ),
    ]


def _whole(root: Path) -> float:
    begun = time.perf_counter()
    with painting(["cockpit"], root) as screen:
        screen.paints(" … as of".encode())  # the kept frame has the same tasks
        return screen.paints(long_night.FIRST) - begun


def _seconds(command: list[str], where: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=where, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begun
