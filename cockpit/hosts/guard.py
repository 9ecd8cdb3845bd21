"""The guard: the parent of a host, which does nothing but outlive it and end what it leaves.

A host that is killed takes its agent with it: the kernel sees to that. What the agent's tools have started, in
sessions of their own, with nohup or forked twice, then falls to the guard, for it is the reaper of all that come
after it; it kills them and leaves. A guard that is killed takes its host along, and so the agent, so that there
is nothing that nobody looks after. If all three are killed at once, the engine sweeps, or the next one does.
"""

from __future__ import annotations

import os
import signal
import sys

from cockpit import faults
from cockpit.hosts import process

IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
"""Signals that are meant for the host, or for nobody."""


def stand(run_dir: str, *not_mine: int) -> None:
    """Fork. Returns in the child, which is to be the host; its parent guards it and never comes back.

    `not_mine` are descriptors that only the host shall keep.
    """
    process.adopt_orphans()
    mine = os.getpid()
    host = os.fork()
    if host == 0:
        process.die_with_parent(mine)
        return
    for fd in not_mine:
        os.close(fd)
    try:
        _watch(run_dir, host)
    finally:
        os._exit(0)


def _watch(run_dir: str, host: int) -> None:
    faults.process("guard")
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    faults.reach("guard")
    while os.wait()[0] != host:
        continue  # an orphan that came to us and has left
    faults.reach("sweep.before")
    left = process.kill_descendants(run_dir)
    if left:
        print(f"processes that could not be killed: {left}", file=sys.stderr, flush=True)
