"""How long logs are kept: raw streams, stderr, terminal logs and scans of runs that are over.

What an agent said and did in our own words (`events.jsonl`), the ledger and the report stay. So does all of a run
whose task is not settled: somebody may still want to know why it waits. The oldest go first.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cockpit.hosts import control
from cockpit.places import Places
from cockpit.state import SETTLED, Run, State

RAW = ("stream.jsonl", "stderr.log", "host.log", "terminal.log", "control.jsonl", "launch.json")
"""Files of a run that nothing reads once its task is settled; older parts of them end in `.1`."""

ENGINE_LOG = 5_000_000
"""Bytes of the engine's own log; when it has more, what is older goes."""


def retire(state: State, places: Places, days: float, total_bytes: int, now: float) -> list[str]:
    """Remove what is older than `days` (0: nothing is too old), and the oldest of what is beyond the bound."""
    _shorten(places.engine_log)
    left, gone = list[tuple[Run, int]](), list[str]()
    for run in sorted(state.runs.values(), key=lambda run: run.ended or now):
        files = list(_raw(places, run))
        if not files or not _is_over(state, places, run):
            continue
        if days and run.ended and now - run.ended > days * 86_400:
            gone.append(_remove(run, files))
        else:
            left.append((run, sum(_size(file) for file in files)))
    beyond = sum(size for _, size in left) - total_bytes
    for run, size in left:
        if not total_bytes or beyond <= 0:
            break
        gone.append(_remove(run, list(_raw(places, run))))
        beyond -= size
    return gone


def _is_over(state: State, places: Places, run: Run) -> bool:
    task = state.tasks.get(run.task)
    settled = task is None or (task.state in SETTLED and (task.run != run.id or not state.holds_slot(task)))
    return settled and not run.live and not control.is_alive(places.run_dir(run.id))


def _raw(places: Places, run: Run) -> Iterator[Path]:
    folder = places.run_dir(run.id)
    names = [*RAW, *(f"{name}.1" for name in RAW)]
    yield from (path for name in names if (path := folder / name).is_file() and not path.is_symlink())


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _remove(run: Run, files: list[Path]) -> str:
    for path in files:
        with suppress(OSError):
            path.unlink()
    return run.id


def _shorten(log: Path) -> None:
    """Keep the end of a log; its writer appends, so it goes on at the new end."""
    with suppress(OSError):
        if log.stat().st_size > ENGINE_LOG:
            with log.open("rb") as file:
                file.seek(-ENGINE_LOG // 2, os.SEEK_END)
                end = file.read()
            with log.open("r+b") as file:
                file.truncate(0)
                file.write(end[end.find(b"\n") + 1 :])


def forget_asks(places: Places, days: float, now: float) -> None:
    """Remove what reviewers were asked and answered, once it is too old."""
    folder = places.folder / "asks"
    for path in folder.iterdir() if days and folder.is_dir() else ():
        with suppress(OSError):
            if now - path.stat().st_mtime > days * 86_400:
                shutil.rmtree(path)
