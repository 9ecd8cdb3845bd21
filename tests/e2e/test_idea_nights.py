"""Nights that run out of tasks: an idea is proposed, weighed, taken up and landed, from what is left of the budget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cockpit.demo.model import ModelServer
from cockpit.demo.script import Answer, Play, Scene, answer, bash, scene, step, turn
from cockpit.idea_facts import ACCEPTED
from cockpit.state import TaskState
from tests.e2e.desk import configured, ended, sits_down
from tests.e2e.real import YES, need_cli, talks_to
from tests.repos import make_repo

WORTH: dict[str, Any] = {
    "worth_it": True,
    "specific": True,
    "testable": True,
    "files_exist": True,
    "reason": "It pins what users rely on.",
}


def idea(title: str, *files: str) -> dict[str, Any]:
    """What an ideator answers."""
    return {
        "found": True,
        "title": title,
        "description": "app.py:1 has a value that nothing checks.",
        "criteria": ["a test fails where VALUE is 2"],
        "approach": "Write the test.",
        "files": list(files),
        "why_nothing": "",
    }


NOTHING = idea("") | {"found": False, "why_nothing": "the value is all there is"}


def play(*given: dict[str, Any], worth: dict[str, Any] = WORTH) -> Play:
    """An ideator who answers these in turn, a reviewer who weighs them, and somebody who does the work."""
    work = (
        step("I write it.", bash("echo checked > CHECKED.txt; git add -A; git commit -qm 'Check the value'")),
        step("Done."),
    )
    scenes: tuple[Scene, ...] = (
        Scene("the ideator", system="You are an ideator", answers=tuple(Answer(value=one) for one in given)),
        Scene("weighing", system="You are the reviewer of an idea", answers=(Answer(value=worth),)),
        scene("Rename the value", turn(*work), answer(YES)),
        scene("Pin the default", turn(*work), answer(YES)),
    )
    return Play(scenes)


def repository(tmp_path: Path, kind: str, ideas: str, cap: float = 20.0) -> Path:
    command = f'command = "{need_cli()}"' if kind == "claude" else ""
    root = make_repo(tmp_path, {"README.md": "# Small\n", "app.py": "VALUE = 1\n"})
    return configured(
        root,
        f"""
[agents]
kind = "{kind}"
{command}
heartbeat = 1.0
[merge]
policy = "auto"
[budget]
night_usd = {cap}
[ideas]
per_night = 2
{ideas}
""",
    )


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["api", "claude"])
def test_an_empty_queue_gets_an_idea_that_is_weighed_promoted_and_landed(tmp_path: Path, kind: str) -> None:
    root = repository(tmp_path, kind, 'enabled = true\npromote = "auto"')
    said = play(idea("Pin the default value in a test", "app.py"), NOTHING)
    with ModelServer(said) as model, sits_down(root, talks_to(model.url)) as user:
        user.ok("run", "--detach")
        state = user.sees(ended, seconds=120)

        landed = state.tasks["T1"]
        assert (landed.state, landed.category, landed.source) == (
            TaskState.LANDED,
            "optimization",
            "idea:optimization",
        )
        assert "Approach: Write the test." in landed.description
        assert (root / "CHECKED.txt").exists()
        assert [one.outcome for one in state.ideas.past.values()] == [ACCEPTED, "nothing"]
        assert state.ideas.rests == "2 ideas were asked for, as many as a night may"
        assert state.night is not None
        assert state.night.stopping == "done"
        assert 0 < state.ideas.usd < state.spent_usd < 20
        assert not state.reserves
        ideators = [r for r in model.requests if "You are an ideator" in str(r.body.get("system"))]
        assert "app.py" in str(ideators[0].body)
        assert "Optimization" in str(ideators[0].body)
        assert "Innovation" in str(ideators[-1].body), "the category that had none for longest comes next"
        assert "Pin the default value" in str(ideators[-1].body), "what landed is told"
        report = user.ok("report")
        assert "Pin the default value in a test" in report


@pytest.mark.e2e
def test_an_idea_on_demand_is_never_the_same_twice_and_a_refusal_is_told_to_the_next(tmp_path: Path) -> None:
    root = repository(tmp_path, "api", "enabled = false")
    same, other = idea("Pin the default value in a test", "app.py"), idea("Say what the value is for", "gone.py")
    said = play(same, same, other, NOTHING)
    with ModelServer(said) as model, sits_down(root, talks_to(model.url)) as user:
        assert "idea T1 waits for you (Testing: Pin the default" in user.ok("ideas", "now", "testing")
        user.ok("task", "skip", "T1", "-m", "values may change")
        assert "idea T2 waits for you (Testing: Say what" in user.ok("ideas", "now", "Testing")
        assert "the ideator found nothing: the value is all there is" in user.ok("ideas", "now")

        asked = [str(r.body) for r in model.requests if "You are an ideator" in str(r.body.get("system"))]
        assert "refused: values may change" in asked[1]
        assert "is much the same as" in asked[2], "the model is told once that it is there already"
        weighed = [str(r.body) for r in model.requests if "reviewer of an idea" in str(r.body.get("system"))]
        assert "app.py: is there" in weighed[0]
        assert "VALUE = 1" in weighed[0], "the reviewer sees the files that it is about"
        assert "gone.py: IS NOT THERE" in weighed[1]
        found = json.loads(user.ok("ideas", "--json"))
        rows = {row["category"]: row for row in found["categories"]}
        assert (found["asked"], found["refused"], found["waiting"], found["enabled"]) == (3, 1, 1, False)
        assert (rows["testing"]["asked"], rows["optimization"]["asked"]) == (2, 1)
        assert "testing" in user.ok("ideas", "off", "testing").lower()
        assert "off: switched off by you" in user.ok("ideas")
        assert "did you mean testing" in user.fails("ideas", "on", "testin", code=1)
        assert "ideas     in 30 days 10% of the categories" in user.ok("metrics")
        assert user.state().night is None
        assert user.state().spent_total_usd > 0
