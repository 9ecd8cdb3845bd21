"""Rolling back: when a landed task can be, what becomes of it, and who has built on it. Pure.

A rollback is a task of its own. No agent works on it: git makes the commit that undoes the merge, the gates
run on the result, and it lands like anything else; asking for it is the yes. What git or the gates can't
settle waits for a person, who may hand it to an agent with a note.
"""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import events
from cockpit.state import GateResult, State, Task, TaskState


def refusal(state: State, task: Task, again: Task | None = None) -> str:
    """Why a task can't be rolled back now (or not `again` by the task that was to do it); empty where it can."""
    if task.state is not TaskState.LANDED:
        return f"{task.id} is {state.seen_state(task)}; only what has landed can be rolled back"
    if by := state.undone_by(task):
        return f"{task.id} was rolled back by {by.id} already; roll back {by.id} to have it again"
    if (by := state.being_undone_by(task)) and by is not again:
        return f"{by.id} rolls {task.id} back already; it is {state.seen_state(by)}"
    night = state.night
    if night is not None and task.landed_on and task.landed_on != night.target:
        return f"{task.id} landed on {task.landed_on}, and the night is on {night.target}: start one on that branch"
    return ""


def asked(state: State, task: Task, by: str) -> tuple[Sequence[events.Event], str]:
    """The events that a person's wish comes to, and the answer."""
    name = f"T{len(state.tasks) + 1}"
    added = events.TaskAdded(
        task=name,
        title=f"Roll back {task.id}: {task.title}",
        description=_description(task),
        criteria=(f"nothing of {task.id} is left, and all that landed since still works",),
        source=f"rollback of {task.id}",
        reverts=task.id,
    )
    said = f"{name} rolls {task.id} back: the gates run, then it lands"
    if top := [other.id for other in dependants(state, task)]:
        said += f"; what landed on top of it stays: {', '.join(top)}"
    return [added, events.RollbackAsked(name, by)], said


def dependants(state: State, task: Task) -> list[Task]:
    """The tasks that have landed on top and need this one, directly or by others, oldest first."""
    needed, found = {task.id}, list[Task]()
    for other in sorted(state.tasks.values(), key=lambda t: t.landed_at):
        if other.state is TaskState.LANDED and needed & set(other.depends_on) and not state.undone_by(other):
            needed.add(other.id)
            found.append(other)
    return found


def gave_up(task: Task, failed: GateResult | None) -> str:
    """Why a rollback needs a person after all."""
    if failed is None:
        return f"{task.reverts} can't be rolled back by git alone: it {task.reason}. {_hand_over(task)}"
    if failed.name == "changes":
        return f"there is nothing left of {task.reverts} to roll back: its changes are on the target no more"
    return f"without {task.reverts} the gate {failed.name} fails, so nothing was changed. {_hand_over(task)}"


def clashed(task: Task, files: Sequence[str]) -> str:
    """What is said where git can't undo the merge, because later work changed the same lines."""
    names = ", ".join(files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
    return f"{task.reverts} can't be rolled back by git alone: later work changed the same in {names}. " + (
        f"Nothing was changed. {_hand_over(task)}"
    )


def _hand_over(task: Task) -> str:
    return "Send it back with a note and an agent does it, or skip it"


def _description(task: Task) -> str:
    return (
        f"Undo what {task.id} ({task.title}) landed as the merge commit {task.landed}, e.g. with "
        f"`git revert -m 1 {task.landed}`. Where that conflicts with later work, or breaks it, keep the later work and "
        f"take out only what {task.id} brought."
    )
