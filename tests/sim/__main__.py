"""Simulated nights by the thousand: `scripts/nights 10000`, or one again by its seed: `scripts/nights --seed 7`.

`scripts/nights --scale` plays one night of very many agents and tasks: 1,000 and 100,000 where nothing else is said.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.sim import wide_summary
from tests.sim.result import Result, play
from tests.sim.scenario import LUCK, Scenario, draw
from tests.sim.shrink import cut, flags, shrunk
from tests.sim.story import told

SHOWN = 3
"""Kinds of violations that are shrunk and told."""

CUTS = ("tasks", "faults", "wishes", "luck", "agents", "no_cap", "no_deadline", "no_review", "no_needs")
"""The flags that cut one night down."""

ASKED = "command "
"""How troubles begin that a person made."""


@dataclass
class Summary:
    """What many nights came to."""

    nights: int = 0
    events: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    failed: list[Result] = field(default_factory=list)

    def add(self, one: Result) -> None:
        """One more."""
        self.nights += 1
        self.events += one.events
        self.ended += one.ended
        self.troubles += one.troubles
        if one.violation:
            self.failed.append(one)

    def text(self) -> str:
        """For a person."""
        tasks = ", ".join(f"{count} {state}" for state, count in self.ended.most_common())
        commands = Counter({k.removeprefix(ASKED): n for k, n in self.troubles.items() if k.startswith(ASKED)})
        faults = Counter({k: n for k, n in self.troubles.items() if not k.startswith(ASKED)})
        return "\n".join(
            [
                f"{self.nights} nights, {self.events} events",
                f"tasks      {tasks or 'none'}",
                f"faults     {faults.total()}: {_counted(faults)}",
                f"commands   {commands.total()}: {_counted(commands)}",
                f"violations {len(self.failed)}",
            ]
        )


def _counted(found: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in found.most_common()) or "none"


def main(arguments: Sequence[str]) -> int:
    """Run them; 0 where every promise held, 1 where one was broken."""
    wanted = parser().parse_args(arguments)
    if wanted.scale:
        return wide_summary.main(wanted.seed or 1, wanted.agents or 1_000, int(wanted.tasks or 100_000))
    if wanted.nights is None and wanted.seed is not None:
        return _again(wanted)
    first = wanted.seed if wanted.seed is not None else int.from_bytes(os.urandom(4), "big")
    count = 200 if wanted.nights is None else wanted.nights
    print(f"seeds {first} to {first + count - 1}, {wanted.jobs} at a time", flush=True)
    begun = time.monotonic()
    summary = Summary()
    for one in _played(range(first, first + count), wanted.agents or 10, wanted.jobs):
        summary.add(one)
    print(summary.text())
    used = sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"time       {time.monotonic() - begun:.0f} s, {used:.0f} s of processor")
    _tell_failed(summary.failed, wanted.agents or 10)
    return 1 if summary.failed else 0


def _played(seeds: Sequence[int], agents: int, jobs: int) -> Iterable[Result]:
    one = partial(_play, agents=agents)
    if jobs == 1:
        yield from map(one, seeds)
        return
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(one, seeds, chunksize=20)


def _play(seed: int, agents: int) -> Result:
    return play(draw(seed, agents))[1]


def _tell_failed(failed: Sequence[Result], agents: int) -> None:
    """Each kind with its seeds; the first few as the smallest night that still fails."""
    kinds: dict[str, list[Result]] = {}
    for one in sorted(failed, key=lambda one: one.seed):
        kinds.setdefault(one.kind, []).append(one)
    for number, (kind, found) in enumerate(kinds.items()):
        print(f"\n{len(found)} × {found[0].violation}\n  seeds: {', '.join(str(one.seed) for one in found[:20])}")
        if number < SHOWN:
            _tell_smallest(draw(found[0].seed, agents), kind, agents)


def _tell_smallest(whole: Scenario, kind: str, agents: int) -> None:
    smallest = shrunk(whole, kind)
    night, result = play(smallest)
    print(f"\nThe smallest night that still fails:\n\n{told(night)}\n\n{result.violation}\n")
    seen = ["--seed", str(whole.seed), "--most-agents", str(agents), *flags(smallest, whole)]
    print(f"To see it again: scripts/nights {' '.join(seen)}")


def _again(wanted: argparse.Namespace) -> int:
    """One night, told."""
    whole = draw(wanted.seed, wanted.most_agents)
    scenario = cut(whole, **{name: getattr(wanted, name) for name in CUTS})
    night, result = play(scenario)
    print(told(night))
    print(f"\n{result.violation or 'every promise held'}")
    if result.violation and not wanted.as_it_is:
        smallest = shrunk(scenario, result.kind)
        if smallest.pieces < scenario.pieces:
            _tell_smallest(whole, result.kind, wanted.most_agents)
    return 1 if result.violation else 0


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    found = argparse.ArgumentParser(prog="scripts/nights", description=__doc__)
    found.add_argument("nights", nargs="?", type=int, help="how many (200, or with --seed alone that one night)")
    found.add_argument("--seed", type=int, help="the first night's seed; the others follow it")
    found.add_argument("--agents", type=int, help="agents that a night has at most (10), or that one night has")
    found.add_argument(
        "--scale",
        action="store_true",
        help="one night of --agents N (1000) and --tasks N (100000), with deaths, hangs, red gates, rework, conflicts, "
        "a cap, and engines that are killed and read the ledger anew; it takes long: begin with --tasks 1000",
    )
    found.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="nights at a time (all cores)")
    one = found.add_argument_group("one night, cut down", "numbers as the story's command names them, or none")
    one.add_argument("--most-agents", type=int, default=10, help="what --agents was when the night was found")
    one.add_argument("--tasks", help="only these tasks; with --scale: how many")
    one.add_argument("--faults", help="only these faults")
    one.add_argument("--wishes", help="only these wishes of a person")
    one.add_argument("--luck", help=f"only this bad luck: {', '.join(sorted(LUCK)).replace(' ', '-')}")
    for flag in ("--no-cap", "--no-deadline", "--no-review", "--no-needs"):
        one.add_argument(flag, action="store_true")
    one.add_argument("--as-it-is", action="store_true", help="don't make it smaller")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
