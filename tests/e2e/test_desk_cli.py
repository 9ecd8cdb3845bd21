"""The merge desk without a screen: comments that reach the agent, and a yes to all that is green."""

from __future__ import annotations

from pathlib import Path

from cockpit.state import TaskState
from tests.e2e.desk import sits_down
from tests.e2e.scripts import WORK, Step, plan, scripted
from tests.repos import git

TWO: list[Step] = [{"run": "printf 'one\\ntwo\\n' > $COCKPIT_TASK.txt"}, {"commit": "two lines"}]
AGAIN: list[Step] = [{"say": "I was told: {message}"}, {"run": "echo three >> $COCKPIT_TASK.txt"}, {"commit": "three"}]


def test_comments_on_lines_go_to_the_agent_with_what_they_quote(tmp_path: Path) -> None:
    root = scripted(tmp_path, TWO, AGAIN, merge="ask")
    plan(root, "count")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.tasks and s.tasks["T1"].state is TaskState.READY)

        assert "expected FILE:LINE:TEXT" in user.fails("reject", "T1", "--comment", "T1.txt is bad")
        assert "T1 has no file 'no.txt'" in user.fails("reject", "T1", "--comment", "no.txt:1:what?")
        assert "T1.txt has no line 9 in T1; it has 2" in user.fails("reject", "T1", "--comment", "T1.txt:9:what?")
        assert "needs a note" in user.fails("reject", "T1", code=1)
        user.ok("reject", "T1", "-m", "Go on.", "--comment", "T1.txt:2:and three?", "--comment", "T1.txt:1-2:nice")
        user.sees(lambda s: s.tasks["T1"].state is TaskState.READY and s.tasks["T1"].run == "T1-1")

        logs = user.ok("logs", "1")
        for text in ("Go on.", "1. T1.txt:2", "> two", "and three?", "2. T1.txt:1-2", "Settle every comment"):
            assert text in logs
        assert "three" in git(root, "show", f"{user.task('T1').branch}:T1.txt")


def test_all_that_is_green_is_merged_at_once(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK, merge="ask")
    plan(root, "first thing", "second thing")
    with sits_down(root) as user:
        assert "nothing is ready and green" in user.fails("approve", "--all-green", code=1)
        assert "say which task" in user.fails("approve")
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: len(s.in_state(TaskState.READY)) == 2)

        said = user.ok("approve", "--all-green")
        assert said.splitlines() == ["T1 is approved and merges next", "T2 is approved and merges next"]
        user.sees(lambda s: len(s.in_state(TaskState.LANDED)) == 2)
