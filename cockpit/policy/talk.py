"""What becomes of a caller's question or report: who may, and within what bounds."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import events
from cockpit.policy.asking import Refused
from cockpit.questions import MAX_CHOICES, Question
from cockpit.state import Run, State
from cockpit.talk import AskPerson, ProgressTold, StopAsking, TalkCommand, TellProgress

MAX_OPEN = 10
"""Questions of callers that may wait at once: a person's inbox is no log."""

MAX_TEXT = 4000
MAX_TELLINGS = 500
"""How often a run may say how far it is."""

SHORTEST, LONGEST = 10.0, 86_400.0
"""Seconds that a question may wait."""

NOBODY = "Nobody answered in time."


def handle(state: State, name: str, command: TalkCommand) -> tuple[Sequence[events.Event], str]:
    """The events that a caller's command comes to; `name` is the command's id. Raises Refused."""
    match command:
        case AskPerson():
            return _ask(state, name, command)
        case StopAsking(question=question):
            return _stop(state, question)
        case TellProgress():
            return _tell(state, command)


def holder(state: State, name: str) -> Run:
    """The run, which must hold its task now. Raises Refused."""
    run = state.runs.get(name)
    if run is None:
        raise Refused(f"there is no run {name!r}")
    task = state.tasks.get(run.task)
    if run.outcome or task is None or task.run != name or state.agents[run.agent].run != name:
        now = f"{task.id} is {task.state}" if task else "its task is gone"
        raise Refused(f"{name} does not hold {run.task} any more ({now}); only the run that holds a task speaks for it")
    return run


def by_tool(state: State) -> list[Question]:
    """The open questions of callers that wait at a tool, not at their own stream."""
    return [question for question in state.questions.values() if question.caller and question.is_open]


def _ask(state: State, name: str, command: AskPerson) -> tuple[Sequence[events.Event], str]:
    text = command.text.strip()
    if not text:
        raise Refused("the question is empty")
    if len(text) > MAX_TEXT:
        raise Refused(f"the question has {len(text)} characters; {MAX_TEXT} is the most")
    if len(command.choices) > MAX_CHOICES:
        raise Refused(f"{len(command.choices)} choices are too many; a person can be given {MAX_CHOICES}")
    if any(not choice.label.strip() for choice in command.choices):
        raise Refused("a choice is empty")
    if not SHORTEST <= command.seconds <= LONGEST:
        raise Refused(f"a question waits {SHORTEST:g} to {LONGEST:g} seconds, not {command.seconds:g}")
    if len(by_tool(state)) >= MAX_OPEN:
        raise Refused(f"{MAX_OPEN} questions wait already; ask again when some are answered")
    if command.run:
        holder(state, command.run)
    asked = events.QuestionAsked(
        question=f"Q{state.asked + 1}",
        run=command.run,
        request=name,
        text=text,
        choices=command.choices,
        many=command.many,
        seconds=command.seconds,
        otherwise=NOBODY,
        caller=command.caller or "a tool",
    )
    return [asked], f"{asked.question} is asked"


def _stop(state: State, name: str) -> tuple[Sequence[events.Event], str]:
    asked = next((question for question in by_tool(state) if question.id == name), None)
    if asked is None:
        return [], f"{name} does not wait any more"
    return [events.QuestionWithdrawn(asked.run, asked.request)], f"{name} is withdrawn"


def _tell(state: State, command: TellProgress) -> tuple[Sequence[events.Event], str]:
    text = command.text.strip()
    if not text:
        raise Refused("say in a line how far it is")
    if len(text) > MAX_TEXT:
        raise Refused(f"the report has {len(text)} characters; {MAX_TEXT} is the most")
    if command.done is not None and not 0 <= command.done <= 1:
        raise Refused(f"`done` is between 0 and 1, not {command.done:g}")
    run = holder(state, command.run)
    if run.tellings >= MAX_TELLINGS:
        raise Refused(f"{run.id} has reported {MAX_TELLINGS} times; that is enough for one run")
    return [ProgressTold(run.id, text, command.done)], f"noted for {run.task}"
