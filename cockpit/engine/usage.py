"""What is used of the machine: free memory and disk, a worktree's size and newest file, the time tools take."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import repo
from cockpit.engine import caging
from cockpit.hosts import control, process
from cockpit.policy.sight import Machine

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine
    from cockpit.state import Run

STEP_MB = 64.0
"""Room on the machine is told in steps, so that it is no news at every tick."""

MOST_FILES = 200_000
"""Of a worktree that are looked at."""

GROWN_MB = 256.0
"""A run's files are measured again when the disk has so much less room than at the last time."""

MB = 1024 * 1024


def machine(engine: Engine) -> Machine:
    """The room there is, in steps."""
    return Machine(_stepped(process.free_memory_mb()), _stepped(_free_disk(engine)))


def _stepped(mb: float | None) -> float | None:
    return None if mb is None else mb // STEP_MB * STEP_MB


def _free_disk(engine: Engine) -> float | None:
    folder = engine.places.worktrees(engine.config.repository.worktrees)
    return free_disk_mb(folder)


def free_disk_mb(folder: Path) -> float | None:
    """Free on the disk that holds `folder`, or will hold it; None where nobody can say."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free / MB
    except OSError:
        return None


def tools_seconds(run_dir: Path) -> float:
    """Processor seconds of all that a run's agent started, those included that have ended; not of the agent itself."""
    pids = control.read_pids(run_dir)
    return process.tools_seconds(str(run_dir), int(pids.get("pid", 0)), int(pids.get("agent_pid", 0)))


def newest_change(worktree: str) -> float:
    """When anything in a worktree changed last, git's own files apart; 0.0 where nothing can be seen."""
    newest = 0.0
    for entry in _entries(worktree):
        try:
            newest = max(newest, entry.stat(follow_symlinks=False).st_mtime)
        except OSError:
            continue
    return newest


def size_mb(folder: str) -> float:
    """What a folder takes on the disk, files that are ignored included."""
    total = 0
    for entry in _entries(folder):
        try:
            total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue
    return total / MB


def _entries(worktree: str) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    todo = [worktree]
    while todo and len(found) < MOST_FILES:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    found.append(entry)
                    if entry.name != ".git" and entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
        except OSError:
            continue
    return found


@dataclass
class _Measured:
    """What is known of one process of a run."""

    begun: float
    free: float
    """The room there was when its files were measured last."""
    why: str = ""


@dataclass
class Disk:
    """Whose files are too large. They are measured only when the disk has clearly less room than before."""

    room: Callable[[Path], float | None] = free_disk_mb
    _known: dict[str, _Measured] = field(default_factory=dict)

    async def over(self, run: Run, folders: Sequence[Path], most: float) -> str:
        """Why what a run has in these folders is too large; empty where it is not.

        A process that takes the work up again is measured when it has taken more: it may make room first.
        """
        free = self._free(folders) if most and run.worktree else None
        if free is None:
            return ""
        known = self._known.get(run.id)
        if known is None or known.begun != run.begun:
            known = self._known[run.id] = _Measured(run.begun, free)
        elif known.free - free >= min(GROWN_MB, most / 4):
            known.free, known.why = free, await asyncio.to_thread(_too_large, folders, most)
        elif free > known.free:
            known.free = free
        return known.why

    def _free(self, folders: Sequence[Path]) -> float | None:
        """On all the disks that the folders lie on."""
        disks = {device: folder for folder in folders if (device := _device(folder)) is not None}
        rooms = [self.room(folder) for folder in disks.values()]
        return sum(room for room in rooms if room is not None) if any(room is not None for room in rooms) else None


def _device(folder: Path) -> int | None:
    try:
        return folder.stat().st_dev
    except OSError:
        return None


def _too_large(folders: Sequence[Path], most: float) -> str:
    size = sum(size_mb(str(folder)) for folder in folders)
    return f"its worktree and temporary files take {size:.0f} MB of disk, {most:.0f} are allowed" if size > most else ""


def files_of(engine: Engine, run: Run) -> tuple[Path, ...]:
    """Where an agent's files grow: its worktree, and what its cage gives it beside that."""
    run_dir, worktree = engine.places.run_dir(run.id), Path(run.worktree)
    return worktree, run_dir / "tmp", caging.own_folder(run_dir), repo.store_of(engine.repository, worktree)
