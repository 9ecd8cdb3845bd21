"""While you were away: what landed, what waits for you, what failed and why, what it cost, what comes next.

It shows the report's data, as `cockpit report` prints it, with the keys that act on each task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from cockpit import keys
from cockpit.report import build, criteria_line, heading, headline, money_lines, more_line, night_line
from cockpit.report_text import MOST_STEPS
from cockpit.state import State, TaskState
from cockpit.views import BREAKER, BUDGET, DISK, HELD, PLAN, Waiting, cost, duration, inbox
from panes.board import shared
from panes.choices import Choices, Row
from panes.colours import MUTED, SYMBOLS, column, one_line
from panes.inbox import answers, hint, mark
from panes.wrap import rows as wrapped

MAX_ROWS = 3
"""Rows of one reason that are shown; the card (enter) has all of it."""

MAX_WIDTH = 110
"""Cells of a row: in a wider one the eye loses the line."""


class Away(Choices):
    """The report of the time since you were here last, or of the whole night."""

    BORDER_TITLE = "While you were away"
    DEFAULT_CSS = "Away { scrollbar-gutter: stable; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False, id="away.leave")]

    class Left(Message):
        """Somebody has read it."""

    def __init__(self, chosen: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        """`chosen` is the key of every action."""
        super().__init__(id=id)
        self._keys = chosen
        self._state = State()
        self._now = 0.0
        self.since: float | None = None
        """Since when you were away; None for the whole night."""
        self.other: float | None = None
        """What else there is to look at with the same key."""

    def show(self, state: State, now: float) -> None:
        """Show `state` as it is at `now`."""
        self._state, self._now = state, now
        self.rebuild()

    def action_leave(self) -> None:
        """Go back to where you were."""
        self.post_message(self.Left())

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────

    def rows(self, width: int) -> list[Row]:
        """The head, and a part for each section of the report."""
        width = min(width, MAX_WIDTH)
        found = build(self._state, self._now, self.since, self._keys)
        rows = self._head(found, width)
        rows += _text("What next", self._next(found), width)
        rows += self._part("Waiting for you", inbox(self._state), width, self._waiting)
        rows += self._part("Failed", found["failed"], width, self._failed)
        rows += self._part("Landed", found["landed"], width, self._landed)
        if answered := [entry for entry in found["answered"] if not entry["part_of"]]:
            rows += self._part("Answered", answered, width, self._answered)
        rows += _text("Money", money_lines(found["money"]), width)
        if found["open"]:
            rows += self._part("Not done yet", found["open"], width, self._open)
            rows += [Row(Content.styled(f"  {one}", MUTED)) for one in wrapped(more_line(found), width - 2)]
        if found["unexpected"]:
            rows += _text("What you may not expect", (one["text"] for one in found["unexpected"]), width)
        return rows

    def _head(self, found: Mapping[str, Any], width: int) -> list[Row]:
        about = heading(found)
        about = f"While you were away, s{about[1:]}" if self.since is not None else about
        title = Content.styled(about, "bold $text-primary")
        line = night_line(found["night"]).replace("`", "") if found["night"] else "No night was started yet."
        counts = [Content.styled(one, "bold") for one in wrapped(headline(found), width)] if found["night"] else []
        lines = [title, *counts, *(Content(one) for one in wrapped(one_line(line), width))]
        if self.since != self.other:
            what = "the whole night" if self.other is None else "only what came since you were here last"
            lines.append(Content.styled(f"{keys.pretty(self._keys['away'])} shows {what}", MUTED))
        return [Row(one) for one in lines]

    def _part(self, title: str, entries: list[Any], width: int, rows: Callable[[Any, int], list[Row]]) -> list[Row]:
        head = Row(Content.assemble((title, "bold"), (f"  {len(entries)}", MUTED)))
        if not entries:
            return [Row(Content()), head, Row(Content.styled("  nothing", MUTED))]
        return [Row(Content()), head, *(row for entry in entries for row in rows(entry, width))]

    def _landed(self, entry: Mapping[str, Any], width: int) -> list[Row]:
        ago = f"{duration(self._now - entry['at'])} ago"
        rows = [
            self._line(
                entry, TaskState.LANDED, f"{cost(entry['usd'], entry['unpriced'], entry['estimate'])}  {ago}", width
            )
        ]
        said = (entry["commit"][:10], one_line(entry["diffstat"]), criteria_line(entry), entry["undone"])
        facts = " · ".join(filter(None, said))
        return rows + self._below(entry["id"], facts, width, "$text-warning" if entry["undone"] else MUTED)

    def _answered(self, entry: Mapping[str, Any], width: int) -> list[Row]:
        spent = cost(entry["usd"], entry["unpriced"], entry["estimate"])
        return [self._line(entry, TaskState.ANSWERED, spent, width), *self._below(entry["id"], entry["answer"], width)]

    def _waiting(self, entry: Waiting, width: int) -> list[Row]:
        """As the inbox has it: a task, a question, an agent that a person has, or the budget."""
        symbol, style, what = mark(entry)
        new = "new  " if self.since is not None and entry.since >= self.since else ""
        spent = f"{cost(entry.task.usd, entry.task.unpriced, entry.task.estimated)}  " if entry.task else ""
        tail = f"{new}{what}  {spent}{duration(self._now - entry.since)}"
        head = (
            "" if entry.id in (BUDGET, BREAKER, DISK, PLAN) or entry.id.startswith(HELD) else f"{column(entry.id, 4)} "
        )
        rows = [_row(symbol, style, f" {head}", entry.title, tail, width, entry.id)]
        return [*rows, *self._below(entry.id, entry.why, width), self._hint(entry.id, answers(entry))]

    def _failed(self, entry: Mapping[str, Any], width: int) -> list[Row]:
        rows = [self._line(entry, TaskState.FAILED, cost(entry["usd"], entry["unpriced"], entry["estimate"]), width)]
        rows += self._below(entry["id"], entry["why"], width)
        if entry["evidence"]:
            last = entry["evidence"][0]
            rows += self._below(entry["id"], f"{last['what']}: {' / '.join(last['lines'])}", width, MUTED)
        return [*rows, self._hint(entry["id"], [("retry", "restart")])]

    def _open(self, entry: Mapping[str, Any], width: int) -> list[Row]:
        rows = [self._line(entry, TaskState(entry["state"]), entry["state"], width)]
        return rows + self._below(entry["id"], entry["why"], width)

    def _line(self, entry: Mapping[str, Any], state: TaskState, tail: str, width: int) -> Row:
        symbol, style = SYMBOLS[state]
        return _row(symbol, style, f" {column(entry['id'], 4)} ", entry["title"], tail, width, entry["id"])

    def _below(self, choice: str, text: str, width: int, style: str = "") -> list[Row]:
        lines = wrapped(one_line(text), width - 7) if text else []
        if len(lines) > MAX_ROWS:
            lines = [*lines[: MAX_ROWS - 1], f"… enter shows {len(lines) - MAX_ROWS + 1} lines more"]
        return [Row(Content.styled(f"       {line}", style), choice) for line in lines]

    def _hint(self, choice: str, answers: Iterable[tuple[str, str]]) -> Row:
        return Row(Content.styled(f"       {hint(self._keys, answers)}", "$text-accent"), choice)

    def _next(self, found: Mapping[str, Any]) -> list[str]:
        """The same steps as the report's, by their keys."""
        night = found["night"]
        lines = [f"{step['key']:<5} {step['what']}{_why(step)}" for step in found["first"][:MOST_STEPS]]
        if (more := len(found["first"]) - len(lines)) > 0:
            lines.append(f"{'':<5} … and {more} more below")
        if any(not entry["undone"] for entry in found["landed"]):
            lines.append(f"{self._key('roll-back'):<5} rolls back what landed and should not have")
        if found["open"] and night and night["ended"] and night["why_it_ended"] != "budget":
            lines.append(f"{self._key('night'):<5} starts a night for the {len(found['open'])} not done yet")
        return lines if found["first"] or found["open"] else ["Nothing waits for you.", *lines]

    def _key(self, action: str) -> str:
        return keys.pretty(self._keys[action])


def _text(title: str, lines: Iterable[str], width: int) -> list[Row]:
    body = [f"  {row}" for line in lines for row in wrapped(one_line(line), width - 2)]
    return [Row(Content()), Row(Content.styled(title, "bold")), *(Row(Content(line)) for line in body)]


def _why(step: Mapping[str, str]) -> str:
    return f" ({step['why']})" if step["why"] else ""


def _row(symbol: str, style: str, head: str, title: str, tail: str, width: int, choice: str) -> Row:
    tail = f"  {tail}"
    shown, _ = shared(one_line(title), "", max(8, width - 1 - len(head) - len(tail)))
    return Row(Content.assemble((symbol, style), (head + shown, "bold"), (tail, MUTED)), choice)
