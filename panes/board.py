"""The task board: every task on a line, in four groups, what needs a person first."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from textual.content import Content

from cockpit.state import SETTLED, State, Task, TaskState
from cockpit.views import duration, money, undone_text, waits_for_you
from panes.choices import Choices, Row
from panes.colours import MUTED, SYMBOLS, column, one_line

AT_WORK = (
    TaskState.MERGING,
    TaskState.REVIEWING,
    TaskState.TESTING,
    TaskState.WORKING,
    TaskState.CLAIMED,
    TaskState.REWORK,
    TaskState.READY,
    TaskState.ESCALATED,
)
NEXT = (TaskState.QUEUED, TaskState.WAITING, TaskState.SUGGESTED)
DONE = (TaskState.LANDED, TaskState.FAILED, TaskState.SKIPPED)

WIDE = 70
"""From this width on there is room for the count of review cycles."""

STATE = 9
"""Cells of the longest state's name."""

MIN_REASON = 14
"""Fewer cells than this tell nothing of a longer reason: the title has more use for them."""


class Board(Choices):
    """All tasks with their state, agent, cost and age."""

    BORDER_TITLE = "Tasks"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state = State()
        self._now = 0.0

    def show(self, state: State, now: float) -> None:
        """Show `state` as it is at `now`."""
        self._state, self._now = state, now
        self.rebuild()

    def rows(self, width: int) -> list[Row]:
        """A heading for each group that has tasks, and its tasks."""
        if not self._state.tasks:
            return _empty()
        found: list[Row] = []
        split = self._split(width)
        for title, tasks in _groups(self._state):
            if tasks:
                found.append(Row(Content.assemble((title, "bold"), (f"  {len(tasks)}", MUTED))))
                found += [Row(self._line(task, width, split), task.id) for task in tasks]
        return found

    def _split(self, width: int) -> int:
        """Cells of the title where a reason follows: the same on every line, three fifths of the room at most."""
        tasks = [t for t in self._state.tasks.values() if why_there(self._state, t)]
        longest = max((cell_len(one_line(t.title)) for t in tasks), default=0)
        return min(longest, _room(width) * 3 // 5)

    def _line(self, task: Task, width: int, split: int) -> Content:
        seen = self._state.seen_state(task)
        symbol, style = SYMBOLS[seen]
        title, why = shared(one_line(task.title), why_there(self._state, task), _room(width), split)
        head = Content.assemble((symbol, style), f" {column(task.id, 4)} ", title, (why, MUTED), " ")
        tail = _tail(self._state, task, self._now, width)
        return Content.assemble(head, (column(seen, STATE), style), (tail, MUTED))


def _empty() -> list[Row]:
    lines = ("No tasks yet.", "`cockpit plan PLAN.md` reads a plan; the key n adds one task.")
    return [Row(Content(line)) for line in lines]


def _groups(state: State) -> list[tuple[str, list[Task]]]:
    waiting = [task for task, _, _ in waits_for_you(state)]
    rest = [task for task in state.tasks.values() if task not in waiting]
    return [
        ("Waiting for you", waiting),
        ("At work", _sorted(state, rest, AT_WORK)),
        ("Next", _sorted(state, rest, NEXT)),
        ("Done", list(reversed(sorted(_sorted(state, rest, DONE), key=lambda t: t.since)))),
    ]


def _sorted(state: State, tasks: Iterable[Task], states: tuple[TaskState, ...]) -> list[Task]:
    among = [t for t in tasks if state.seen_state(t) in states]
    return sorted(among, key=lambda t: (states.index(state.seen_state(t)), -t.priority, t.added))


def _room(width: int) -> int:
    """Cells for the title and the reason."""
    return max(0, width - 7 - 1 - STATE - (23 if width >= WIDE else 20))


def _tail(state: State, task: Task, now: float, width: int) -> str:
    """The agent, the cost, the review cycles and the time in this state."""
    agent = f"a{task.agent}" if task.agent is not None and state.holds_slot(task) else ""
    cycles = f"↻{task.cycles}" if task.cycles else ""
    cost, age = money(task.usd) if task.usd else "", duration(now - task.since)
    parts = [column(agent, 3), *([column(cycles, 2)] if width >= WIDE else [])]
    return "".join(f" {part}" for part in (*parts, column(cost, 8, right=True), column(age, 6, right=True)))


def shared(title: str, why: str, room: int, split: int = 0) -> tuple[str, str]:
    """A title and a reason in exactly `room` cells; the title gets `split` of them, or all without a reason."""
    if not why or room - split - 2 < min(cell_len(why), MIN_REASON):
        return column(title, room), ""
    return column(title, split), column(f"  {why}", room - split)


def why_there(state: State, task: Task) -> str:
    """What a person should know about where a task stands, in a few words."""
    if missing := state.missing(task):
        return "after " + ", ".join(t.id for t in missing)
    if task.state not in SETTLED and (hold := state.hold_on(task)) is not None:
        return one_line(f"held: {hold}")
    session = state.sessions.get(task.agent) if task.agent is not None else None
    run = state.task_run(task)
    if task.state is TaskState.WORKING and run is not None and run.live and not task.reason:
        step = session.current_step or session.current_phase if session else run.phase
        return one_line(step)
    if task.state is TaskState.LANDED:
        return undone_text(state, task) or one_line(task.diffstat)
    return one_line(task.reason)
