"""An agent that lives in a terminal: its program's screen in the pane, the person's keys to the program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from cockpit.commands import Pause
from tests.fakes.link import FakeLink, FakeWire
from tests.nights import fleet
from tests.session import User, session


def terminal_link(count: int = 2) -> FakeLink:
    """Agents at work, the first in a terminal."""
    state = fleet(count)
    runs = {**state.runs, "T1-1": replace(state.runs["T1-1"], terminal=True)}
    return FakeLink(replace(state, runs=runs))


@asynccontextmanager
async def at_the_terminal(**more: object) -> AsyncIterator[tuple[User, FakeLink, FakeWire]]:
    """A person whose keys go to agent-1's terminal."""
    link = terminal_link()
    wire = link.wires["T1-1"] = FakeWire()
    await wire.prints(b"\x1b[2J\x1b[Hlogin: ")
    async with session(link, size=(100, 30), **more) as user:  # type: ignore[arg-type]
        await user.presses("2")
        yield user, link, wire


async def test_the_pane_shows_what_the_program_shows() -> None:
    async with at_the_terminal() as (user, _, wire):
        user.sees("agent-1").contains("login:")
        await wire.prints(b"\x1b[5;3H\x1b[1;31mhello ", "漢字".encode(), b"\x1b[0m")
        await user.waits()
        user.sees("agent-1").contains("hello 漢字")
        assert wire.lookers == 1
    assert wire.lookers == 0
    assert wire.closed


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("ctrl+p", b"\x10"),
        ("q", b"q"),
        ("question_mark", b"?"),
        ("tab", b"\t"),
        ("shift+tab", b"\x1b[Z"),
        ("escape", b"\x1b"),
        ("ctrl+q", b"\x11"),
        ("ctrl+c", b"\x03"),
        ("enter", b"\r"),
        ("1", b"1"),
        ("g", b"g"),
        ("z", b"z"),
        ("P", b"P"),
        ("plus", b"+"),
        ("up", b"\x1b[A"),
        ("pageup", b"\x1b[5~"),
        ("exclamation_mark", b"!"),
        ("space", b" "),
    ],
)
async def test_every_key_is_the_programs(key: str, wanted: bytes) -> None:
    async with at_the_terminal() as (user, link, wire):
        await user.presses(key)
        assert wire.typed == wanted
        assert link.commands == []
        assert not user.has_left
        assert not user.is_asked


async def test_after_the_prefix_the_next_key_is_the_cockpits() -> None:
    async with at_the_terminal() as (user, link, wire):
        user.sees("keys").contains("ctrl+b then:")
        await user.presses("ctrl+b")
        user.sees("keys").contains("ctrl+b now:")
        await user.presses("p")
        user.sees("keys").contains("ctrl+b then:")
        assert link.commands == [Pause(1)]
        await user.presses("p")
        assert wire.typed == b"p"
        await user.presses("ctrl+b", "tab")
        user.sees("keys").lacks("then:")
        await user.presses("P")
        assert wire.typed == b"p"
        await user.presses("shift+tab", "ctrl+b", "ctrl+b")
        assert wire.typed == b"p\x02"
        await user.presses("ctrl+b", "q")
        assert user.has_left


async def test_the_prefix_can_be_another_key() -> None:
    async with at_the_terminal(keys={"terminal.prefix": "ctrl+a"}) as (user, link, wire):
        user.sees("keys").contains("ctrl+a then:")
        await user.presses("ctrl+b", "ctrl+a", "p", "ctrl+a", "ctrl+a")
        assert wire.typed == b"\x02\x01"
        assert link.commands == [Pause(1)]


async def test_the_prefix_and_an_arrow_look_back_and_typing_returns() -> None:
    async with at_the_terminal() as (user, _, wire):
        await wire.prints(b"\x1b[2J\x1b[H" + b"\r\n".join(b"line %d." % n for n in range(200)))
        await user.waits()
        user.sees("agent-1").contains("line 199.")
        await user.presses("ctrl+b", "pageup")
        user.sees("agent-1").contains("↑")
        user.sees("agent-1").lacks("line 199.")
        await wire.prints(b"\r\nmore")
        await user.waits()
        user.sees("agent-1").lacks("more")
        await user.presses("ctrl+b", "home")
        user.sees("agent-1").contains("line 0.")
        await user.presses("x")
        user.sees("agent-1").contains("line 199.", "more")
        assert wire.typed == b"x"


async def test_the_program_is_told_how_much_of_it_shows() -> None:
    async with at_the_terminal() as (user, _, wire):
        first = wire.sizes[-1]
        await user.resizes(60, 20)
        assert wire.sizes[-1] != first
        assert wire.sizes[-1][0] <= 60
        await wire.prints(b"\x1b[2J\x1b[H" + b"x" * wire.sizes[-1][0])
        await user.waits()
        user.sees("agent-1").contains("x" * wire.sizes[-1][0])


async def test_a_smaller_screen_elsewhere_makes_it_smaller_here() -> None:
    async with at_the_terminal() as (user, _, wire):
        wire.actual = (20, 5)
        await wire.prints(b"\x1b[2J\x1b[H" + b"y" * 30)
        await user.waits()
        user.sees("agent-1").has_lines("y" * 20, "y" * 10)


async def test_what_the_program_asks_is_answered_once_it_is_live() -> None:
    async with at_the_terminal() as (user, _, wire):
        wire.is_live = False
        await wire.prints(b"\x1b[6n")
        await user.waits()
        assert wire.answered == b""
        wire.is_live = True
        await wire.prints(b"\x1b[3;4H\x1b[6n")
        await user.waits()
        assert wire.answered == b"\x1b[3;4R"
        assert wire.typed == b""


async def test_the_mouse_is_the_programs_if_it_asked() -> None:
    async with at_the_terminal() as (user, _, wire):
        await wire.prints(b"\x1b[2J\x1b[Hclick me\x1b[?1000;1006h")
        await user.waits()
        await user.clicks("click me")
        assert wire.typed == b"\x1b[<0;1;1M\x1b[<0;1;1m"


async def test_another_run_without_a_terminal_brings_the_transcript_back() -> None:
    async with at_the_terminal() as (user, link, wire):
        state = fleet(2)
        runs = {**link.state.runs, "T1-2": replace(state.runs["T1-1"], id="T1-2")}
        agents = {**state.agents, 1: replace(state.agents[1], run="T1-2")}
        await link.becomes(replace(link.state, runs=runs, agents=agents))
        await user.waits()
        user.sees("agent-1").lacks("login:")
        user.sees("agent-1").contains("Nothing was said yet.")
        assert wire.lookers == 0
        await user.presses("p")
        assert link.commands == [Pause(1)]


async def test_a_hidden_terminal_is_not_followed_and_shows_the_newest_when_it_comes_back() -> None:
    async with at_the_terminal() as (user, _, wire):
        await user.presses("ctrl+b", "1")
        assert wire.lookers == 0
        await wire.prints(b"\x1b[2J\x1b[Hmeanwhile")
        await user.presses("2")
        user.sees("agent-1").contains("meanwhile")
        assert wire.lookers == 1


async def test_the_last_screen_of_a_program_that_is_over_stays() -> None:
    async with at_the_terminal() as (user, _, wire):
        await wire.prints(b"\x1b[2J\x1b[Hall done")
        await wire.ends()
        await user.waits()
        user.sees("agent-1").contains("all done")
        await user.presses("x")
        assert wire.typed == b""


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x1b]52;c;aGk=\x07",
        b"\x1b]0;a title\x07\x1b]2;another\x1b\\\x1bka third\x1b\\",
        b"\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\",
        b"\x1b]9;a notice\x07\x1b]777;notify;a;b\x07",
        b"[bold red]markup[/] [@click=app.quit]x[/]",
        b"\x1bPq#0;2;0;0;0#0~~\x1b\\\x1b_Gf=100;AAAA\x1b\\",
        b"\x1b[?1049h\x1b[22;0t\x1b[8;200;200t\x1b[3J",
        "\u202eevil \u2066x\u2069 \u200bz\u0300\u0301\u0302".encode(),
        b"\xff\xfe\xf0\x9f\x1b",
        b"x" * 1_000_000,
    ],
)
async def test_hostile_output_changes_nothing_outside_its_pane(hostile: bytes) -> None:
    async with at_the_terminal() as (user, _, wire):
        before = {name: user.sees(name).lines for name in ("top", "views", "keys", "agent-2")}
        await wire.prints(hostile)
        await user.waits()
        assert {name: user.sees(name).lines for name in before} == before
        await user.presses("x")
        assert wire.typed == b"x"
        assert "\x1b" not in "".join(user.screen())
