"""Which actions answer what waits for a person; the inbox, the report and notifications say the same."""

from __future__ import annotations

from cockpit.policy.gating import overrulable
from cockpit.state import Task, TaskState
from cockpit.views import BREAKER, DISK, HELD, PLAN, PLAN_FAILED, Waiting, money


def answers(entry: Waiting) -> list[tuple[str, str]]:
    """The actions that answer an entry, and what each does to it, in a word or two."""
    if entry.id.startswith(HELD):
        return [("pause", "let it go on")]
    if entry.agent is not None:
        return [("take-over", "go in, or hand back")]
    if entry.question is not None:
        return [("open", "answer")]
    if entry.id == PLAN:
        return [("plan", "look at it")]
    if entry.id == PLAN_FAILED:
        return [("plan", "ask again"), ("skip", "dismiss")]
    if entry.id == DISK:
        return []
    if entry.id == BREAKER:
        return [("try-again", "try again")]
    if entry.task is None:
        return [("approve", "raise the cap"), ("skip", "leave it at that"), ("open", "look")]
    return [*answers_to(entry.task), ("open", "look")]


def answers_to(task: Task) -> list[tuple[str, str]]:
    """The actions that answer what a task waits for."""
    match task.state:
        case TaskState.READY:
            return [("approve", "merge"), ("reject", "send back")]
        case TaskState.MERGING:
            return [("approve", "try again now"), ("reject", "send back")]
        case _:
            merge = [("approve", "merge anyway")] if task.is_green or overrulable(task) else []
            again = f"give {money(task.asks_usd)} more" if task.asks_usd else "restart"
            return [*merge, ("reject", "send back"), ("retry", again), ("skip", "drop")]
