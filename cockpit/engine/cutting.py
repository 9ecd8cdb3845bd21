"""Cutting a run: its processes are brought to an end, its slot, worktree and conversation remain."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cockpit.engine import watch
from cockpit.hosts import control, process
from cockpit.hosts.launch import Control
from cockpit.policy.actions import Cut

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

LEAVE_SECONDS = 30.0
"""How long an agent that is stuck may take to leave when it is asked to; it keeps more of its conversation so."""

KILL_SECONDS = 5.0

POLITE = frozenset({"stuck", "limit"})
"""The kinds where there is a host that hears us and an agent that may still flush what it has."""

LEAVING = frozenset({"memory", "processes"})
"""The kinds where the host has ended the agent already, and leaves by itself."""


async def cut(engine: Engine, effect: Cut) -> None:
    """End everything that the run has started; the ledger hears of it as of any other exit."""
    run = engine.state.runs[effect.run]
    run_dir = engine.places.run_dir(run.id)
    if run.cut_kind in LEAVING:
        await asyncio.to_thread(control.wait_gone, run_dir, KILL_SECONDS)
    elif run.cut_kind in POLITE and control.send(run_dir, Control("end")):
        await asyncio.to_thread(control.wait_gone, run_dir, LEAVE_SECONDS)
    if control.is_alive(run_dir):
        await asyncio.to_thread(control.kill_host, run_dir)
        await asyncio.to_thread(control.wait_gone, run_dir, KILL_SECONDS)
    await asyncio.to_thread(process.kill_tree, str(run_dir))
    watch.check_dead(engine, run.id)
