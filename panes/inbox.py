"""The inbox: what only you can decide, oldest first, each with why it waits and the keys that answer it."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from cockpit import keys
from cockpit.state import State, Task, TaskState
from cockpit.views import duration, waits_for_you
from panes.board import shared
from panes.choices import Choices, Row
from panes.colours import MUTED, SYMBOLS, column, one_line
from panes.wrap import rows as wrapped

MAX_ROWS = 6
"""Rows of one reason that are shown; the card (enter) has all of it."""


class Inbox(Choices):
    """Work that waits for a yes, escalations, and merges that something blocks."""

    BORDER_TITLE = "Inbox"

    def __init__(self, chosen: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        """`chosen` is the key of every action."""
        super().__init__(id=id)
        self._keys = chosen
        self._state = State()
        self._now = 0.0

    def show(self, state: State, now: float) -> None:
        """Show `state` as it is at `now`."""
        self._state, self._now = state, now
        self.rebuild()

    def rows(self, width: int) -> list[Row]:
        """For each entry its task, the reason, and the keys."""
        waiting = waits_for_you(self._state)
        if not waiting:
            return [Row(Content.styled("Nothing waits for you.", MUTED))]
        return [row for task, why, _ in waiting for row in self._entry(task, why, width)]

    def _entry(self, task: Task, why: str, width: int) -> list[Row]:
        symbol, style = SYMBOLS[task.state]
        what = "blocked" if task.state is TaskState.MERGING else str(task.state)
        age = duration(self._now - task.since)
        head, tail = f" {column(task.id, 4)} ", f" {column(what, 9)} {column(age, 6, right=True)}"
        title, _ = shared(one_line(task.title), "", width - 1 - len(head) - len(tail))
        lines = [Content.assemble((symbol, style), (head + title, "bold"), (tail, MUTED))]
        lines += [Content(f"  {line}") for line in self._reason(why, width - 2)]
        lines.append(Content.styled(f"  {self._hint(task)}", "$text-accent"))
        return [Row(line, task.id) for line in lines]

    def _reason(self, why: str, width: int) -> list[str]:
        lines = wrapped(one_line(why), width)
        if len(lines) <= MAX_ROWS:
            return lines
        return [*lines[: MAX_ROWS - 1], f"… enter shows {len(lines) - MAX_ROWS + 1} lines more"]

    def _hint(self, task: Task) -> str:
        return "  ".join(f"{keys.pretty(self._keys[action])} {word}" for action, word in answers(task))


def answers(task: Task) -> list[tuple[str, str]]:
    """The actions that answer what a task waits for, and what each does to it, in a word or two."""
    look, reject = ("open", "look"), ("reject", "send back")
    match task.state:
        case TaskState.READY:
            return [("approve", "merge"), reject, look]
        case TaskState.MERGING:
            return [("approve", "try again now"), reject, look]
        case _:
            merge = [("approve", "merge anyway")] if task.is_green else []
            return [*merge, reject, ("retry", "restart"), ("skip", "drop"), look]
