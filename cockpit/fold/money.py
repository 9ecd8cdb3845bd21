"""What money and messages change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, assert_never

from cockpit import events
from cockpit.fold.changes import (
    change_run,
    change_task,
    newest,
    with_,
)
from cockpit.state import QUARTER_SECONDS, Account, State

K = TypeVar("K")

QUARTERS_KEPT = 32 * 24 * 4
"""A month and a day of quarters in which money was spent: bounded, and enough for any calendar month."""

MINUTES_KEPT = 60


MoneyEvent = events.CostSeen | events.CallPaid


def money(state: State, event: MoneyEvent, at: float) -> State:
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
            source = event.source or run.cost_source
            account = Account(event.role, run.agent, event.model or run.model, source, run.task)
        case events.CallPaid():
            more = event.usd
            account = Account(event.role, 0, event.model, event.source, event.task)
        case _:
            assert_never(event)
    if event.source == "unknown":
        state = replace(state, unpriced=state.unpriced | {event.model or "a model without a name"})
    if known := state.tasks.get(account.task):
        unpriced = known.unpriced or event.source == "unknown"
        estimated = known.estimated or (more > 0 and account.is_estimate)
        state = change_task(state, known.id, usd=known.usd + more, unpriced=unpriced, estimated=estimated)
    return _charged(state, account, more, at)


def _charged(state: State, account: Account, usd: float, at: float) -> State:
    """Book money; of a model without a price that it was used, too."""
    if not usd and account.source != "unknown":
        return state
    quarter, minute = int(at // QUARTER_SECONDS), int(at // 60)
    then = state.quarters.get(quarter, {})
    return replace(
        state,
        spent_usd=state.spent_usd + usd,
        spent_total_usd=state.spent_total_usd + usd,
        charges=_added(state.charges, account, usd),
        quarters=newest(with_(state.quarters, quarter, _added(then, account._replace(task=""), usd)), QUARTERS_KEPT),
        minutes=newest(_added(state.minutes, minute, usd), MINUTES_KEPT),
    )


def _added(sums: Mapping[K, float], key: K, usd: float) -> dict[K, float]:
    return with_(sums, key, sums.get(key, 0.0) + usd)
