"""The one screen at every size: nothing that matters is cut, and a resize loses nothing."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from cockpit import keys
from tests.fakes.link import FakeLink
from tests.nights import fleet, full_link
from tests.session import session

SIZES = [(80, 24), (120, 40), (200, 50)]
ALL_SIZES = [*SIZES, (60, 15), (40, 12), (119, 24), (160, 24), (300, 80)]


@pytest.mark.parametrize("size", SIZES)
async def test_what_matters_is_there_at_every_size(size: tuple[int, int]) -> None:
    async with session(full_link(), size=size) as user:
        user.sees("top").contains("parsers", "2 wait for you", "night on main", "● engine", "3 agents", "until")
        user.sees("gauge").contains("$3.80 of $10.00", "38%", "$1.27/h")
        user.sees("views").contains("1 board", "2 agents", "3 desk", "4 inbox (2)")
        user.sees("keys").contains("a approve", "x reject", "enter open", "n new", "? help", "q detach")
        user.sees("board").contains("Waiting for you 2", "At work 3", "Next 2", "Done 3")
        for name in (f"T{n}" for n in range(1, 11)):
            user.sees("board").contains(f" {name} ")
        for view, text in {
            "agents": "Now the three callers must pass the offset along.",
            "inbox": "the generator holds the file open when a caller stops early",
            "desk": "T3",
        }.items():
            await user.presses(keys.BY_ACTION[view].default)
            user.sees(view).contains(text)


@pytest.mark.parametrize("size", SIZES)
async def test_each_view_offers_its_keys(size: tuple[int, int]) -> None:
    async with session(full_link(), size=size) as user:
        for view, wanted in {
            keys.AGENTS: ("p pause", "m message", "k kill"),
            keys.DESK: ("a approve", "x reject"),
            keys.INBOX: ("a approve", "x reject", "enter open"),
            keys.BOARD: ("a approve", "x reject", "enter open", "S night"),
        }.items():
            await user.presses(keys.BY_ACTION[view].default)
            user.sees("keys").contains(*wanted, "? help", "q detach")


@pytest.mark.parametrize("size", ALL_SIZES)
async def test_no_line_is_wider_than_the_terminal(size: tuple[int, int]) -> None:
    async with session(full_link(), size=size) as user:
        for pressed in ("1", "2", "3", "4", "question_mark", "escape", "n", "escape", "S", "escape"):
            await user.presses(pressed)
            lines = user.screen()
            assert len(lines) <= size[1]
            assert max(map(cell_len, lines)) <= size[0]


async def test_a_narrow_terminal_shows_one_view_a_wide_one_all() -> None:
    async with session(full_link(), size=(119, 30)) as user:
        assert [user.shows(name) for name in ("board", "agents", "inbox")] == [True, False, False]
        await user.resizes(120, 30)
        assert [user.shows(name) for name in ("board", "agents", "inbox")] == [True, True, True]
        await user.presses("3")
        assert [user.shows(name) for name in ("board", "agents", "inbox", "desk")] == [False, False, False, True]


async def test_the_view_survives_any_resize() -> None:
    link = full_link()
    async with session(link, size=(200, 50)) as user:
        assert link.followed == ["T5-1", "T6-1", "T7-1"]
        await user.presses("2", "tab")
        await user.resizes(80, 24)
        user.sees("agents").contains("agent-2", "41 lines are gone")
        assert link.followed == ["T6-1"]
        await user.resizes(200, 50)
        user.sees("agents").contains("agent-1", "agent-2", "agent-3")
        assert link.followed == ["T5-1", "T6-1", "T7-1"]


async def test_only_transcripts_that_show_are_followed() -> None:
    link = full_link()
    async with session(link) as user:
        assert link.followed == []
        await user.presses("2")
        assert link.followed == ["T5-1"]
        await user.presses("tab")
        assert link.followed == ["T6-1"]
        await user.presses("1")
        assert link.followed == []


async def test_a_pane_goes_on_where_it_was_and_a_new_run_begins_anew() -> None:
    link = full_link()
    async with session(link) as user:
        await user.presses("2", "1")
        await user.presses("2")
        shown = user.sees("agents").text
        assert shown.count("Now the three callers must pass the offset along.") == 1
        await link.becomes(fleet(1))
        await user.waits()
        user.sees("agents").lacks("Now the three callers")
        assert link.followed == ["T1-1"]


@pytest.mark.parametrize("count", [1, 2, 3, 6, 10])
@pytest.mark.parametrize("size", SIZES)
async def test_every_agent_has_a_pane_or_a_line(count: int, size: tuple[int, int]) -> None:
    async with session(FakeLink(fleet(count)), size=size) as user:
        await user.presses("2")
        for number in range(1, count + 1):
            user.sees("agents").contains(f"Build part {number}")
            assert user.app.main.agents.selected == number
            pane = user.app.main.agents.panes[number]
            assert pane.is_on_screen
            assert pane.size.height >= 8
            await user.presses("tab")


async def test_a_click_on_an_agents_line_opens_its_pane() -> None:
    link = FakeLink(fleet(3))
    async with session(link) as user:
        await user.presses("2")
        await user.clicks("agent-3 T3")
        assert link.followed == ["T3-1"]
