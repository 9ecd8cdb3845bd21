"""One agent and no reviewer, with the real CLI: an exploration in parts, and a build by its gates alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit.demo.model import ModelServer
from cockpit.demo.script import Play, bash, scene, step, turn
from cockpit.state import TaskState
from tests.e2e.desk import configured, ended, sits_down
from tests.e2e.real import MEDIAN, done, files, need_cli, talks_to
from tests.repos import git, make_repo

QUESTION = "Where is time lost?"
ANSWER = "# In the imports\n\n`report.py:3` imports pandas, and only `export` needs it."


def play() -> Play:
    """Two explorers find something each, a third joins it, and somebody builds."""
    return Play(
        (
            scene(
                "2 explorers have looked at this already",
                turn(step("I check.", bash("cat $COCKPIT_CONTEXT/* > /dev/null; ls")), step(ANSWER)),
                name="join",
            ),
            scene("explorer 1 of 2", turn(step("I look.", bash("ls")), step("Imports take long.")), name="first"),
            scene("explorer 2 of 2", turn(step("Only `export` needs pandas."))),
            scene("Add a median", turn(*files("median", MEDIAN, "median([3, 1, 2])", "2"), done())),
        )
    )


@pytest.mark.e2e
def test_a_whole_night_of_one_agent_without_review(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"README.md": "# Small\n", ".gitignore": "__pycache__/\n"})
    configured(
        root,
        f"""
[agents]
command = "{need_cli()}"
count = 1
heartbeat = 1.0
[roles.explorer]
model = "claude-haiku-4-5"
budget_usd = 2.0
[[gates]]
name = "unittest"
command = "python3 -m unittest -q || test $? = 5"
[review]
enabled = false
[budget]
night_usd = 20.0
""",
    )
    with ModelServer(play()) as model, sits_down(root, talks_to(model.url)) as user:
        user.ok("task", "add", "explore", QUESTION, "--parallel", "2")
        user.ok("task", "add", "build", "Add a median", "--after", "T1", "--model", "claude-sonnet-4-5")
        user.ok("run", "--detach")
        state = user.sees(lambda s: s.in_state(TaskState.READY), seconds=150)

        assert {state.tasks[name].state for name in ("T1", "T2", "T3")} == {TaskState.ANSWERED}
        assert state.tasks["T1"].answer == ANSWER
        asked = json.dumps(next(r.body for r in model.requests if r.scene == "join")["messages"])
        assert "Imports take long." in asked
        assert "Only `export` needs pandas." in asked
        built = json.dumps(next(r.body for r in model.requests if "Add a median" in r.scene))
        assert "T1-where-is-time-lost.md" in built, "who builds is told of what explorers found"
        assert {r.body["model"] for r in model.requests if r.scene in ("first", "join")} == {"claude-haiku-4-5"}
        assert "no review" in user.types("status").stdout
        assert user.status()["night"]["review"] is False
        assert "nobody reviews this night" in user.status()["inbox"][0]["why"]
        user.ok("approve", "T4")
        last = user.sees(ended)

        assert last.tasks["T4"].state is TaskState.LANDED
        assert last.tasks["T4"].verdict is None
        assert (root / "median.py").exists()
        assert git(root, "status", "--porcelain") == ""
        assert set(last.by_role) == {"explorer", "builder"}
        saved = json.loads(user.ok("metrics", "--json"))["money"]["savings"]
        assert saved["strongest"] == "claude-opus-5-5"
        assert saved["spent"] == pytest.approx(last.spent_usd, rel=0.01)
        assert saved["saved"] > 0
        report = user.ok("report")
        assert "est. (" in report
        assert "without review" in report
        assert "builder, for it is to build; claude-sonnet-4-5, as you said" in user.ok("task", "show", "T4")
