"""What money holds back, in words: which cap, and how much too little it has room for."""

from __future__ import annotations

from cockpit.days import local
from cockpit.policy import budget
from cockpit.policy.budget import Refused
from cockpit.state import State, Task, TaskState


def waiting_words(state: State, now: float) -> dict[str, str]:
    """Of each task that waits for money, why."""
    waiting = [task for task in state.tasks.values() if task.waits_usd or task.waits_why]
    return {task.id: words for task in waiting if (words := why(state, task, now))}


def why(state: State, task: Task, now: float) -> str:
    """`waits: the day's cap of $20.00 holds $1.40 less than this run's reserve of $3.00`; empty where it does not."""
    if task.state not in (TaskState.QUEUED, TaskState.REWORK):
        return ""
    if task.waits_why:
        return f"waits: {task.waits_why}"
    cap = next((one for one in budget.caps(state, local(now)) if one.name == task.waits_cap), None)
    if not task.waits_usd or cap is None or cap.room >= task.waits_usd:
        return ""
    return f"waits: {Refused(cap, task.waits_usd)}"
