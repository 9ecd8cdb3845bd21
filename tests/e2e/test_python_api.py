"""Cockpit from Python: the documented example is a whole night, and every command has its method."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from cockpit import Cockpit, CockpitError, Refused, commands, events
from cockpit.state import MergePolicy, TaskState
from cockpit.talk import TalkCommand
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import WORK, plan, scripted
from tests.repos import git, make_repo

ROOT = Path(__file__).parents[2]
BY = {
    "StartNight": "run",
    "StopNight": "stop",
    "EmergencyStop": "stop",
    "ChangeNight": "budget",
    "ChangeCap": "budget",
    "GrantMoney": "budget",
    "AddTasks": "add_task",
    "Prioritise": "edit_task",
    "MoveTask": "move",
    "ReassignTask": "assign",
    "EditTask": "edit_task",
    "PromoteTask": "promote",
    "SkipTask": "skip",
    "RetryTask": "retry",
    "RollBack": "rollback",
    "TryAgain": "resume",
    "AnswerQuestion": "answer",
    "ShareContext": "share",
    "RemoveContext": "unshare",
    "AskPlan": "ask_plan",
    "ChangePlan": "change_plan",
    "AgreePlan": "agree_plan",
    "DiscardPlan": "discard_plan",
}
BY_HAND = {"TakeOver", "HandBack"}
"""Only for a person at a terminal; `give` takes them too."""


def example() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python-api.md").read_text(), re.DOTALL)
    return str(code)


def test_the_documented_example_is_a_whole_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = scripted(tmp_path, WORK, count=2)
    plan(root, "first thing", "second thing (after 1)")
    with sits_down(root) as user:
        monkeypatch.chdir(root)
        monkeypatch.setenv("HOME", user.environ["HOME"])
        names: dict[str, Any] = {}
        exec(example().replace("path/to/repository", str(root)), names)

        assert names["planned"].added == ("T1", "T2")
        assert names["landed"] == ["T1", "T2", "T3"]
        assert names["state"].spent_usd == 0.75
        assert ended(names["state"])
        assert sorted(p.name for p in root.glob("T*.txt")) == ["T1.txt", "T2.txt", "T3.txt"]
        approved = [r.event for r in user.log() if isinstance(r.event, events.MergeApproved)]
        assert [(e.task, e.by) for e in approved] == [("T1", "policy"), ("T2", "policy"), ("T3", "you")]
        given = [r.event for r in user.log() if isinstance(r.event, events.CommandGiven)]
        assert all(command.who.endswith(", Python") for command in given)


def test_a_night_is_followed_steered_and_stopped_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = scripted(tmp_path, [{"run": "echo half > half.txt"}, {"hang": True}])
    with sits_down(root) as user:
        monkeypatch.setenv("HOME", user.environ["HOME"])
        cockpit = Cockpit(root)
        name = cockpit.add_task("never done")
        seen: list[str] = []
        night = threading.Event()

        def follow() -> None:
            for one in cockpit.events(follow=True):
                seen.append(type(one.event).__name__)
                if isinstance(one.event, events.NightEnded):
                    return night.set()

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        assert "1 agent at work" in cockpit.run(agents=1)
        cockpit.wait(lambda state: bool(state.runs) and next(iter(state.runs.values())).live, timeout=60)
        assert "paused" in cockpit.pause(1)
        assert "resumed" in cockpit.resume(1)
        with pytest.raises(Refused, match="there is no agent-7"):
            cockpit.kill(7)
        assert "stopping" in cockpit.stop()

        assert night.wait(60)
        follower.join(60)
        assert cockpit.engine() is None
        assert seen[0] == "CommandGiven"
        assert {"NightStarted", "RunStarted", "AgentPaused", "AgentResumed"} <= set(seen)
        assert cockpit.task(name).state is not TaskState.LANDED


def test_tasks_are_added_changed_and_looked_at(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    cockpit = Cockpit(root / ".git" / "..")
    first = cockpit.add_task("Write it", criteria=["it is there"], files=["app.py"], priority=1)
    second = cockpit.add_task("Read it", kind="explore", after=[first], suggest=True)

    assert (first, second) == ("T1", "T2")
    assert [task.id for task in cockpit.tasks("state:suggested")] == ["T2"]
    cockpit.promote(second)
    cockpit.edit_task(second, title="Read it twice", criteria=["read"], merge="auto")
    assert (cockpit.task("2").title, cockpit.task("2").criteria) == ("Read it twice", ("read",))
    assert cockpit.task("T2").merge is MergePolicy.AUTO
    cockpit.skip(first)
    assert cockpit.task("t1").state is TaskState.SKIPPED
    cockpit.retry(first)
    cockpit.move(second, to="first")
    assert cockpit.status()["tasks"]["by_state"] == {"queued": 1, "waiting": 1}
    assert cockpit.metrics()["schema"] == cockpit.report()["schema"] == 1
    cockpit.share("notes.md", "Dates are in UTC.", "what to know")
    assert cockpit.state.context["notes.md"].title == "what to know"
    cockpit.unshare("notes.md")
    assert cockpit.state.context["notes.md"].removed
    assert [type(one.event).__name__ for one in itertools.islice(cockpit.events(), 3)] == [
        "CommandGiven",
        "TaskAdded",
        "CommandAnswered",
    ]
    assert git(root, "status", "--porcelain") == ""


def test_what_is_wrong_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(CockpitError, match="is in no git repository"):
        Cockpit(tmp_path / "plain")
    with pytest.raises(CockpitError, match="is no folder"):
        Cockpit(tmp_path / "nowhere")
    cockpit = Cockpit(make_repo(tmp_path))
    assert cockpit.tasks() == ()
    assert list(cockpit.events()) == []
    for wrong in (
        lambda: cockpit.task("T9"),
        lambda: cockpit.tasks("stage:ready"),
        lambda: cockpit.add_task("x", kind="dance"),
        lambda: cockpit.edit_task("T1", colour="red"),
        lambda: cockpit.plan(tmp_path / "none.md"),
    ):
        with pytest.raises(CockpitError):
            wrong()
    with pytest.raises(Refused, match="title"):
        cockpit.add_task("  ")
    with pytest.raises(Refused, match="there is no task 'T9'"):
        cockpit.approve("T9")
    (cockpit.places.root / "cockpit.toml").write_text("[agents]\ncount = 99\n")
    with pytest.raises(CockpitError, match=r"cockpit\.toml"):
        cockpit.run()


def test_every_command_that_a_program_may_give_has_its_method() -> None:
    by_tool = {kind.__name__ for kind in TalkCommand.__args__}
    for name in set(commands.KINDS) - BY_HAND - by_tool:
        method = getattr(Cockpit, BY.get(name, name.lower()), Cockpit.give)
        assert (method.__doc__ or "").strip(), f"{name} has no method with a docstring"


def test_importing_cockpit_stays_light() -> None:
    program = (
        "import sys, json, cockpit; before = set(sys.modules); from cockpit import Cockpit; "
        "heavy = {'pydantic', 'git', 'textual', 'anthropic', 'mcp'}; "
        "print(json.dumps(['cockpit.api' in before, sorted(heavy & set(sys.modules))]))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == [False, []]
