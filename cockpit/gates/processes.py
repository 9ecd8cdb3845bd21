"""Ends a command together with everything it started.

A process group is not enough: a child that made its own session (`setsid`, a daemon, a server that a test
left behind) is in none of ours. So every process also carries a mark in its environment, and where there is a
/proc all of these are found and ended: those with the mark, those in the command's session, and the
children of either.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "COCKPIT_GATE"
"""The variable; its value is unique to one command."""

_PROC = Path("/proc")
_ROUNDS = 100
"""A process may fork while we look; each round finds what the last one missed."""


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    session: int


def kill_tree(leader: int | None, mark: str) -> None:
    """Kill (SIGKILL) the session that `leader` leads, where it is known, and everything that carries `mark`."""
    if leader is not None:
        _kill_group(leader, signal.SIGKILL)
    for _ in range(_ROUNDS):
        found = list(living(leader, mark))
        if not found:
            return
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def terminate(leader: int) -> None:
    """Ask the command's process group to leave."""
    _kill_group(leader, signal.SIGTERM)


def living(leader: int | None, mark: str) -> Iterator[int]:
    """Every process of the command that still runs, itself included; none where there is no /proc."""
    processes = list(_processes())
    wanted = f"{MARK}={mark}".encode()
    found = {p.pid for p in processes if p.session == leader or _carries(p.pid, wanted)}
    grew = True
    while grew:
        children = {p.pid for p in processes if p.parent in found} - found
        found |= children
        grew = bool(children)
    yield from sorted(found - {os.getpid()})


def _kill_group(leader: int, number: signal.Signals) -> None:
    # No other process gets the group's number while the group has a member; numbers go round slowly.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


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
    if len(fields) < 4 or fields[0] in (b"Z", b"X"):
        return None
    return _Process(pid, int(fields[1]), int(fields[3]))


def _carries(pid: int, wanted: bytes) -> bool:
    try:
        return wanted in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # gone, or somebody else's
        return False
