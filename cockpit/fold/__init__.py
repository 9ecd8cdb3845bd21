"""The fold: `apply(state, event) → state`, pure, and total over every event there is.

Views, policies and the engine all see the same `State` because all of them fold the same events. An event
that names a task or a run nobody knows changes nothing: a log that was cut or mended must still fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never, get_args

from cockpit import events
from cockpit.confinement import Confinement
from cockpit.events import Recorded
from cockpit.events.ideas import IdeaEvent
from cockpit.events.issues import IssueEvent
from cockpit.events.notices import NoticeEvent
from cockpit.events.plans import PlanEvent
from cockpit.events.pulls import PullEvent
from cockpit.events.watch import WatchEvent
from cockpit.fold import (
    bulk,
    checks,
    controls,
    git,
    github,
    ideas,
    messages,
    money,
    nights,
    notices,
    numbers,
    planning,
    pulls,
    questions,
    queue,
    reserves,
    rollbacks,
    runs,
    slots,
    takeover,
    tale,
    talk,
    watching,
)
from cockpit.fold.changes import change_agent, notice, with_
from cockpit.shared import Shared
from cockpit.state import Forecast, Session, State
from cockpit.talk import ProgressTold
from cockpit.value import replace

WORTH = 32
"""Events from which on they are folded as a long stretch."""


def fold(recorded: Iterable[Recorded], state: State | None = None) -> State:
    """Fold a stretch of the ledger, oldest first, onto `state` (default: nothing has happened yet)."""
    now = state or State()
    if isinstance(recorded, Sequence) and len(recorded) >= WORTH:
        return fold_all(((one.position, one.at, one.event) for one in recorded), now)
    for one in recorded:
        now = apply(now, one)
    return now


def fold_all(happened: Iterable[bulk.Happened], state: State) -> State:
    """The same for a very long stretch of positions, times and events, or what stands in for events."""
    return bulk.fold_all(happened, state, _WAYS, _counting)


def apply(state: State, recorded: Recorded) -> State:
    """What is true after `recorded` has happened."""
    known, tasks = slots.known_of(state), state.tasks
    position = max(state.position, recorded.position)
    after = replace(_counting(state, recorded.event, recorded.at), position=position)
    if known is not None:
        slots.hand_on(known, tasks, after, recorded.event)
    return after


def see(state: State, sessions: Mapping[int, Session]) -> State:
    """The same state with the newest session files laid over it; they are never part of the ledger."""
    return replace(state, sessions=dict(sessions))


HELD_UP_KEPT = 20
"""Of the times in which the disk took nothing."""

OtherEvent = (
    events.AgentPaused
    | events.AgentResumed
    | events.ConflictsForecast
    | events.CageChosen
    | events.SessionSetAside
    | events.HeldUp
    | events.YardstickChosen
    | events.ContextShared
    | events.ContextRemoved
    | events.Noticed
    | events.Unknown
)


def _apply(state: State, event: events.Event, at: float) -> State:
    """What it changes, and what is to be told of it in the morning."""
    if not isinstance(event, tale.TaleEvent):
        return _part(state, event, at)
    odd = tale.odd(state, event, at)
    return tale.with_odd(_part(state, event, at), odd)


def _part(state: State, event: events.Event, at: float) -> State:
    """Each part of the fold says which events are its own; what is left over says little and is told here."""
    if isinstance(event, events.CommandGiven | events.CommandAnswered):
        return nights.command(state, event)
    if isinstance(event, nights.NightEvent):
        return nights.night(state, event, at)
    if isinstance(event, queue.QueueEvent):
        return queue.queue(state, event, at)
    if isinstance(event, runs.RunEvent):
        return runs.run(state, event, at)
    if isinstance(event, checks.CheckEvent):
        return checks.check(state, event, at)
    if isinstance(event, checks.MergeEvent):
        return checks.merge(state, event, at)
    if isinstance(event, rollbacks.RollbackEvent):
        return rollbacks.rollback(state, event, at)
    if isinstance(event, money.MoneyEvent):
        return money.money(state, event, at)
    if isinstance(event, reserves.ReserveEvent):
        return reserves.reserve(state, event, at)
    if isinstance(event, controls.ControlEvent):
        return controls.control(state, event, at)
    if isinstance(event, messages.MessageEvent):
        return messages.message(state, event, at)
    if isinstance(event, questions.QuestionEvent):
        return _question(state, event, at)
    if isinstance(event, takeover.TakeOverEvent):
        return takeover.takeover(state, event, at)
    if isinstance(event, git.GitEvent):
        return git.git(state, event, at)
    if isinstance(event, IssueEvent):
        return github.github(state, event, at)
    if isinstance(event, WatchEvent):
        return watching.watching(state, event, at)
    if isinstance(event, ProgressTold):
        return talk.talk(state, event, at)
    if isinstance(event, NoticeEvent):
        return notices.notices(state, event, at)
    if isinstance(event, PlanEvent):
        return planning.planning(state, event, at)
    if isinstance(event, IdeaEvent):
        return ideas.idea(state, event, at)
    if isinstance(event, PullEvent):
        return pulls.github(state, event, at)
    return _other(state, event, at)


def _question(state: State, event: questions.QuestionEvent, at: float) -> State:
    """An agent that waits for an answer does no work meanwhile."""
    return watching.after_question(questions.question(state, event, at), event.run, at)


def _other(state: State, event: OtherEvent, at: float) -> State:
    match event:
        case events.AgentPaused(agent=number):
            return change_agent(state, number, paused=True)
        case events.AgentResumed(agent=number):
            return git.let_go(change_agent(state, number, paused=False), number)
        case events.ConflictsForecast(of=of, clashes=clashes, trouble=trouble):
            return replace(state, forecast=Forecast(of, clashes, trouble))
        case events.CageChosen(cage=kind, note=note):
            state = replace(state, cage=Confinement(kind, note))
            return notice(state, note) if state.cage.is_missing else state
        case events.SessionSetAside(agent=number, path=path, reason=reason):
            return notice(state, f"agent-{number}: its session file was set aside as {path}: {reason}")
        case events.HeldUp(reason=reason, seconds=seconds):
            told = notice(state, f"held up for {seconds:.0f} s: {reason}")
            return replace(told, held_up=(*state.held_up, event)[-HELD_UP_KEPT:])
        case events.YardstickChosen(yardstick=yardstick):
            return replace(state, yardstick=yardstick)
        case events.ContextShared(name=name, title=title, task=task, by=by):
            return replace(state, context=with_(state.context, name, Shared(name, title, task, by, at)))
        case events.ContextRemoved(name=name, by=by, task=task):
            known = state.context.get(name, Shared(name, task=task))
            return replace(state, context=with_(state.context, name, replace(known, by=by, at=at, removed=True)))
        case events.Noticed(text=text):
            return notice(state, text)
        case events.Unknown(name=name, damage=damage) if damage:
            return notice(state, f"a damaged event ({name}) was passed over: {damage}; `cockpit repair` sets it aside")
        case events.Unknown(name=name):
            return notice(state, f"an event of a newer version was kept unread: {name}")
        case _:
            assert_never(event)


_counting = numbers.tallied(_apply)

_PARTS: Mapping[Any, bulk.Change] = {
    nights.NightEvent: nights.night,
    queue.QueueEvent: queue.queue,
    runs.RunEvent: runs.run,
    checks.CheckEvent: checks.check,
    checks.MergeEvent: checks.merge,
    money.MoneyEvent: money.money,
    messages.MessageEvent: messages.message,
    questions.QuestionEvent: _question,
}
_WAYS: dict[type[Any], bulk.Change] = {
    **{
        kind: numbers.tallied(part) if kind in numbers.COUNTS else part
        for events_of, part in _PARTS.items()
        for kind in get_args(events_of)
    },
    events.PhaseChanged: runs.phase,
    events.CostSeen: money.cost_seen,
}
"""Short ways for long stretches: the part of the fold by the kind of event. What is not here goes by `_apply`."""

for _told in get_args(tale.TaleEvent):
    _WAYS.pop(_told, None)
