"""The conflict forecast: what to compare, when to compare again, and the order in which merges trouble each other
least. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from cockpit import standing
from cockpit.state import Clash, State, Task, TaskState

if TYPE_CHECKING:
    from cockpit.policy.actions import Decision

MOST = 30
"""Branches that are compared: pairs grow with the square, and a person can't read more."""


def branches(state: State) -> list[Task]:
    """The tasks whose branch holds work that has not landed, the oldest first."""
    return [state.tasks[name] for _, _, name in standing.of(state.tasks).branches[:MOST]]


def subject(state: State) -> tuple[str, ...]:
    """What a forecast would be of, now; the same subject needs no new one."""
    heads = [f"{task.id}@{task.head}" for task in branches(state)]
    landed = standing.of(state.tasks).count((TaskState.LANDED,))
    at = f":{state.git.target}" if state.git.target else ""
    return (*heads, f"landed@{landed}{at}") if heads else ()


def forecast(state: State) -> Decision:
    """Compare again when a branch or the target is another one."""
    from cockpit.policy.actions import (  # not at the top: the screen reads this module before its first paint
        NOTHING,
        Compare,
        Decision,
    )

    night, now = state.night, subject(state)
    if night is None or not night.is_open or not now or now == state.forecast.of:
        return NOTHING
    return Decision(effects=(Compare(now),))


def clashes(state: State, task: Task) -> tuple[Clash, ...]:
    """The conflicts that a task's work is forecast to have, seen from it; those that are over are left out."""
    if not state.forecast.clashes:
        return ()
    compared = set(state.forecast.of)
    found = []
    for clash in state.forecast.clashes:
        other = clash.other if clash.task == task.id else clash.task
        if task.id not in (clash.task, clash.other) or f"{task.id}@{task.head}" not in compared:
            continue
        if not other or ((known := state.tasks.get(other)) and f"{other}@{known.head}" in compared and _flies(known)):
            found.append(Clash(task.id, other, clash.files))
    return tuple(found)


def _flies(task: Task) -> bool:
    return task.state in standing.WITH_WORK


def in_order(state: State, tasks: list[Task]) -> list[Task]:
    """The order in which to merge these: who stands in the way of the fewest others first, then the oldest."""
    names = {task.id for task in tasks}
    return sorted(tasks, key=lambda task: (_weight(state, task, names), task.since))


def _weight(state: State, task: Task, names: Collection[str]) -> int:
    """How many of `names`, and whether the target, a task stands in the way of."""
    against = clashes(state, task)
    return sum(clash.other in names for clash in against) + sum(not clash.other for clash in against)


def front(state: State, may: Callable[[Task], bool]) -> Task | None:
    """The first of `in_order` of all that are merging and may; few of very many have to be looked at for that."""
    compared = {name for clash in state.forecast.clashes for name in (clash.task, clash.other)}
    names = {name for name in compared if (task := state.tasks.get(name)) and _merges(task) and may(task)}
    found: list[tuple[int, float, int, Task]] = []
    for since, number, name in standing.of(state.tasks).merging:
        task = state.tasks[name]
        if name in names:
            found.append((_weight(state, task, names), since, number, task))
        elif name not in compared and may(task):
            found.append((0, since, number, task))
        if found and not found[-1][0]:
            break  # all behind it are younger, and none stands in the way of fewer
    return min(found, key=lambda one: one[:3], default=(0, 0.0, 0, None))[3]


def _merges(task: Task) -> bool:
    return task.state is TaskState.MERGING
