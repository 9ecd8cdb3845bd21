"""The scale night from the command line: played to its end, and told in a few lines."""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections import Counter

from tests.sim.audit import Violation
from tests.sim.wide import WideNight, draw

SOON = 60.0
"""Seconds between two lines that say how far it is."""


class Told(WideNight):
    """A scale night that says how far it is."""

    shown = 0.0

    def look(self) -> None:
        """Say it, if nothing was said for a while."""
        if time.monotonic() < self.shown + SOON:
            return
        self.shown = time.monotonic()
        print(f"  {self.text()}", flush=True)

    def text(self) -> str:
        """How far it is."""
        state = self.engine.state if self.engine is not None else self.known
        ended = Counter(str(task.state) for task in state.tasks.values())
        tasks = ", ".join(f"{count:,} {name}" for name, count in ended.most_common())
        return f"{len(self.log):,} events, {self.now / 3600:.1f} hours: {tasks}"


def main(seed: int, agents: int, tasks: int) -> int:
    """Play it; 0 where every promise held, 1 where one was broken."""
    print(f"one night of {agents:,} agents and {tasks:,} tasks, seed {seed}", flush=True)
    begun, used, broken = time.monotonic(), time.process_time(), ""
    night = Told(draw(seed, agents, tasks))
    night.shown = begun
    gc.set_threshold(100_000, 50, 50)  # nearly all that is made stays: looking for circles in it again finds none
    try:
        night.run()
    except Violation as error:
        broken = str(error)
    state = night.engine.state if night.engine is not None else night.known
    faults = ", ".join(f"{kind} {count:,}" for kind, count in Counter(night.faults).most_common())
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    print(night.text())
    print(f"money      ${state.spent_usd:,.2f} of ${night.scenario.cap:,.2f}")
    print(f"faults     {faults}")
    print(f"engines    {night.engines}, each from the whole ledger")
    seconds, used = time.monotonic() - begun, time.process_time() - used
    print(f"time       {seconds:.0f} s, {used:.0f} s of processor: {used / tasks * 1000:.1f} ms a task; {size:.0f} MB")
    print(f"\n{broken or 'every promise held'}")
    return 1 if broken else 0
