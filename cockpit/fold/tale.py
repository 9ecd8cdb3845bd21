"""What a person may not expect of a night, counted as it happens; a night begins with nothing."""

from __future__ import annotations

from cockpit import events, tale
from cockpit.state import State
from cockpit.tale import KEPT, Odd
from cockpit.value import replace

TaleEvent = (
    events.RunStarted
    | events.TurnSent
    | events.LaunchFailed
    | events.RunCut
    | events.TaskHandedOn
    | events.WindowOpened
    | events.Overslept
    | events.EngineStarted
    | events.BranchRebased
    | events.ReworkAsked
    | events.MoneyReserved
    | events.TargetSeen
    | events.Halted
    | events.SessionSetAside
    | events.GatesFinished
)


def odd(state: State, event: TaleEvent, at: float) -> Odd | None:
    """What is to be told of an event, from the state before it; None of most."""
    if state.night is None or state.night.ended:
        return None
    match event:
        case events.RunStarted(run=run, restart=True) | events.TurnSent(run=run, restart=True):
            return Odd(tale.RESTART, _task(state, run), at=at)
        case events.LaunchFailed(run=run, reason=reason):
            return Odd(tale.BROKEN, _task(state, run), why=reason, at=at)
        case events.RunCut(run=run, why=why):
            return Odd(tale.CUT, _task(state, run), why=why, at=at)
        case events.TaskHandedOn(task=task, why=why):
            return Odd(tale.HANDED, task, why=why, at=at)
        case events.WindowOpened(quota=quota) if quota in state.windows:
            window = state.windows[quota]
            return Odd(tale.LIMIT, quota, seconds=max(0.0, at - window.since), why=window.why, at=at)
        case events.MoneyReserved(task=task, usd=usd, extends=True):
            return Odd(tale.MORE_MONEY, task, usd=usd, at=at)
        case _:
            return _of_the_house(state, event, at)


def _of_the_house(state: State, event: TaleEvent, at: float) -> Odd | None:
    """The engine, the machine, git, gates."""
    match event:
        case events.Overslept(seconds=seconds):
            return Odd(tale.SLEPT, seconds=abs(seconds), at=at)
        case events.EngineStarted() if _died(state):
            return Odd(tale.ENGINE, at=at)
        case events.BranchRebased(task=task, why=why):
            return Odd(tale.REBASED, task, why=why, at=at)
        case events.ReworkAsked(task=task, by="conflict"):
            return Odd(tale.CONFLICT, task, at=at)
        case events.TargetSeen(rewritten=True, gone=gone):
            return Odd(tale.REWRITTEN, why=f"what {', '.join(gone)} landed is on it no more" if gone else "", at=at)
        case events.Halted(by=by):
            return Odd(tale.HALT, by or "you", at=at)
        case events.SessionSetAside(agent=agent, reason=reason):
            return Odd(tale.SET_ASIDE, f"agent-{agent}", why=reason, at=at)
        case events.GatesFinished(task=task, results=results) if any(one.flaky for one in results):
            return Odd(tale.FLAKY, task, why=", ".join(one.name for one in results if one.flaky), at=at)
        case _:
            return None


def _died(state: State) -> bool:
    """Whether the engine before was gone without a word, and not by an emergency stop."""
    halted = max((one.at for one in state.tale if one.kind == tale.HALT), default=0.0)
    return state.engine.started > max(state.engine.stopped, halted)


def with_odd(state: State, new: Odd | None) -> State:
    """One more of its sort, which is kept at the place it first had."""
    if new is None:
        return state
    known = list(state.tale)
    for place, one in enumerate(known):
        if (one.kind, one.about) == (new.kind, new.about):
            seconds, usd = one.seconds + new.seconds, one.usd + new.usd
            known[place] = replace(new, count=one.count + 1, seconds=seconds, usd=usd)
            break
    else:
        known.append(new)
    return replace(state, tale=tuple(known[-KEPT:]))


def _task(state: State, name: str) -> str:
    run = state.runs.get(name)
    return run.task if run else name
