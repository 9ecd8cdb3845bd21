"""Processes that nobody looks after any more: found by the marks in their environment, and ended.

Of an agent whose host is dead: everything that carries its run's mark. Of an engine that was killed: its gates,
setup commands and model calls. A command of git that it had begun is let come to its end, which is near; killed in the
middle it would leave a repository half changed.

Reads /proc; where there is none, only the runs are looked through.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cockpit.hosts import control, process

ENGINE_MARK = "COCKPIT_ENGINE"
"""The variable by which the engine's children know their engine: its number and birth."""

_COMMAND_MARKS = ("COCKPIT_GATE", "COCKPIT_CHILD")
"""What gates, setup commands and model calls carry."""

GIT_SECONDS = 20.0
"""How long a command of git may take to its end; then it hangs, on a network file system perhaps."""


@dataclass(frozen=True, slots=True)
class Orphan:
    """A process without anybody who would end it."""

    pid: int
    what: str
    """In words: of which run, or which sort of command."""
    is_git: bool = False


def engine_mark(pid: int) -> str:
    """The value of the engine's mark."""
    return f"{pid}:{process.birth(pid)}"


def find(folder: Path) -> list[Orphan]:
    """All of them, for the repository whose `.cockpit` is `folder`."""
    if not process.HAS_PROC:
        return list(_of_dead_runs(folder))
    found: dict[int, Orphan] = {}
    alive: dict[str, bool] = {}
    for pid, marks in _marked(folder):
        if orphan := _orphan(folder, pid, marks, alive):
            found[pid] = orphan
    for pid in [orphan.pid for orphan in found.values() if not orphan.is_git]:
        for child in process.descendants(pid):
            found.setdefault(child, Orphan(child, found[pid].what))
    found.pop(os.getpid(), None)
    return sorted(found.values(), key=lambda orphan: orphan.pid)


def sweep(folder: Path, seconds: float = 5.0) -> list[Orphan]:
    """End all of them, git last and by itself; what was ended."""
    ended: dict[int, Orphan] = {}
    until, patience = time.monotonic() + seconds, time.monotonic() + GIT_SECONDS
    while left := find(folder):
        ended |= {orphan.pid: orphan for orphan in left}
        for orphan in left:
            if not orphan.is_git or time.monotonic() > patience:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(orphan.pid, signal.SIGKILL)
        if time.monotonic() > (patience + seconds if any(o.is_git for o in left) else until):
            break
        time.sleep(0.01)
    return sorted(ended.values(), key=lambda orphan: orphan.pid)


def _of_dead_runs(folder: Path) -> Iterator[Orphan]:
    for run_dir in sorted((folder / "runs").glob("*")):
        if not control.is_alive(run_dir):
            for pid in process.tree(str(run_dir)):
                yield Orphan(pid, f"of {run_dir.name}, whose host is dead")


def _marked(folder: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Every process of this house, with the marks it carries."""
    house = f"{process.HOUSE_MARK}={folder}".encode(errors="surrogateescape")
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            variables = Path("/proc", name, "environ").read_bytes().split(b"\0")
        except OSError:  # gone, or somebody else's
            continue
        if house in variables:
            words = (os.fsdecode(v).partition("=") for v in variables if v.startswith(b"COCKPIT_"))
            yield int(name), {key: value for key, _, value in words}


def _orphan(folder: Path, pid: int, marks: Mapping[str, str], alive: dict[str, bool]) -> Orphan | None:
    if run_dir := marks.get(process.MARK):
        if run_dir not in alive:
            alive[run_dir] = control.is_alive(run_dir)
        return None if alive[run_dir] else Orphan(pid, f"of {Path(run_dir).name}, whose host is dead")
    mark = marks.get(ENGINE_MARK, "")
    number, _, birth = mark.partition(":")
    if not number.isdigit() or process.birth(int(number)) == birth:
        return None
    if any(name in marks for name in _COMMAND_MARKS):
        return Orphan(pid, "a gate, a setup command or a review of an engine that is dead")
    is_git = _name(pid).startswith("git") and pid != os.getpid()
    return Orphan(pid, "a command of git of an engine that is dead", is_git=True) if is_git else None


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except OSError:
        return ""
