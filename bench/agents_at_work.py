"""A night's own cost: from claim to agent, an idle engine with ten agents, one host's memory."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

from bench.rows import Row, cpu_seconds, rss_mb
from cockpit import events
from cockpit.hosts import control
from cockpit.lock import engine_pid
from tests.e2e.desk import Desk, ended, sits_down
from tests.e2e.scripts import WORK, plan, scripted

IDLE_SECONDS = 20.0


def rows(base: Path) -> list[Row]:
    """Three rows."""
    return [_claims(base / "claims"), *_idle(base / "idle")]


def _claims(base: Path) -> Row:
    root = scripted(base, WORK)
    plan(root, *(f"task {n}" for n in range(8)))
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(ended)
        taken = statistics.median(_from_claim_to_start(user))
    bare = statistics.median(_worktree_add(root, base / f"bare-{n}") for n in range(8))
    own = (taken - bare) * 1000
    measured = f"{taken * 1000:.0f} ms - {bare * 1000:.0f} ms = {own:.0f} ms"
    return Row("claim to agent process, less `git worktree add`", measured, "≤ 150 ms", own <= 150)


def _from_claim_to_start(user: Desk) -> list[float]:
    claimed: dict[str, float] = {}
    taken = []
    for one in user.log():
        if isinstance(one.event, events.TaskClaimed):
            claimed[one.event.run] = one.at
        if isinstance(one.event, events.RunStarted):
            taken.append(one.at - claimed[one.event.run])
    return taken


def _worktree_add(root: Path, path: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(["git", "-C", str(root), "worktree", "add", "-q", "--detach", str(path)], check=True)
    return time.perf_counter() - begun


def _idle(base: Path) -> list[Row]:
    root = scripted(base, [{"hang": True}], count=10, more="")
    (root / "cockpit.toml").write_text(
        (root / "cockpit.toml").read_text().replace("heartbeat = 0.5", "heartbeat = 5.0")
    )
    plan(root, *(f"task {n}" for n in range(10)))
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: sum(r.live for r in s.runs.values()) == 10)
        pid = engine_pid(user.places.folder) or 0
        time.sleep(3)
        before = cpu_seconds(pid)
        time.sleep(IDLE_SECONDS)
        share = 100 * (cpu_seconds(pid) - before) / IDLE_SECONDS
        hosts = [rss_mb(int(control.read_pids(user.places.run_dir(f"T{n}-1"))["pid"])) for n in range(1, 11)]
    most = max(hosts)
    return [
        Row("engine with 10 idle agents, of one core", f"{share:.2f} %", "≤ 1 %", share <= 1),
        Row("one host's memory (RSS, largest of 10)", f"{most:.1f} MB", "≤ 25 MB", most <= 25),
    ]
