"""The screens that look at a terminal: each gets a stretch of the past, then what comes, at its own pace.

A screen is a connection to the run's socket. What it gets is read from the log when there is room in its
socket, so a slow or dead one holds up nobody; one that the log has left behind is dropped, and may come
again. The terminal is as large as the smallest of all screens.
"""

from __future__ import annotations

import select
import selectors
import socket
from collections.abc import Callable
from contextlib import suppress

from cockpit.hosts.frames import (
    ACTUAL,
    ANSWER,
    KEYS,
    LIVE,
    OUTPUT,
    OVER,
    RESET,
    SIZE,
    BadFrame,
    Frames,
    Size,
    frame,
    listen,
    read_size,
    size_frame,
)
from cockpit.hosts.terminal_log import TerminalLog

MAX_SCREENS = 32
CHUNK = 1 << 16
"""Bytes of output in a frame, at most."""

FRAMES = 8
"""Frames for one screen in one go; then it is the others' turn."""

MAX_BEHIND = 1 << 20
"""Bytes that a screen may be behind before the program has to wait for it; the log keeps several times as much."""
STALL_SECONDS = 0.1
"""A screen that took nothing for so long is waited for no more, until it takes something again."""

NOBODY: Size = (80, 24)
"""The terminal's size while nobody looks."""


class _Screen:
    """One connection."""

    def __init__(self, line: socket.socket, place: int, live: int, greeting: bytes) -> None:
        self.line = line
        self.place = place
        """How far in the log it has got."""
        self.live = live
        """Where in the log its past ends."""
        self.is_live = False
        self.waiting = greeting
        """The rest of a frame that is being sent."""
        self.frames = Frames()
        self.size: Size | None = None
        """What it shows; None until it says so."""
        self.actual: Size | None = None
        """What it was told of the terminal's own size."""
        self.waits_for_room = False
        self.is_stalled = False


class Screens:
    """All of them; the host's selector calls back when one has something to say, or room."""

    def __init__(
        self,
        folder: str,
        log: TerminalLog,
        selector: selectors.BaseSelector,
        typed: Callable[[bytes], None],
        seen: Callable[[bool], None],
    ) -> None:
        """`typed` gets keys; `seen` is called when somebody begins (True) or ceases to look, or changes size."""
        self._log, self._selector = log, selector
        self._typed, self._seen = typed, seen
        self._screens: list[_Screen] = []
        self._actual = NOBODY
        self._server = listen(folder)
        selector.register(self._server, selectors.EVENT_READ, self._welcome)

    @property
    def size(self) -> Size:
        """The smallest of all."""
        sizes = [screen.size for screen in self._screens if screen.size]
        return (min(c for c, _ in sizes), min(r for _, r in sizes)) if sizes else NOBODY

    def tell(self) -> None:
        """The log has grown."""
        for screen in list(self._screens):
            if not screen.waits_for_room:
                self._send(screen)

    def catch_up(self) -> None:
        """Wait for screens that have fallen behind: a program is as quick as those who look on, as in any terminal."""
        for screen in list(self._screens):
            while self._holds_up(screen):
                screen.is_stalled = not select.select([], [screen.line], [], STALL_SECONDS)[1]
                self._send(screen)

    def _holds_up(self, screen: _Screen) -> bool:
        behind = self._log.end - screen.place
        return screen in self._screens and screen.is_live and not screen.is_stalled and behind > MAX_BEHIND

    def resized(self, size: Size) -> None:
        """The terminal has this size now."""
        self._actual = size
        self.tell()

    def close(self) -> None:
        """Everything was printed: give each what is left of it as far as it has room, and say that it is over."""
        for screen in list(self._screens):
            self._send(screen)
            if not screen.waiting:
                screen.waiting = frame(OVER)
                self._send(screen)
        for screen in list(self._screens):
            self._drop(screen)
        self._selector.unregister(self._server)
        self._server.close()

    def _welcome(self, _: int) -> None:
        with suppress(OSError):  # it left again, or there are no more descriptors
            line, _address = self._server.accept()
            if len(self._screens) >= MAX_SCREENS:
                line.close()
                return
            line.setblocking(False)
            place, modes = self._log.past()
            begin = frame(RESET) + (frame(OUTPUT, modes) if modes else b"")
            screen = _Screen(line, place, self._log.end, begin)
            self._screens.append(screen)
            self._selector.register(line, selectors.EVENT_READ, lambda events: self._hear(screen, events))
            self._send(screen)

    def _hear(self, screen: _Screen, events: int) -> None:
        if events & selectors.EVENT_READ:
            try:
                data = screen.line.recv(CHUNK)
            except BlockingIOError:
                data = None
            except OSError:
                data = b""
            if data is not None and not self._take(screen, data):
                self._drop(screen)
                return
        if events & selectors.EVENT_WRITE:
            self._send(screen)

    def _take(self, screen: _Screen, data: bytes) -> bool:
        """Do what a screen says; False where it has left or can't be understood."""
        if not data:
            return False
        try:
            for kind, body in screen.frames.take(data):
                if kind == KEYS or (kind == ANSWER and self._answers(screen)):
                    self._typed(body)
                elif kind == SIZE:
                    is_new = screen.size is None
                    screen.size = read_size(body)
                    self._seen(is_new)
        except BadFrame:
            return False
        return True

    def _answers(self, screen: _Screen) -> bool:
        """Whether it is this screen that answers for the terminal: the first of those that are up to date."""
        return screen is next((one for one in self._screens if one.is_live), None)

    def _send(self, screen: _Screen) -> None:
        """Send what there is and what there is room for."""
        for _ in range(FRAMES):
            if not screen.waiting and not self._fetch(screen):
                break
            try:
                sent = screen.line.send(screen.waiting)
            except BlockingIOError:
                break
            except OSError:  # it has left; what it typed before that still counts
                with suppress(OSError):
                    self._take(screen, screen.line.recv(CHUNK))
                self._drop(screen)
                return
            screen.is_stalled = False
            screen.waiting = screen.waiting[sent:]
        self._watch(screen, bool(screen.waiting) or screen.place < self._log.end)

    def _fetch(self, screen: _Screen) -> bool:
        """Have the next frame sent to a screen; False where there is none."""
        if screen.actual != self._actual:
            screen.actual = self._actual
            screen.waiting = size_frame(ACTUAL, self._actual)
            return True
        if screen.place >= screen.live and not screen.is_live:
            screen.is_live, screen.waiting = True, frame(LIVE)
            return True
        room = CHUNK if screen.is_live else min(CHUNK, screen.live - screen.place)
        data = self._log.read(screen.place, room)
        if data is None:  # it fell too far behind: it may come again and begin afresh
            self._drop(screen)
            return False
        screen.place += len(data)
        screen.waiting = frame(OUTPUT, data) if data else b""
        return bool(data)

    def _watch(self, screen: _Screen, for_room: bool) -> None:
        if screen.line.fileno() < 0 or for_room == screen.waits_for_room:
            return
        screen.waits_for_room = for_room
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if for_room else 0)
        self._selector.modify(screen.line, events, self._selector.get_key(screen.line).data)

    def _drop(self, screen: _Screen) -> None:
        if screen not in self._screens:
            return
        self._screens.remove(screen)
        self._selector.unregister(screen.line)
        screen.line.close()
        if screen.size:
            self._seen(False)
