"""The queue's order: by priority, then by rank; total, so that everybody sees and obeys the same one.

A rank is a place among tasks of the same priority. Moving a task gives it a rank between its new
neighbours, and their priority where its own would not let it stand there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cockpit import standing
from cockpit.state import State, Task

if TYPE_CHECKING:
    from cockpit.events import TaskMoved


def place(task: Task) -> standing.Place:
    """What tasks are sorted by, soonest first; no two tasks have the same."""
    return standing.place(task)


def queue(state: State) -> list[Task]:
    """The queued tasks, soonest first, those included that wait for others."""
    return [state.tasks[name] for name in standing.of(state.tasks).line]


def next_rank(state: State) -> float:
    """The rank of a task that comes in now: after all others."""
    return max((t.rank for t in state.tasks.values()), default=0.0) // 1 + 1.0


def moved(others: Sequence[Task], task: Task, index: int, by: str = "") -> tuple[TaskMoved, ...]:
    """What brings `task` to `index` among the `others`, which are in order; usually one event.

    Where two ranks lie so close that nothing fits between them, the whole stretch is numbered anew.
    """
    from cockpit.events import TaskMoved  # not at the top: the screen reads this module before its first paint

    before = others[index - 1] if index > 0 else None
    after = others[index] if index < len(others) else None
    priority = min(task.priority, before.priority) if before else task.priority
    priority = max(priority, after.priority) if after else priority
    rank = _rank(task, before, after, priority)
    if rank is not None:
        return (TaskMoved(task.id, rank, priority, by),)
    stretch = [*others[:index], task, *others[index:]]
    same = [t for t in stretch if t is task or t.priority == priority]
    return tuple(TaskMoved(t.id, float(n), priority, by) for n, t in enumerate(same, 1))


def _rank(task: Task, before: Task | None, after: Task | None, priority: int) -> float | None:
    """A rank strictly between the neighbours of the same priority; None where there is none."""
    low = before.rank if before is not None and before.priority == priority else None
    high = after.rank if after is not None and after.priority == priority else None
    if low is None and high is None:
        return task.rank
    if low is None:
        assert high is not None
        return min(task.rank, high - 1.0)
    if high is None:
        return max(task.rank, low + 1.0)
    middle = (low + high) / 2
    return middle if low < middle < high else None
