"""What an agent and all it starts may take of the machine: memory, processes, processor time.

Where the system lets us make a control group (cgroup v2 with its controllers delegated to us, or v1), the kernel
holds the agent to its bounds, and a look costs two small files. Everywhere else the process tree is counted: every few
seconds while the agent works, seldom while it is silent, and at once where the machine's tasks or its free memory
change in a leap, so that a fork bomb is seen in time. Whoever takes too much is ended, and that is said.
"""

from __future__ import annotations

import hashlib
import os
import resource
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from cockpit.hosts import process

BUSY_SECONDS, CALM_SECONDS, LEAP_SECONDS = 2.0, 15.0, 0.2
"""Between two counts: of an agent at work, of a silent one, and at least."""

LEAP_SHARE = 0.25
"""Of a bound: the machine's tasks or memory changed by so much since the last count, so it is time for another."""

SLACK = 1.25
"""The kernel's bounds are a little wider than ours: we end an agent and say why, before the kernel does without."""

OLD_SECONDS = 60.0
"""A group that is older and empty belonged to a host that was killed; a younger one may be just about to be used."""

CGROUPS = "/sys/fs/cgroup"

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Breach:
    """A bound that was passed."""

    what: str
    """memory or processes."""
    why: str


@dataclass
class Bounds:
    """The bounds of one agent's process tree."""

    run_dir: str
    memory_mb: float = 0.0
    """0: none."""
    processes: int = 0
    cpu_percent: float = 0.0
    """Of one processor; only where there are control groups."""
    nice: int = 0
    """How far the agent steps back for others."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """The control groups' folders, by controller."""
    _next: float = 0.0
    _not_before: float = 0.0
    _tasks: int = 0
    _free: float = 0.0
    _most_tasks: tuple[int, int] | None = None

    def prepare(self) -> None:
        """Before a process is started: make what will hold it."""
        self.groups = self.groups or make_groups(self)
        self._most_tasks = self._fork_limit()

    def enter(self) -> None:
        """Hold the calling process, and all that it will start. For a new child, before it is anything else.

        From outside it would be too late: what a cage has forked meanwhile would be out of the group for good.
        """
        for folder in set(self.groups.values()):
            _write(os.path.join(folder, "cgroup.procs"), "0")
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, self.nice)
        if self._most_tasks:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NPROC, self._most_tasks)

    def _fork_limit(self) -> tuple[int, int] | None:
        """Where we are not root the kernel counts a user's tasks: a backstop far above what is allowed."""
        if not self.processes or os.geteuid() == 0:
            return None
        _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        most = 4 * self.processes + process.tasks()
        return (most, hard) if hard == resource.RLIM_INFINITY or most < hard else None

    def due(self, now: float) -> float:
        """When to look again."""
        return max(now, self._next) if self.memory_mb or self.processes else float("inf")

    def look(self, now: float, busy: bool) -> Breach | None:
        """Count where it is time for that."""
        if not (self.memory_mb or self.processes) or now < self._not_before or (now < self._next and not self._leapt()):
            return None
        self._not_before = now + LEAP_SECONDS
        self._next = now + (BUSY_SECONDS if busy else CALM_SECONDS)
        self._tasks, self._free = process.tasks(), process.free_memory_mb() or 0.0
        count, memory = self._counted()
        if self.processes and count > self.processes:
            return Breach("processes", f"it had {count} processes, {self.processes} are allowed")
        if self.memory_mb and memory > self.memory_mb:
            return Breach("memory", f"it took {memory:.0f} MB of memory, {self.memory_mb:.0f} are allowed")
        return None

    def _leapt(self) -> bool:
        """Whether the whole machine changed so much that it could have been this agent."""
        if self.processes and process.tasks() - self._tasks > LEAP_SHARE * self.processes:
            return True
        free = process.free_memory_mb() if self.memory_mb else None
        return free is not None and self._free - free > LEAP_SHARE * self.memory_mb

    def _counted(self) -> tuple[int, float]:
        """Processes and megabytes of the agent's whole tree."""
        pids, memory = self.groups.get("pids"), self.groups.get("memory")
        if pids and memory:
            return _number(os.path.join(pids, "pids.current")), _anonymous(memory) / MB
        return process.weight(self.run_dir, os.getpid())

    def release(self) -> None:
        """Take the control groups away, when nobody is in them any more."""
        for folder in set(self.groups.values()):
            with suppress(OSError):
                os.rmdir(folder)


def make_groups(bounds: Bounds, root: str = CGROUPS, of: str = "/proc/self/cgroup") -> dict[str, str]:
    """Control groups with the bounds in them, by controller; empty where the system doesn't let us."""
    name = "cockpit-" + hashlib.sha256(bounds.run_dir.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    for line in process.read_text(of).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            for parent in (path, os.path.dirname(path)):
                if made := _version_2(os.path.join(root, parent.lstrip("/")), name, bounds):
                    return made
    found: dict[str, str] = {}
    for line in process.read_text(of).splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        for one in set(controllers.split(",")) & _FILES_1.keys():
            folder = os.path.join(root, one, path.lstrip("/"), name)
            if _made(folder) and _fill(folder, _FILES_1[one], bounds):
                found[one] = folder
    return found


def _version_2(parent: str, name: str, bounds: Bounds) -> dict[str, str]:
    """A group of version 2 below `parent`, where its controllers are on for what is below."""
    there = set(process.read_text(os.path.join(parent, "cgroup.subtree_control")).split()) & _FILES_2.keys()
    folder = os.path.join(parent, name)
    if not {"pids", "memory"} <= there or not _made(folder):
        return {}
    return {one: folder for one in there if _fill(folder, _FILES_2[one], bounds)}


_FILES_1 = {"pids": "pids.max", "memory": "memory.limit_in_bytes", "cpu": "cpu.cfs_quota_us"}
_FILES_2 = {"pids": "pids.max", "memory": "memory.max", "cpu": "cpu.max"}


def _fill(folder: str, file: str, bounds: Bounds) -> bool:
    """Write one bound into its file; nothing for one that is not set."""
    values = {
        "pids.max": int(bounds.processes * SLACK),
        "memory.max": int(bounds.memory_mb * SLACK * MB),
        "memory.limit_in_bytes": int(bounds.memory_mb * SLACK * MB),
        "cpu.max": int(bounds.cpu_percent * 1000),
        "cpu.cfs_quota_us": int(bounds.cpu_percent * 1000),
    }
    value = values[file]
    return not value or _write(os.path.join(folder, file), f"{value} 100000" if file == "cpu.max" else str(value))


def _made(folder: str) -> bool:
    _sweep(os.path.dirname(folder))
    try:
        os.mkdir(folder)
    except FileExistsError:
        return True
    except OSError:
        return False
    return True


def _sweep(parent: str) -> None:
    """Take away what hosts that were killed left; the kernel keeps a group in which anybody is."""
    with suppress(OSError):
        for name in os.listdir(parent):
            folder = os.path.join(parent, name)
            if name.startswith("cockpit-") and time.time() - os.stat(folder).st_mtime > OLD_SECONDS:
                with suppress(OSError):
                    os.rmdir(folder)


def _write(path: str, text: str) -> bool:
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    except OSError:
        return False
    return True


def _number(path: str) -> int:
    text = process.read_text(path).strip()
    return int(text) if text.isdigit() else 0


def _anonymous(folder: str) -> int:
    """Bytes that are not merely a cache of files."""
    for line in process.read_text(os.path.join(folder, "memory.stat")).splitlines():
        name, _, value = line.partition(" ")
        if name in ("anon", "total_rss"):
            return int(value)
    return 0
