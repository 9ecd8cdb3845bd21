"""A person at the cockpit, for tests: awaits act, plain calls look.

    async with session(link) as user:
        await user.presses("a")                       # approve
        user.sees("status").contains("approve T2")

A question can't be confirmed without naming what it says. This is the only place that knows Textual's pilot:
`waits` returns when everything that was asked for is on the screen.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

from rich.cells import cell_len
from rich.console import Console
from textual.pilot import Pilot
from textual.widget import Widget

from cockpit.app import CockpitApp
from cockpit.link import Link
from cockpit.screen_settings import ScreenSettings
from panes.dialogs import Card, Confirm, Dialog
from panes.direct import Direct
from panes.pick import Pick
from panes.transcript import TranscriptView

NOON = 1_750_000_000.0
"""The time it is on a test's screen."""

PATIENCE = 60.0
"""Seconds in which the screen must come to rest."""


class IdleLink(Link, Protocol):
    """A link that knows when the screen has taken in everything."""

    async def idle(self) -> None:
        """Wait for that."""
        ...


class View:
    """A part of the screen, as text."""

    def __init__(self, name: str, lines: list[str], keys: list[str]) -> None:
        self.name = name
        self.lines = [line.strip(" │╭╮╰╯─").rstrip() for line in lines]
        self._keys = keys

    @property
    def text(self) -> str:
        """All of it as one line with single spaces, so that it does not matter where lines break."""
        return " ".join(" ".join(self.lines).split())

    def has_lines(self, *wanted: str) -> None:
        """These lines are there, one below the other; runs of spaces count as one."""
        shown = [" ".join(line.split()) for line in self.lines]
        sought = [" ".join(line.split()) for line in wanted]
        starts = range(len(shown) - len(sought) + 1)
        if not any(shown[start : start + len(sought)] == sought for start in starts):
            self._fail("these lines, in a row", list(wanted))

    def contains(self, *texts: str) -> None:
        """Each of these is somewhere on it."""
        if missing := [text for text in texts if " ".join(text.split()) not in self.text]:
            self._fail("this", missing)

    def lacks(self, *texts: str) -> None:
        """None of these is on it."""
        if there := [text for text in texts if text in self.text]:
            self._fail("none of this", there)

    def line_with(self, text: str) -> str:
        """The first line with `text`."""
        for line in self.lines:
            if text in line:
                return line
        self._fail("a line with", [text])
        raise AssertionError

    def _fail(self, what: str, wanted: list[str]) -> None:
        shown = "\n".join(f"  │{line}" for line in self.lines) or "  (nothing)"
        lines = "\n".join(f"  │{line}" for line in wanted)
        raise AssertionError(
            f"{self.name} does not show {what}:\n{lines}\nIt shows:\n{shown}\n"
            f"Keys so far: {' '.join(self._keys) or 'none'}"
        )


class User:
    """The person: presses keys, reads the screen."""

    def __init__(self, app: CockpitApp, pilot: Pilot[Any], idle: Callable[[], Any]) -> None:
        self.app = app
        self._pilot = pilot
        self._idle = idle
        self._keys: list[str] = []

    # ── acting ───────────────────────────────────────────────────────────────────────────────────────

    async def presses(self, *pressed: str) -> None:
        """Press keys, and wait for what comes of them."""
        for key in pressed:
            self._keys.append(key)
            await self._pilot.press(key)
            await self.waits()

    async def presses_at_once(self, *pressed: str) -> None:
        """Press keys without waiting for any answer."""
        self._keys += pressed
        await self._pilot.press(*pressed)
        await self._pilot.pause()

    async def types(self, text: str) -> None:
        """Write into whatever has the keys; a line break is ctrl+j."""
        self._keys.append(repr(text))
        await self._pilot.press(*("ctrl+j" if c == "\n" else c for c in text))
        await self.waits()

    async def confirms(self, *, question: str, detail: str, yes: bool = True) -> None:
        """Read the question that is on the screen, and answer it."""
        self._reads(Confirm, question, detail)
        await self.presses("y" if yes else "n")

    async def writes(self, text: str, *, question: str, send: str = "enter") -> None:
        """Read what is asked for, write it, and send it."""
        self._reads(Dialog, question, "")
        await self.types(text)
        await self.presses(send)

    async def picks(self, text: str) -> None:
        """Take the line of a list that says `text`, by its digit."""
        self._reads(Pick, text, "")
        dialog = self.app.screen
        assert isinstance(dialog, Pick)
        number = next(n for n, option in enumerate(dialog.options, 1) if text in option.title)
        await self.presses(str(number))

    async def clicks(self, text: str, times: int = 1) -> None:
        """Click on the first place of the screen that says `text`, so many times quickly."""
        for y, line in enumerate(self.screen()):
            if text in line:
                self._keys.append(f"<click {text}>")
                await self._pilot.click(offset=(line.index(text), y), times=times)
                await self.waits()
                return
        raise AssertionError(f"nothing on the screen says {text!r}:\n" + "\n".join(self.screen()))

    async def drags(self, text: str, onto: str) -> None:
        """Press the button on the first place that says `text`, and let it go on the first that says `onto`."""
        self._keys.append(f"<drag {text} onto {onto}>")
        start = self._place(text)
        await self._pilot.mouse_down(offset=start)
        await self._pilot.hover(offset=(start[0] + 3, start[1]))
        await self.waits()
        end = self._place(onto)
        await self._pilot.hover(offset=end)
        await self._pilot.mouse_up(offset=end)
        await self.waits()

    def _place(self, text: str) -> tuple[int, int]:
        lines = self.screen()
        for y, line in enumerate(lines):
            if text in line:
                return cell_len(line[: line.index(text)]), y
        raise AssertionError(f"nothing on the screen says {text!r}:\n" + "\n".join(lines))

    async def resizes(self, width: int, height: int) -> None:
        """Make the terminal another size."""
        self._keys.append(f"<{width}x{height}>")
        await self._pilot.resize_terminal(width, height)
        await self.waits()

    async def waits(self) -> None:
        """Until the link and the app have nothing left to do and every message is on the screen."""
        async with asyncio.timeout(PATIENCE):
            await self._pilot.pause()
            while True:
                await self._idle()
                await self._pilot.pause()
                if not self.app.is_running or (self.app.is_idle and self._is_painted()):
                    return

    def _is_painted(self) -> bool:
        if not self.app.screen_stack:
            return True
        screen = self.app.screen_stack[0]
        views = [view for view in screen.query(TranscriptView) if view.is_on_screen]
        terminals = [view for view in screen.query("TerminalView").results(Direct) if view.is_on_screen]
        painted = all(one.is_painted for one in screen.query(Direct))
        return painted and all(getattr(view, "is_settled", True) for view in [*views, *terminals])

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────

    @property
    def has_left(self) -> bool:
        """The screen was left."""
        return not self.app.is_running

    @property
    def is_asked(self) -> bool:
        """A dialog or a card is open."""
        return isinstance(self.app.screen, Dialog | Card)

    def screen(self) -> list[str]:
        """The whole screen as plain text, a line each, dialogs included."""
        width, height = self.app.size
        console = Console(width=width, height=height, file=io.StringIO(), color_system=None, legacy_windows=False)
        compositor = self.app.screen._compositor  # Textual has no public way to read the screen as text
        console.print(compositor.render_update(full=True, screen_stack=self.app._background_screens))
        assert isinstance(console.file, io.StringIO)
        return [line.rstrip() for line in console.file.getvalue().splitlines()[:height]]

    def sees(self, name: str = "") -> View:
        """A pane by its name (`board`, `inbox`, `status`, …), what is asked, or the whole screen."""
        if not name:
            return View("the screen", self.screen(), self._keys)
        if name == "dialog":
            assert self.is_asked, f"nothing is asked; keys so far: {self._keys}\n" + "\n".join(self.screen())
            return self._view(name, self.app.screen.query("#dialog, #card").first(Widget))
        return self._view(name, self.app.screen_stack[0].query_one(f"#{name}", Widget))

    async def sees_soon(self, name: str, text: str) -> None:
        """The pane shows `text` before patience ends; for what comes by the clock and not by a key."""
        async with asyncio.timeout(PATIENCE):
            while text not in self.sees(name).text:
                await self._pilot.pause(0.05)

    def shows(self, name: str) -> bool:
        """Whether the pane is on the screen."""
        return any(widget.is_on_screen for widget in self.app.screen_stack[0].query(f"#{name}"))

    def _view(self, name: str, widget: Widget) -> View:
        region = widget.region
        shows = widget.is_on_screen and region.area > 0
        assert shows, f"{name} is not on the screen:\n" + "\n".join(self.screen())
        strips = widget.screen._compositor.render_strips()[region.y : region.bottom]
        return View(name, [strip.crop(region.x, region.right).text for strip in strips], self._keys)

    def _reads(self, kind: type[Widget], question: str, detail: str) -> None:
        assert isinstance(self.app.screen, kind), f"nothing is asked; keys so far: {self._keys}\n" + "\n".join(
            self.screen()
        )
        self.sees("dialog").contains(question, detail)


@asynccontextmanager
async def session(
    link: IdleLink,
    *,
    size: tuple[int, int] = (80, 24),
    keys: Mapping[str, str] | None = None,
    settings: ScreenSettings | None = None,
    clock: Callable[[], float] = lambda: NOON,
) -> AsyncIterator[User]:
    """A person at a terminal of `size`, who has waited for the first screen."""
    app = CockpitApp(link, settings or ScreenSettings(keys=keys or {}), clock=clock)
    async with app.run_test(size=size) as pilot:
        user = User(app, pilot, link.idle)
        await user.waits()
        yield user
