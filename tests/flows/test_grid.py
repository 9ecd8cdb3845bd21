"""The agents' panes as tmux has them: zoom, layouts, more and fewer, go by number, the mouse; remembered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.commands import Pause
from cockpit.state import Agent
from panes.tiling import Layout, Wish
from tests.fakes.link import FakeLink
from tests.nights import fleet, full_link
from tests.session import User, session


def shown(user: User) -> tuple[int, ...]:
    """The agents with a pane on the screen."""
    return user.app.main.agents.shown


async def test_zoom_gives_the_selected_agent_the_whole_body_and_z_restores() -> None:
    async with session(full_link(), size=(200, 50)) as user:
        await user.presses("2", "tab")
        assert shown(user) == (1, 2, 3)
        await user.presses("z")
        assert shown(user) == (2,)
        assert not user.shows("board")
        user.sees("agents").contains("agent-2", "zoomed", "41 lines are gone")
        assert user.app.main.agents.panes[2].size.width == 200
        await user.presses("z")
        assert user.shows("board")
        assert shown(user) == (1, 2, 3)


async def test_a_zoom_goes_along_to_the_next_agent_and_waits_while_you_look_elsewhere() -> None:
    async with session(full_link(), size=(120, 40)) as user:
        await user.presses("z")
        assert shown(user) == (1,)
        await user.presses("tab")
        assert shown(user) == (2,)
        await user.presses("1")
        assert user.shows("board")
        await user.presses("2")
        assert not user.shows("board")
        assert shown(user) == (2,)


async def test_layouts_follow_each_other_and_each_says_its_name() -> None:
    async with session(FakeLink(fleet(4)), size=(200, 50)) as user:
        await user.presses("2", "l")
        user.sees("status").contains("layout: main+stack")
        panes = user.app.main.agents.panes
        assert panes[1].size.width > panes[2].size.width
        await user.presses("l")
        user.sees("status").contains("layout: one")
        assert shown(user) == (1,)
        user.sees("agents").contains("agent-2 T2", "agent-3 T3", "agent-4 T4")
        await user.presses("l")
        user.sees("status").contains("layout: tiled")
        assert shown(user) == (1, 2, 3, 4)


async def test_more_and_fewer_panes_at_once() -> None:
    async with session(FakeLink(fleet(3))) as user:
        await user.presses("2")
        assert shown(user) == (1,)
        await user.presses("plus")
        assert shown(user) == (1, 2)
        user.sees("status").contains("2 panes at once")
        await user.presses("plus")
        assert shown(user) == (1, 2, 3)
        await user.presses("plus")
        user.sees("status").contains("✗ every agent has a pane already")
        await user.presses("minus", "minus", "minus")
        assert shown(user) == (1,)
        user.sees("status").contains("✗ there is one pane already")


async def test_too_many_panes_are_refused_with_a_word() -> None:
    async with session(FakeLink(fleet(10))) as user:
        await user.presses("2", *["plus"] * 9)
        user.sees("status").contains("✗ no room for another pane")
        assert min(p.size.height for n, p in user.app.main.agents.panes.items() if n in shown(user)) >= 5


async def test_go_to_an_agent_by_its_number() -> None:
    link = FakeLink(fleet(10))
    async with session(link, size=(200, 50)) as user:
        await user.presses("g")
        user.sees("agents").contains("█▀▀█")
        user.sees("status").contains("0 is agent-10")
        await user.presses("0")
        assert user.app.main.agents.selected == 10
        await user.presses("g", "3", "p")
        assert link.commands == [Pause(3)]
        user.sees("agents").lacks("█▀▀█")


async def test_a_quick_typists_digit_goes_nowhere_else() -> None:
    async with session(FakeLink(fleet(3))) as user:
        await user.presses("2")
        await user.presses_at_once("g", "3")
        await user.waits()
        assert user.app.main.agents.selected == 3
        assert not user.shows("desk")


async def test_esc_leaves_the_numbers_and_a_wrong_one_is_said() -> None:
    async with session(FakeLink(fleet(3))) as user:
        await user.presses("2", "g", "escape")
        user.sees("agents").lacks("▀▀▀")
        assert user.app.main.agents.selected == 1
        await user.presses("g", "7")
        user.sees("status").contains("✗ there is no agent-7")
        await user.presses("p")
        user.sees("status").contains("✓ Pause")


async def test_without_agents_the_keys_say_so() -> None:
    async with session(FakeLink()) as user:
        for key in ("z", "g"):
            await user.presses(key)
            user.sees("status").contains("✗ there are no agents")


async def test_a_click_on_a_bar_selects_a_second_one_zooms() -> None:
    async with session(FakeLink(fleet(3)), size=(200, 50)) as user:
        await user.clicks("agent-3 T3")
        assert user.app.main.agents.selected == 3
        user.sees("agents").contains("▌ ◐ agent-3")
        assert shown(user) == (1, 2, 3)
        await user.clicks("agent-3 T3", times=2)
        assert shown(user) == (3,)
        await user.clicks("agent-3 T3", times=2)
        assert shown(user) == (1, 2, 3)


async def test_a_click_into_a_pane_selects_it_and_a_click_on_a_number_chooses() -> None:
    async with session(FakeLink(fleet(3)), size=(200, 50)) as user:
        await user.clicks("Nothing was said yet.")
        assert user.app.main.agents.selected == 1
        await user.presses("g")
        await user.clicks("▀▀▀█")
        assert user.app.main.agents.selected == 2
        user.sees("agents").lacks("▀▀▀█")


async def test_an_idle_agent_takes_a_line_until_it_is_looked_at() -> None:
    state = fleet(3)
    idle = replace(
        state, agents={**state.agents, 2: Agent(2)}, runs={n: r for n, r in state.runs.items() if "2" not in n}
    )
    async with session(FakeLink(idle), size=(200, 50)) as user:
        await user.presses("2")
        assert shown(user) == (1, 3)
        user.sees("agents").contains("· agent-2 idle")
        await user.presses("g", "2")
        assert shown(user) == (1, 2, 3)
        user.sees("agents").contains("Idle: it takes the next task that may start.")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_the_layout_is_remembered_for_the_repository(size: tuple[int, int]) -> None:
    link = FakeLink(fleet(3))
    async with session(link, size=size) as user:
        await user.presses("2", "l")
        beside = shown(user)
    assert link.choices == {"agents": {"layout": "main+stack"}}
    async with session(link, size=size) as user:
        await user.presses("2")
        assert shown(user) == beside
        await user.presses(*["minus"] * (len(beside) - 1))
        user.sees("status").contains("1 pane at once")
    async with session(link, size=size) as user:
        await user.presses("2")
        assert shown(user) == (1,)
        assert user.app.main.agents.wish == Wish(Layout.MAIN, 1)


async def test_a_broken_record_of_it_is_said_and_ignored() -> None:
    link = FakeLink(fleet(2))
    link.choices = {"agents": {"layout": "spiral", "panes": -3}}
    link.choices_fault = "screen.toml can't be read and is ignored"
    async with session(link, size=(200, 50)) as user:
        user.sees("status").contains("✗ screen.toml can't be read and is ignored")
        assert shown(user) == (1, 2)
