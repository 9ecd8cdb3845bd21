"""What a person's messages change, and what becomes of those that no model has read.

A message is sent, handed to the host, delivered (written to the agent's input) and read (the agent's own stream
shows that the model got it). One that a process took to its grave is delivered again to the next.
"""

from __future__ import annotations

from typing import assert_never

from cockpit import events
from cockpit.fold.changes import ANSWERS_KEPT, CLEAR, move_task, newest, notice, with_
from cockpit.state import Run, Sent, State, TaskState
from cockpit.value import replace

MessageEvent = events.MessageSent | events.MessageHanded | events.MessageDelivered | events.MessageRead

SHOWN = 60
"""Characters of a message in a notice."""


def message(state: State, event: MessageEvent, at: float) -> State:
    match event:
        case events.MessageSent():
            run = state.runs.get(event.run)
            sent = Sent(event.message, event.run, run.agent if run else 0, event.text, at, by=event.by or "you")
            return replace(state, messages=newest(with_(state.messages, event.message, sent), ANSWERS_KEPT))
        case events.MessageHanded(message=name):
            return _change(state, name, handed=True)
        case events.MessageDelivered(message=name):
            return _change(state, name, handed=True, delivered=True, delivered_at=at)
        case events.MessageRead(message=name):
            state = _change(state, name, handed=True, delivered=True, read=True, read_at=at, missed=False)
            return _read(state, name, at)
        case _:
            assert_never(event)


def _change(state: State, name: str, **changes: object) -> State:
    known = state.messages.get(name)
    if known is None:
        return state
    if not known.delivered_at and changes.get("read"):
        changes["delivered_at"] = changes["read_at"]
    return replace(state, messages=with_(state.messages, name, replace(known, **changes)))  # type: ignore[arg-type]


def _read(state: State, name: str, at: float) -> State:
    """A message that came when the turn was over begins another: its work is checked when that has ended."""
    known = state.messages.get(name)
    run = state.runs.get(known.run) if known else None
    task = state.tasks.get(run.task) if run else None
    if run is None or task is None or not run.live or task.run != run.id:
        return state
    if task.state not in (TaskState.TESTING, TaskState.REVIEWING) or not state.holds_slot(task):
        return state
    return move_task(state, task.id, TaskState.WORKING, at, gates=(), gated_head="", reason="", **CLEAR)


def turn_over(state: State, run: Run) -> State:
    """The turn has ended: what was delivered and not read is said."""
    for sent in list(state.messages.values()):
        if sent.run == run.id and sent.delivered and not sent.read and not sent.missed:
            text = sent.text if len(sent.text) <= SHOWN else f"{sent.text[:SHOWN]}…"
            state = notice(state, f"agent-{run.agent} ended its turn and has not read: {text}")
            state = _change(state, sent.id, missed=True)
    return state


def another_process(state: State, run: str) -> State:
    """A new process does not know what the last one was told and never read: that is delivered again."""
    lost = {
        name: replace(sent, handed=False, delivered=False, delivered_at=0.0)
        for name, sent in state.messages.items()
        if sent.run == run and not sent.read and (sent.handed or sent.delivered)
    }
    return replace(state, messages={**state.messages, **lost}) if lost else state
