"""What an agent may take of the machine: real processes that take more are ended, and it is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cockpit.agents.stream import Breached, Exited
from cockpit.hosts import process
from cockpit.hosts.bounds import Bounds, make_groups
from cockpit.hosts.program import Program
from tests.fakes.driven import DrivenRun, eventually

CROWD = "for n in $(seq 60); do sleep 60 & done; wait"
HOG = f'{sys.executable} -c "x = bytearray(200_000_000); import time; time.sleep(60)"'


def driven(tmp_path: Path, *steps: dict[str, Any]) -> DrivenRun:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"turns": [list(steps)]}))
    return DrivenRun(tmp_path / "it", "scripted", command=str(script))


def ended(run: DrivenRun) -> tuple[Breached, Exited]:
    eventually(lambda: any(isinstance(e, Exited) for e in run.look()), "the agent's end")
    (breached,) = [e for e in run.events if isinstance(e, Breached)]
    (left,) = [e for e in run.events if isinstance(e, Exited)]
    return breached, left


def test_an_agent_that_forks_too_much_is_ended_with_all_of_it_and_says_why(tmp_path: Path) -> None:
    with driven(tmp_path, {"run": CROWD}) as run:
        run.processes = 40
        run.start("go")
        breached, left = ended(run)

        assert breached.what == "processes"
        assert "40 are allowed" in breached.why
        assert left.reason == breached.why
        eventually(lambda: not run.is_alive, "the host's end")
        assert process.tree(str(run.run_dir)) == ()


def test_an_agent_that_takes_too_much_memory_is_ended_and_says_why(tmp_path: Path) -> None:
    with driven(tmp_path, {"run": HOG}) as run:
        run.memory_mb = 170.0
        run.start("go")
        breached, left = ended(run)

        assert breached.what == "memory"
        assert "170 are allowed" in breached.why
        assert left.reason == breached.why


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[str]:
    """A folder whose mark forty processes carry."""
    mark = str(tmp_path)
    child = subprocess.Popen(["sh", "-c", CROWD], env={**os.environ, process.MARK: mark}, start_new_session=True)
    yield mark
    process.kill_tree(mark)
    child.wait()


def test_without_control_groups_the_tree_is_counted(crowd: str) -> None:
    bounds = Bounds(crowd, processes=40)
    breach = eventually(lambda: bounds.look(time.monotonic(), busy=True), "the breach")
    assert breach.what == "processes"


def test_a_quiet_host_counts_seldom(tmp_path: Path) -> None:
    bounds = Bounds(str(tmp_path), memory_mb=1e9, processes=10**6)
    assert bounds.look(100.0, busy=False) is None
    assert bounds.due(100.0) == 115.0
    assert bounds.look(114.0, busy=False) is None
    assert bounds.due(114.0) == 115.0
    assert Bounds(str(tmp_path)).due(100.0) == float("inf")


def test_control_groups_of_version_2_are_used_where_their_controllers_are_on(tmp_path: Path) -> None:
    own, root = tmp_path / "cgroup", tmp_path / "fs"
    own.write_text("0::/user/app\n")
    (root / "user" / "app").mkdir(parents=True)
    bounds = Bounds("/run", memory_mb=100.0, processes=8, cpu_percent=150)

    assert make_groups(bounds, str(root), str(own)) == {}
    (root / "user" / "cgroup.subtree_control").write_text("cpu memory pids\n")
    groups = make_groups(bounds, str(root), str(own))

    folder = Path(groups["pids"])
    assert folder.parent == root / "user"
    assert set(groups) == {"pids", "memory", "cpu"}
    assert (folder / "pids.max").read_text() == "10"
    assert (folder / "memory.max").read_text() == str(125 * 1024 * 1024)
    assert (folder / "cpu.max").read_text() == "150000 100000"


def test_a_process_is_held_before_it_can_start_another(tmp_path: Path) -> None:
    bounds = Bounds("/run", processes=8, groups={"pids": str(tmp_path)})
    bounds.prepare()
    looks = subprocess.run(
        ["cat", tmp_path / "cgroup.procs"], capture_output=True, text=True, check=True, preexec_fn=bounds.enter
    )
    assert looks.stdout == "0"  # the kernel's word for whoever writes it


def test_a_program_in_a_terminal_is_held_before_it_can_start_another(tmp_path: Path) -> None:
    bounds, seen = Bounds("/run", processes=8, groups={"pids": str(tmp_path)}), bytearray()
    program = Program(
        ["cat", str(tmp_path / "cgroup.procs")], "/", {"PATH": os.environ["PATH"]}, (80, 24), first=bounds.enter
    )

    def is_over() -> bool:
        seen.extend(program.read())
        return program.is_silent

    eventually(is_over, "the program's end")
    program.process.wait()
    program.close()
    assert seen == b"0"


def test_groups_that_a_killed_host_left_are_taken_away_and_young_ones_are_not(tmp_path: Path) -> None:
    own, root = tmp_path / "cgroup", tmp_path / "fs"
    own.write_text("0::/app\n")
    for name in ("app/cockpit-old", "app/cockpit-young", "app/other"):
        (root / name).mkdir(parents=True)
    (root / "app" / "cgroup.subtree_control").write_text("memory pids\n")
    for name in ("cockpit-old", "other"):
        os.utime(root / "app" / name, (0, 0))

    make_groups(Bounds("/run", memory_mb=100.0, processes=8), str(root), str(own))

    left = {path.name for path in (root / "app").iterdir() if path.is_dir()}
    assert {"cockpit-young", "other"} < left
    assert "cockpit-old" not in left
