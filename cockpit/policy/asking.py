"""What every answer to a command needs: the task that is meant, and a way to say no."""

from __future__ import annotations

from cockpit.state import State, Task


class Refused(Exception):
    """The command can't be carried out; the text is the answer."""


def find(state: State, name: str) -> Task:
    """The task that `T3`, `t3` or `3` names. Raises Refused."""
    task = state.tasks.get(name) or state.tasks.get(name.upper()) or state.tasks.get(f"T{name}")
    if task is None:
        raise Refused(f"there is no task {name!r}; `cockpit status` lists them")
    return task
