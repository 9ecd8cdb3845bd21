"""What a key or a dragged card of the board comes to. Pure, as `moves`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit import moves
from cockpit.commands import MoveTask, Prioritise, PromoteTask, ReassignTask
from cockpit.moves import Give, Move, Refusal
from cockpit.policy import editing, order
from cockpit.state import SETTLED, Agent, State, Task, TaskState
from cockpit.text import plain

ANY = "any"
"""The choice that lets any agent take a task."""

_FINAL = (TaskState.MERGING, TaskState.LANDED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dragged card fell."""

    agent: int | None = None
    """An agent's number; 0 is any."""
    lane: str = ""
    before: str = ""
    """The task whose card is there."""


def prioritise(task: Task, steps: int) -> Move:
    """More or less urgent."""
    if "priority" not in editing.editable(task):
        return Refusal(editing.why_not(task, "priority"))
    return Give(Prioritise(task.id, steps))


def shift(state: State, task: Task, steps: int, visible: Sequence[str] | None = None) -> Move:
    """Earlier or later in the queue; with a filter on, past the next task that shows."""
    if task.state is TaskState.SUGGESTED:
        return Refusal(f"{task.id} is only suggested; promote it first")
    if task.state is not TaskState.QUEUED:
        return Refusal(f"{task.id} is {task.state}; only queued tasks have a place in the queue")
    if visible is None or task.id not in visible:
        return Give(MoveTask(task.id, steps))
    at = visible.index(task.id) + steps
    if not 0 <= at < len(visible):
        return Refusal(f"{task.id} is the {'first' if steps < 0 else 'last'} that fits the filter")
    return _before(state, task, visible[at]) if steps < 0 else _after(state, task, visible[at])


def _before(state: State, task: Task, other: str) -> Move:
    return Give(MoveTask(task.id, before=other))


def _after(state: State, task: Task, other: str) -> Move:
    names = [t.id for t in order.queue(state) if t is not task]
    at = names.index(other) + 1
    return Give(MoveTask(task.id, before=names[at])) if at < len(names) else Give(MoveTask(task.id, to="last"))


def promote(state: State, task: Task) -> Move:
    """Take a suggested task up."""
    if task.state is not TaskState.SUGGESTED:
        return Refusal(f"{task.id} is {state.seen_state(task)}; only a suggested task can be promoted")
    return Give(PromoteTask(task.id))


def edit(task: Task) -> Refusal | None:
    """None where something of the task can be edited."""
    return None if editing.editable(task) else Refusal(editing.why_not(task, "title"))


# ── reassigning ──────────────────────────────────────────────────────────────────────────────────────


def can_be_given(state: State, task: Task) -> Refusal | None:
    """None where a task can be given to an agent."""
    if task.state in _FINAL:
        return Refusal(f"{task.id} is {task.state}; there is nothing left for an agent to do")
    if state.taken(task) is not None:
        return Refusal(f"{task.id} is in your hands: leave its conversation first")
    if not state.agents:
        return Refusal("there are no agents: no night was started")
    return None


def candidates(state: State, task: Task) -> list[tuple[str, str, str]]:
    """Whom a task can be given to: the choice, its name, and what that agent does now."""
    found = [(str(agent.number), agent.name, _doing(state, task, agent)) for agent in state.agents.values()]
    if task.pinned is not None:
        found.append((ANY, "any agent", "whoever is free first"))
    return found


def _doing(state: State, task: Task, agent: Agent) -> str:
    held = [] if not agent.paused else ["paused"]
    if agent.task == task.id:
        return ", ".join(["has it now", *held])
    other = state.tasks.get(agent.task) if agent.task else None
    kept = ["it is kept for this one"] if task.pinned == agent.number else []
    what = f"{other.state} {other.id} {_title(other)}" if other else "idle"
    return ", ".join([what, *held, *kept])


def reassign(state: State, task: Task, choice: str) -> Move:
    """Give a task to the chosen agent; asks first where that breaks work off."""
    agent = None if choice == ANY else int(choice)
    command = ReassignTask(task.id, agent)
    holder = task.agent if state.holds_slot(task) else None
    if agent is None or holder in (None, agent) or task.state not in (TaskState.CLAIMED, TaskState.WORKING):
        return Give(command)
    other = state.agents[agent]
    wait = f"\nagent-{agent} has {other.task} now: it waits until that is done." if other.task else ""
    wait = wait or (f"\nagent-{agent} is paused: it waits until that is resumed." if other.paused else "")
    detail = f"{task.id} {_title(task)}\nagent-{holder} stops; all its work and the conversation go along.{wait}"
    return Give(command, f"Give {task.id} to agent-{agent}?", detail)


def _title(task: Task) -> str:
    return " ".join(plain(task.title).split())


# ── dropping a card ──────────────────────────────────────────────────────────────────────────────────


def drop(state: State, task: Task, place: Place) -> Move:
    """What a card means that was dropped on an agent, on a card of the queue, or on a column."""
    if place.agent is not None:
        return can_be_given(state, task) or _give(state, task, place.agent)
    match place.lane:
        case "next":
            return _into_queue(state, task, place.before)
        case "working":
            return Refusal("drop it on an agent: a task starts when one takes it")
        case "done" if task.state in (TaskState.READY, TaskState.MERGING):
            return moves.approve(state, task)
        case "done" if task.state not in SETTLED:
            return moves.skip(state, task)
        case _:
            return Refusal(f"{task.id} stays where it is: drop it on an agent, on Next or on Done")


def _give(state: State, task: Task, agent: int) -> Move:
    if agent == 0 and task.pinned is None:
        return Refusal(f"any agent may take {task.id} already")
    return reassign(state, task, str(agent) if agent else ANY)


def _into_queue(state: State, task: Task, before: str) -> Move:
    if task.state is TaskState.SUGGESTED:
        return promote(state, task)
    if task.state is TaskState.QUEUED:
        if before == task.id:
            return Refusal(f"{task.id} stays where it is")
        return _before(state, task, before) if before else Give(MoveTask(task.id, to="last"))
    return moves.retry(state, task)
