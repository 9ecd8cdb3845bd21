"""One task on a card of the board's columns, and the head of a column."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from cockpit.state import Kind, State, Task
from cockpit.views import duration
from panes.colours import MUTED, SYMBOLS, column, one_line
from panes.lanes import DONE, TITLES, WORKING
from panes.task_line import agent_mark, priority_mark, spent, why_there
from panes.wrap import fit
from panes.wrap import rows as wrapped


def card(state: State, task: Task, now: float, width: int, height: int) -> list[Content]:
    """The rows of a card: what it is, its title, and how far it got."""
    return [
        _what(state, task, now, width),
        *(Content(f" {text}") for text in _title(task, width - 1, height - 2)),
        _how_far(state, task, width),
    ]


def _what(state: State, task: Task, now: float, width: int) -> Content:
    """Symbol, id, priority and kind on the left; agent and age on the right."""
    symbol, style = SYMBOLS[state.seen_state(task)]
    right = " ".join(filter(None, (agent_mark(state, task), duration(now - task.since))))
    kind = "" if task.kind is Kind.BUILD else str(task.kind)
    middle = " ".join(filter(None, (task.id, f"#{task.issue}" if task.issue else "", priority_mark(task), kind)))
    room = max(0, width - 2 - cell_len(right) - 1)
    return Content.assemble((symbol, style), " ", (column(middle, room), "bold"), " ", (right, MUTED))


def _title(task: Task, width: int, rows: int) -> list[str]:
    """The title in exactly so many rows; the last one is cut where it is longer."""
    lines = wrapped(one_line(task.title), max(1, width))
    if len(lines) > rows:
        lines = [*lines[: rows - 1], fit(" ".join(lines[rows - 1 :]), width)]
    return [*lines, *[""] * (rows - len(lines))]


def _how_far(state: State, task: Task, width: int) -> Content:
    """Review cycles and cost, then why it is where it is, as far as there is room."""
    facts = " ".join(filter(None, (f"↻{task.cycles}" if task.cycles else "", spent(task))))
    why = why_there(state, task)
    return Content.styled(fit(f" {'  '.join(filter(None, (facts, why)))}", width), MUTED)


def head(state: State, lane: str, count: int, top: int, shown: int, width: int) -> list[Content]:
    """The two rows above a column: its title with the count, and a line that says what is out of sight."""
    limit = state.night.agents if lane == WORKING and state.night and not state.night.ended else 0
    busy = sum(agent.run is not None for agent in state.agents.values())
    said = f"{count}  {busy}/{limit} agents" if limit else f"{count}"
    title = Content.assemble((TITLES[lane], "bold" if count or lane != DONE else MUTED), (f"  {said}", MUTED))
    above, below = f"↑{top}" if top else "", f"↓{count - top - shown}" if count > top + shown else ""
    hidden = " ".join(filter(None, (above, below)))
    line = "─" * max(0, width - cell_len(hidden) - (1 if hidden else 0))
    return [title, Content.styled(f"{line}{' ' if hidden else ''}{hidden}", MUTED)]
