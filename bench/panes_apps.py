"""The apps that `bench.panes` runs in a terminal and presses keys in."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.widgets import Static

from cockpit.agents import stream
from panes.transcript import TranscriptView


class Busy(App[None]):
    """Panes that are told something all the time, and a status line that a key changes."""

    CSS = "Grid { grid-size: 5; height: 1fr; } Static { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "count", "Count")]

    def __init__(self, panes: int, rate: int) -> None:
        super().__init__()
        self._panes, self._rate, self._count = panes, rate, 0
        self._feeds: list[asyncio.Task[None]] = []

    def compose(self) -> ComposeResult:
        """A status line over the panes."""
        yield Static("K00000", id="status")
        with Grid():
            for _ in range(self._panes):
                yield TranscriptView()

    def on_mount(self) -> None:
        """Begin to feed."""
        if self._rate:
            self._feeds = [asyncio.create_task(self._feed(v)) for v in self.query(TranscriptView)]

    def action_count(self) -> None:
        """Change the status line."""
        self._count += 1
        self.query_one("#status", Static).update(f"K{self._count:05d}", layout=False)

    async def _feed(self, view: TranscriptView) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time() + random.random() / self._rate
        for n, line in enumerate(talk()):
            await asyncio.sleep(max(0.0, began + n / self._rate - loop.time()))
            view.add([line])


def talk() -> Iterator[stream.Line]:
    """What an agent says, for ever."""
    seq = 0
    while True:
        seq += 1
        name = f"call-{seq}"
        event: stream.StreamEvent
        match seq % 4:
            case 0:
                event = stream.ToolCalled(name, "Bash", f"run pytest tests/test_{seq}.py")
            case 1:
                event = stream.ToolReturned(f"call-{seq - 1}", f"{seq} passed in 0.12s")
            case 2:
                event = stream.Said(f"Step {seq}: the median of an even list is the mean of the middle two.")
            case _:
                event = stream.Thought("An empty list has no median, so that should raise.")
        yield stream.Line(seq, 1.7e9 + seq, event)


class Reader(App[None]):
    """Opens a long diff in a view that was not there before, and closes it."""

    CSS = "DiffView { height: 1fr; } Static { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "Open"),
        Binding("c", "close", "Close"),
        Binding("n", "page", "Page"),
    ]

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._opened = self._pages = 0
        self._lines = lines

    def compose(self) -> ComposeResult:
        """A status line over nothing."""
        yield Static("K00000", id="status")

    def action_open(self) -> None:
        """Import what is needed, read the diff, show it."""
        from panes.diff_model import parse
        from panes.diff_view import DiffView

        self._opened += 1
        view = DiffView()
        self.mount(view)
        view.show(parse(long_diff(self._lines, f"opened_{self._opened:03d}")))

    def action_page(self) -> None:
        """Go on by a page; the status line changes in the same paint."""
        from panes.diff_view import DiffView

        self._pages += 1
        self.query_one(DiffView).action_page(1)
        self.query_one("#status", Static).update(f"P{self._pages:05d}")

    async def action_close(self) -> None:
        """Take the view away."""
        await self.query("DiffView").remove()


def long_diff(lines: int, mark: str) -> str:
    """A diff of about so many lines over forty files; its first changed line has `mark`."""
    hunks = max(1, lines // 40 // 25)
    found = []
    for file in range(40):
        found.append(f"diff --git a/src/f{file}.py b/src/f{file}.py\nindex 1..2 100644")
        found.append(f"--- a/src/f{file}.py\n+++ b/src/f{file}.py")
        for hunk in range(hunks):
            place = hunk * 30 + 1
            found.append(f"@@ -{place},18 +{place},18 @@ def work_{hunk}(values):")
            found += [f"     total_{n} = sum(values[{n}:]) / len(values)" for n in range(12)]
            found += [f"-    before_{n} = 'x' * {n}  # as it was" for n in range(6)]
            found += [f"+    {mark}_{n} = 'y' * {n}  # as it is" for n in range(6)]
    return "\n".join(found) + "\n"


if __name__ == "__main__":
    if sys.argv[1] == "panes":
        Busy(int(sys.argv[2]), int(sys.argv[3])).run()
    else:
        Reader(int(sys.argv[2])).run()
