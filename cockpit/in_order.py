"""Keys take effect one at a time, in the order in which they were pressed.

A key goes to the widget that has the focus and comes up from there, hop by hop; a key that leads to another view or
opens a dialog has done so only a while later. The next key waits at the door until then, and so goes where a person
who types quickly means it to go. Behind each key goes a lap: a message that takes the same way, and so arrives when
what the key has set off is over. The second lap is for what the first handlers have only sent on its way.
Letters in a text, and arrows in a list, lead nowhere else: nothing waits for those, since the queues keep their order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widget import Widget

if TYPE_CHECKING:
    from cockpit.app_base import AppBase

LAPS = 2
LOOK_SECONDS = 0.25
"""How soon is looked after a lap that does not come back: its widget may be gone, and the lap with it."""
MOST_LOOKS = 40
"""After so many a change of view is waited for no longer: nobody may be left with dead keys."""

ARROWS = frozenset(("up", "down", "left", "right", "pageup", "pagedown", "home", "end", "shift+up", "shift+down"))

Typed = Key | Paste


@dataclass
class Lap(Message):
    """Comes back to the app behind a key."""

    number: int


class InOrder:
    """Lets keys in, one at a time."""

    def __init__(self, app: AppBase, let_in: Callable[[Typed], Awaitable[None]]) -> None:
        """`let_in` is what Textual does with a key."""
        self._app = app
        self._let_in = let_in
        self._waiting: deque[Typed] = deque()
        self._number = 0
        """Of the lap that is on its way."""
        self._began: MessagePump = app
        """Where it began."""
        self._laps = 0
        """How many are still to be made for the last key, that one included."""
        self._looks = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_at_rest(self) -> bool:
        """No key is held back, and the last one has arrived."""
        return not self._waiting and self._has_arrived

    async def take(self, event: Typed) -> None:
        """Let a key in, or hold it back while the one before has not arrived."""
        if self._waiting or not self._has_arrived:
            self._waiting.append(event)
        else:
            await self._enter(event)

    def take_next(self, event: Typed) -> None:
        """A widget hands on a key that it got: it goes before those that wait."""
        self._waiting.appendleft(event)
        if self._has_arrived:
            self._begin(1)

    async def lapped(self, lap: Lap) -> None:
        """A lap is over: the next one, or the next key."""
        if lap.number != self._number or not self._laps:
            return
        self._laps -= 1
        if self._laps:
            self._send(self._target)
        else:
            await self.go_on()

    async def go_on(self) -> None:
        """Let the next key in, if the one before has arrived."""
        while self._waiting and self._has_arrived:
            await self._enter(self._waiting.popleft())
        if self.is_at_rest:
            self._stop_looking()

    @property
    def _has_arrived(self) -> bool:
        changes = len(self._app.screen_stack) == 1 and self._app.main.is_changing
        return not self._laps and not changes

    async def _enter(self, event: Typed) -> None:
        self._looks = 0
        target = self._target
        stays = _stays(event, target)
        await self._let_in(event)
        if not stays:
            self._begin(LAPS, target)

    def _begin(self, laps: int, target: MessagePump | None = None) -> None:
        self._laps = laps
        self._look_later()
        self._send(target or self._target)

    def _send(self, target: MessagePump) -> None:
        self._number += 1
        self._began = target
        if not target.post_message(Lap(self._number)):
            self._began = self._app
            self._app.post_message(Lap(self._number))

    @property
    def _target(self) -> MessagePump:
        stack = self._app.screen_stack
        return (stack[-1].focused or stack[-1]) if stack else self._app

    # ── laps that get lost ───────────────────────────────────────────────────────────────────────────

    def _look_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _stop_looking(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self.is_at_rest or not self._app.is_running:
            return
        self._look_later()
        self._looks += 1
        if self._looks > MOST_LOOKS:
            self._app.main.arrive()
            self._begin(1)
        elif self._laps and not (self._began.is_running and self._began.is_attached):
            self._begin(1)


def _stays(event: Typed, target: MessagePump) -> bool:
    """Whether a key leaves the focus where it is, whatever it does there."""
    if isinstance(event, Paste):
        return True
    if (is_for_program := getattr(target, "is_for_program", None)) is not None:  # a terminal takes all but its prefix
        return bool(is_for_program(event.key))
    if isinstance(target, Widget) and target.check_consume_key("a", "a"):  # somebody writes
        return target.check_consume_key(event.key, event.character)  # but not backspace: Textual has it come up first
    return event.key in ARROWS
