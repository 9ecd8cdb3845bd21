"""The keyboard's end of the terminal: Textual's driver, whose thread sleeps until a key is pressed.

Textual's own looks ten times a second whether something was typed, which is a good part of what a quiet screen costs,
and makes whoever leaves wait for the next look. One of the users of Textual's private names; Textual is pinned.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from contextlib import suppress

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

TICK_SECONDS = 0.1
"""Between two looks whether the rest of an escape sequence came, while one may be on its way."""

TICKS = 10
"""Looks after the last input; by then whatever was begun is over."""


class SleepingDriver(LinuxDriver):
    """Wakes for input, and when it shall end."""

    _waker = -1

    def run_input_thread(self) -> None:
        """Wait for input and hand it on, until `disable_input`."""
        wake, self._waker = os.pipe()
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")().decode
        ticks = TICKS
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(wake, selectors.EVENT_READ)
            try:
                while not self.exit_event.is_set():
                    ready = [key.fd for key, _ in selector.select(TICK_SECONDS if ticks else None)]
                    ticks = TICKS if ready else ticks - 1
                    if self.fileno in ready and (text := decode(os.read(self.fileno, 4096))):
                        for event in parser.feed(text):
                            self.process_message(event)
                    for event in parser.tick():
                        self.process_message(event)
            finally:
                os.close(wake)
                with suppress(Exception):  # half a sequence at the very end is nobody's
                    list(parser.feed(""))

    def disable_input(self) -> None:
        """Have the thread end now."""
        waker, self._waker = self._waker, -1
        if waker >= 0 and not self.exit_event.is_set():
            os.close(waker)  # the other end is readable from here on, so each look is short until the end is there
        super().disable_input()
