"""What agents say of their progress by the tool for it."""

from __future__ import annotations

from cockpit.fold.changes import change_run
from cockpit.state import State
from cockpit.talk import ProgressTold


def talk(state: State, event: ProgressTold, at: float) -> State:
    """Keep the newest word of a run, and how often it spoke."""
    run = state.runs.get(event.run)
    if run is None:
        return state
    return change_run(state, run.id, told=event.text, told_done=event.done, told_at=at, tellings=run.tellings + 1)
