"""Issues that may be closed: what landed for them is done, as far as anybody here knows. Pure.

Whether it is on GitHub as well is a fact that only GitHub knows; `engine/closing.py` asks.
"""

from __future__ import annotations

from cockpit.state import State, Task, TaskState


def landed(state: State) -> tuple[Task, ...]:
    """The tasks whose issues are open though their work landed; none that was rolled back, or is about to be."""
    tasks = [state.tasks[seen.task] for seen in state.github.issues.values() if seen.is_open]
    return tuple(task for task in tasks if _is_done(state, task))


def _is_done(state: State, task: Task) -> bool:
    is_landed = task.state is TaskState.LANDED and bool(task.landed and task.landed_on)
    return is_landed and state.undone_by(task) is None and state.being_undone_by(task) is None
