"""Terminal panes: a key's way to an agent's program and back, and how fast output is taken in, against tmux.

Speed is measured by the program itself: it prints, asks where the cursor is, and has the answer when everything
before was read. All of it is the product's own way: program, host, socket, filter, emulator and paint.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.programs import COLUMNS, ROWS, Painting, painting
from bench.rows import Row, p95
from tests.e2e.desk import sits_down
from tests.e2e.scripts import plan
from tests.e2e.test_terminal_agents import with_terminal
from tests.recordings import recording

HERE = Path(__file__).parent
KEYS = 100
ROUNDS = 5
BYTES = 24_000_000

ECHO = """
import os, sys, tty
tty.setraw(0)
print("ready for keys", end="\\r\\n", flush=True)
count = 0
while key := os.read(0, 1):
    count += 1
    word = "".join(chr(97 + (count * 7 + n) % 26) for n in range(6))  # every letter is another one than before
    os.write(1, b"\\r" + word.encode())
"""

PRINTS = """
import os, sys, time, tty
tty.setraw(0)
data = open(sys.argv[1], "rb").read()
def ask():
    os.write(1, b"\\x1b[6n")
    seen = b""
    while b"R" not in seen:
        seen += os.read(0, 100)
os.write(1, b"ready to print")
for count in range(1000):
    while os.read(0, 1) != b"g":
        continue
    ask()
    begun = time.perf_counter()
    view = memoryview(data)
    while view:
        view = view[os.write(1, view[:65536]):]
    ask()
    with open(sys.argv[2] + ".part", "w") as file:
        file.write(str(time.perf_counter() - begun))
    os.rename(sys.argv[2] + ".part", f"{sys.argv[2]}-{count}")
"""


def rows(base: Path) -> list[Row]:
    """Two rows."""
    base.mkdir(exist_ok=True)
    return [_echo(base / "echo"), _throughput(base / "flood")]


def _echo(base: Path) -> Row:
    base.mkdir()
    script = base / "echo.py"
    script.write_text(ECHO)
    root = with_terminal(base, f"{sys.executable} {script}")
    plan(root, "something")
    chance = random.Random(1)
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda state: any(run.live for run in state.runs.values()))
        with painting(["cockpit"], root) as screen:
            screen.paints(b"Tasks")
            screen.presses(b"2")
            screen.paints(b"ready for keys")
            taken = [_way(screen, n, chance) for n in range(1, KEYS + 1)]
    ms = p95(taken[5:]) * 1000
    half = statistics.median(taken) * 1000
    return Row("key echoed by a program in a terminal pane, p95", f"{ms:.1f} ms (p50 {half:.1f})", "≤ 10 ms", ms <= 10)


def _way(screen: Painting, count: int, chance: random.Random) -> float:
    time.sleep(chance.uniform(0.03, 0.12))
    word = "".join(chr(97 + (count * 7 + n) % 26) for n in range(6))
    pressed = screen.presses(b"x")
    return screen.paints(word.encode()) - pressed


def _throughput(base: Path) -> Row:
    base.mkdir()
    corpus, script = base / "corpus", base / "prints.py"
    size = _write(corpus) / 1e6
    script.write_text(PRINTS)
    mine: list[float] = []
    its: list[float] = []
    with _in_tmux([sys.executable, str(script), str(corpus), str(base / "tmux")]) as tmux:
        bare = '[cage]\nkind = "none"\n'  # it writes down its time where tmux's program does
        root = with_terminal(base, f"{sys.executable} {script} {corpus} {base / 'pane'}", more=bare)
        with _in_cockpit(root) as pane:
            for count in range(ROUNDS + 1):  # the first is for warming up
                for taken, side, name in ((its, tmux, "tmux"), (mine, pane, "pane")):
                    side.begin()
                    taken.append(size / _seconds(base / f"{name}-{count}", side.wait))
    ours, theirs = statistics.median(mine[1:]), statistics.median(its[1:])
    measured = f"{ours:.0f} MB/s / {theirs:.0f} MB/s = {ours / theirs:.1f}x"
    return Row("output taken in by a terminal pane", measured, "≥ 3x detached tmux", ours / theirs >= 3)


class Side(NamedTuple):
    """Who is measured: what has its program begin, and what to do while it prints."""

    begin: Callable[[], object]
    wait: Callable[[], object]


def _write(corpus: Path) -> int:
    """The history of this very repository as git colours it; where there is none, of a small one."""
    log = subprocess.run(["git", "log", "-p", "--color=always"], cwd=HERE, capture_output=True, check=False).stdout
    piece = log.replace(b"\n", b"\r\n") if len(log) > 1_000_000 else recording("git-log")
    corpus.write_bytes((piece * (BYTES // len(piece) + 1))[:BYTES] + b"\x1b[m")
    return corpus.stat().st_size


@contextmanager
def _in_tmux(program: Sequence[str]) -> Iterator[Side]:
    server = ["tmux", "-L", f"bench-{uuid.uuid4().hex[:8]}"]
    size = ["-x", str(COLUMNS), "-y", str(ROWS)]
    subprocess.run([*server, "-f", "/dev/null", "new-session", "-d", *size, *program], check=True)
    try:
        yield Side(lambda: subprocess.run([*server, "send-keys", "g"], check=True), lambda: time.sleep(0.01))
    finally:
        subprocess.run([*server, "kill-server"], check=False)


@contextmanager
def _in_cockpit(root: Path) -> Iterator[Side]:
    """Its pane is nearly as large as the screen; tmux's is as large."""
    plan(root, "something")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda state: any(run.live for run in state.runs.values()))
        with painting(["cockpit"], root) as screen:
            screen.paints(b"Tasks")
            screen.presses(b"2")
            screen.paints(b"ready to print")
            yield Side(lambda: screen.presses(b"g"), lambda: screen.passes(0.01))


def _seconds(result: Path, wait: Callable[[], object]) -> float:
    until = time.monotonic() + 60
    while not result.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"{result} was never written")
        wait()
    return float(result.read_text())
