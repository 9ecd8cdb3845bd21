"""Questions: which answers are to be handed to an agent, and which questions have waited long enough."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from cockpit.events import QuestionExpired
from cockpit.fold.slots import slots
from cockpit.policy.actions import NOTHING, Decision, Reply
from cockpit.questions import Question
from cockpit.state import Run, State


def ask(state: State, run: Run, now: float) -> Decision:
    """What an agent at work that waits for a person needs now."""
    found: dict[str, list[Question]] = {}
    for question in slots(state).asked(state).get(run.id, ()):
        if not question.caller and not question.sent:
            found.setdefault(question.request, []).append(question)
    decision = NOTHING
    for request, asked in found.items():
        if all(not question.is_open for question in asked) and len(asked) == asked[0].parts:
            decision += Decision(effects=(Reply(run.id, request),))
        for question in asked:
            decision += _expiry(question, now)
    return decision


def wait_until(asked: Sequence[Question], now: float) -> float:
    """Until when nothing is due of what an agent asked; `inf`: until a person comes."""
    if not all(question.is_open and not question.caller for question in asked):
        return now
    return min(inf if question.due is None else question.due for question in asked)


def of_callers(state: State, now: float) -> Decision:
    """Those who wait at a tool: their time is up whatever the run does, and the tool itself reads the answer."""
    decision = NOTHING
    for question in state.questions.values():
        if question.caller:
            decision += _expiry(question, now)
    return decision


def _expiry(question: Question, now: float) -> Decision:
    due = question.due
    if due is None or not question.is_open:
        return NOTHING
    if now < due:
        return Decision(wake=due)
    answer = question.otherwise
    return Decision(records=(QuestionExpired(question.id, question.run, answer.text, answer.allow),))
