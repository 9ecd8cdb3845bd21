"""A pull request on the screen: where its work is shown, and its address for the clipboard."""

from __future__ import annotations

from cockpit.pulls import Check, Pull
from cockpit.value import replace
from tests.fakes.link import FakeLink
from tests.nights import of, ready
from tests.session import session

PULL = Pull(
    7,
    "https://github.com/acme/site/pull/7",
    "agent-1/task-T1",
    state="open",
    checks=(Check("unit", "failure"),),
    objections=("bea",),
)


def link() -> FakeLink:
    """T1 is ready, and its pull request's checks are red."""
    made = FakeLink(of([ready("T1", "Parse dates")]))
    made.state = replace(made.state, pulls={"T1": PULL})
    return made


async def test_the_desk_shows_it_and_y_copies_its_address() -> None:
    async with session(link(), size=(120, 50)) as user:
        await user.presses("3")
        user.sees("desk").contains("pull request #7 open, CI failed: unit, wants changes: bea")
        await user.presses("y")
        assert user.app.clipboard == PULL.url
        user.sees("status").contains(f"copied {PULL.url}")


async def test_the_card_has_it_and_without_one_y_says_so() -> None:
    async with session(link(), size=(120, 50)) as user:
        await user.presses("4")
        user.sees("inbox").contains("pull request #7 open")
    async with session(FakeLink(of([ready("T1", "Parse dates")]))) as user:
        await user.presses("3", "y")
        user.sees("status").contains("T1 has no pull request")
