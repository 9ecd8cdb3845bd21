"""Where tasks stand: which of them are in each open state, the queue in its order, and the few that are special.

A long season has thousands of tasks that are over and that no decision is about. `Board` is the mapping of all tasks
that the fold keeps; it knows who stands where, and hands that on from one State to the next, so that deciding costs
what is open and not what ever was. All of it follows from the tasks: it is in no ledger and in no comparison, a
plain mapping of tasks says the same, and it is first made when somebody asks.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from cockpit.state import SETTLED, Kind, State, Task, TaskState, missing

if TYPE_CHECKING:
    from cockpit.fold.slots import Slots

Place = tuple[float, float, float, int, str]


def place(task: Task) -> Place:
    """What tasks are sorted by in the queue, soonest first; no two tasks have the same."""
    return (-task.priority, task.rank, task.added, len(task.id), task.id)


Turn = tuple[float, int, str]
"""A time, a task's number by when it was added, and its name: what some lists of tasks are sorted by."""


class Standing:
    """Who stands where, of one mapping of tasks."""

    __slots__ = (
        *("blocked", "branches", "conflicted", "counts", "findings", "line", "merging", "open", "order", "pinned"),
        *("ready", "_needed", "_undoes"),
    )

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        """By looking at all of them."""
        self.order: dict[str, int] = {name: number for number, name in enumerate(tasks)}
        """When each task was added, as a number; only grows, so all that came of one mapping share it."""
        self._needed: dict[str, set[str]] = {}
        """By a task's name those that depend on it, or once did; shared like `order`."""
        self._undoes: dict[str, set[str]] = {}
        """By a task's name those that it rolls back; shared like `order`."""
        self.open: dict[TaskState, dict[str, int]] = {}
        """The tasks in each state in which something may still happen to them."""
        self.counts: dict[TaskState, int] = {}
        """How many are in each state."""
        self.line: list[str] = sorted((t.id for t in tasks.values() if _queues(t)), key=lambda n: place(tasks[n]))
        """The queued ones, soonest first."""
        self.blocked = {name for name in self.line if missing(tasks, tasks[name])}
        """Those of them that wait for others."""
        self.ready: list[str] = [name for name in self.line if name not in self.blocked]
        """The others, soonest first."""
        self.merging: list[Turn] = sorted(self._turn(t.since, t) for t in tasks.values() if _merges(t))
        """Those that have their yes, by since when."""
        self.branches: list[Turn] = sorted(self._turn(t.added, t) for t in tasks.values() if _is_branch(t))
        """Those whose branch holds work that has not landed, the oldest first."""
        self.pinned = {t.id for t in tasks.values() if t.pinned}
        """Those that one agent is to do."""
        self.conflicted = {t.id for t in tasks.values() if _is_conflicted(t)}
        """Those with an open conflict."""
        self.findings = {t.id for t in tasks.values() if _has_findings(t)}
        """Explorations whose answer is there."""
        for task in tasks.values():
            self._enter(task)
            self._depends(task)

    def copy(self) -> Standing:
        """One that may be changed."""
        new = object.__new__(Standing)
        new.order, new._needed, new._undoes = self.order, self._needed, self._undoes
        new.counts, new.line, new.ready = dict(self.counts), self.line.copy(), self.ready.copy()
        new.open = {state: dict(names) for state, names in self.open.items()}
        new.blocked, new.merging, new.branches = set(self.blocked), self.merging.copy(), self.branches.copy()
        new.pinned, new.conflicted, new.findings = set(self.pinned), set(self.conflicted), set(self.findings)
        return new

    def put(self, tasks: dict[str, Task], task: Task) -> None:
        """Set `task` in `tasks`, which this is of, and change this accordingly."""
        old = tasks.get(task.id)
        if old is None:
            if len(self.order) != len(tasks):  # another future of the same tasks added one
                self.order = {name: number for number, name in enumerate(tasks)}
            self.order[task.id] = len(tasks)
        if old is not None and old.state is not task.state:
            self.counts[old.state] -= 1
            if old.state not in SETTLED:
                del self.open[old.state][task.id]
        stays = old is not None and _queues(old) and _queues(task) and place(old) == place(task)
        if old is not None and _queues(old) and not stays:
            del self.line[self._index(self.line, tasks, old)]
            self._judge(tasks, old, queues=False)
        tasks[task.id] = task
        if old is None or old.state is not task.state:
            self._enter(task)
        if _queues(task) and not stays:
            self.line.insert(self._index(self.line, tasks, task), task.id)
            self.blocked.add(task.id)
        self._depends(task)
        if _queues(task):
            self._judge(tasks, task, queues=True)
        if old is None or old.state is not task.state or old.rollback != task.rollback:
            self._judge_those_behind(tasks, task.id)
        self._sort_in(self.merging, _merges, _since, old, task)
        self._sort_in(self.branches, _is_branch, _added, old, task)
        _mark(self.pinned, task, bool(task.pinned))
        _mark(self.conflicted, task, _is_conflicted(task))
        _mark(self.findings, task, _has_findings(task))

    def _index(self, line: list[str], tasks: Mapping[str, Task], task: Task) -> int:
        return bisect_left(line, place(task), key=lambda name: place(tasks[name]))

    def _enter(self, task: Task) -> None:
        self.counts[task.state] = self.counts.get(task.state, 0) + 1
        if task.state not in SETTLED:
            self.open.setdefault(task.state, {})[task.id] = self.order[task.id]

    # ── who waits for whom ───────────────────────────────────────────────────────────────────────────

    def _depends(self, task: Task) -> None:
        for name in task.depends_on:
            self._needed.setdefault(name, set()).add(task.id)
        if task.rollback:
            self._undoes.setdefault(task.rollback, set()).add(task.id)

    def _judge(self, tasks: Mapping[str, Task], task: Task, *, queues: bool) -> None:
        """Put a task that is in the line among those that wait for others or those that don't; else take it out."""
        waits = not queues or bool(missing(tasks, task))
        was = task.id in self.blocked
        if not waits and was:
            self.blocked.discard(task.id)
            self.ready.insert(self._index(self.ready, tasks, task), task.id)
        elif waits and not was:
            at = self._index(self.ready, tasks, task)
            if at < len(self.ready) and self.ready[at] == task.id:
                del self.ready[at]
                self.blocked.add(task.id)
        if not queues:
            self.blocked.discard(task.id)

    def _judge_those_behind(self, tasks: Mapping[str, Task], name: str) -> None:
        """A task stands elsewhere: look anew at all that wait for it, or for one that it rolled back."""
        seen, rest = {name}, [name]
        while rest:
            now = rest.pop()
            for waiting in self._needed.get(now, ()):
                known = tasks.get(waiting)
                if known is not None and _queues(known):
                    self._judge(tasks, known, queues=True)
            rest += (found := self._undoes.get(now, set()) - seen)
            seen |= found

    # ── lists by a time ──────────────────────────────────────────────────────────────────────────────

    def _turn(self, at: float, task: Task) -> Turn:
        return (at, self.order[task.id], task.id)

    def _sort_in(
        self,
        turns: list[Turn],
        belongs: Callable[[Task], bool],
        at: Callable[[Task], float],
        old: Task | None,
        new: Task,
    ) -> None:
        before = self._turn(at(old), old) if old is not None and belongs(old) else None
        after = self._turn(at(new), new) if belongs(new) else None
        if before == after:
            return
        if before is not None:
            del turns[bisect_left(turns, before)]
        if after is not None:
            insort(turns, after)

    def count(self, states: Iterable[TaskState]) -> int:
        """How many tasks are in one of `states`."""
        return sum(self.counts.get(state, 0) for state in states)


class Board(dict[str, Task]):
    """All tasks by their names, in the order they were added; one is never changed once somebody has it."""

    __slots__ = ("_standing", "slots")
    _standing: Standing | None
    slots: Slots | None
    """How the agents' slots are, in the newest State that these are the tasks of; see `fold/slots.py`."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        """Nobody has asked yet where they stand."""
        super().__init__(tasks)
        self._standing = None
        self.slots = None

    @property
    def standing(self) -> Standing:
        """Who stands where."""
        if self._standing is None:
            self._standing = Standing(self)
        return self._standing

    def with_task(self, task: Task) -> Board:
        """The same with another task, or one of them as it is now."""
        new = Board(self)
        if self._standing is None:
            new[task.id] = task
        elif stands_as(self.get(task.id), task):
            new[task.id], new._standing = task, self._standing
        else:
            new._standing = self._standing.copy()
            new._standing.put(new, task)
        return new


def of(tasks: Mapping[str, Task]) -> Standing:
    """Who stands where in `tasks`."""
    return tasks.standing if isinstance(tasks, Board) else Standing(tasks)


def having(state: State, *states: TaskState) -> list[Task]:
    """The tasks in one of `states`, which are open ones, in the order they were added."""
    found: dict[str, int] = {}
    where = of(state.tasks).open
    for one in states:
        found |= where.get(one, {})
    return [state.tasks[name] for name in sorted(found, key=found.__getitem__)]


def named(state: State, names: Iterable[str]) -> list[Task]:
    """The tasks of these names, in the order they were added."""
    order = of(state.tasks).order
    return [state.tasks[name] for name in sorted(names, key=order.__getitem__)]


def is_all_in(state: State, states: frozenset[TaskState]) -> bool:
    """Whether every task is in one of `states`."""
    return of(state.tasks).count(states) == len(state.tasks)


def stands_as(old: Task | None, new: Task) -> bool:
    """Whether a task stands where it stood."""
    if old is None or old.state is not new.state or bool(old.pinned) != bool(new.pinned):
        return False
    if old.depends_on != new.depends_on or old.rollback != new.rollback or bool(old.head) != bool(new.head):
        return False
    if (_merges(new) and old.since != new.since) or old.added != new.added or old.part_of != new.part_of:
        return False
    if _is_conflicted(old) != _is_conflicted(new) or _has_findings(old) != _has_findings(new):
        return False
    return not _queues(new) or place(old) == place(new)


def _mark(names: set[str], task: Task, is_one: bool) -> None:
    if is_one:
        names.add(task.id)
    else:
        names.discard(task.id)


def _queues(task: Task) -> bool:
    return task.state is TaskState.QUEUED


def _merges(task: Task) -> bool:
    return task.state is TaskState.MERGING


def _since(task: Task) -> float:
    return task.since


def _added(task: Task) -> float:
    return task.added


WITH_WORK = frozenset(
    {
        TaskState.WORKING,
        TaskState.TESTING,
        TaskState.REVIEWING,
        TaskState.READY,
        TaskState.MERGING,
        TaskState.REWORK,
        TaskState.ESCALATED,
    }
)
"""States in which a task's branch may hold work that has not landed."""


def _is_branch(task: Task) -> bool:
    return bool(task.head) and task.state in WITH_WORK


def _is_conflicted(task: Task) -> bool:
    return bool(task.conflict) and task.state not in SETTLED


def _has_findings(task: Task) -> bool:
    if task.kind is not Kind.EXPLORE or not task.answer or task.part_of:
        return False
    return task.state in (TaskState.ANSWERED, TaskState.LANDED)
