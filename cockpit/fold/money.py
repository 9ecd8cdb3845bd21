"""What money and messages change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, assert_never

from cockpit import events
from cockpit.fold import watching
from cockpit.fold.changes import (
    change_run,
    change_task,
    newest,
    with_,
)
from cockpit.fold.own import Own, OwnRun, OwnTask, owned
from cockpit.state import QUARTER_SECONDS, Account, Run, State
from cockpit.value import replace

K = TypeVar("K")

_Key = tuple[str, int, str, str, str]

put = object.__setattr__

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
            state = watching.alive(state) if more else state
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


def cost_of_owned(state: State, event: events.CostSeen, at: float) -> State:
    """The same as `money` for a run's running cost, on a State that only this fold knows (`fold.bulk`)."""
    run = state.runs.get(event.run)
    if run is None:
        return state
    source = event.source or run.cost_source
    if source == "unknown":
        return money(state, event, at)
    if type(run) is not OwnRun:
        run = owned(state.runs, event.run, run)
    more = event.usd - run.usd
    if more > 0:
        put(run, "usd", event.usd)
    if event.tokens > run.tokens:
        put(run, "tokens", event.tokens)
    if event.seq > run.seq:
        put(run, "seq", event.seq)
    put(run, "cost_source", source)
    if more > 0:
        if state.deaths:
            put(state, "deaths", ())
        _book_owned(state, run, (event.role, run.agent, event.model or run.model, source, run.task), more, at)
    return state


def _book_owned(state: State, run: Run, account: _Key, usd: float, at: float) -> None:
    task = state.tasks.get(run.task)
    if task is not None:
        if type(task) is not OwnTask:
            task = owned(state.tasks, run.task, task)
        put(task, "usd", task.usd + usd)
        if account[3] != "cli":
            put(task, "estimated", True)
    put(state, "spent_usd", state.spent_usd + usd)
    put(state, "spent_total_usd", state.spent_total_usd + usd)
    quarter = int(at // QUARTER_SECONDS)
    then = state.quarters.get(quarter)
    if type(then) is not Own:
        then = Own(then or {})
        put(state, "quarters", newest(with_(state.quarters, quarter, then), QUARTERS_KEPT))
    _add_owned(state.charges, account, usd)
    _add_owned(then, (*account[:4], ""), usd)
    minutes: Any = state.minutes
    minute = int(at // 60)
    if minute in minutes:
        minutes[minute] += usd
    else:
        minutes[minute] = usd
        newest(minutes, MINUTES_KEPT)


def _add_owned(sums: Any, account: _Key, usd: float) -> None:
    """Book on what only this fold knows; an account is looked up by a tuple, which is quicker to make and equal."""
    if account in sums:
        sums[account] += usd
    else:
        sums[Account(*account)] = usd
