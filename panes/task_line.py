"""One task on one line: symbol, title, why it is where it is, agent, cost, cycles and age."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from cockpit.reserves import cap_title
from cockpit.state import SETTLED, State, Task, TaskState
from cockpit.views import duration, money, undone_text
from panes.colours import MUTED, SYMBOLS, column, one_line

WIDE = 70
"""From this width on there is room for the count of review cycles."""

STATE = 9
"""Cells of the longest state's name."""

MIN_REASON = 14
"""Fewer cells than this tell nothing of a longer reason: the title has more use for them."""


def line(state: State, task: Task, now: float, width: int, split: int) -> Content:
    """The line; titles with a reason behind them get `split` cells, so that reasons stand below each other."""
    seen = state.seen_state(task)
    symbol, style = SYMBOLS[seen]
    mark = priority_mark(task)
    title = f"{mark} {one_line(task.title)}" if mark else one_line(task.title)
    title, why = shared(title, why_there(state, task), room(width), split)
    head = Content.assemble((symbol, style), f" {column(task.id, 4)} ", title, (why, MUTED), " ")
    return Content.assemble(head, (column(seen, STATE), style), (_tail(state, task, now, width), MUTED))


def room(width: int) -> int:
    """Cells for the title and the reason."""
    return max(0, width - 7 - 1 - STATE - (23 if width >= WIDE else 20))


def priority_mark(task: Task) -> str:
    """`▲2` before what is more urgent than usual, `▼1` before what is less."""
    if not task.priority:
        return ""
    return f"{'▲' if task.priority > 0 else '▼'}{abs(task.priority)}"


def spent(task: Task) -> str:
    """What a task cost so far; `≈` before an estimate, for which a line has no room in words."""
    return f"{'≈' if task.estimated else ''}{money(task.usd)}" if task.usd else ""


def agent_mark(state: State, task: Task) -> str:
    """`a2` while agent 2 has it, `→2` while it is kept for agent 2."""
    if task.agent is not None and state.holds_slot(task):
        return f"a{task.agent}"
    return f"→{task.pinned}" if task.pinned and task.state not in SETTLED else ""


def _tail(state: State, task: Task, now: float, width: int) -> str:
    """The agent, the cost, the review cycles and the time in this state."""
    cycles = f"↻{task.cycles}" if task.cycles else ""
    cost, age = spent(task), duration(now - task.since)
    parts = [column(agent_mark(state, task), 3), *([column(cycles, 2)] if width >= WIDE else [])]
    return "".join(f" {part}" for part in (*parts, column(cost, 8, right=True), column(age, 6, right=True)))


def shared(title: str, why: str, room: int, split: int = 0) -> tuple[str, str]:
    """A title and a reason in exactly `room` cells; the title gets `split` of them, or all without a reason."""
    if not why or room - split - 2 < min(cell_len(why), MIN_REASON):
        return column(title, room), ""
    return column(title, split), column(f"  {why}", room - split)


def why_there(state: State, task: Task) -> str:
    """What a person should know about where a task stands, in a few words."""
    if task.state not in SETTLED and (missing := state.missing(task)):
        return "after " + ", ".join(t.id for t in missing)
    if task.state not in SETTLED and (hold := state.hold_on(task)) is not None:
        return one_line(f"held: {hold}")
    if task.state in (TaskState.QUEUED, TaskState.REWORK) and (task.waits_why or task.waits_usd):
        return one_line(task.waits_why or f"waits: {cap_title(task.waits_cap)} can't hold its reserve ($)")
    session = state.sessions.get(task.agent) if task.agent is not None else None
    run = state.task_run(task)
    if task.state is TaskState.WORKING and run is not None and run.live and not task.reason:
        step = session.current_step or session.current_phase if session else run.phase
        return one_line(step)
    if task.state is TaskState.LANDED:
        return undone_text(state, task) or one_line(task.diffstat)
    if task.state is TaskState.ANSWERED:
        return one_line(task.verdict.summary if task.verdict else task.answer[:200])
    return one_line(task.reason)
