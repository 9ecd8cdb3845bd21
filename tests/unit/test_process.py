"""Process trees: found by their mark and their descent, stopped, continued and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cockpit.hosts import process
from tests.fakes.driven import eventually

FAMILY = "tail -f /dev/null & setsid tail -f /dev/null & env -i tail -f /dev/null & wait"
"""A shell, a child, one in a session of its own and one without any environment."""

Start = Callable[[str, Path], subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a shell command that carries the mark of a run; all of them are gone afterwards."""
    begun: list[tuple[subprocess.Popen[bytes], Path]] = []

    def begin(command: str, run: Path) -> subprocess.Popen[bytes]:
        environment = {"PATH": os.environ["PATH"], process.MARK: str(run)}
        begun.append((subprocess.Popen(["sh", "-c", command], env=environment, start_new_session=True), run))
        return begun[-1][0]

    yield begin
    for child, run in begun:
        process.kill_tree(str(run))
        child.kill()
        child.wait()


def family(start: Start, run: Path) -> tuple[int, ...]:
    """Four processes of one run."""
    start(FAMILY, run)
    return eventually(lambda: found if len(found := process.tree(str(run))) == 4 else None, "the family")


def states(pids: tuple[int, ...]) -> set[str]:
    """The states that /proc knows, `T` for stopped."""
    return {Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in pids}


def test_a_tree_is_all_that_carry_the_mark_and_their_descendants(tmp_path: Path, start: Start) -> None:
    one, other = tmp_path / "T1-1", tmp_path / "T1-10"
    found = family(start, one)
    others = family(start, other)
    assert not set(found) & set(others)
    assert os.getpid() not in found
    assert process.tree(str(tmp_path / "none")) == ()


def test_the_descendants_of_a_root_need_no_mark(tmp_path: Path, start: Start) -> None:
    shell = start("env -i tail -f /dev/null & wait", tmp_path / "run")
    (child,) = eventually(lambda: process.tree(str(tmp_path / "none"), shell.pid), "the child")
    assert child != shell.pid


def test_a_tree_stops_and_goes_on_as_one(tmp_path: Path, start: Start) -> None:
    run = str(tmp_path)
    found = family(start, tmp_path)
    assert process.stop_tree(run) == found
    eventually(lambda: states(found) == {"T"}, "the stop")
    assert process.continue_tree(run) == found
    eventually(lambda: "T" not in states(found), "the end of it")


def test_a_killed_tree_has_nobody_left_stopped_ones_included(tmp_path: Path, start: Start) -> None:
    family(start, tmp_path)
    process.stop_tree(str(tmp_path))
    assert process.kill_tree(str(tmp_path)) == ()
    assert process.tree(str(tmp_path)) == ()


def test_a_tree_that_keeps_forking_is_killed(tmp_path: Path, start: Start) -> None:
    start("while :; do (exec tail -f /dev/null) & read -r _ < /proc/self/stat; done", tmp_path)
    eventually(lambda: len(process.tree(str(tmp_path))) > 20, "the crowd")
    assert process.kill_tree(str(tmp_path)) == ()


@pytest.mark.skipif(not process.HAS_PROC, reason="where there is no /proc, only the table of ps is read")
def test_a_process_on_its_way_out_counts_until_it_is_gone(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows no mark any more, and may hold a lock still."""
    child = start("exec tail -f /dev/null", tmp_path)
    shown = iter([(child.pid,)])
    monkeypatch.setattr(process, "tree", lambda *_: next(shown, ()))
    monkeypatch.setattr(process, "_signal", lambda *_: None)

    assert process.kill_tree(str(tmp_path), seconds=0.05) == (child.pid,)


@pytest.mark.skipif(not process.HAS_PROC, reason="where there is no /proc, only the table of ps is read")
def test_a_process_between_two_programs_is_found_by_another_look(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = start("exec tail -f /dev/null", tmp_path)
    shown = iter([(), (child.pid,)])
    monkeypatch.setattr(process, "tree", lambda *_: next(shown, ()))

    assert process.kill_tree(str(tmp_path)) == ()
    assert child.wait(60) == -signal.SIGKILL


def test_a_process_is_known_by_number_and_start(tmp_path: Path, start: Start) -> None:
    before = time.time()
    child = start("exec tail -f /dev/null", tmp_path)
    since = process.started(child.pid)
    assert abs(since - before) < 5
    assert process.is_running(child.pid, since)
    assert not process.is_running(child.pid, since - 60)
    child.kill()
    eventually(lambda: process.started(child.pid) == 0.0, "its death")
    assert not process.is_running(child.pid, since)


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1])
def test_nobody_was_started_never(pid: int) -> None:
    assert process.started(pid) == 0.0
    assert not process.is_running(pid, 0.0)


PS = """\
    1     0 Ss   /sbin/launchd
  200     1 S    node cli.js PATH=/bin COCKPIT_RUN=/w/my runs/T1-1 HOME=/h
  201   200 S+   tail -f /dev/null COCKPIT_RUN=/w/my runs/T1-1
  202   200 S    tail -f /dev/null COCKPIT_RUN=/w/my runs/T1-10
  203   200 Z    (sh)
  204   200 R
"""


def test_the_table_of_ps_is_read_where_there_is_no_proc() -> None:
    table = process.parse_ps(PS, "COCKPIT_RUN=/w/my runs/T1-1")
    assert [(p.pid, p.parent, p.marked) for p in table] == [
        (1, 0, False),
        (200, 1, True),
        (201, 200, True),
        (202, 200, False),
        (204, 200, False),
    ]
