"""What a person's hand on the whole changes: holds on a sort of work, and the emergency stop."""

from __future__ import annotations

from typing import assert_never

from cockpit import events
from cockpit.fold import money, questions
from cockpit.fold.changes import CLEAR, change_run, move_task, notice
from cockpit.state import Halt, Hold, State, TaskState
from cockpit.value import replace

ControlEvent = events.WorkHeld | events.WorkReleased | events.Halted | events.HaltLifted


def control(state: State, event: ControlEvent, at: float) -> State:
    """What is true after a hold, a release, a halt, or its end."""
    match event:
        case events.WorkHeld(what=what, name=name, by=by):
            return replace(state, holds=(*_others(state, what, name), Hold(what, name, by, at)))
        case events.WorkReleased(what=what, name=name):
            return replace(state, holds=_others(state, what, name))
        case events.Halted(by=by):
            return _halted(replace(state, halt=Halt(by, at)), at)
        case events.HaltLifted():
            return notice(replace(state, halt=None), "the night goes on after the emergency stop")
        case _:
            assert_never(event)


def _others(state: State, what: str, name: str) -> tuple[Hold, ...]:
    return tuple(hold for hold in state.holds if (hold.what, hold.name) != (what, name))


def _halted(state: State, at: float) -> State:
    """Nothing lives any more. Nobody is to blame, so it counts as no restart: work goes on where it was."""
    for run in [r for r in state.runs.values() if r.live]:
        state = money.settle(questions.close(state, run.id, "an emergency stop killed the agent"), run.id, at)
        state = change_run(state, run.id, live=False, phase="", suspended=False)
        task = state.tasks.get(run.task)
        if task is not None and task.run == run.id and task.state is TaskState.WORKING:
            state = move_task(state, task.id, TaskState.CLAIMED, at, reason="emergency stop", **CLEAR)
    return notice(state, "emergency stop: every agent was killed; all work is kept")
