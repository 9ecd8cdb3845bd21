"""The small changes to State that every part of the fold is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cockpit.fold.own import Own, OwnRun, OwnTask, changed
from cockpit.standing import Board
from cockpit.state import Agent, State, Task, TaskState
from cockpit.value import replace

NOTICES_KEPT = 200
ANSWERS_KEPT = 200

K = TypeVar("K")
V = TypeVar("V")

FRESH: Mapping[str, Any] = {
    "cycles": 0,
    "gate_failures": 0,
    "conflicts": 0,
    "review_failures": 0,
}
"""The counts that begin anew when a person has decided."""

CLEAR: Mapping[str, Any] = {"stumble": "", "stumbled_at": 0.0, "fatal": False, "fell_along": False}
"""Nothing is broken."""

CALM: Mapping[str, Any] = {"tried": (), "handed_on": 0, "avoid": None, "parked": "", "parked_until": 0.0}
"""Nothing was tried yet and nothing is waited for: what a person's decision begins anew with."""


def with_(mapping: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """`mapping` with `key` set."""
    if type(mapping) is Own or isinstance(mapping, Own):
        return mapping.put(key, value)
    return {**mapping, key: value}


def without(mapping: Mapping[K, V], key: K) -> dict[K, V]:
    """`mapping` without `key`."""
    if type(mapping) is Own or isinstance(mapping, Own):
        mapping.pop(key, None)
        return mapping
    left = dict(mapping)
    left.pop(key, None)
    return left


def newest(mapping: dict[K, V], keep: int) -> dict[K, V]:
    """The newest `keep` entries, in place."""
    if len(mapping) > keep:
        for key in list(mapping)[: len(mapping) - keep]:
            del mapping[key]
    return mapping


def notice(state: State, text: str) -> State:
    """One more line worth a person's eye."""
    return replace(state, notices=(*state.notices, text)[-NOTICES_KEPT:])


def with_task(state: State, task: Task) -> State:
    """The same with another task, or one of them as it is now."""
    return replace(state, tasks=tasks_with(state, task))


def tasks_with(state: State, task: Task) -> Mapping[str, Task]:
    """All tasks with another one, or with one of them as it is now."""
    tasks = state.tasks
    if type(tasks) is Own:
        return tasks.put(task.id, task)
    return (tasks if isinstance(tasks, Board) else Board(tasks)).with_task(task)


def change_task(state: State, name: str, /, **changes: Any) -> State:
    """A task with other fields; nothing where nobody knows it."""
    task = state.tasks.get(name)
    if task is None:
        return state
    if type(task) is OwnTask:
        changed(task, changes)
        return state
    return with_task(state, replace(task, **changes))


def move_task(state: State, name: str, to: TaskState, at: float, /, **changes: Any) -> State:
    """A task in another state, since `at`."""
    return change_task(state, name, **{"state": to, "since": at, **changes})


def change_run(state: State, name: str, /, **changes: Any) -> State:
    """A run with other fields; nothing where nobody knows it."""
    run = state.runs.get(name)
    if run is None:
        return state
    if type(run) is OwnRun:
        changed(run, changes)
        return state
    return replace(state, runs=with_(state.runs, name, replace(run, **changes)))


def change_agent(state: State, number: int, /, **changes: Any) -> State:
    """A slot with other fields."""
    agent = state.agents.get(number, Agent(number))
    return replace(state, agents=with_(state.agents, number, replace(agent, **changes)))


def holders(state: State, run: str) -> list[Agent]:
    """Whose slot holds `run`: its own agent's, unless a log was mended."""
    known = state.runs.get(run)
    agent = state.agents.get(known.agent) if known is not None else None
    if agent is not None and agent.run == run:
        return [agent]
    return [agent for agent in state.agents.values() if agent.run == run]


def free_slot(state: State, run: str) -> State:
    """The slot that holds `run` is free."""
    for agent in holders(state, run)[:1]:
        return change_agent(state, agent.number, task=None, run=None)
    return state
