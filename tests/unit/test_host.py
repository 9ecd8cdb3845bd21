"""The host: real hosts and real agent processes, in the ordinary and in the ugly cases."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cockpit import codec
from cockpit.agents import LaunchError
from cockpit.agents.stream import (
    Ended,
    Exited,
    Garbled,
    Line,
    Read,
    Said,
    Spent,
    Started,
    Told,
    ToolCalled,
    ToolReturned,
    dump_line,
    load_line,
)
from cockpit.hosts import control, process
from cockpit.hosts.journal import MAX_GARBLED, Journal
from cockpit.hosts.launch import Control, Launch
from cockpit.hosts.leaving import LADDER, Ladder, Step
from cockpit.hosts.lines import MAX_LINE, LineReader, end_last_line
from cockpit.hosts.progress import Progress, first_line
from tests.fakes.driven import DrivenRun, eventually, is_gone

ROOT = Path(__file__).parents[2]

STUBBORN = """#!{python}
import json, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
print(json.dumps({{"type": "system", "subtype": "init", "session_id": "s"}}), flush=True)
while True:
    signal.pause()
"""
"""An agent CLI that leaves for nobody."""

DYING = """#!/bin/sh
printf '\\033[31mfatal:\\033[0m no licence\\n' >&2
exit 7
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "all"


def scripted(folder: Path, *turns: list[dict[str, Any]]) -> DrivenRun:
    """A run whose agent plays the turns."""
    script = folder.parent / "script.json"
    script.write_text(json.dumps({"turns": turns}), encoding="utf-8")
    return DrivenRun(folder, "scripted", command=str(script))


def with_cli(folder: Path, text: str) -> DrivenRun:
    """A run whose agent is a CLI of our own making in place of Claude Code."""
    path = folder.parent / "cli"
    path.write_text(text.format(python=sys.executable) if "{python}" in text else text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return DrivenRun(folder, "claude", command=str(path))


HANGS: list[dict[str, Any]] = [{"say": "I hang."}, {"hang": True}]


# Starting


def test_a_run_has_one_host(folder: Path) -> None:
    with scripted(folder) as run:
        run.start("Begin")
        run.ended()
        with pytest.raises(LaunchError, match=r"a host already runs T1-1"):
            run.start("Begin again")
        second = subprocess.run(
            [sys.executable, "-m", "cockpit.hosts", str(run.run_dir)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert second.returncode == 3
        assert "another host runs" in second.stderr
        assert run.is_alive


def test_an_agent_that_can_not_be_started_is_said_in_words(folder: Path) -> None:
    with DrivenRun(folder, "scripted", command="/nowhere/script.json") as run:
        with pytest.raises(LaunchError, match=r"there is no file '/nowhere/script\.json'"):
            run.start("Begin")
        assert not run.is_alive
        assert run.look() == []


def test_a_worktree_that_is_gone_is_said_in_words(folder: Path) -> None:
    with scripted(folder) as run:
        subprocess.run(["rm", "-r", run.worktree], check=True)
        with pytest.raises(LaunchError, match=r"can't be started: .*worktree"):
            run.start("Begin")
        assert not run.is_alive


def test_a_broken_launch_file_is_no_riddle(folder: Path) -> None:
    folder.mkdir()
    (folder / "launch.json").write_text('{"adapter": 3}')
    done = subprocess.run(
        [sys.executable, "-m", "cockpit.hosts", str(folder)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 4
    assert "the agent can't be started" in done.stderr


def test_the_launch_file_is_private_for_it_holds_keys(folder: Path) -> None:
    with scripted(folder) as run:
        run.start("Begin")
        assert stat.S_IMODE((run.run_dir / "launch.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(run.run_dir.stat().st_mode) == 0o700


def test_a_launch_survives_the_disk(folder: Path) -> None:
    run = scripted(folder)
    launch = run.launch("Begin", resume=True)
    assert codec.decode(Launch, json.loads(json.dumps(codec.encode(launch)))) == launch


def test_the_agent_gets_exactly_its_environment_and_the_mark(folder: Path) -> None:
    run = scripted(folder, [{"run": "env"}])
    run.environment = {"PATH": os.environ["PATH"], "GREETING": "hello"}
    with run:
        run.start("Begin")
        run.ended()
        seen = dict(line.partition("=")[::2] for line in run.all(ToolReturned)[0].output.splitlines())
        shell_adds = {"PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"}
        assert {k: v for k, v in seen.items() if k not in shell_adds} == {
            "PATH": os.environ["PATH"],
            "GREETING": "hello",
            "COCKPIT_RUN": str(run.run_dir),
        }


def test_what_an_earlier_process_left_is_swept_before_the_next_starts(folder: Path) -> None:
    leave = "setsid nohup tail -f /dev/null >/dev/null 2>&1 & echo $! > child.pid"
    with scripted(folder, [{"run": leave}], []) as run:
        run.start("Begin")
        run.ended()
        child = int((run.worktree / "child.pid").read_text())
        run.kill_guard()
        assert not is_gone(child)
        run.start("Go on", resume=True)
        assert is_gone(child)


@pytest.mark.parametrize(
    "escape",
    [
        "setsid nohup tail -f /dev/null >/dev/null 2>&1 & echo $! > child.pid",
        "(setsid sh -c 'echo $$ > child.pid; exec env -i tail -f /dev/null' >/dev/null 2>&1 &)",
    ],
    ids=["nohup", "forked twice, with an environment of its own"],
)
def test_nothing_outlives_a_host_that_is_killed_and_no_engine_is_needed_for_it(folder: Path, escape: str) -> None:
    with scripted(folder, [{"run": escape}, {"run": "until [ -s child.pid ]; do sleep 0.01; done"}]) as run:
        run.start("Begin")
        run.ended()
        child, agent, guard = (
            int((run.worktree / "child.pid").read_text()),
            run.pids["agent_pid"],
            run.pids["guard_pid"],
        )
        assert not is_gone(child)
        run.kill_host()
        eventually(lambda: is_gone(agent) and is_gone(child) and is_gone(guard), "the end of all it had started")


def test_setting_the_clock_makes_no_other_process_of_a_host(folder: Path) -> None:
    with scripted(folder, [], []) as run:
        run.start("Begin")
        run.ended()
        pids = json.loads((run.run_dir / "host.json").read_text())
        (run.run_dir / "host.json").write_text(json.dumps(pids | {"pid_started": pids["pid_started"] - 7200}))
        assert control.send(run.run_dir, Control("say", text="hello", id="m1"))
        run.ended(2)


def test_a_host_is_small(folder: Path) -> None:
    with scripted(folder, [{"write": {"path": f"f{n}.txt", "text": "x\n" * 500}} for n in range(40)]) as run:
        run.start("Begin")
        run.ended()
        status = Path(f"/proc/{run.pids['pid']}/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0])
        assert peak <= 25 * 1024


# Serving


def test_the_session_file_says_what_goes_on(folder: Path) -> None:
    turn: list[dict[str, Any]] = [
        {"tool": {"name": "Edit", "step": "edit stats.py"}},
        {"spend": {"usd": 0.25, "tokens": 40}},
        {"listen": True},
        {"end": {"summary": "All done."}},
    ]
    with scripted(folder, turn) as run:
        run.role = "reviewer"
        run.start("Begin")
        session = eventually(lambda: s if (s := run.session()).cost_usd_est else None, "the cost")
        assert (session.agent, session.role, session.status) == ("agent-1", "reviewer", "reviewing")
        assert (session.current_task, session.branch_name) == ("T1", "agent-1/task-T1")
        assert (session.current_phase, session.current_step) == ("thinking", "edit stats.py")
        assert 0 < session.progress < 1
        assert (session.pid, session.session_id) == (run.pids["agent_pid"], run.conversation)
        assert (session.cost_usd_est, session.tokens) == (0.25, 40)
        assert process.is_running(session.pid, session.pid_started)
        run.say("go on")
        session = eventually(lambda: s if (s := run.session()).status == "idle" else None, "the turn's end")
        assert (session.current_phase, session.current_step, session.progress) == ("waiting", "All done.", 1.0)


def test_heartbeats_go_on_in_silence_and_are_no_activity(folder: Path) -> None:
    run = scripted(folder, HANGS)
    run.heartbeat = 0.05
    with run:
        run.start("Begin")
        run.until(Said)
        first = eventually(lambda: s if (s := run.session()).current_step == "I hang." else None, "the step")
        later = eventually(lambda: s if (s := run.session()).last_heartbeat > first.last_heartbeat + 0.1 else None, "3")
        assert later.last_activity == first.last_activity


def test_the_engine_s_words_are_shown_until_the_next_turn(folder: Path) -> None:
    with scripted(folder, [], HANGS) as run:
        run.start("Begin")
        run.ended()
        run.do("status", text="reviewing", phase="testing")
        session = eventually(lambda: s if (s := run.session()).current_phase == "testing" else None, "the phase")
        assert session.status == "reviewing"
        run.say("rework")
        eventually(lambda: run.session().status == "working", "work")


def test_control_lines_that_make_no_sense_are_passed_over(folder: Path) -> None:
    with scripted(folder, [], [{"say": "Heard."}]) as run:
        run.start("Begin")
        run.ended()
        with (run.run_dir / "control.jsonl").open("ab") as file:
            file.write(b'no json\n{"op": 3}\n[]\n{"op": "dance"}\n{"op": "say"}\n')
        run.say("still there?")
        run.until(Said)
        assert "dance" in (run.run_dir / "host.log").read_text()


def test_nobody_hears_what_is_sent_to_a_dead_host(folder: Path) -> None:
    with scripted(folder) as run:
        run.start("Begin")
        run.ended()
        run.do("end")
        run.gone()
        assert not run.do("say", text="hello?")
        assert (run.run_dir / "control.jsonl").read_text().count("\n") == 1
    assert not control.send(folder / "none", Control("end"))


def test_a_message_for_an_agent_that_does_not_read_waits_without_harm(folder: Path) -> None:
    with scripted(folder, HANGS, [{"say": "I got {message}"}]) as run:
        run.start("Begin")
        run.until(Said)
        agent = run.pids["agent_pid"]
        os.kill(agent, signal.SIGSTOP)
        long = "x" * 300_000
        run.say(long)
        run.do("status", text="", phase="blocked")
        eventually(lambda: run.session().current_phase == "blocked", "the host, busy with other things")
        assert [told.text for told in run.all(Told)] == ["Begin"]
        os.kill(agent, signal.SIGCONT)
        run.until(Told, 2)
        run.do("interrupt")
        run.ended(2)
        assert run.all(Read)[-1].id == run.all(Told)[-1].id


def test_garbage_is_recorded_up_to_a_bound(folder: Path) -> None:
    garbage = [{"garbage": f"line {n}"} for n in range(MAX_GARBLED + 50)]
    with scripted(folder, [*garbage, {"say": "And yet."}]) as run:
        run.start("Begin")
        run.ended()
        texts = [event.text for event in run.all(Garbled)]
        assert texts[0] == "line 0"
        assert texts[-2:] == [f"line {MAX_GARBLED - 1}", "… further lines that can't be read are left out"]
        assert run.all(Said) == [Said("And yet.")]


def test_a_line_without_end_is_skipped(folder: Path) -> None:
    with scripted(folder, [{"garbage": "y" * (2 * MAX_LINE)}, {"say": "Over."}]) as run:
        run.start("Begin")
        run.ended()
        (garbled,) = run.all(Garbled)
        assert garbled.text.startswith("a line of more than a megabyte: yyy")
        assert run.all(Said) == [Said("Over.")]


def test_what_an_agent_says_is_cleaned_of_escape_sequences(folder: Path) -> None:
    with scripted(folder, [{"say": "\x1b[2Jclean\x07"}]) as run:
        run.start("Begin")
        assert run.ended().summary == "clean"
        assert run.all(Said) == [Said("clean")]


def test_a_session_file_that_can_not_be_written_does_not_stop_the_agent(folder: Path) -> None:
    run = scripted(folder, [{"say": "Working."}])
    run.session_file = folder / "none" / "agent-1.session"
    with run:
        run.start("Begin")
        assert run.ended().ok
        assert "the session file can't be written" in (run.run_dir / "host.log").read_text()


# Ending


def test_an_agent_that_dies_tells_why(folder: Path) -> None:
    with with_cli(folder, DYING) as run:
        run.start("Begin")
        assert run.gone() == Exited(7, "fatal: no licence")
        session = run.session()
        assert (session.status, session.current_phase, session.pid) == ("idle", "gone", 0)


def test_what_it_said_before_it_died_is_not_lost(folder: Path) -> None:
    with scripted(folder, [{"say": "Last words."}, {"die": 3}], [{"say": "Back."}]) as run:
        run.start("Begin")
        assert run.gone() == Exited(3, "the script says: die with 3")
        assert run.all(Said) == [Said("Last words.")]
        assert run.all(Ended) == []
        run.start("Go on", resume=True)
        assert run.ended().summary == "Back."


def test_the_reason_is_of_this_process_alone(folder: Path) -> None:
    with scripted(folder, [{"die": 3}], [{"die": 4}]) as run:
        run.start("Begin")
        run.gone()
        run.start("Go on", resume=True)
        assert run.gone(2) == Exited(4, "the script says: die with 4")


def test_a_second_signal_kills_the_stubborn(folder: Path) -> None:
    with with_cli(folder, STUBBORN) as run:
        run.start("Begin")
        run.until(Started)
        host, agent = run.pids["pid"], run.pids["agent_pid"]
        os.kill(host, signal.SIGTERM)
        eventually(lambda: _waits(host), "the host to take the signal")
        os.kill(host, signal.SIGTERM)
        assert run.gone().code == -signal.SIGKILL
        assert is_gone(agent)


def _waits(pid: int) -> bool:
    """No signal is pending for the process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("ShdPnd:")[2].split()[0], 16) == 0


def test_kill_is_quick_even_for_the_stubborn_and_the_paused(folder: Path) -> None:
    with with_cli(folder, STUBBORN) as run:
        run.start("Begin")
        run.until(Started)
        run.do("pause")
        eventually(lambda: run.session().status == "paused", "the pause")
        began = time.monotonic()
        run.do("kill")
        assert run.gone().code == -signal.SIGKILL
        assert time.monotonic() - began < 3


def test_a_paused_agent_can_still_be_asked_to_leave(folder: Path) -> None:
    with scripted(folder, HANGS) as run:
        run.start("Begin")
        run.until(Said)
        run.do("pause")
        eventually(lambda: run.session().status == "paused", "the pause")
        run.do("end")
        assert run.gone().code == 0


def test_a_child_that_wiped_its_environment_and_left_its_session_dies_too(folder: Path) -> None:
    hide = "env -i setsid sh -c 'echo $$ > hidden.pid; exec tail -f /dev/null' >/dev/null 2>&1 &"
    with scripted(folder, [{"run": hide}, {"listen": True}]) as run:
        run.start("Begin")
        run.until(ToolReturned)
        hidden = eventually(lambda: _number(run.worktree / "hidden.pid"), "the child")
        assert not is_gone(hidden)
        assert hidden not in run.tree()
        run.do("kill")
        run.gone()
        assert is_gone(hidden)


def _number(path: Path) -> int:
    text = path.read_text().strip() if path.exists() else ""
    return int(text or 0)


def test_the_ladder_climbs_step_by_step() -> None:
    steps: list[Step] = []
    ladder = Ladder(steps.append)
    assert not ladder.has_begun
    now = 100.0
    ladder.begin(now)
    ladder.begin(now)
    while len(steps) < len(LADDER) + 1:
        assert ladder.due is not None
        now = ladder.due
        ladder.climb(now)
    assert [step.signal for step in steps] == [0, signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGKILL]
    assert now - 100.0 == 5 + 5 + 3 + 2


def test_the_ladder_can_be_cut_short() -> None:
    steps: list[Step] = []
    ladder = Ladder(steps.append)
    ladder.begin(0.0)
    ladder.skip_to_kill(1.0)
    assert [step.name for step in steps] == ["ask", "kill"]


# The files


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(str(tmp_path / "events.jsonl"))
    yield opened
    opened.close()


def reopened(path: Path, *events: Any) -> list[Line | None]:
    """Open the journal anew, append, and read all of it."""
    again = Journal(str(path))
    for event in events:
        again.append(event)
    again.close()
    return [load_line(line) for line in path.read_text("utf-8").splitlines()]


def test_numbers_and_cost_go_on_over_processes(tmp_path: Path, journal: Journal) -> None:
    for usd in (0.25, 0.5):
        journal.append(Spent(usd, int(usd * 100)))
    lines = reopened(tmp_path / "events.jsonl", Spent(0.125, 10), Spent(0.25, 20))
    assert [(line.seq, line.event) for line in lines if line] == [
        (1, Spent(0.25, 25)),
        (2, Spent(0.5, 50)),
        (3, Spent(0.625, 60)),
        (4, Spent(0.75, 70)),
    ]


def test_money_that_is_spent_stays_spent(journal: Journal) -> None:
    assert journal.append(Spent(0.5, 50)) == Spent(0.5, 50)
    assert journal.append(Spent(0.25, 25)) == Spent(0.5, 50)


@pytest.mark.parametrize("torn", ['{"seq":2,"at":1.0,"ki', "\x00\x00\x00", '{"seq":'])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(dump_line(Line(1, 1.0, Said("one"))) + torn)
    lines = reopened(path, Said("two"))
    assert [(line.seq, line.event) for line in lines if line] == [(1, Said("one")), (2, Said("two"))]
    assert None not in lines


def test_a_last_line_that_only_lacks_its_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(dump_line(Line(1, 1.0, Ended(True))).rstrip("\n"))
    lines = reopened(path, Said("two"))
    assert [(line.seq, line.event) for line in lines if line] == [(1, Ended(True)), (2, Said("two"))]


def test_lines_are_given_when_they_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(b"before\n")
    reader = LineReader(str(path), end_last_line(str(path)))
    with path.open("ab", buffering=0) as out:
        out.write(b"one\ntw")
        assert reader.read() == (["one"], [])
        out.write(b"o\n\nthr\xff")
        assert reader.read() == (["two", ""], [])
    assert reader.rest() == "thr\ufffd"
    assert reader.rest() == ""
    reader.close()


def test_the_next_process_begins_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(b'{"torn')
    assert end_last_line(str(path)) == len(b'{"torn\n') == end_last_line(str(path))


# Progress


def progress(folder: Path, role: str = "builder") -> Progress:
    """Of an agent that has just started; its process is this one."""
    run = DrivenRun(folder, "scripted")
    run.role = role
    return Progress(run.launch("Begin"), os.getpid(), 1.0, Spent(0.0, 0))


def test_progress_never_goes_back_within_a_turn_and_is_whole_only_at_a_good_end(folder: Path) -> None:
    seen = progress(folder)
    seen.see(Told("Begin"))
    values = [seen.session(2.0).progress]
    for n in range(60):
        for event in (Said("…"), ToolCalled(str(n), "Bash", "bash ls"), ToolReturned(str(n), "")):
            seen.see(event)
            values.append(seen.session(2.0).progress)
    assert values[0] == 0.0
    assert values == sorted(values)
    assert values[-1] < 0.9
    seen.see(Ended(False, error="no"))
    assert seen.session(2.0).progress == values[-1]
    seen.see(Told("Again"))
    assert seen.session(2.0).progress == 0.0
    seen.see(Ended(True))
    assert seen.session(2.0).progress == 1.0


@pytest.mark.parametrize(
    ("tool", "phase"),
    [
        ("Read", "reading"),
        ("grep", "reading"),
        ("Edit", "editing"),
        ("write", "editing"),
        ("Bash", "running"),
        ("Task", "delegating"),
        ("mcp__db__query", "running"),
    ],
)
def test_the_tool_says_the_phase(folder: Path, tool: str, phase: str) -> None:
    seen = progress(folder)
    assert seen.session(2.0).current_phase == "starting"
    seen.see(ToolCalled("1", tool, f"{tool} x"))
    assert seen.session(2.0).current_phase == phase
    seen.see(ToolReturned("1", ""))
    assert seen.session(2.0).current_phase == "thinking"


@pytest.mark.parametrize(
    ("role", "status"), [("builder", "working"), ("reviewer", "reviewing"), ("ideator", "ideating")]
)
def test_the_role_says_the_status(folder: Path, role: str, status: str) -> None:
    seen = progress(folder, role)
    assert seen.session(2.0).status == status
    seen.pause(True)
    assert seen.session(2.0).status == "paused"
    seen.pause(False)
    seen.see(Ended(True))
    assert seen.session(2.0).status == "idle"


def test_a_step_is_one_bounded_line() -> None:
    assert first_line("\n\n  \x1b[1mfirst\x1b[0m  \nsecond") == "first"
    assert len(first_line("x" * 500)) == 160


def test_a_control_line_survives_the_disk() -> None:
    what = Control("say", "text\nwith lines", "id", "you")
    assert codec.decode(Control, json.loads(json.dumps(codec.encode(what)))) == what


def test_a_folder_without_a_run_has_no_host(tmp_path: Path) -> None:
    assert not control.is_alive(tmp_path / "none")
    assert control.read_pids(tmp_path) == {}
    assert control.wait_gone(tmp_path, 0.0)
