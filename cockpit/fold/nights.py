"""What commands, the engine and the bounds of the night change."""

from __future__ import annotations

from typing import assert_never

from cockpit import commands, events
from cockpit.fold import ideas, reserves
from cockpit.fold.changes import (
    ANSWERS_KEPT,
    newest,
    notice,
    with_,
    without,
)
from cockpit.reserves import NIGHT
from cockpit.state import Agent, Answer, EngineInfo, Night, State, is_reached
from cockpit.value import replace


def command(state: State, event: events.CommandGiven | events.CommandAnswered) -> State:
    match event:
        case events.CommandGiven(id=name):
            command = commands.load(event.name, event.data)
            return replace(
                state,
                pending=with_(state.pending, name, command or event.name),
                askers=with_(state.askers, name, event.by),
            )
        case events.CommandAnswered(id=name):
            answers = newest(with_(state.answers, name, Answer(event.ok, event.message)), ANSWERS_KEPT)
            return replace(
                state,
                pending=without(state.pending, name),
                askers=without(state.askers, name),
                answers=answers,
            )
        case _:
            assert_never(event)


NightEvent = (
    events.EngineStarted
    | events.EngineStopped
    | events.NightStarted
    | events.NightChanged
    | events.NightStopping
    | events.NightEnded
    | events.NightReopened
    | events.NightClosed
    | events.BudgetAlert
)


def night(state: State, event: NightEvent, at: float) -> State:
    night = state.night
    match event:
        case events.EngineStarted():
            return replace(state, engine=EngineInfo(event.pid, event.version, event.node, at))
        case events.EngineStopped(reason=reason):
            return notice(replace(state, engine=replace(state.engine, stopped=at)), f"engine left: {reason}")
        case events.NightStarted():
            begun = Night(
                id=event.night,
                started=at,
                agents=event.agents,
                target=event.target,
                merge=event.merge,
                review=event.review,
                cap_usd=event.cap_usd,
                reserve_usd=event.reserve_usd,
                until=event.until,
                network=event.network,
            )
            fresh = replace(
                state,
                night=begun,
                spent_usd=0.0,
                charges={},
                minutes={},
                used={},
                used_usd=0.0,
                unpriced=frozenset(),
                tale=(),
            )
            return _slots(ideas.of_new_night(reserves.of_new_night(fresh), event.night), event.agents)
        case events.NightChanged() if night is not None:
            changed = _changed(state, night, event)
            return _slots(replace(state, night=changed), changed.agents)
        case events.NightStopping(reason=reason) if night is not None:
            return replace(state, night=replace(night, stopping=reason, stopped_at=at))
        case events.NightEnded(reason=reason) if night is not None:
            return replace(state, night=replace(night, stopping=night.stopping or reason, ended=at))
        case events.NightReopened() if night is not None:
            return replace(state, night=replace(night, stopping="", stopped_at=0.0, ended=0.0, closed_by=""))
        case events.NightClosed(by=by) if night is not None:
            return replace(state, night=replace(night, closed_by=by or "you"))
        case events.BudgetAlert(cap=name) if name != NIGHT:
            return reserves.alerted(state, event)
        case events.BudgetAlert(percent=percent, spent_usd=spent, of_usd=cap) if night is not None:
            known = replace(state, night=replace(night, alerted=(*night.alerted, percent)))
            return notice(known, f"{percent} % of the night's cap is reached: ${spent:.2f} of ${cap:.2f}")
        case (
            events.NightChanged()
            | events.NightStopping()
            | events.NightEnded()
            | events.NightReopened()
            | events.NightClosed()
            | events.BudgetAlert()
        ):
            return state
        case _:
            assert_never(event)


def _changed(state: State, night: Night, event: events.NightChanged) -> Night:
    changes = {
        name: value
        for name in ("agents", "merge", "cap_usd", "until", "network")
        if (value := getattr(event, name)) is not None
    }
    if event.cap_usd is not None:  # what a higher cap has not reached yet may be said again
        spent = state.spent_usd
        changes["alerted"] = tuple(p for p in night.alerted if is_reached(p, spent, event.cap_usd))
    return replace(night, **changes)


def _slots(state: State, count: int) -> State:
    kept = {n: a for n, a in state.agents.items() if n <= count or a.run}
    return replace(state, agents={n: kept.get(n, Agent(n)) for n in sorted({*kept, *range(1, count + 1)})})
