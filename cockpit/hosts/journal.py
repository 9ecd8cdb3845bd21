"""`events.jsonl`: numbers what a stream says and appends it, over all processes of one run."""

from __future__ import annotations

import os
import time
from dataclasses import fields, replace
from typing import Any, TypeVar

from cockpit import disk, faults, redact
from cockpit.agents.stream import Ended, Exited, Garbled, Line, Spent, StreamEvent, dump_line, load_line
from cockpit.text import cut, plain
from cockpit.tokens import added
from cockpit.value import Value

MAX_GARBLED = 100
"""Unreadable lines that are recorded; a broken agent must not fill the disk twice."""

_WEIGHTY = (Spent, Ended, Exited)
"""Money, and what decides about the work: on the disk before anybody hears of it."""

E = TypeVar("E", bound=StreamEvent)


class Journal:
    """Appends events with increasing numbers, cleaned of escape sequences; adds up cost over processes."""

    def __init__(self, path: str) -> None:
        """Goes on where an earlier host's file ends; a line that was torn off is dropped."""
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.seq = 0
        self.spent = Spent(0.0, 0)
        """The run's cost so far, earlier processes included."""
        self._garbled = 0
        self._waiting = bytearray()
        self._read_on()
        if self.spent.open_usd:  # of an earlier process: nobody will ever know, so it counts with all it can have cost
            self.spent = replace(self.spent, usd=self.spent.usd + self.spent.open_usd, open_usd=0.0)
        self._before = self.spent

    @property
    def now_usd(self) -> float:
        """What this process has spent."""
        return self.spent.usd - self._before.usd

    def _read_on(self) -> None:
        end = 0
        with open(self._fd, "rb", closefd=False) as file:
            for raw in file:
                line = load_line(raw.decode("utf-8", "replace"))
                if line is not None:
                    self.seq = line.seq
                    self.spent = line.event if isinstance(line.event, Spent) else self.spent
                if raw.endswith(b"\n"):
                    end += len(raw)
                elif line is not None:
                    os.write(self._fd, b"\n")
                    return
        os.ftruncate(self._fd, end)

    def append(self, event: StreamEvent) -> StreamEvent | None:
        """Record an event as it will be read: clean, bounded, cost summed up. None where it was left out."""
        shown = self._shown(event)
        if shown is not None:
            self.seq += 1
            self._waiting += dump_line(Line(self.seq, time.time(), shown)).encode()
            if self.write(type(shown).__name__) and isinstance(shown, _WEIGHTY):
                os.fdatasync(self._fd)
        return shown

    def write(self, what: str = "") -> bool:
        """Write what waits; False where the disk takes nothing now. A line that went in by half goes on later."""
        try:
            faults.reach(f"journal.before {what}")
            while self._waiting:
                del self._waiting[: os.write(self._fd, self._waiting[:65_536])]
        except OSError as error:
            if error.errno not in disk.NO_ROOM:
                raise
            return False
        faults.reach(f"journal.after {what}")
        return True

    @property
    def is_behind(self) -> bool:
        """Whether something waits for room on the disk."""
        return bool(self._waiting)

    def _shown(self, event: StreamEvent) -> StreamEvent | None:
        if isinstance(event, Spent):
            self.spent = self._summed(event)
            return self.spent
        if isinstance(event, Garbled):
            self._garbled += 1
            if self._garbled > MAX_GARBLED + 1:
                return None
            if self._garbled > MAX_GARBLED:
                event = Garbled("… further lines that can't be read are left out")
        return _clean(event)

    def _summed(self, spent: Spent) -> Spent:
        usd = max(self.spent.usd, self._before.usd + spent.usd)  # money that is spent stays spent
        tokens = max(self.spent.tokens, self._before.tokens + spent.tokens)
        used = added(self._before.used, spent.used) if spent.used else self.spent.used
        return replace(_clean(spent), usd=round(usd, 9), tokens=tokens, open_usd=round(spent.open_usd, 9), used=used)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


def _clean(event: E) -> E:
    return replace(event, **{field.name: _clean_value(getattr(event, field.name)) for field in fields(event)})


def _clean_value(value: Any) -> Any:
    """Texts cleaned, wherever they lie."""
    if isinstance(value, str):
        return cut(redact.text(plain(value)))
    if isinstance(value, tuple):
        return tuple(_clean_value(item) for item in value)
    if isinstance(value, Value):
        cleaned: Any = _clean(value)  # type: ignore[type-var]  # a part of an event, made like one
        return cleaned
    return value
