"""What every part of the app builds on: the link, the state, the screen, and how commands go up.

The app is made of parts, one for each kind of key (`board_keys`, `desk_keys`, `agent_keys`), so that none is long.
"""

from __future__ import annotations

import os
import sys
import termios
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import App, SuspendNotSupported
from textual.events import Event, Key, Paste
from textual.worker import Worker

from cockpit import keys
from cockpit.in_order import InOrder, Lap
from cockpit.later import later
from cockpit.screen import CockpitScreen
from cockpit.screen_settings import ScreenSettings
from cockpit.state import Answer, State

if TYPE_CHECKING:
    from cockpit import command_words, moves
    from cockpit.commands import Command
    from cockpit.link import Link
    from cockpit.moves import Move
else:
    command_words, moves = later("cockpit.command_words"), later("cockpit.moves")

HANGUP = 129
"""What a program that its terminal's end has killed exits with."""

ANSWER_SECONDS = 10.0
"""How long an answer stays before a notice may take its place, or the next key wipes it away."""

Then = Callable[[], None]


class AppBase(App[None]):
    """State comes down into `state`; wishes go up through `make` and `give`."""

    def __init__(
        self,
        link: Link,
        settings: ScreenSettings = ScreenSettings(),  # noqa: B008  (frozen)
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`settings` are the configuration's. Raises KeyConflict where its keys can't be used."""
        self.keys = keys.bindings(settings.keys)
        super().__init__()
        self.link = link
        self.settings = settings
        self.state = State()
        self.wants_in: int | None = None
        """The agent whose conversation the person waits for."""
        self._clock = clock
        self._busy = 0
        """What was asked for and is not answered yet."""
        self._said_at = 0.0
        self.typed = InOrder(self, super().on_event)

    @property
    def main(self) -> CockpitScreen:
        """The one screen, whatever dialog is over it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, CockpitScreen)
        return screen

    def now(self) -> float:
        """The time."""
        return self._clock()

    # ── keys, one at a time ──────────────────────────────────────────────────────────────────────────

    async def on_event(self, event: Event) -> None:
        """What is typed takes effect in order."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self.typed.take(event)
        else:
            await super().on_event(event)

    @on(Lap)
    async def let_next_key_in(self, event: Lap) -> None:
        """The key before has arrived."""
        await self.typed.lapped(event)

    @on(CockpitScreen.Arrived)
    async def let_keys_in(self) -> None:
        """The view has."""
        await self.typed.go_on()

    def simulate_key(self, key: str) -> None:
        """A widget hands on a key that it got: before those that came later."""
        self.typed.take_next(Key(key, None))

    # ── commands go up ───────────────────────────────────────────────────────────────────────────────

    def say(self, text: str, ok: bool | None) -> None:
        """Say something on the status line; `ok` is None while it is not known."""
        self._said_at = self._clock()
        self.main.status.answer(text, ok)

    def forget_answer(self) -> None:
        """Whoever goes on has read what was said a while ago: it is about something else by now."""
        if self._said_at and not self._busy and self._clock() - self._said_at > ANSWER_SECONDS:
            self._said_at = 0.0
            self.main.status.clear()

    def give(self, command: Command, then: Then | None = None) -> None:
        """Pass a command on; the status line has the answer when it comes, and `then` follows a yes."""
        self.say(f"heard: {command_words.in_words(command)}", None)
        self.begin_work(partial(self._submit, command, then), "commands")

    def give_all(self, commands: Iterable[Command]) -> None:
        """Pass several on, one after the other."""
        for command in commands:
            self.give(command)

    async def submit_heard(self, command: Command) -> Answer:
        """Pass a command on for who waits for its answer, such as an editor; it is said to have been heard."""
        self.say(f"heard: {command_words.in_words(command)}", None)
        return await self.link.submit(command)

    async def _submit(self, command: Command, then: Then | None = None) -> None:
        try:
            answer = await self.link.submit(command)
        except Exception as error:  # the person must read why nothing happened
            answer = Answer(False, str(error))
        self.wants_in = self.wants_in if answer.ok else None
        self.say(answer.message or command_words.in_words(command), answer.ok)
        if answer.ok and then is not None:
            then()

    def begin_work(self, work: Callable[[], Awaitable[None]], group: str) -> None:
        """Do something beside the keys; the screen is not idle before it is done."""
        self._busy += 1
        self._work(partial(self._counted, work), group)

    def _work(self, work: Callable[[], Coroutine[None, None, None]], group: str) -> Worker[None]:
        return self.run_worker(work, group=group, exit_on_error=False)

    async def _counted(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        finally:
            self._busy -= 1

    def make(self, move: Move, then: Then | None = None) -> None:
        """Give a command, ask before it, or say why not."""
        match move:
            case moves.Refusal(why=why):
                self.say(why, ok=False)
            case moves.Give(command=command, question=""):
                self.give(command, then)
            case moves.Give(command=command, question=question, detail=detail):
                self._confirm(question, detail, partial(self.give, command, then))
            case moves.GiveAll(commands=commands, question=question, detail=detail):
                self._confirm(question, detail, partial(self.give_all, commands))

    def _confirm(self, question: str, detail: str, then: Then) -> None:
        from panes.dialogs import Confirm  # dialogs bring the text area: not needed for the first paint

        self.push_screen(Confirm(question, detail), lambda yes: then() if yes else None)

    def _write(self, question: str, detail: str, then: Callable[[str], None]) -> None:
        from panes.dialogs import Note

        self.push_screen(Note(question, detail), lambda text: then(text) if text else None)

    # ── other programs ───────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def released(self) -> Iterator[None]:
        """The terminal is another program's for a while; a screen without one has nothing to give away."""
        if self.is_headless:
            yield
            return
        try:
            with self.suspend():
                yield
                leave_a_dead_terminal()
        except SuspendNotSupported as error:
            raise RuntimeError("this terminal can't be left to another program") from error


def leave_a_dead_terminal() -> None:
    """End where the terminal is gone: another program may have taken the hangup that was meant for us.

    Nothing could be painted any more, and nobody is there to leave.
    """
    try:
        termios.tcgetattr(sys.__stdin__.fileno() if sys.__stdin__ else 0)
    except (OSError, ValueError, termios.error):
        os._exit(HANGUP)
