"""Agents talk all the time while a person does other things: what the terminal shows is always right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cockpit.agents import stream
from cockpit.agents.stream import Line
from cockpit.app import CockpitApp
from cockpit.screen_settings import ScreenSettings
from panes.direct import painter
from panes.transcript import TranscriptView
from tests.fakes.link import FakeLink
from tests.nights import full_link
from tests.session import NOON
from tests.unit.recorded_terminal import Watched, on_terminal

SIZES = pytest.mark.parametrize("size", [(80, 24), (200, 50)])


@pytest.fixture(autouse=True)
def a_terminal_that_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app leaves where its terminal is gone; it looks at the process's, which here is none."""
    monkeypatch.setattr("cockpit.app.leave_a_dead_terminal", lambda: None)


class Night:
    """A screen on a terminal, and agents that talk."""

    def __init__(self, seen: Watched[CockpitApp], link: FakeLink) -> None:
        self.seen, self.link = seen, link
        self._said = 0

    async def agents_talk(self, lines: int = 12) -> str:
        """Every agent says so much, bit by bit; the last of it."""
        runs = [run.id for run in self.link.state.runs.values() if run.live]
        for _ in range(lines):
            self._said += 1
            text = f"{self._said} sheep. Ein Schaf ✓ 羊 — and a longer sentence that has to be wrapped somewhere."
            for run in runs:
                seq = len(self.link.lines.get(run, ())) + 1
                await self.link.writes(run, [Line(seq, NOON, stream.Said(text))])
            await self.seen.pilot.pause()
        return f"{self._said} sheep."

    async def presses(self, *keys: str) -> None:
        """Press keys while the agents go on talking."""
        for key in keys:
            await self.seen.pilot.press(key)
            await self.agents_talk(2)

    async def shows(self, text: str) -> None:
        """It comes to show this, and the whole terminal is as a full repaint would have it."""
        await self.link.idle()
        views = self.seen.app.main.query(TranscriptView)
        await self.seen.until(lambda: all(v.is_settled for v in views if v.is_on_screen) and text in self.seen.text())
        await self.seen.comes_to_be_whole()


@asynccontextmanager
async def night(size: tuple[int, int] = (120, 40), settings: ScreenSettings | None = None) -> AsyncIterator[Night]:
    link = full_link()
    app = CockpitApp(link, settings or ScreenSettings(), clock=lambda: NOON)
    async with on_terminal(app, *size) as seen:
        await link.idle()
        await seen.until(lambda: "parsers" in seen.text())
        await seen.pilot.press("2")
        yield Night(seen, link)


@SIZES
async def test_a_dialog_is_opened_and_left_while_they_talk(size: tuple[int, int]) -> None:
    async with night(size) as user:
        await user.shows(await user.agents_talk())

        await user.presses("m")
        await user.agents_talk()
        await user.shows("Tell agent-")
        await user.presses("h", "o", "escape")

        await user.shows(await user.agents_talk())


@SIZES
async def test_the_views_are_changed_while_they_talk(size: tuple[int, int]) -> None:
    async with night(size) as user:
        for key in ("1", "3", "4", "2", "question_mark", "escape"):
            await user.presses(key)
            await user.shows("")
        await user.shows(await user.agents_talk())


async def test_the_terminal_gets_other_sizes_while_they_talk() -> None:
    async with night() as user:
        for size in ((80, 24), (200, 50), (60, 15), (120, 40)):
            await user.agents_talk(5)
            await user.seen.resize(*size)
            await user.shows(await user.agents_talk(5))


async def test_one_who_reads_above_is_left_alone() -> None:
    async with night((80, 24)) as user:
        await user.agents_talk()
        await user.presses("pageup")
        await user.shows("")
        top = user.seen.row(5)[:-1]  # without the scrollbar, which moves as the text below grows
        await user.agents_talk()
        await user.shows(top.strip())
        assert user.seen.row(5)[:-1] == top
        await user.presses("end")
        await user.shows(await user.agents_talk())


async def test_other_colours_while_they_talk() -> None:
    async with night() as user:
        await user.agents_talk()
        await user.presses("T", "escape")
        await user.shows(await user.agents_talk())


async def test_a_slow_line_gets_less() -> None:
    async with night(settings=ScreenSettings(frames="slow")) as user:
        assert painter(user.seen.app).pace.frames <= 10
        await user.shows(await user.agents_talk())


async def test_while_nobody_talks_nothing_runs() -> None:
    async with night() as user:
        await user.shows(await user.agents_talk())
        await user.seen.written()
        assert painter(user.seen.app).is_at_rest
        assert user.seen.taken() == []
