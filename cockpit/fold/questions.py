"""What questions and their answers change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from cockpit import events
from cockpit.fold.changes import change_run, notice, with_
from cockpit.questions import Question, Resolved, in_words
from cockpit.state import State
from cockpit.value import replace

KEPT = 100
"""Questions that are kept when nothing is to be done about them any more."""

QuestionEvent = (
    events.QuestionAsked
    | events.QuestionAnswered
    | events.QuestionExpired
    | events.AnswerSent
    | events.AnswerDelivered
    | events.QuestionWithdrawn
)


def question(state: State, event: QuestionEvent, at: float) -> State:
    match event:
        case events.QuestionAsked():
            return _asked(state, event, at)
        case events.QuestionAnswered(question=name, answer=answer, allow=allow, by=by):
            return _settled(state, name, answer=answer, allow=allow, by=by, settled=at)
        case events.QuestionExpired(question=name, answer=answer, allow=allow):
            state = _settled(state, name, answer=answer, allow=allow, by="nobody", settled=at, expired=True)
            return _say_expired(state, name)
        case events.AnswerSent(run=run, request=request):
            return _change_all(state, run, request, sent=True)
        case events.AnswerDelivered(run=run, request=request):
            return _change_all(state, run, request, sent=True, delivered=True)
        case events.QuestionWithdrawn(run=run, request=request):
            who = "whoever asked" if any(q.caller for q in state.asked_by(run, request)) else "the agent"
            return close(state, run, f"{who} no longer waits for an answer", request)
        case _:
            assert_never(event)


def _asked(state: State, event: events.QuestionAsked, at: float) -> State:
    run = state.runs.get(event.run)
    if (run is None and not event.caller) or event.question in state.questions:
        return state
    made = Question(
        id=event.question,
        run=event.run,
        agent=run.agent if run else 0,
        request=event.request,
        text=event.text,
        choices=event.choices,
        many=event.many,
        kind=event.kind,
        header=event.header,
        tool=event.tool,
        detail=event.detail,
        part=event.part,
        parts=event.parts,
        at=at,
        since=at,
        seconds=event.seconds,
        otherwise=Resolved(event.otherwise, event.otherwise_allow),
        caller=event.caller,
    )
    if run is not None:
        state = change_run(state, run.id, seq=max(run.seq, event.seq))
    kept = _forgetting(with_(state.questions, made.id, made))
    return replace(state, questions=kept, asked=state.asked + 1)


def _forgetting(questions: dict[str, Question]) -> dict[str, Question]:
    """Without the oldest of those that nothing is to be done about."""
    over = [name for name, q in questions.items() if not q.is_open and not q.is_on_its_way]
    for name in over[: max(0, len(over) - KEPT)]:
        del questions[name]
    return questions


def _say_expired(state: State, name: str) -> State:
    asked = state.questions.get(name)
    if asked is None:
        return state
    return notice(state, f"{name}: nobody answered {asked.asker} in time; by default: {in_words(asked)}")


def close(state: State, run: str, reason: str, request: str = "") -> State:
    """What a run asked can't be answered any more, and that is said; all of it, or what belongs to `request`."""
    changed: dict[str, Question] = {}
    for name, asked in state.questions.items():
        concerned = asked.run == run and request in ("", asked.request)
        if concerned and (asked.is_open or asked.is_on_its_way):
            changed[name] = replace(asked, closed=reason)
    if not changed:
        return state
    for asked in changed.values():
        state = notice(state, f"{asked.id} of {asked.asker} is closed: {reason}")
    return replace(state, questions={**state.questions, **changed})


def since(state: State, run: str, at: float) -> State:
    """A paused agent goes on: the time for answers begins anew."""
    changed = {n: replace(q, since=at) for n, q in state.questions.items() if q.run == run and q.is_open}
    return replace(state, questions={**state.questions, **changed}) if changed else state


def _settled(state: State, name: str, **changes: object) -> State:
    """Whoever waits at a tool reads the answer here; nobody has to hand it on."""
    asked = state.questions.get(name)
    there = {"sent": True, "delivered": True} if asked is not None and asked.caller else {}
    return _change(state, name, **changes, **there)


def _change(state: State, name: str, **changes: object) -> State:
    asked = state.questions.get(name)
    if asked is None or not asked.is_open:
        return state
    return replace(state, questions=with_(state.questions, name, replace(asked, **changes)))  # type: ignore[arg-type]


def _change_all(state: State, run: str, request: str, **changes: bool) -> State:
    found: Mapping[str, Question] = {
        name: replace(q, **changes)  # type: ignore[arg-type]
        for name, q in state.questions.items()
        if q.run == run and q.request == request and not q.closed
    }
    return replace(state, questions={**state.questions, **found})
