"""Messages to agents, and their questions."""

from __future__ import annotations

from cockpit.questions import QUESTION, Choice
from cockpit.value import Value, frozen


@frozen
class MessageSent(Value):
    """A person wrote to an agent."""

    message: str
    run: str
    text: str
    by: str = ""


@frozen
class MessageHanded(Value):
    """The engine handed the message to the agent's host."""

    message: str


@frozen
class MessageDelivered(Value):
    """The host wrote the message to the agent's input."""

    message: str


@frozen
class MessageRead(Value):
    """The agent's own stream shows that the model has the message."""

    message: str
    seq: int = 0


@frozen
class QuestionAsked(Value):
    """An agent waits for a person: for an answer, or for leave to use a tool."""

    question: str
    run: str
    request: str
    """The agent's own id of what it waits for; questions that were asked together share it."""
    text: str
    choices: tuple[Choice, ...] = ()
    many: bool = False
    kind: str = QUESTION
    header: str = ""
    tool: str = ""
    detail: str = ""
    part: int = 1
    parts: int = 1
    seq: int = 0
    seconds: float = 0.0
    """How long it waits for a person; 0: until one comes."""
    otherwise: str = ""
    """The answer that is given after that, for a permission the words that go with a denial."""
    otherwise_allow: bool = True
    caller: str = ""
    """Who asks by a tool and gets the answer as its result; empty: an agent, by its own stream."""


@frozen
class QuestionAnswered(Value):
    """A person answered; for a permission `allow` counts, and `answer` is what goes with a denial."""

    question: str
    run: str
    answer: str
    allow: bool = True
    by: str = ""


@frozen
class QuestionExpired(Value):
    """Nobody answered in time; the configured default did."""

    question: str
    run: str
    answer: str
    allow: bool = True


@frozen
class AnswerSent(Value):
    """All that an agent asked at once is settled, and the answer is with its host."""

    run: str
    request: str


@frozen
class AnswerDelivered(Value):
    """The host wrote the answer to the agent's input."""

    run: str
    request: str


@frozen
class QuestionWithdrawn(Value):
    """The agent no longer waits for an answer: its turn was broken off."""

    run: str
    request: str
