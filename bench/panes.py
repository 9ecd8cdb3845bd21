"""How quick the heavy widgets are: keys beside ten busy panes, and a diff of ten thousand lines.

    python -m bench.panes

Each app runs in a child process on a terminal of its own (a pty, 200x60); a key's time ends when the
terminal has been sent the text that the key changes. Absolute times depend on the machine, so look at the
ratio to the idle app, which is measured in the same run.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench.busy_night import busy_night
from bench.rows import Row

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, LINES = 200, 60
PANES = 10
DIFF_LINES = 10_000
PATIENCE = 20.0
SETTLE_SECONDS, MEASURE_SECONDS = 4.0, 10.0
"""Seconds after which something that should show is taken not to come."""


class Child:
    """An app on a terminal of its own."""

    def __init__(self, command: Sequence[str], where: Path) -> None:
        self.written = 0
        """Bytes that it has written to its terminal."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.process = subprocess.Popen(
            command,
            cwd=where,
            env=environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def wait_for(self, text: str) -> float:
        """The moment at which `text` had been sent to the terminal."""
        seen, end, wanted = b"", time.perf_counter() + PATIENCE, text.encode()
        while time.perf_counter() < end:
            seen = seen[-200:] + self._read(end - time.perf_counter())
            if wanted in seen:
                return time.perf_counter()
        raise SystemExit(f"{text!r} never showed; the last output was {seen[-2000:]!r}")

    def drain(self, seconds: float) -> None:
        """Let it run for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)

    def press(self, key: str) -> float:
        """Press a key; gives the moment."""
        now = time.perf_counter()
        os.write(self._master, key.encode())
        return now

    def cpu(self) -> float:
        """Processor seconds used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes that are its alone."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(s.split()[1]) for s in rollup if s.startswith("Private_")) / 1024

    def close(self) -> None:
        """End it and wait until it is gone."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _read(self, seconds: float) -> bytes:
        if not select.select([self._master], [], [], max(0.0, seconds))[0]:
            return b""
        data = os.read(self._master, 65536)
        self.written += len(data)
        return data


@contextmanager
def child(*arguments: str) -> Iterator[Child]:
    """One of the apps of `bench.panes_apps`."""
    with running([sys.executable, "-m", "bench.panes_apps", *arguments], ROOT) as one:
        yield one


@contextmanager
def running(command: Sequence[str], where: Path) -> Iterator[Child]:
    """A program that is gone afterwards, whatever happens."""
    one = Child(command, where)
    try:
        yield one
    finally:
        one.close()


class Keys(NamedTuple):
    """What came of pressing a key again and again."""

    name: str
    p50: float
    p95: float
    cpu: float
    memory: float


def measure_keys(name: str, panes: int, rate: int, presses: int) -> Keys:
    """Time from a key to its effect on the terminal, beside `panes` busy panes."""
    random.seed(1)
    with child("panes", str(panes), str(rate)) as app:
        app.wait_for("K00000")
        app.drain(2.0)
        cpu, began, times = app.cpu(), time.perf_counter(), []
        for n in range(1, presses + 1):
            app.drain(random.uniform(0.05, 0.12))
            pressed = app.press("x")
            times.append((app.wait_for(f"K{n:05d}") - pressed) * 1000)
        used = (app.cpu() - cpu) / (time.perf_counter() - began)
        return Keys(name, quantile(times, 0.5), quantile(times, 0.95), used * 100, app.memory())


def measure_diff(opens: int) -> tuple[float, float, float, float]:
    """Milliseconds to open a long diff for the first time and later (p50), to go on by a page, and megabytes."""
    with child("diff", str(DIFF_LINES)) as app:
        app.wait_for("K00000")
        app.drain(0.5)
        times = []
        for n in range(1, opens + 1):
            pressed = app.press("o")
            times.append((app.wait_for(f"opened_{n:03d}") - pressed) * 1000)
            app.drain(0.2)
            app.press("c")
            app.drain(0.2)
        return times[0], quantile(times[1:], 0.5), _pages(app, opens), app.memory()


def _pages(app: Child, pages: int) -> float:
    """Milliseconds from the key for the next page of a diff to that page on the terminal (p50)."""
    app.press("o")
    app.drain(0.5)
    times = []
    for n in range(1, pages + 1):
        pressed = app.press("n")
        times.append((app.wait_for(f"P{n:05d}") - pressed) * 1000)
        app.drain(0.2)
    return quantile(times, 0.5)


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of the values don't exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def rows(base: Path) -> list[Row]:
    """The table's lines: keys beside busy panes, the whole cockpit's share of a core and of the line, a long diff."""
    keys = measure_keys("", PANES, 100, 60)
    busy, _ = measure_cockpit(base / "busy", 100)
    quiet, _ = measure_cockpit(base / "quiet", 0)
    _, line = measure_cockpit(base / "talking", 10)
    first, later, page, memory = measure_diff(8)
    return [
        Row(f"key to paint, {PANES} panes at 100 lines/s, p95", f"{keys.p95:.1f} ms", "≤ 10 ms", keys.p95 <= 10),
        Row(f"the cockpit, {PANES} panes at 100 lines/s, of one core", f"{busy:.1f} %", "≤ 15 %", busy <= 15),
        Row(f"the cockpit, {PANES} quiet panes, of one core", f"{quiet:.2f} %", "≤ 0.3 %", quiet <= 0.3),
        Row(f"bytes to the terminal, {PANES} panes at 10 lines/s", f"{line:.0f} kB/s", "≤ 100 kB/s", line <= 100),
        Row(f"diff of {DIFF_LINES:,} lines opened, cold", f"{first:.0f} ms", "≤ 130 ms", first <= 130),
        Row(f"diff of {DIFF_LINES:,} lines opened, warm", f"{later:.0f} ms", "≤ 90 ms", later <= 90),
        Row("a page of it scrolled", f"{page:.0f} ms", "≤ 50 ms", page <= 50),
        Row("memory of that screen", f"{memory:.0f} MB", "≤ 100 MB", memory <= 100),
    ]


def measure_cockpit(root: Path, rate: int) -> tuple[float, float]:
    """The real cockpit's share of a core in percent, and kilobytes a second, while ten agents talk."""
    cockpit = [str(Path(sys.executable).with_name("cockpit"))]
    with busy_night(root, rate) as where, running(cockpit, where) as screen:
        screen.wait_for("agent-1")
        screen.press("2")
        screen.drain(SETTLE_SECONDS)
        cpu, written, began = screen.cpu(), screen.written, time.perf_counter()
        screen.drain(MEASURE_SECONDS)
        seconds = time.perf_counter() - began
        return (screen.cpu() - cpu) / seconds * 100, (screen.written - written) / seconds / 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--presses", type=int, default=60)
    parser.add_argument("--opens", type=int, default=8)
    options = parser.parse_args()
    print(f"{'':32}{'p50 ms':>8}{'p95 ms':>8}{'CPU %':>8}{'MB':>8}")
    cases = (("idle app, no panes", 0, 0), *((f"{PANES} panes, {r} lines/s each", PANES, r) for r in (0, 10, 100)))
    for name, panes, rate in cases:
        one = measure_keys(f"key to paint, {name}", panes, rate, options.presses)
        print(f"{one.name[14:]:32}{one.p50:8.1f}{one.p95:8.1f}{one.cpu:8.1f}{one.memory:8.1f}", flush=True)
    first, later, page, memory = measure_diff(options.opens)
    opened = f"first {first:.0f} ms, later {later:.0f} ms"
    print(f"open a diff of {DIFF_LINES:,} lines: {opened}; a page {page:.0f} ms; {memory:.0f} MB")


if __name__ == "__main__":
    main()
