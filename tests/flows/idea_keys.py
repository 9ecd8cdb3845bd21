"""What a person does about ideas with each key; `test_keys` runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from cockpit.commands import AskIdea, PromoteTask, SkipTask, SwitchCategory
from cockpit.idea_facts import ACCEPTED, ASKING, REFUSED, SUGGESTED, Draft, Idea, Ideas, Use
from cockpit.state import Agent, TaskState
from tests.fakes.link import FakeLink
from tests.nights import of, task
from tests.session import NOON, User

Flow = Callable[[User, FakeLink], Awaitable[None]]

PAST = {
    "I1": Idea("I1", "testing", NOON - 7200, outcome=ACCEPTED, draft=Draft("Test the parser"), task="T1"),
    "I2": Idea("I2", "testing", NOON - 3600, outcome=REFUSED, draft=Draft("Test the getters"), task="T2"),
    "I3": Idea("I3", "innovation", NOON - 86_400, outcome=SUGGESTED, draft=Draft("Show a map"), task="T4"),
}


async def known(user: User, link: FakeLink) -> None:
    """Three ideas were asked for, and one category is off."""
    uses = {
        "testing": Use(NOON - 3600, 2),
        "innovation": Use(NOON - 86_400, 1, off="3 of its last 4 were refused"),
    }
    suggested = task("T4", "Show a map", TaskState.SUGGESTED, source="idea:innovation", category="innovation")
    state = of([task("T1", "Test the parser"), suggested])
    await link.becomes(replace(state, ideas=Ideas(enabled=True, past=PAST, asked=3, uses=uses)))


async def ideas(user: User, link: FakeLink) -> None:
    await known(user, link)
    await user.presses("i")
    user.sees("dialog").contains(
        "Proposed when the queue is empty.",
        "30 days: 10% of the categories, 3 asked, 50% taken up.",
        "✓ Optimization never",
        "‖ Innovation 24h00m off: 3 of its last 4 were ref",
        "✓ Testing 1h00m 2 asked · 1 taken · 1 refused",
        "space on or off a asks for one now esc leaves it",
    )
    await user.presses("end")
    user.sees("dialog").contains("✓ API Evolution never")
    await user.presses("i")
    assert not user.is_asked


async def idea_now(user: User, link: FakeLink) -> None:
    await user.presses("I")
    assert link.commands == [AskIdea()]
    begun = Ideas(past={"I1": Idea("I1", "testing", NOON, agent=2, step=ASKING)}, asked=1)
    await link.becomes(replace(link.state, ideas=begun, agents={**link.state.agents, 2: Agent(2)}))
    await user.presses("2")
    user.sees("agents").contains("agent-2", "ideating: Testing")


async def switch(user: User, link: FakeLink) -> None:
    await known(user, link)
    await user.presses("i", "space", "down", "space")
    assert link.commands == [SwitchCategory("optimization", on=False), SwitchCategory("innovation", on=True)]
    assert user.is_asked, "the list stays open"


async def ask_of_one(user: User, link: FakeLink) -> None:
    await known(user, link)
    await user.presses("i", "down", "a")
    assert link.commands == [AskIdea("innovation")]
    on_its_way = replace(link.state.ideas, past={**PAST, "I4": Idea("I4", "innovation", NOON, step=ASKING)}, asked=4)
    await link.becomes(replace(link.state, ideas=on_its_way))
    await user.waits()
    user.sees("dialog").contains("I4 is on its way: innovation, asking.")


async def refuse(user: User, link: FakeLink) -> None:
    """A suggestion is refused with a reason, or without one, or promoted."""
    await known(user, link)
    await user.presses("1", "slash")
    await user.types("state:sugg")
    await user.presses("enter", "s")
    await user.writes("no maps", question="Refuse T4?")
    await user.presses("s", "enter", "s", "escape", "u")
    assert link.commands == [SkipTask("T4", "no maps"), SkipTask("T4"), PromoteTask("T4")]


FLOWS: dict[str, Flow] = {"ideas": ideas, "idea-now": idea_now, "ideas.switch": switch, "ideas.now": ask_of_one}
