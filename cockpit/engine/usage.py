"""What is used of the machine: free memory and disk, a worktree's size and newest file, the time tools take."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

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
"""A worktree is measured again when the disk has so much less room than at the last time."""

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


def size_mb(worktree: str) -> float:
    """What a worktree takes on the disk, files that are ignored included."""
    total = 0
    for entry in _entries(worktree):
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
class Disk:
    """Which worktrees are too large. One is measured only when the disk has clearly less room than before."""

    _free: dict[str, float] = field(default_factory=dict)
    """Run to the free room when it was measured last."""
    _over: dict[str, str] = field(default_factory=dict)

    async def over(self, engine: Engine, run: Run) -> str:
        """Why a run's worktree is too large; empty where it is not."""
        most = engine.config.machine.worktree_mb
        free = _free_disk(engine) if most and run.worktree else None
        if free is None:
            return ""
        known = self._free.get(run.id)
        if known is None or known - free >= min(GROWN_MB, most / 4):
            self._free[run.id] = free
            self._over[run.id] = await asyncio.to_thread(_too_large, run.worktree, most) if known is not None else ""
        elif free > known:
            self._free[run.id] = free
        return self._over.get(run.id, "")


def _too_large(worktree: str, most: float) -> str:
    size = size_mb(worktree)
    return f"its worktree takes {size:.0f} MB of disk, {most:.0f} are allowed" if size > most else ""
