"""Ends a command together with everything it started.

A process group is not enough: a child that made its own session (`setsid`, a daemon, a server that a test
left behind) is in none of ours. So every process also carries a mark in its environment, and where there is a
/proc all of these are found and ended: those with the mark, those in the command's session, and the
children of either, also when their parent has died since. Elsewhere the process group has to do.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_ROUNDS = 100
"""A process may fork while we look; each round finds what the last one missed."""


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    session: int
    started: int
    """In ticks since the machine started: tells a process from a later one with the same number."""


@dataclass(slots=True)
class Tree:
    """A command's processes: found as often as asked for, and remembered, since orphans lose their parent."""

    variable: str
    """Carries the mark in the environment of every process; its name says what sort of command it is."""
    mark: str
    """Unique to one command."""
    leader: int | None = None
    """The command itself, which leads a session and a group; None until it has started."""
    _known: dict[int, int] = field(default_factory=dict)

    def living(self) -> list[int]:
        """Every process of the command that still runs, itself included; none where there is no /proc."""
        processes = list(_processes())
        found = {p.pid for p in processes if self._is_ours(p)}
        grew = True
        while grew:
            children = {p.pid for p in processes if p.parent in found} - found
            found |= children
            grew = bool(children)
        self._known = {p.pid: p.started for p in processes if p.pid in found}
        return sorted(found)

    def terminate(self) -> None:
        """Ask all of it to leave."""
        self._signal(self.living(), signal.SIGTERM)

    def kill(self) -> None:
        """End all of it."""
        for _ in range(_ROUNDS):
            found = self.living()
            self._signal(found, signal.SIGKILL)
            if not found:
                return

    def _is_ours(self, process: _Process) -> bool:
        if process.session == self.leader or self._known.get(process.pid) == process.started:
            return True
        return _carries(process.pid, f"{self.variable}={self.mark}".encode())

    def _signal(self, pids: Sequence[int], number: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        if self.leader is not None and not _PROC.is_dir():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.leader, number)


def _processes() -> Iterator[_Process]:
    if not _PROC.is_dir():
        return
    for name in os.listdir(_PROC):
        if name.isdigit() and (process := _read(int(name))) is not None:
            yield process


def _read(pid: int) -> _Process | None:
    """The process; None where it is gone, or dead and not yet waited for."""
    try:
        # The name stands in brackets and may hold anything, so only what follows the last one is split.
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    if len(fields) < 20 or fields[0] in (b"Z", b"X"):
        return None
    return _Process(pid, int(fields[1]), int(fields[3]), int(fields[19]))


def _carries(pid: int, wanted: bytes) -> bool:
    try:
        return wanted in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # gone, or somebody else's
        return False
