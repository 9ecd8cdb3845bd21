"""The engine's eyes: how long each run has been silent, and what room the machine has.

One tick every few seconds, of a few small files. Time is what was really watched: a tick that comes late counts
as an ordinary one, so a machine that slept, an engine that was stopped, or a clock that was set makes nobody look
stuck; such a gap is recorded, and everybody begins anew. Only what has been silent for long is looked at closely:
the newest file of its worktree, and the processor time of its tools.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.engine import usage
from cockpit.hosts import control, process
from cockpit.hosts.session_file import BrokenSession, read
from cockpit.policy.sight import Sight, Sights
from cockpit.state import Run, Session, TaskState

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

LATE = 3.0
"""A tick counts as at most so many ticks."""

GAP_SECONDS = 60.0
"""A difference between what the clock says went by and what was watched, from which on it is told."""

WALK_SECONDS = 60.0
"""Watched between two looks at the files of one worktree."""

LEAST_WORK = 0.02
"""Share of a processor that a silent agent's tools use when they are at work."""


@dataclass
class _Look:
    """What is remembered of one run between two ticks."""

    beat: float = -1.0
    active: float = -1.0
    unheard: float = 0.0
    quiet: float = 0.0
    worked: float = -1.0
    """Processor seconds of its tools at the last close look."""
    walked: float = -1.0
    """`quiet` when the files were looked at last."""
    looks: int = 0
    """Close looks since it fell silent."""
    begun: float = 0.0
    """Which of the run's processes this is about, by its start."""


@dataclass
class Vigil:
    """What was seen so far; lost with the engine, and then everybody begins anew."""

    _looks: dict[str, _Look] = field(default_factory=dict)
    _wall: float = 0.0
    _mono: float = 0.0
    _disk: usage.Disk = field(default_factory=usage.Disk)

    async def tick(self, engine: Engine, mono: float) -> None:
        """Look at everybody once, `mono` being the time by a clock that nobody sets."""
        usual = tick_seconds(engine)
        passed, wall = mono - self._mono if self._mono else 0.0, engine.clock()
        counted = min(max(0.0, passed), LATE * usual)
        gap = wall - self._wall - counted if self._mono else 0.0
        self._wall, self._mono = wall, mono
        if abs(gap) >= GAP_SECONDS:
            self._looks.clear()
            if any(run.live for run in engine.state.runs.values()):
                engine.record(events.Overslept(round(gap, 3)))
        live = [run for run in engine.state.runs.values() if run.live]
        seen = {run.id: await self._run(engine, run, counted) for run in live}
        self._looks = {name: look for name, look in self._looks.items() if name in seen}
        before, engine.sights = engine.sights, Sights(seen, usage.machine(engine))
        if _is_news(engine, before, engine.sights):
            engine.wake()

    async def _run(self, engine: Engine, run: Run, counted: float) -> Sight:
        look = self._looks.get(run.id)
        if look is None or look.begun != run.begun:
            look = self._looks[run.id] = _Look(begun=run.begun)
        session = _session(engine, run)
        look.unheard += counted
        look.quiet += counted
        if session is not None and session.last_heartbeat != look.beat:
            look.beat, look.unheard = session.last_heartbeat, 0.0
        if not _is_at_work(engine, run) or (session is not None and session.last_activity != look.active):
            look.active = session.last_activity if session is not None else look.active
            _moved(look)
        if look.unheard >= engine.rules.silent_seconds and await asyncio.to_thread(_host_runs, engine, run):
            look.unheard = 0.0  # it can't write its session file, a full disk say, but it is there
        if look.quiet >= engine.rules.stuck_seconds:
            await self._look_closely(engine, run, look, counted)
        over = await self._disk.over(run, usage.files_of(engine, run), engine.config.machine.worktree_mb)
        return Sight(round(look.unheard), round(look.quiet), look.looks >= 2 and look.walked >= 0, over, run.begun)

    async def _look_closely(self, engine: Engine, run: Run, look: _Look, counted: float) -> None:
        """Its tools, at each tick, and its files, now and then."""
        before = look.worked
        look.worked = await asyncio.to_thread(usage.tools_seconds, engine.places.run_dir(run.id))
        if before >= 0 and abs(look.worked - before) >= LEAST_WORK * max(counted, 1.0):
            _moved(look)
            return
        look.looks += 1
        if look.walked < 0 or look.quiet - look.walked >= WALK_SECONDS:
            look.walked = look.quiet
            since = self._wall - await asyncio.to_thread(usage.newest_change, run.worktree)
            if 0 <= since < look.quiet:
                _moved(look)
                look.quiet = since


def _moved(look: _Look) -> None:
    look.quiet, look.worked, look.walked, look.looks = 0.0, -1.0, -1.0, 0


def _is_at_work(engine: Engine, run: Run) -> bool:
    """Whether anything can be expected of it: a paused, waiting or parked agent may be as silent as it likes."""
    task = engine.state.tasks.get(run.task)
    if task is None or task.state is not TaskState.WORKING or task.stumble or task.parked:
        return False
    return not run.suspended and not engine.state.is_asking(run.id)


def _session(engine: Engine, run: Run) -> Session | None:
    """What its host says of it; None where that can't be read or is about another run."""
    try:
        session = read(engine.places.session_file(run.agent))
    except (OSError, BrokenSession):
        return None
    return session if session.current_task == run.task else None


def _host_runs(engine: Engine, run: Run) -> bool:
    """Whether the host's process still does its rounds, though its session file doesn't show it."""
    pid = int(control.read_pids(engine.places.run_dir(run.id)).get("pid", 0))
    before = process.switches(pid)
    time.sleep(1.0)  # in a thread of its own; a host looks at its agent several times a second
    return before >= 0 and process.switches(pid) > before


def _is_news(engine: Engine, before: Sights, after: Sights) -> bool:
    """Whether the policies could decide otherwise now."""
    rules = engine.rules
    for sight in after.runs.values():
        if sight.disk or sight.unheard >= rules.silent_seconds or (sight.still and sight.quiet >= rules.stuck_seconds):
            return True
    return engine.state.starts_held is not None or before.machine != after.machine


def tick_seconds(engine: Engine) -> float:
    """Between two ticks."""
    return min(5.0, engine.config.agents.heartbeat, max(0.2, engine.rules.stuck_seconds / 4))


async def watch_over(engine: Engine) -> None:
    """Tick until the engine leaves."""
    vigil = Vigil()
    while True:
        await vigil.tick(engine, time.monotonic())
        await asyncio.sleep(tick_seconds(engine))
