"""What may still be changed in a task; it depends on how far the task got. Pure.

While an agent works on a text, or a reviewer judges by it, the text stays: a change would be judged by what
nobody was told. What was landed, or is about to land, stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from cockpit.policy import graph
from cockpit.policy.asking import Refused
from cockpit.policy.routing import ROLES
from cockpit.state import State, Task, TaskChanges, TaskState

TEXT = ("title", "description", "criteria", "files")
ALWAYS = ("category", "priority", "merge")
FIELDS = (
    "title",
    "description",
    "criteria",
    "kind",
    "category",
    "priority",
    "depends_on",
    "files",
    "merge",
    "role",
    "model",
)
"""Everything that can be changed, in the order it is shown."""

_RESTS = (TaskState.SUGGESTED, TaskState.QUEUED, TaskState.FAILED, TaskState.SKIPPED)
_TOLD_LATER = (TaskState.REWORK, TaskState.ESCALATED)
_GONE = (TaskState.MERGING, TaskState.LANDED)


def editable(task: Task) -> tuple[str, ...]:
    """The fields that may be changed now."""
    if task.state in _GONE:
        return ()
    if task.state in _RESTS:
        return tuple(f for f in FIELDS if f not in ("kind", "role") or task.run is None)
    if task.state in _TOLD_LATER:
        return (*TEXT, *ALWAYS, "model")
    return ALWAYS


def why_not(task: Task, field: str) -> str:
    """Why a field can't be changed now, and what can be done instead."""
    if task.state in _GONE:
        return f"{task.id} is {task.state}; what happened can't be edited: add a new task"
    if field == "model":
        return f"{task.id} is {task.state}; its model can be changed before it starts, or when it is sent back"
    if field in ("kind", "role"):
        return f"{task.id} is {task.state} and has a conversation of its kind already; add a new task for another"
    if field == "depends_on":
        return f"{task.id} is {task.state}; what it waits for can be changed only before it starts"
    return f"{task.id} is {task.state}: its text stays as its agent and its reviewer have it; {_instead(task)}"


def _instead(task: Task) -> str:
    if task.state is TaskState.READY:
        return f"send it back with a note instead: `cockpit reject {task.id} -m …`"
    return f"tell its agent instead: `cockpit message {task.agent or 'AGENT'} …`"


def merge_word(task: Task) -> str:
    """The merge policy as a person writes it."""
    return str(task.merge) if task.merge else "night"


def differences(task: Task, wanted: TaskChanges) -> TaskChanges:
    """Only what `wanted` would really change."""
    now = {name: getattr(task, name) for name in FIELDS} | {"merge": merge_word(task)}
    return TaskChanges(**{name: getattr(wanted, name) for name in wanted.names if getattr(wanted, name) != now[name]})


def named(state: State, changes: TaskChanges) -> TaskChanges:
    """The same with tasks by their ids, each once: a person may write `3` or `t3` for T3."""
    if changes.depends_on is None:
        return changes
    found = (state.tasks.get(n.upper()) or state.tasks.get(f"T{n}") for n in changes.depends_on)
    known = (task.id if task else name for task, name in zip(found, changes.depends_on, strict=True))
    return replace(changes, depends_on=tuple(dict.fromkeys(known)))


def check(state: State, task: Task, changes: TaskChanges) -> None:
    """Raise Refused where the changes can't be made."""
    may = editable(task)
    for name in changes.names:
        if name not in may:
            raise Refused(f"{name}: {why_not(task, name)}")
    if changes.title is not None and not changes.title.strip():
        raise Refused("title: a task needs one")
    if changes.merge is not None and changes.merge not in ("ask", "auto", "night"):
        raise Refused(f"merge: expected ask, auto or night, not {changes.merge!r}")
    if changes.role and changes.role not in ROLES:
        raise Refused(f"role: expected {', '.join(ROLES)}, or nothing for the kind's own, not {changes.role!r}")
    if changes.depends_on is not None:
        check_needs(state, task, changes.depends_on)


def check_needs(state: State, task: Task, wanted: tuple[str, ...]) -> None:
    """Raise Refused where a task can't wait for these."""
    for name in wanted:
        if name not in state.tasks:
            raise Refused(f"depends_on: there is no task {name!r}; `cockpit task list` lists them")
    if task.id in wanted:
        raise Refused(f"depends_on: {task.id} can't wait for itself")
    if found := graph.circle(graph.needs(state), task.id, wanted):
        raise Refused(f"depends_on: these tasks would wait for each other: {' → '.join(found)}")
