"""What waits for what: circles, the tree around a task, and the critical path. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cockpit.state import SETTLED, State, Task

Needs = Mapping[str, Sequence[str]]
"""Task to the tasks it waits for."""


def needs(state: State) -> dict[str, tuple[str, ...]]:
    """Every task's dependencies that exist."""
    return {t.id: tuple(n for n in t.depends_on if n in state.tasks) for t in state.tasks.values()}


def waiting_for(state: State) -> dict[str, list[str]]:
    """The other way round: who waits for each task, in the order they were added."""
    found: dict[str, list[str]] = {name: [] for name in state.tasks}
    for task in state.tasks.values():
        for name in task.depends_on:
            if name in found:
                found[name].append(task.id)
    return found


def circle(graph: Needs, task: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """The circle that would come about if `task` waited for `wanted`: `T1 T3 T1`; empty where there is none."""
    for first in wanted:
        came: dict[str, str] = {first: task}
        open_ = [first]
        while open_:
            name = open_.pop()
            if name == task:
                return _path(came, task)
            for other in graph.get(name, ()):
                if other not in came:
                    came[other] = name
                    open_.append(other)
    return ()


def _path(came: Mapping[str, str], task: str) -> tuple[str, ...]:
    path = [task]
    while (name := came[path[-1]]) != task:
        path.append(name)
    return (task, *reversed(path[1:]), task)


def critical_path(state: State) -> tuple[str, ...]:
    """The longest chain of open tasks, each waiting for the one before: the night can't be shorter than it.

    Empty where no open task waits for another. Where two are equally long, the one that begins with the older task.
    """
    graph = {t.id: _open_needs(state, t) for t in state.tasks.values() if t.state not in SETTLED}
    longest: dict[str, int] = {}
    for name in bottom_up(graph):
        longest[name] = 1 + max((longest[n] for n in graph[name]), default=0)
    if not longest or max(longest.values()) < 2:
        return ()
    chain = [max(longest, key=lambda n: longest[n])]
    while below := graph[chain[-1]]:
        chain.append(max(below, key=lambda n: longest[n]))
    return tuple(reversed(chain))


def _open_needs(state: State, task: Task) -> tuple[str, ...]:
    return tuple(n for n in task.depends_on if n in state.tasks and state.tasks[n].state not in SETTLED)


def bottom_up(graph: Needs) -> list[str]:
    """Every task after all that it waits for; without recursion, for a chain may be long."""
    order: list[str] = []
    seen: set[str] = set()
    for start in graph:
        stack = [(start, False)]
        while stack:
            name, is_done = stack.pop()
            if is_done:
                order.append(name)
            elif name not in seen:
                seen.add(name)
                stack.append((name, True))
                stack += [(n, False) for n in graph[name] if n not in seen]
    return order
