"""Keys that come quickly one after the other: each goes where the one before it leads, never to the view before."""

from __future__ import annotations

import asyncio

import pytest
from textual import events

from cockpit import keys
from cockpit.commands import AddTasks, Approve, Pause, Prioritise, Reject
from cockpit.state import TaskDraft
from tests.fakes.link import FakeLink
from tests.nights import full_link
from tests.session import User, session

SIZES = [(80, 24), (120, 40), (200, 50)]
PACES = (0, 1, 3, 8)
"""How many turns everything else has between two keys."""


async def hurry(user: User, pressed: str | list[str], turns: int) -> None:
    """Press keys as a fast hand or a slow line does."""
    for key in pressed:
        user.app.post_message(events.Key(key, key if len(key) == 1 else None))
        for _ in range(turns):
            await asyncio.sleep(0)
    await user.waits()


@pytest.mark.parametrize("size", SIZES)
async def test_the_last_of_many_view_keys_says_which_view_it_is(size: tuple[int, int]) -> None:
    async with session(full_link(), size=size) as user:
        for turns in PACES:
            await hurry(user, "2341", turns)
            assert user.app.main.view == keys.BOARD, turns


@pytest.mark.parametrize("size", SIZES)
async def test_a_key_right_after_a_view_key_is_for_that_view(size: tuple[int, int]) -> None:
    """`+` is another pane at the agents, and more urgency on the board; `p` pauses whom the agents' view has."""
    link = full_link()
    async with session(link, size=size) as user:
        for turns in PACES:
            await hurry(user, ["2", "plus", "minus", "p", "1"], turns)
            assert link.commands == [Pause(1)], turns
            await hurry(user, ["2", "1", "plus"], turns)
            assert link.commands == [Pause(1), Prioritise("T4", 1)], turns
            link.commands.clear()


async def test_a_key_right_before_a_view_key_is_for_the_view_before() -> None:
    link = full_link()
    async with session(link) as user:
        for turns in PACES:
            await hurry(user, ["down", "a", "2", "1", "home"], turns)
            assert link.commands == [Approve("T3")], turns
            link.commands.clear()


async def test_a_view_without_anything_in_it_leaves_no_key_to_the_view_before() -> None:
    link = FakeLink()
    async with session(link) as user:
        await hurry(user, ["2", "slash", "a"], 0)
        assert user.app.main.view == keys.AGENTS
        assert not user.shows("filter")


async def test_what_is_typed_right_after_a_dialogs_key_is_in_the_dialog() -> None:
    link = full_link()
    async with session(link) as user:
        for turns in PACES:
            await hurry(user, ["n", *"quick", "ctrl+s", "2", "1"], turns)
            assert link.commands == [AddTasks((TaskDraft("new", "quick", source="you"),))], turns
            link.commands.clear()
            await hurry(user, ["down", "x", *"axe", "enter", "home"], turns)
            assert link.commands == [Reject("T3", "axe")], turns
            link.commands.clear()


async def test_arrows_and_letters_wait_for_nothing_and_keep_their_order() -> None:
    link = full_link()
    async with session(link) as user:
        await hurry(user, [*["down", "up"] * 20, "down", "x", *"abcdefgh" * 5, "backspace", "enter"], 0)
        assert link.commands == [Reject("T3", ("abcdefgh" * 5)[:-1])]


async def test_keys_that_are_handed_on_come_before_later_ones() -> None:
    link = full_link()
    async with session(link) as user:
        for turns in PACES:
            await hurry(user, ["slash", *"T3", "enter", "a", "escape", "home"], turns)
            assert link.commands == [Approve("T3")], turns
            link.commands.clear()
