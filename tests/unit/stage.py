"""One widget on a screen of its own, for the tests of panes: keys in, rows of text out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from rich.console import Console
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from panes.direct import Direct

PATIENCE = 60.0
W = TypeVar("W", bound=Widget)
M = TypeVar("M", bound=Message)


class OneWidget(App[None]):
    """Shows a widget over the whole screen."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        """Only the widget."""
        yield self.widget


class Stage(Generic[W]):
    """What a test does with the widget and sees of it."""

    def __init__(self, app: OneWidget, pilot: Pilot[None], widget: W, seen: list[Message]) -> None:
        self.app, self.widget, self._pilot, self._seen = app, widget, pilot, seen

    async def until(self, holds: Callable[[], bool] = lambda: True) -> None:
        """Until `holds` and everything that was asked of the screen is done."""
        async with asyncio.timeout(PATIENCE):
            await self._pilot.pause()
            while not holds() or not self._is_painted() or any(not worker.is_finished for worker in self.app.workers):
                await self._pilot.pause()

    def _is_painted(self) -> bool:
        return all(one.is_painted for one in self.app.screen.query(Direct))

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self._pilot.press(*keys)
        await self.until()

    async def resize(self, width: int, height: int) -> None:
        """Make the terminal another size."""
        await self._pilot.resize_terminal(width, height)
        await self.until()

    def received(self, kind: type[M]) -> list[M]:
        """The messages of a kind that were sent so far, each once however far it bubbled."""
        return list({id(message): message for message in self._seen if isinstance(message, kind)}.values())

    def screen(self) -> list[str]:
        """The screen as text."""
        width, height = self.app.size
        console = Console(width=width, height=height, file=io.StringIO(), color_system=None, legacy_windows=False)
        console.print(self.app.screen._compositor.render_update(full=True))
        assert isinstance(console.file, io.StringIO)
        return [line.rstrip() for line in console.file.getvalue().splitlines()[:height]]

    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.screen())


@asynccontextmanager
async def on_stage(widget: W, width: int = 80, height: int = 24) -> AsyncIterator[Stage[W]]:
    """The widget on a screen of this size."""
    app, seen = OneWidget(widget), list[Message]()
    async with app.run_test(size=(width, height), message_hook=seen.append) as pilot:
        stage = Stage(app, pilot, widget, seen)
        await stage.until()
        yield stage
