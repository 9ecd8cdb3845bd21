"""Nights with terminal agents: any command, in a real pseudo-terminal, from the plan to landed work."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

from cockpit.state import TaskState
from tests.e2e.desk import configured, ended, sits_down
from tests.e2e.scripts import plan
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


def with_terminal(tmp_path: Path, command: str, *, gate: str = "true", count: int = 1, more: str = "") -> Path:
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
