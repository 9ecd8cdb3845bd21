"""The inbox: what only you can decide, oldest first, each with why it waits and the keys that answer it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content

from cockpit import keys
from cockpit.answering import answers as answers
from cockpit.answering import answers_to as answers_to
from cockpit.asked import by_default, decided, in_a_line
from cockpit.state import State, TaskState
from cockpit.views import BREAKER, DISK, HELD, PLAN, PLAN_FAILED, Waiting, duration, inbox
from panes.board import shared
from panes.choices import Choices, Row
from panes.colours import MUTED, SYMBOLS, column, one_line
from panes.wrap import rows as wrapped

MAX_ROWS = 6
"""Rows of one reason that are shown; the card (enter) has all of it."""

MAX_DECIDED = 5
"""Of the questions that nobody answered, the newest are shown."""


class Inbox(Choices):
    """Work that waits for a yes, what agents ask, escalations, blocked merges, and a budget that is used up."""

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
        found = [row for entry in inbox(self._state) for row in self._entry(entry, width)]
        return (found or [Row(Content.styled("Nothing waits for you.", MUTED))]) + self._decided(width)

    def _decided(self, width: int) -> list[Row]:
        """What was decided because nobody answered: to be read, no longer to be answered."""
        found = decided(self._state)[-MAX_DECIDED:]
        if not found:
            return []
        rows = [Row(Content.assemble(("Decided without you", "bold"), (f"  {len(found)}", MUTED)))]
        for question in reversed(found):
            text = f"{question.id} {in_a_line(question)} · {by_default(question)}"
            rows += [Row(Content.styled(f"  {line}", MUTED)) for line in self._reason(text, width - 2)]
        return rows

    def _entry(self, entry: Waiting, width: int) -> list[Row]:
        symbol, style, what = mark(entry)
        age = duration(self._now - entry.since)
        name = f" {column(entry.id, 4 if entry.agent is None else 7)} " if entry.task or entry.question else " "
        tail = f" {column(what, 9)} {column(age, 6, right=True)}"
        what = f"{entry.task.id} {entry.title}" if entry.task and entry.id != entry.task.id else entry.title
        title, _ = shared(one_line(what), "", width - 1 - len(name) - len(tail))
        lines = [Content.assemble((symbol, style), (name + title, "bold"), (tail, MUTED))]
        lines += [Content(f"  {line}") for line in self._reason(entry.why, width - 2)]
        keyed = hint(self._keys, answers(entry)) or one_line(entry.do)
        lines.append(Content.styled(f"  {keyed}", "$text-accent"))
        return [Row(line, entry.id) for line in lines]

    def _reason(self, why: str, width: int) -> list[str]:
        lines = wrapped(one_line(why), width)
        if len(lines) <= MAX_ROWS:
            return lines
        return [*lines[: MAX_ROWS - 1], f"… enter shows {len(lines) - MAX_ROWS + 1} lines more"]


def mark(entry: Waiting) -> tuple[str, str, str]:
    """Symbol, style and a word for why something is in the inbox."""
    if entry.id.startswith(HELD):
        return "≠", "$text-warning bold", "paused"
    if entry.agent is not None:
        return "⇄", "$text-accent bold", "with you"
    if entry.question is not None:
        return "?", "$text-warning bold", "leave?" if entry.question.is_permission else "asks"
    if entry.id == PLAN:
        return "≡", "$text-accent bold", "plan"
    if entry.id == PLAN_FAILED:
        return "✗", "$text-error bold", "no plan"
    if entry.id == DISK:
        return "▲", "$text-warning bold", "no room"
    if entry.id == BREAKER:
        return "✗", "$text-error bold", "stopped"
    if entry.task is None:
        return "$", "$text-error bold", "budget"
    what = "blocked" if entry.task.state is TaskState.MERGING else str(entry.task.state)
    return *SYMBOLS[entry.task.state], what


def hint(chosen: Mapping[str, str], found: Iterable[tuple[str, str]]) -> str:
    """`a merge  x send back`: the keys of actions, and what each does here."""
    return "  ".join(f"{keys.pretty(chosen[action])} {word}" for action, word in found)
