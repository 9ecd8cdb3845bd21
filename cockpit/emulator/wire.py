"""What feeds an emulator: a line to a terminal that somebody else owns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class Wire(Protocol):
    """One screen's line to the terminal that an agent's program runs in; the host owns the terminal itself."""

    def output(self) -> AsyncIterator[bytes]:
        """What the program prints: a bounded stretch of its past first, then as it comes; ends with the program."""
        ...

    actual: tuple[int, int] | None
    """The terminal's own size, in columns and rows, as far as it is known."""
    is_live: bool
    """What `output` gives now is being printed; until then it is the past, whose questions were answered long ago."""

    def send(self, data: bytes) -> None:
        """Type these bytes."""
        ...

    def answer(self, data: bytes) -> None:
        """Answer what the program has asked its terminal; of all the screens that look on, one is heard."""
        ...

    def resize(self, columns: int, rows: int) -> None:
        """This screen shows so much of it; the program gets the smallest of all screens that look on."""
        ...

    def close(self) -> None:
        """Look no more; the program goes on."""
        ...
