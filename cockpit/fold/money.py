"""What money and messages change."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from cockpit import events
from cockpit.fold.changes import (
    ANSWERS_KEPT,
    change_run,
    change_task,
    newest,
    with_,
)
from cockpit.state import Sent, State


def money(state: State, event: events.CostSeen | events.CallPaid) -> State:
    match event:
        case events.CostSeen(run=name):
            run = state.runs.get(name)
            if run is None:
                return state
            more = max(0.0, event.usd - run.usd)
            state = change_run(
                state,
                name,
                usd=max(run.usd, event.usd),
                tokens=max(run.tokens, event.tokens),
                cost_source=event.source or run.cost_source,
                seq=max(run.seq, event.seq),
            )
            task = run.task
        case events.CallPaid(task=task):
            more = event.usd
        case _:
            assert_never(event)
    if event.source == "unknown":
        state = replace(state, unpriced=state.unpriced | {event.model or "a model without a name"})
    if known := state.tasks.get(task):
        state = change_task(state, task, usd=known.usd + more)
    return replace(
        state,
        spent_usd=state.spent_usd + more,
        spent_total_usd=state.spent_total_usd + more,
        by_role=with_(state.by_role, event.role, state.by_role.get(event.role, 0.0) + more),
    )


MessageEvent = events.MessageSent | events.MessageDelivered | events.MessageRead


def message(state: State, event: MessageEvent, at: float) -> State:
    if isinstance(event, events.MessageSent):
        run = state.runs.get(event.run)
        agent = run.agent if run else 0
        sent = Sent(event.message, event.run, agent, event.text, at)
        return replace(state, messages=newest(with_(state.messages, event.message, sent), ANSWERS_KEPT))
    known = state.messages.get(event.message)
    if known is None:
        return state
    read = isinstance(event, events.MessageRead)
    changed = replace(known, delivered=True, read=known.read or read)
    return replace(state, messages=with_(state.messages, event.message, changed))
