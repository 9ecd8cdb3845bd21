"""An emulator in use: filtered, watched by the black box, and replaced when it fails.

An emulator that raises is thrown away; whoever feeds it begins again with the program's past. After
`TRIES` failures the other emulator is used, at once where a crash took a whole screen with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from cockpit.emulator.base import Cursor, Emulator, EmulatorError, Modes, Row
from cockpit.emulator.blackbox import BlackBox, crashed, entry
from cockpit.emulator.cache import folder
from cockpit.emulator.choose import open_emulator
from cockpit.emulator.filter import Filter

TRIES = 2
"""Failures of the first emulator on one program after which the second has its turn, and of that before none has."""


@dataclass(frozen=True, slots=True)
class Look:
    """What has come to look different."""

    rows: Mapping[int, Row]
    cursor: Cursor
    back: int
    """Lines of the past that are looked back; 0 at the end."""
    history: int
    """How many of them there are, where any are looked back."""


@lru_cache(maxsize=1)
def black_box() -> BlackBox | None:
    """This process's; None where nothing can be kept."""
    try:
        return BlackBox(folder())
    except (OSError, RuntimeError):
        return None


def has_crashed(name: str) -> bool:
    """Whether a screen was lost while it read this program's output."""
    try:
        return name in crashed(folder())
    except (OSError, RuntimeError):
        return False


class Held:
    """One program's emulator."""

    def __init__(self, name: str, columns: int, rows: int) -> None:
        """`name` is the program's, for the black box. Raises NoEmulator."""
        self.name = name
        self._entry, self._box = entry(name), black_box()
        self._failures = TRIES if has_crashed(name) else 0
        self._size = columns, rows
        self._emulator: Emulator | None = None
        self.begin()

    def begin(self) -> None:
        """Start afresh, with whichever emulator has its turn. Raises NoEmulator."""
        self.close()
        self._filter = Filter()
        self._emulator = open_emulator(*self._size, second=self._failures >= TRIES)

    @property
    def is_given_up(self) -> bool:
        """Both emulators have failed too often."""
        return self._failures >= 2 * TRIES

    @property
    def emulator(self) -> Emulator:
        """The one in use."""
        if self._emulator is None:
            raise EmulatorError("it is closed")
        return self._emulator

    @contextlib.contextmanager
    def _watched(self) -> Iterator[Emulator]:
        try:
            with self._box.reading(self._entry) if self._box else contextlib.nullcontext():
                yield self.emulator
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> EmulatorError:
        self._failures += 1
        return EmulatorError(str(error) or type(error).__name__)

    def feed(self, data: bytes) -> bytes:
        """Take in output; what the program must be answered. Raises EmulatorError."""
        box = self._box
        if box:  # not by `_watched`: this is where the time goes
            box.begin(self._entry)
        try:
            return self.emulator.feed(self._filter.feed(data))
        except Exception as error:
            raise self._failed(error) from error
        finally:
            if box:
                box.end()

    def resize(self, columns: int, rows: int) -> None:
        """Have another size. Raises EmulatorError."""
        columns, rows = max(1, columns), max(1, rows)
        if (columns, rows) != self._size:
            self._size = columns, rows
            with self._watched() as emulator:
                emulator.resize(columns, rows)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._size

    def look(self) -> Look:
        """What looks different since the last time. Raises EmulatorError."""
        with self._watched() as emulator:
            rows = {y: emulator.row(y) for y in emulator.changed()}
            back = emulator.back
            return Look(rows, emulator.cursor, back, emulator.history if back else 0)

    def modes(self) -> Modes:
        """What the program has asked for. Raises EmulatorError."""
        with self._watched() as emulator:
            return emulator.modes

    def look_back(self, lines: int) -> None:
        """Look so many lines further back, or with fewer than none less far. Raises EmulatorError."""
        with self._watched() as emulator:
            emulator.look_back(max(0, emulator.back + lines))

    def close(self) -> None:
        """Free what is held."""
        if self._emulator is not None:
            self._emulator.close()
            self._emulator = None
