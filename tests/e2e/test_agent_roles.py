"""What a role has reaches the agent: tools, permission, effort and the fallback model; on real processes."""

from __future__ import annotations

from typing import Any

import pytest

from cockpit.agents.stream import Asked, Ended, Retrying, Spent, ToolReturned
from cockpit.demo.script import Fault, bash, step, turn, write
from cockpit.prices import price
from cockpit.questions import PERMISSION
from tests.e2e.test_agent_conformance import PROMPT, Stage, stage

__all__ = ["stage"]

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("stage", ["api", "claude"], indirect=True)]

FALLBACK = "claude-haiku-4-5"

RUN = """python3 -c 'open("ran", "w")'"""
"""A command that no CLI takes for one that merely edits."""


def tools(body: Any) -> set[str]:
    """The tools that a request offers, in small letters."""
    return {tool["name"].lower() for tool in body["tools"]}


def test_it_has_the_tools_and_the_effort_of_its_role(stage: Stage) -> None:
    with stage.plays(turn(step("Nothing to do."))) as run:
        run.works = {"model": "claude-opus-5-5", "tools": ("Read", "Bash"), "effort": "high"}
        run.start(PROMPT)
        assert run.ended().ok
        (body, *_) = stage.asked()
        assert tools(body) - {"deferredtoolplaceholder"} == {"read", "bash"}  # the CLI's own, which does nothing
        assert body["output_config"]["effort"] == "high"


def test_who_may_only_read_has_no_tool_that_changes_anything(stage: Stage) -> None:
    with stage.plays(turn(step("Nothing to do."))) as run:
        run.works = {"permission": "read"}
        run.start(PROMPT)
        assert run.ended().ok
        offered = tools(stage.asked()[0])
        assert "read" in offered
        assert not offered & {"bash", "write", "edit", "multiedit", "notebookedit", "agent", "task"}


@pytest.mark.parametrize("allow", [True, False])
def test_who_must_ask_waits_for_a_person_before_a_command(stage: Stage, allow: bool) -> None:
    plays = turn(step("I write.", write("a.txt", "a\n")), step("I run.", bash(RUN)), step("So it is."))
    with stage.plays(plays) as run:
        run.works = {"permission": "edits"}
        run.start(PROMPT)
        asked = run.until(Asked)
        assert asked.about == PERMISSION
        assert asked.tool.lower() == "bash"
        assert (run.worktree / "a.txt").exists(), "an edit needs no leave"
        assert not (run.worktree / "ran").exists()
        run.answer(asked, allow=allow, note="not now")
        assert run.ended() == Ended(True, "So it is.")
        assert (run.worktree / "ran").exists() is allow
        assert ("not now" in run.all(ToolReturned)[-1].output) is not allow


@pytest.mark.parametrize("fault", [Fault(529, message="Overloaded", times=3), Fault(404, message="model: nobody")])
def test_the_fallback_takes_over_from_a_busy_or_unknown_model_and_its_money_is_right(
    stage: Stage, fault: Fault
) -> None:
    with stage.plays(turn(step("I am the other one.", fault=fault, tokens=1000))) as run:
        run.works = {"fallback": FALLBACK}
        run.start(PROMPT)
        assert run.ended() == Ended(True, "I am the other one.")
        assert run.all(Retrying), "it says so"
        models = [body["model"] for body in stage.asked()]
        assert set(models[:-1]) == {"claude-sonnet-4-5"}
        assert models[-1].startswith(FALLBACK)
        spent = run.all(Spent)[-1]
        assert spent.usd == pytest.approx(price(FALLBACK, stage.billed()[-1]["usage"]).usd, rel=0.02)
        assert spent.model.startswith(FALLBACK)
