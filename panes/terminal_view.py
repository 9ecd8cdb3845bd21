"""A program's terminal in a pane: what it prints, and the keys that go to it.

While it has the keys it takes all of them, but for the prefix: the key after that is the cockpit's, and the
prefix twice goes to the program. Output is taken in by bounded slices, so that a program that never stops
printing holds up nobody; what it shows is read and painted when `panes.direct` says that it is time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from cockpit.emulator.base import Cursor, EmulatorError, Modes, NoEmulator, Row
from cockpit.emulator.held import Held
from panes import terminal_keys, terminal_rows
from panes.direct import Direct
from panes.terminal_keys import Mouse
from panes.wrap import fit

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cockpit.emulator.wire import Wire

SLICE = 65_536
"""Bytes that are taken in at once."""
TURN_SECONDS = 0.002
"""How long output is taken in before everything else has its turn."""
FLOOD = 32_768
"""Bytes between two paints that are more than a program draws for a person to see."""
FLOOD_SECONDS = 1 / 15
"""The time between two paints then."""
WHEEL_LINES = 3

WAITING = "The terminal's output comes as soon as its host answers."
GIVEN_UP = "Neither emulator can show what this program prints; `cockpit attach AGENT` shows it as it is."


class TerminalView(Direct, can_focus=True):
    """Shows the terminal that is followed, and types into it."""

    ALLOW_SELECT = False  # the mouse may be the program's
    FILTERED: ClassVar[bool] = True
    DEFAULT_CSS = "TerminalView { background: $background; color: $foreground; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+b", "prefix", "Cockpit key", show=False, id="terminal.prefix"),
        # Only after the prefix: all other keys are the program's.
        Binding("up", "back(1)", show=False, id="up"),
        Binding("down", "back(-1)", show=False, id="down"),
        Binding("pageup", "page(1)", show=False),
        Binding("pagedown", "page(-1)", show=False),
        Binding("home", "back(1_000_000)", show=False),
        Binding("end", "back(-1_000_000)", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Another key has to be pressed now to reach the cockpit."""

        view: TerminalView

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.awaits_key = False
        """The prefix was pressed: the next key is the cockpit's."""
        self._wire: Wire | None = None
        self._held: Held | None = None
        self._rows: list[Row] = []
        self._cursor = Cursor(0, 0, visible=False)
        self._back = self._history = 0
        """Lines that are looked back, and of how many."""
        self._actual: tuple[int, int] | None = None
        """The terminal's size as the host said it last."""
        self._says = WAITING
        self._is_broken = False
        self._turn = self._painted = 0.0
        self._fed = 0
        """Bytes since the last paint."""
        self._later: asyncio.TimerHandle | None = None
        self._styles: terminal_rows.Styles | None = None
        self._prefixes: frozenset[str] = frozenset({"ctrl+b"})

    # ── output ───────────────────────────────────────────────────────────────────────────────────────

    async def follow(self, connect: Callable[[], Wire], name: str) -> None:
        """Show a program's terminal until the program ends. `name` is the program's among all that ever ran.

        Where an emulator fails the line is taken up again, and the program's past told to a fresh one.
        """
        try:
            if self._held is None or self._held.name != name:
                self._say(WAITING)
                self._held = Held(name, *self._room)
            while not self._held.is_given_up:
                if await self._listen(connect(), self._held):
                    return
            self._say(GIVEN_UP)
        except NoEmulator as error:
            self._say(str(error))

    async def _listen(self, wire: Wire, held: Held) -> bool:
        """Show what one line brings; whether it came to its own end."""
        self._wire, self._actual, self._is_broken = wire, None, False
        wire.resize(*self._room)
        is_fresh = False
        try:
            async with aclosing(cast("AsyncGenerator[bytes]", wire.output())) as pieces:
                async for data in pieces:
                    if not is_fresh:  # what was there stays until there is something else
                        held.begin()
                        is_fresh = True
                    await self._take(wire, held, data)
            return not self._is_broken
        except EmulatorError:
            return False
        finally:
            self._wire = None
            wire.close()

    async def _take(self, wire: Wire, held: Held, data: bytes) -> None:
        for at in range(0, len(data), SLICE):
            if wire.actual and wire.actual != self._actual:
                self._actual = wire.actual
                held.resize(*wire.actual)
            if (answer := held.feed(data[at : at + SLICE])) and wire.is_live:
                wire.answer(answer)
            self._paint_soon(min(len(data), SLICE))
            if monotonic() - self._turn > TURN_SECONDS:
                await asyncio.sleep(0)
                self._turn = monotonic()

    def _paint_soon(self, size: int) -> None:
        self._fed += size
        if self._later is not None or not self.is_painted:
            return
        wait = self._painted + FLOOD_SECONDS - monotonic() if self._fed > FLOOD else 0.0
        if wait > 0:
            self._later = asyncio.get_running_loop().call_later(wait, self._paint_now)
        else:
            self.mark([], soon=self.has_focus)

    def _paint_now(self) -> None:
        self._later = None
        self.mark([], soon=self.has_focus)

    def on_unmount(self) -> None:
        """Nothing is left to paint."""
        if self._later is not None:
            self._later.cancel()

    def take_in(self) -> None:
        """Read what looks different since the last paint."""
        self._fed, self._painted = 0, monotonic()
        held = self._held
        if held is None or self._is_broken:
            return
        try:
            look = held.look()
        except EmulatorError:
            self._break_off()
            return
        self._rows = [*self._rows, *[()] * held.size[1]][: held.size[1]]
        for y, row in look.rows.items():
            self._rows[y] = row
        moved = [self._cursor.y, look.cursor.y] if look.cursor != self._cursor else []
        badge = [0] if look.back or self._back else []
        self._cursor, self._back, self._history = look.cursor, look.back, look.history
        self.mark([*look.rows, *moved, *badge])

    def _break_off(self) -> None:
        """The emulator has failed: whoever follows begins again."""
        self._is_broken = True
        if self._wire is not None:
            self._wire.close()

    def _say(self, text: str) -> None:
        """Show a text in place of a terminal."""
        if self._held is not None:
            self._held.close()
        self._held, self._says, self._rows = None, text, []
        self.refresh()

    @property
    def _room(self) -> tuple[int, int]:
        return max(1, self.size.width or 80), max(1, self.size.height or 24)

    @property
    def is_settled(self) -> bool:
        """Whether everything that came is painted."""
        return self._later is None and self.is_painted

    # ── painting ─────────────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        """A row of the terminal."""
        width = self.size.width
        styles = self._styles = self._styles or terminal_rows.Styles(self.rich_style, self.filtered)
        if y >= len(self._rows):
            text = fit(self._says, width) if self._held is None and y == 0 else ""
            return Strip([Segment(text.ljust(width), styles.base)], width)
        cursor = self._cursor if self.has_focus and self._cursor.visible and self._cursor.y == y else None
        row = terminal_rows.strip(self._rows[y], width, styles, cursor)
        if y == 0 and self._back:
            return terminal_rows.badge(row, f" ↑ {self._back:,} of {self._history:,} ", Style(reverse=True))
        return row

    def notify_style_update(self) -> None:
        """Rows in other colours are other rows."""
        self._styles = None
        super().notify_style_update()

    def on_resize(self) -> None:
        """The program gets the new size, if no other screen shows less of it."""
        if not self.size:
            return
        if self._wire is not None:
            self._wire.resize(*self._room)
        if self._held is not None:
            try:
                self._held.resize(*self._room)
            except EmulatorError:
                self._break_off()
        self.mark()

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────

    def on_key(self, event: events.Key) -> None:
        """Every key is the program's, but the prefix and the one after it."""
        if self.awaits_key and event.key not in self._prefixes:
            self._await_key(False)
            return
        event.stop()
        event.prevent_default()
        if event.key in self._prefixes and not self.awaits_key:
            self._await_key(True)
            return
        self._await_key(False)
        if event.key in ("shift+pageup", "shift+pagedown") and not self._modes.alternate:
            self.action_page(1 if event.key == "shift+pageup" else -1)
        else:
            self._type(terminal_keys.typed(event.key, event.character, self._modes))

    def is_for_program(self, key: str) -> bool:
        """Whether a key that is pressed now is the program's."""
        return not self.awaits_key and key not in self._prefixes

    def action_prefix(self) -> None:
        """The next key is the cockpit's."""
        self._await_key(True)

    def _await_key(self, awaits: bool) -> None:
        if awaits != self.awaits_key:
            self.awaits_key = awaits
            self.post_message(self.Changed(self))

    def _type(self, data: bytes) -> None:
        if data and self._wire is not None:
            if self._back:
                self.action_back(-self._back)
            self._wire.send(data)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted is typed."""
        event.stop()
        self._type(terminal_keys.pasted(event.text, self._modes))

    def on_focus(self) -> None:
        """The keys come here."""
        found = {k for k, active in self.screen.active_bindings.items() if active.binding.id == "terminal.prefix"}
        self._prefixes = frozenset(found) or self._prefixes
        self._tell_focus(b"\x1b[I")

    def on_blur(self) -> None:
        """They go elsewhere."""
        self._await_key(False)
        self._tell_focus(b"\x1b[O")

    def _tell_focus(self, data: bytes) -> None:
        self.mark([self._cursor.y], soon=True)
        if self._wire is not None and self._modes.focus_events:
            self._wire.send(data)

    # ── the past ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def _modes(self) -> Modes:
        """What the program has asked for; nothing, while no emulator can tell."""
        try:
            return self._held.modes() if self._held is not None else Modes()
        except EmulatorError:
            self._break_off()
            return Modes()

    def action_back(self, lines: int) -> None:
        """Look so many lines further back; fewer than none: less far."""
        if self._held is None or self._modes.alternate or self._is_broken:
            return
        try:
            self._held.look_back(lines)
        except EmulatorError:
            self._break_off()
        self.mark(soon=True)

    def action_page(self, pages: int) -> None:
        """Look screenfuls further back."""
        self.action_back(pages * max(1, self.size.height - 1))

    # ── the mouse ────────────────────────────────────────────────────────────────────────────────────

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A button of the mouse is the program's, if it asked."""
        self._point("press", event)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """As is its way up."""
        self._point("release", event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """As is the way of the mouse."""
        self._point("drag" if event.button else "move", event)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel is the program's, the arrow keys, or looks back."""
        self._wheel("up", event, WHEEL_LINES)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel is the program's, the arrow keys, or looks back."""
        self._wheel("down", event, -WHEEL_LINES)

    def _wheel(self, way: terminal_keys.Move, event: events.MouseEvent, lines: int) -> None:
        if self._point(way, event):
            return
        event.stop()
        modes = self._modes
        if not modes.alternate:
            self.action_back(lines)
        elif modes.alternate_scroll:
            self._type(terminal_keys.typed(way, None, modes) * WHEEL_LINES)

    def _point(self, move: terminal_keys.Move, event: events.MouseEvent) -> bool:
        """Tell the program, if it wants to hear it."""
        if self._wire is None:
            return False
        mouse = Mouse(move, event.x, event.y, event.button or 1, event.shift, event.meta, event.ctrl)
        data = terminal_keys.moved(mouse, self._modes)
        if data:
            event.stop()
            self._wire.send(data)
        return bool(data)
