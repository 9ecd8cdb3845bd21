"""Which task stands where on the board: lanes of tasks, each in the order in which it is read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cockpit.filters import Filter
from cockpit.policy import order
from cockpit.state import State, Task, TaskState
from cockpit.views import inbox

YOURS, WORKING, CHECKING, NEXT, SUGGESTED, DONE = "yours", "working", "checking", "next", "suggested", "done"

LANE_OF: Mapping[TaskState, str] = {
    TaskState.SUGGESTED: SUGGESTED,
    TaskState.QUEUED: NEXT,
    TaskState.WAITING: NEXT,
    TaskState.REWORK: WORKING,
    TaskState.CLAIMED: WORKING,
    TaskState.WORKING: WORKING,
    TaskState.TESTING: CHECKING,
    TaskState.REVIEWING: CHECKING,
    TaskState.READY: CHECKING,
    TaskState.MERGING: CHECKING,
    TaskState.ESCALATED: YOURS,
    TaskState.LANDED: DONE,
    TaskState.ANSWERED: DONE,
    TaskState.FAILED: DONE,
    TaskState.SKIPPED: DONE,
}
"""The lane of a state; what waits for a person is in theirs, whatever its state."""

COLUMNS = (SUGGESTED, NEXT, WORKING, CHECKING, YOURS, DONE)
"""From left to right, as a task goes."""

TITLES: Mapping[str, str] = {
    SUGGESTED: "Suggested",
    NEXT: "Next",
    WORKING: "Working",
    CHECKING: "Checking",
    YOURS: "For you",
    DONE: "Done",
}

SECTIONS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("Waiting for you", (YOURS,)),
    ("At work", (CHECKING, WORKING)),
    ("Next", (NEXT,)),
    ("Suggested", (SUGGESTED,)),
    ("Done", (DONE,)),
)
"""From top to bottom in the list: what needs a person first."""

_AT_WORK = (
    TaskState.MERGING,
    TaskState.READY,
    TaskState.REVIEWING,
    TaskState.TESTING,
    TaskState.WORKING,
    TaskState.CLAIMED,
    TaskState.REWORK,
)
_DONE = (TaskState.SKIPPED, TaskState.FAILED, TaskState.ANSWERED, TaskState.LANDED)


@dataclass(frozen=True, slots=True)
class Lanes:
    """The ids of the tasks that a filter keeps, by lane."""

    ids: Mapping[str, tuple[str, ...]]
    total: int = 0
    """Tasks with and without the filter."""

    @property
    def count(self) -> int:
        """Tasks that the filter keeps."""
        return sum(map(len, self.ids.values()))

    def lane_of(self, task: str) -> str:
        """Where a task stands; empty where the filter hides it."""
        return next((name for name, ids in self.ids.items() if task in ids), "")


EMPTY = Lanes({name: () for name in COLUMNS})


def lanes(state: State, wanted: Filter) -> Lanes:
    """Sort the tasks of a state into lanes."""
    yours: dict[str, int] = {}
    for number, entry in enumerate(inbox(state)):
        if entry.task is not None:
            yours.setdefault(entry.task.id, number)
    found: dict[str, list[Task]] = {name: [] for name in COLUMNS}
    for task in state.tasks.values():
        if not wanted.words or wanted.matches(state, task):
            found[YOURS if task.id in yours else LANE_OF[task.state]].append(task)
    keys: Mapping[str, Callable[[Task], Any]] = {
        YOURS: lambda t: (yours.get(t.id, len(yours)), t.since),
        WORKING: _at_work,
        CHECKING: _at_work,
        DONE: lambda t: (-t.since, _DONE.index(t.state), *(-n for n in order.place(t)[1:4])),
    }
    for name, tasks in found.items():
        tasks.sort(key=keys.get(name, order.place))
    return Lanes({name: tuple(t.id for t in tasks) for name, tasks in found.items()}, len(state.tasks))


def _at_work(task: Task) -> tuple[float | str, ...]:
    rank = _AT_WORK.index(task.state) if task.state in _AT_WORK else len(_AT_WORK)
    return (rank, *order.place(task))
