"""Explorations and reviews: the result is a written answer, and main does not move for it."""

from __future__ import annotations

import json
from pathlib import Path

from cockpit import events
from cockpit.state import TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import Step, scripted
from tests.repos import git

LOOK: list[Step] = [
    {"spend": {"usd": 0.05, "tokens": 100}},
    {"run": "cat $COCKPIT_CONTEXT/* > seen.txt 2>&1; echo bad > $COCKPIT_CONTEXT/evil.md; echo left > scratch.txt"},
    {"say": "# Found by {turn}\n\nIt is in `app.py:1`.\n\nTold: {message}"},
]


def test_explorers_look_at_once_and_one_answer_is_kept(tmp_path: Path) -> None:
    root = scripted(tmp_path, LOOK, count=3)
    with sits_down(root) as user:
        before = git(root, "rev-parse", "main")
        (tmp_path / "house-rules.md").write_text("Mind the tabs.\n")
        user.ok("context", "add", str(tmp_path / "house-rules.md"), "--title", "What we keep to")
        said = user.ok("task", "add", "explore", "Where is VALUE used?", "--parallel", "3", "-d", "Every place.")
        assert "4 tasks added: T1 to T4" in said
        user.ok("run", "--detach")
        state = user.sees(ended)

        assert {t.state for t in state.tasks.values()} == {TaskState.ANSWERED}
        assert git(root, "rev-parse", "main") == before
        assert [e.event.task for e in user.log() if isinstance(e.event, events.TaskClaimed)][-1] == "T1"
        joined = state.tasks["T1"].answer
        assert joined.startswith("# Found by 1\n")
        assert "3 explorers have looked at this already" in joined
        for part in ("T2", "T3", "T4"):
            assert f"{part}: Where is VALUE used? (explorer" in joined
            assert "You are explorer" in state.tasks[part].answer
        shown = user.ok("task", "show", "T1")
        assert "state       answered" in shown
        assert "It is in `app.py:1`." in shown
        assert "explorer, for it is to explore" in shown

        shared = json.loads(user.ok("context", "list", "--json"))
        assert [(one["name"], one["task"]) for one in shared if one["name"] != "evil.md"] == [
            ("T1-where-is-value-used.md", "T1"),
            ("house-rules.md", ""),
        ]
        assert state.cage.is_missing or "evil.md" not in user.ok("context"), "agents may only read what is shared"
        assert "# Where is VALUE used?" in user.ok("context", "show", "T1-where-is-value-used.md")
        assert "## Answered" in user.ok("report")
        assert user.status()["tasks"]["by_state"] == {"answered": 4}
        assert user.types("status").returncode == 0
        kept = [e.event for e in user.log() if isinstance(e.event, events.WorkRescued)]
        assert {e.run.split("-")[0] for e in kept} >= {"T1"}, "what an explorer left lying is kept"
        seen = git(root, "show", f"{next(e.ref for e in kept if e.run.startswith('T1'))}:seen.txt")
        assert "Mind the tabs." in seen


def test_no_answer_is_no_success(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"end": {"summary": " "}}], [{"end": {"summary": "It is in app.py."}}])
    with sits_down(root) as user:
        user.ok("task", "add", "explore", "Where is it?")
        user.ok("run", "--detach")
        state = user.sees(ended)

        assert state.tasks["T1"].state is TaskState.ANSWERED
        assert state.tasks["T1"].answer == "It is in app.py."
        asked = [e.event for e in user.log() if isinstance(e.event, events.ReworkAsked)]
        assert [e.text.split("\n")[0] for e in asked] == ["answer"]


def test_who_never_answers_waits_for_a_person(tmp_path: Path) -> None:
    root = scripted(tmp_path, *([[{"end": {"summary": ""}}]] * 6), more="[night]\nlinger_hours = 1.0\n")
    with sits_down(root) as user:
        user.ok("task", "add", "explore", "Where is it?")
        user.ok("run", "--detach")
        state = user.sees(lambda s: bool(s.in_state(TaskState.ESCALATED)))

        assert "the gate answer failed again" in state.tasks["T1"].reason
        assert user.types("approve", "T1").returncode == 1
        assert user.types("status").returncode == 10
        user.ok("task", "skip", "T1")
        user.sees(ended)


def test_a_review_gives_a_verdict_on_a_branch_and_merges_nothing(tmp_path: Path) -> None:
    judge: list[Step] = [
        {"run": "echo sneaky > app.py"},
        {"commit": "a reviewer should not"},
        {"say": "Verdict: rework\n\n1. `app.py:1` has no test.\n\nTold: {message}"},
    ]
    root = scripted(tmp_path, judge)
    git(root, "branch", "fix/it")
    with sits_down(root) as user:
        before = git(root, "rev-parse", "main")
        user.ok("task", "add", "review", "Is the fix right?", "--of", "fix/it")
        assert user.types("task", "add", "build", "Is it?", "--of", "fix/it").returncode == 1
        user.ok("run", "--detach")
        state = user.sees(ended)

        task = state.tasks["T1"]
        assert task.state is TaskState.ANSWERED
        assert task.verdict is not None
        assert not task.verdict.approve
        assert "1. `app.py:1` has no test." in task.verdict.summary
        assert "What you are to review: the branch fix/it, which is at" in task.answer
        assert git(root, "rev-parse", "main") == before
        assert git(root, "log", "-1", "--format=%s", task.branch) == "a reviewer should not"
        assert "rework: 1. `app.py:1`" in user.ok("task", "show", "T1")
        assert user.ok("context", "list").startswith("nothing is shared")


def test_an_exploration_that_writes_the_file_it_was_asked_for_lands(tmp_path: Path) -> None:
    writes: list[Step] = [
        {"write": {"path": "docs/found.md", "text": "# Found\n"}},
        {"commit": "what was found"},
        {"say": "It is all in docs/found.md."},
    ]
    root = scripted(tmp_path, writes)
    with sits_down(root) as user:
        user.ok("task", "add", "explore", "Write down where it is")
        user.ok("task", "add", "then this", "--after", "T1")
        user.ok("run", "--detach")
        state = user.sees(lambda s: s.tasks["T1"].state is TaskState.LANDED)

        assert state.tasks["T1"].answer == "It is all in docs/found.md."
        assert (root / "docs" / "found.md").exists()
        user.sees(lambda s: "T1" in {one.task for one in s.context.values()})
        user.ok("stop")
        user.sees(ended)
