"""Nights with terminal agents: any command, in a real pseudo-terminal, from the plan to landed work."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from pathlib import Path

from cockpit import events
from cockpit.hosts import control, process
from cockpit.state import TaskState
from tests.e2e.desk import configured, ended, sits_down
from tests.e2e.scripts import plan
from tests.fakes.driven import eventually, is_gone
from tests.fakes.looker import Looker
from tests.repos import make_repo

FULL_SCREEN = '''#!{python}
"""A full-screen agent: draws what it does with curses, waits for a key if it is told to, commits its work."""
import curses, os, pathlib, subprocess, sys

def work(screen):
    prompt = pathlib.Path(sys.argv[1]).read_text()
    assert prompt == pathlib.Path(os.environ["COCKPIT_PROMPT_FILE"]).read_text()
    for number, word in enumerate(["reading", "thinking", "writing"]):
        screen.addstr(number, 2, word)
        screen.refresh()
    task = os.environ["COCKPIT_TASK"]
    good = "A gate failed" in prompt
    pathlib.Path(f"{{task}}.txt").write_text("good\\n" if good else "first try\\n")
    pathlib.Path(f"{{task}}.prompt").write_text(prompt)
    if "ask me" in prompt:
        screen.addstr(5, 0, "press y")
        screen.refresh()
        while screen.getkey() != "y":
            pass

curses.wrapper(work)
subprocess.run(["git", "add", "."], check=True)
subprocess.run(["git", "commit", "-qm", "the work of a full-screen program"], check=True)
print("bye")
'''


WORK = "echo done > $COCKPIT_TASK.txt; git add .; git commit -qm work"


def with_terminal(
    tmp_path: Path, command: str, *, gate: str = "true", count: int = 1, agents: str = "", more: str = ""
) -> Path:
    """A repository whose agents are `command`."""
    root = make_repo(tmp_path, {"README.md": "# a small project\n"})
    return configured(
        root,
        f"""
[agents]
kind = "terminal"
command = {json.dumps(command)}
count = {count}
heartbeat = 0.5
{agents}
[[gates]]
name = "tests"
command = {json.dumps(gate)}
[review]
enabled = false
[merge]
policy = "auto"
{more}
""",
    )


def full_screen(tmp_path: Path) -> str:
    """The full-screen agent's command line."""
    path = tmp_path / "full screen agent"
    path.write_text(FULL_SCREEN.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return f"'{path}' {{prompt}}"


def test_full_screen_programs_work_through_a_plan_and_mend_what_a_gate_finds(tmp_path: Path) -> None:
    root = with_terminal(
        tmp_path, full_screen(tmp_path), gate="grep -q good T*.txt || { echo no good; exit 1; }", count=2
    )
    plan(root, "first thing", "second thing (after 1)")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(ended)

        assert {t.state for t in state.tasks.values()} == {TaskState.LANDED}
        assert [t.attempts for t in state.tasks.values()] == [1, 1]
        assert (root / "T1.txt").read_text() == "good\n"
        prompt = (root / "T1.prompt").read_text()
        assert "You are a builder" in prompt
        assert "Task T1: first thing" in prompt
        assert "no good" in prompt
        run = state.runs["T1-1"]
        assert (run.terminal, run.live, run.turns) == (True, False, 2)
        logs = user.ok("logs", str(run.agent)) + user.ok("logs", "1")
        assert "thinking" in logs
        assert "bye" in logs
        assert "\x1b" not in logs
        assert run.cost_source == "unknown"
        assert "no price is known: full screen agent" in user.ok("report")


def test_a_person_types_into_a_program_that_asks(tmp_path: Path) -> None:
    root = with_terminal(tmp_path, full_screen(tmp_path), gate="grep -q 'first try' T1.txt")
    plan(root, "ask me first")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and s.runs["T1-1"].phase == "running")
        with Looker(user.places.run_dir("T1-1")) as one, Looker(user.places.run_dir("T1-1"), (60, 20)) as two:
            one.waits_for(b"press y")
            two.waits_for(b"press y")
            said = user.fails("message", "1", "press y yourself", code=1)
            assert "type into its pane, or `cockpit attach 1`" in said
            two.types(b"y")
            state = user.sees(ended)
        assert state.tasks["T1"].state is TaskState.LANDED


WAITS = "echo half > half.txt; echo up; read answer; " + WORK


def test_a_restarted_engine_adopts_the_terminal(tmp_path: Path) -> None:
    root = with_terminal(tmp_path, WAITS)
    plan(root, "long work")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.tasks["T1"].state is TaskState.WORKING)
        user.kills_the_engine()
        with Looker(user.places.run_dir("T1-1")) as screen:
            screen.waits_for(b"up")
            user.ok("run", "--detach")
            screen.types(b"go on\n")
            state = user.sees(ended)
        assert state.tasks["T1"].state is TaskState.LANDED
        assert state.tasks["T1"].restarts == 0
        assert sum(isinstance(r.event, events.RunStarted) for r in user.log()) == 1


def test_its_host_is_killed_and_the_command_is_run_again_with_the_task_and_what_happened(tmp_path: Path) -> None:
    root = with_terminal(tmp_path, WAITS)
    plan(root, "long work")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        run_dir = user.places.run_dir("T1-1")
        user.sees(lambda s: s.runs and s.runs["T1-1"].phase == "running")
        os.kill(int(control.read_pids(run_dir)["pid"]), signal.SIGKILL)
        user.sees(lambda s: s.tasks["T1"].restarts == 1)
        again = (run_dir / "prompt-2.md").read_text()
        assert "Task T1: long work" in again
        assert "You were interrupted" in again
        with Looker(run_dir) as screen:
            screen.types(b"\n")
            assert user.sees(ended).tasks["T1"].state is TaskState.LANDED


def test_a_command_that_keeps_failing_ends_with_a_person_who_sees_what_it_printed(tmp_path: Path) -> None:
    root = with_terminal(tmp_path, "echo no licence for today; exit 3", more="")
    (root / "cockpit.toml").write_text(
        (root / "cockpit.toml").read_text().replace("[agents]", "[agents]\nrestarts = 1")
    )
    plan(root, "hopeless")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.tasks and s.tasks["T1"].state is TaskState.ESCALATED)
        assert "the command left with code 3" in state.tasks["T1"].reason
        assert "no licence for today" in state.tasks["T1"].reason


def test_pausing_and_killing_reach_everything_in_the_terminal(tmp_path: Path) -> None:
    root = with_terminal(tmp_path, "setsid tail -f /dev/null & echo up; read answer")
    plan(root, "run wild")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        run_dir = user.places.run_dir("T1-1")
        user.sees(lambda s: s.runs and s.runs["T1-1"].phase == "running")
        with Looker(run_dir) as screen:
            screen.waits_for(b"up")
            pids = eventually(lambda: p if len(p := process.tree(str(run_dir))) >= 2 else None, "the tree")
            user.ok("pause", "1")
            user.sees(lambda s: s.runs["T1-1"].suspended)
            assert {state_of(pid) for pid in pids} == {"T"}
            user.ok("resume", "1")
            user.sees(lambda s: not s.runs["T1-1"].suspended)
            user.ok("kill", "1")
            state = user.sees(lambda s: s.tasks["T1"].state is TaskState.ESCALATED and s.agents[1].run is None)
            screen.waits_for_the_end()
        assert "killed by you" in state.tasks["T1"].reason
        assert all(is_gone(pid) for pid in pids)


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_no_cap_is_promised_that_could_not_be_held(tmp_path: Path) -> None:
    root = with_terminal(tmp_path, WORK, more="[budget]\nnight_usd = 5.0")
    plan(root, "anything")
    with sits_down(root) as user:
        assert "there is a cap of $5.00, and what a terminal agent spends is not known" in user.fails("run", "PLAN.md")
        assert "unpriced = true" in user.types("doctor").stdout
        (root / "cockpit.toml").write_text((root / "cockpit.toml").read_text().replace("5.0", "6.0", 1))
        assert "a cap of $3.00" in user.fails("run", "PLAN.md", "--budget", "3")
        text = (root / "cockpit.toml").read_text().replace("[agents]", "[agents]\nunpriced = true")
        (root / "cockpit.toml").write_text(text)
        assert "not known" not in user.types("doctor").stdout
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(ended)
        assert state.tasks["T1"].state is TaskState.LANDED
        assert "+ unknown: no price for" in user.types("status").stdout


def test_a_cap_that_is_set_in_the_night_holds_the_next_turn(tmp_path: Path) -> None:
    root = with_terminal(tmp_path, f"read answer; {WORK}", gate="exit 1")
    plan(root, "anything")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and s.runs["T1-1"].phase == "running")
        user.ok("budget", "--night", "4")
        with Looker(user.places.run_dir("T1-1")) as screen:
            screen.types(b"\n")
            state = user.sees(lambda s: s.tasks["T1"].state is TaskState.ESCALATED)
        assert "there is a cap of $4.00" in state.tasks["T1"].reason
