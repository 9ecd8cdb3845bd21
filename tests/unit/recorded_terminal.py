"""An app on a terminal that is a model: what was really written to it can be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from textual.app import App
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from panes.direct import painter
from tests.unit.terminal_model import Terminal

PATIENCE = 60.0
A = TypeVar("A", bound=App[Any])


class Recorder(HeadlessDriver):
    """Writes to the model, as to a terminal that understands synchronized updates."""

    terminal: Terminal
    writes: list[str]

    @property
    def is_headless(self) -> bool:
        """Somebody looks."""
        return False

    def write(self, data: str) -> None:
        """Keep it, and show it."""
        if not data.startswith("\x1b]22;"):  # the mouse pointer's shape is not painting
            self.writes.append(data)
        self.terminal.write(data)


class Watched(Generic[A]):
    """An app, the terminal that it writes to, and a person."""

    def __init__(self, app: A, pilot: Pilot[Any], driver: Recorder) -> None:
        self.app, self.pilot, self._driver = app, pilot, driver

    @property
    def terminal(self) -> Terminal:
        """What the terminal shows."""
        return self._driver.terminal

    async def until(self, holds: Callable[[], bool] = lambda: True) -> None:
        """Until `holds` and all is painted."""
        async with asyncio.timeout(PATIENCE):
            await self.pilot.pause()
            while not (holds() and self._is_painted()):
                await self.pilot.pause()

    def _is_painted(self) -> bool:
        screen = self.app.screen
        owes = screen._layout_required or screen._repaint_required or screen._dirty_widgets
        wanting = any(widget._repaint_required for widget in screen._compositor.visible_widgets)
        asked = any(one.message_queue_size for one in self.app.screen_stack)
        return painter(self.app).is_at_rest and not (owes or wanting or asked)

    async def written(self) -> list[str]:
        """What is written from the last time on until all is painted."""
        await self.until()
        return self.taken()

    def taken(self) -> list[str]:
        """What was written from the last time on until now."""
        writes = list(self._driver.writes)
        self._driver.writes.clear()
        return writes

    async def resize(self, width: int, height: int) -> None:
        """The terminal has another size."""
        self.terminal.resize(width, height)
        await self.pilot.resize_terminal(width, height)
        await self.until()

    async def comes_to_be_whole(self) -> None:
        """As `is_whole`, for a screen whose widgets may still have something to tell each other."""
        try:
            await self.until(lambda: not self._wrong())
        except TimeoutError:
            self.is_whole()
            raise

    def is_whole(self) -> None:
        """The terminal shows what a full repaint would show."""
        assert not (wrong := self._wrong()), wrong

    def _wrong(self) -> str:
        """The first place where it does not; empty where all is right."""
        width, height = self.app.size
        wanted = Terminal(width, height)
        for y, strip in enumerate(self.app.screen._compositor.render_strips()):
            wanted.write(f"\x1b[{y + 1};1H{strip.render(self.app.console)}")
        for y, x in ((y, x) for y in range(height) for x in range(width)):
            there, right = self.terminal.rows[y][x], wanted.rows[y][x]
            if there != right:
                return f"row {y}, column {x}: {there} should be {right}; all of it is {self.row(y)!r}"
        return ""

    def row(self, y: int) -> str:
        """A row of the terminal as text."""
        return text(self.terminal, y)

    def text(self) -> str:
        """All of it."""
        return "\n".join(self.row(y) for y in range(self.terminal.height))


def text(terminal: Terminal, y: int) -> str:
    """A row as text."""
    return "".join(cell.text for cell in terminal.rows[y])


@asynccontextmanager
async def on_terminal(app: A, width: int = 80, height: int = 24) -> AsyncIterator[Watched[A]]:
    """The app on a terminal of this size."""

    def build(headless: bool, inline: bool, mouse: bool, size: tuple[int, int] | None) -> Driver:
        driver = app._driver = Recorder(app, mouse=mouse, size=size)
        driver.terminal, driver.writes = Terminal(width, height), []
        app._sync_available = True
        return driver

    app._build_driver = build  # type: ignore[method-assign]  # run_test wants a driver that nobody sees
    async with app.run_test(size=(width, height)) as pilot:
        assert isinstance(app._driver, Recorder)
        watched = Watched(app, pilot, app._driver)
        await watched.until()
        yield watched
