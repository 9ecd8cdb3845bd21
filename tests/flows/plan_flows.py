"""What a person does with a plan that a planner makes: one flow for each key."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from cockpit.commands import AgreePlan, AskPlan, ChangePlan, DiscardPlan
from cockpit.state import Plan, State, TaskDraft
from cockpit.value import replace
from tests.fakes.link import FakeLink
from tests.session import NOON, User

Flow = Callable[[User, FakeLink], Awaitable[None]]

DRAFTS = (
    TaskDraft(
        "1",
        "Say farewell",
        "As the notes ask.\n\nEstimate: 30 min",
        ('farewell() gives "Goodbye"', "there is a test for it"),
        files=("farewell.py", "test_farewell.py"),
        source="notes.md",
        minutes=30,
    ),
    TaskDraft(
        "2", "Describe the farewell", "", ("the README shows it",), depends_on=("1",), category="docs", minutes=20
    ),
    TaskDraft("3", "Say it in French", "", ("a French test",), depends_on=("2",), files=("fr.py",), minutes=45),
    TaskDraft("4", "Tidy the greetings", "", (), minutes=15),
)
PROPOSED = Plan(
    "p1",
    ("/home/ada/notes.md",),
    "Phase 3.5",
    2,
    4,
    "you",
    NOON - 600,
    DRAFTS,
    ("4 'Tidy the greetings' has no acceptance criteria",),
    ("left out: translations into other languages",),
    made=NOON - 60,
    version=1,
    usd=0.06,
    agents=3,
    guesses={"build": 2.0, "review": 0.4},
)


def with_plan(state: State, plan: Plan | None = PROPOSED) -> State:
    return replace(state, plan=plan)


async def opened(user: User, link: FakeLink) -> None:
    await link.becomes(with_plan(link.state))
    await user.waits()
    await user.presses("L")


async def ask(user: User, link: FakeLink) -> None:
    await user.presses("L")
    user.sees("dialog").contains("Plan what?", "Nothing runs before you agree")
    await user.presses("ctrl+s")
    user.sees("dialog").contains("Which files?")
    await user.types("notes.md docs/spec.md")
    await user.presses("enter")
    await user.types("Phase 3.5")
    await user.presses("enter")
    await user.types("many")
    await user.presses("ctrl+s")
    user.sees("dialog").contains("is a number or two")
    await user.presses("backspace", "backspace", "backspace", "backspace")
    await user.types("4-8")
    await user.presses("ctrl+s")
    assert link.commands == [AskPlan(("notes.md", "docs/spec.md"), "Phase 3.5", 4, 8)]
    await link.becomes(with_plan(link.state, Plan("p1", ("notes.md",), asked=NOON - 90)))
    await user.waits()
    await user.presses("L")
    user.sees("dialog").contains("A plan of notes.md is being made", "The planner is at work since 1m")
    await link.becomes(with_plan(link.state))
    await user.waits()
    user.sees("dialog").contains("4 tasks of notes.md, Phase 3.5: nothing of it is in the queue yet")
    await link.becomes(with_plan(link.state, replace(PROPOSED, made=0.0, drafts=(), failed="the service is down")))
    await user.waits()
    assert not user.is_asked
    await user.presses("L")
    user.sees("dialog").contains("The last one came to nothing: the service is down")


async def agree(user: User, link: FakeLink) -> None:
    await opened(user, link)
    user.sees("dialog").contains(
        "critical path: 1 → 2 → 3, 1 h 35 min est.",
        "» 1 Say farewell",
        '- farewell() gives "Goodbye"',
        "after 1 · docs",
        "! 4 'Tidy the greetings' has no acceptance criteria",
    )
    await user.presses("a")
    assert link.commands == [AgreePlan(1)]
    await link.becomes(with_plan(link.state, None))
    await user.waits()
    assert not user.is_asked


async def drop(user: User, link: FakeLink) -> None:
    await opened(user, link)
    await user.presses("down", "x")
    (given,) = link.commands
    assert isinstance(given, ChangePlan)
    assert [(one.key, one.depends_on) for one in given.drafts] == [("1", ()), ("3", ("1",)), ("4", ())]
    assert given.version == 1


async def edit(user: User, link: FakeLink) -> None:
    await _edited(user, link, "e", 's/^title = .*/title = "Say goodbye"/')
    (given,) = link.commands
    assert isinstance(given, ChangePlan)
    assert given.drafts == (replace(DRAFTS[0], title="Say goodbye"), *DRAFTS[1:])


async def edit_all(user: User, link: FakeLink) -> None:
    await _edited(user, link, "E", "s/^## Task 3: .*/## Task 3: Say it in Danish/;/^## Task 4/,$d")
    (given,) = link.commands
    assert isinstance(given, ChangePlan)
    assert given.drafts == (*DRAFTS[:2], replace(DRAFTS[2], title="Say it in Danish"))


async def _edited(user: User, link: FakeLink, key: str, script: str) -> None:
    """With an editor that does this to the file."""
    with tempfile.TemporaryDirectory() as folder:
        editor = Path(folder) / "editor"
        editor.write_text(f"#!/bin/sh\nexec sed -i -e '{script}' \"$1\"\n")
        editor.chmod(0o755)
        os.environ["VISUAL"] = str(editor)
        await opened(user, link)
        await user.presses(key)


async def discard(user: User, link: FakeLink) -> None:
    await opened(user, link)
    await user.presses("D")
    await user.confirms(question="Discard the plan?", detail="asking again costs again", yes=False)
    assert link.commands == []
    user.sees("dialog").contains("Say farewell")
    await user.presses("D")
    await user.confirms(question="Discard the plan?", detail="4 tasks are dropped")
    assert link.commands == [DiscardPlan()]


FLOWS: dict[str, Flow] = {
    "plan": ask,
    "plan.agree": agree,
    "plan.drop": drop,
    "plan.edit": edit,
    "plan.edit-all": edit_all,
    "plan.discard": discard,
}
