"""What a person's wishes about the queue come to: edit, prioritise, move, reassign, promote. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cockpit import events
from cockpit.commands import EditTask, MoveTask, Prioritise, PromoteTask, ReassignTask
from cockpit.policy import editing, order
from cockpit.policy.asking import Refused, find
from cockpit.state import State, Task, TaskChanges, TaskState

BoardCommand = EditTask | Prioritise | MoveTask | ReassignTask | PromoteTask

Said = tuple[Sequence[events.Event], str]

MAX_PRIORITY = 100
"""Nobody needs more steps than this, up or down."""


def handle(state: State, command: BoardCommand, by: str) -> Said:
    """The events that a command comes to, and what to say. Raises Refused."""
    task = find(state, command.task)
    match command:
        case EditTask(changes=changes):
            return edit(state, task, changes, by)
        case Prioritise(by=steps):
            return prioritise(task, steps, by)
        case MoveTask():
            return move(state, task, command, by)
        case ReassignTask(agent=agent):
            return reassign(state, task, agent, by)
        case PromoteTask():
            return promote(state, task, by)


def edit(state: State, task: Task, changes: TaskChanges, by: str) -> Said:
    """Change what a task says."""
    changes = editing.named(state, changes)
    if changes.priority is not None:
        changes = replace(changes, priority=_bounded(changes.priority))
    changes = editing.differences(task, changes)
    if not changes.names:
        return [], f"nothing was changed in {task.id}"
    editing.check(state, task, changes)
    what = ", ".join(name.replace("_", " ") for name in changes.names)
    return [events.TaskEdited(task.id, changes, by)], f"{task.id}: {what} changed"


def prioritise(task: Task, steps: int, by: str) -> Said:
    """Raise or lower a priority."""
    if "priority" not in editing.editable(task):
        raise Refused(editing.why_not(task, "priority"))
    wanted = _bounded(task.priority + steps)
    if wanted == task.priority:
        return [], f"{task.id} has priority {task.priority} already; there is no more"
    changed = events.TaskEdited(task.id, TaskChanges(priority=wanted), by)
    return [changed], f"{task.id} has priority {wanted} now"


def _bounded(priority: int) -> int:
    return min(max(priority, -MAX_PRIORITY), MAX_PRIORITY)


def move(state: State, task: Task, wanted: MoveTask, by: str) -> Said:
    """Give a task another place in the queue."""
    if task.state is TaskState.SUGGESTED:
        raise Refused(f"{task.id} is only suggested; promote it first: `cockpit task promote {task.id}`")
    if task.state is not TaskState.QUEUED:
        raise Refused(f"{task.id} is {task.state}; only queued tasks have a place in the queue")
    queue = order.queue(state)
    at = queue.index(task)
    others = [t for t in queue if t is not task]
    index = _index(state, task, others, at, wanted)
    if index == at:
        return [], f"{task.id} is {'first' if at == 0 else 'last' if at == len(others) else 'there'} already"
    made = order.moved(others, task, index, by)
    where = f"before {others[index].id}" if index < len(others) else "last"
    return made, f"{task.id} comes {where} now"


def _index(state: State, task: Task, others: Sequence[Task], at: int, wanted: MoveTask) -> int:
    if wanted.to not in ("", "first", "last"):
        raise Refused(f"a task can be moved first or last, not {wanted.to!r}")
    if wanted.to:
        return 0 if wanted.to == "first" else len(others)
    if not wanted.before:
        return min(max(at + wanted.steps, 0), len(others))
    other = find(state, wanted.before)
    if other is task:
        return at
    if other not in others:
        raise Refused(f"{other.id} is {other.state}; only queued tasks have a place in the queue")
    return others.index(other)


def reassign(state: State, task: Task, agent: int | None, by: str) -> Said:
    """Give a task to one agent, or to any."""
    if task.state in (TaskState.MERGING, TaskState.LANDED):
        raise Refused(f"{task.id} is {task.state}; there is nothing left for an agent to do")
    if agent is not None and agent not in state.agents:
        known = ", ".join(map(str, sorted(state.agents))) or "none: no night was started"
        raise Refused(f"there is no agent-{agent}; there are {known}")
    if state.taken(task) is not None:
        raise Refused(f"{task.id} is in your hands: give agent-{task.agent} back first, by leaving its conversation")
    if task.pinned == agent:
        return [], f"{task.id} is {f'agent-{agent}' if agent else 'any agent'}'s already"
    given = [events.TaskAssigned(task.id, agent, by)]
    if agent is None:
        return given, f"any agent may take {task.id}"
    return given, _when(state, task, agent)


def _when(state: State, task: Task, agent: int) -> str:
    """What happens now, in words."""
    holder = task.agent if state.holds_slot(task) else None
    if holder == agent:
        return f"{task.id} stays with agent-{agent}"
    if task.state in (TaskState.TESTING, TaskState.REVIEWING):
        return f"{task.id} is {task.state}; agent-{agent} gets it if it comes back"
    if task.state in (TaskState.FAILED, TaskState.SKIPPED, TaskState.ESCALATED):
        return f"{task.id} is agent-{agent}'s when it is queued again: `cockpit task retry {task.id}`"
    if task.state in (TaskState.READY, TaskState.SUGGESTED):
        return f"{task.id} is agent-{agent}'s from now on"
    busy = state.agents[agent].task
    later = f" when it is done with {busy}" if busy else " when it is resumed" if state.agents[agent].paused else ""
    if holder is not None:
        return f"{task.id} leaves agent-{holder} with all its work; agent-{agent} goes on with it{later}"
    return f"{task.id} goes to agent-{agent}{later}"


def promote(state: State, task: Task, by: str) -> Said:
    """Take a suggested task up."""
    if task.state is not TaskState.SUGGESTED:
        raise Refused(f"{task.id} is {state.seen_state(task)}; only a suggested task can be promoted")
    return [events.TaskPromoted(task.id, by)], f"{task.id} is queued"
