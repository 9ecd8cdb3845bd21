"""Questions: what an agent asks a person, how a person's words answer it, and what happens when nobody does.

A question is asked by an agent's own stream and answered by a command; both are events, so a question survives
every process but the agent's own. An agent may ask several things at once: each is a question with an id of its
own, and the agent gets its answer when all of them are settled. Knows nothing but itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.value import Value, frozen

QUESTION, PERMISSION = "question", "permission"
"""The kinds: to choose or to say something; to allow or to deny the use of a tool."""

ALLOW, DENY = "allow", "deny"

FIRST = "first"
"""As the default answer: the first choice."""

MAX_CHOICES = 9
"""Each has a key of its own, 1 to 9."""

_YES = frozenset({"1", "allow", "yes", "y"})
_NO = frozenset({"2", "deny", "no", "n"})


@frozen
class Choice(Value):
    """One of the answers that an agent offers."""

    label: str
    description: str = ""


PERMISSION_CHOICES = (Choice(ALLOW, "it may, this time"), Choice(DENY, "it may not; it is told so and goes on"))


@frozen
class Resolved(Value):
    """What words come to as an answer."""

    text: str
    allow: bool = True


@frozen
class Question(Value):
    """What an agent asked, and what became of it."""

    id: str
    """`Q1`, `Q2`, … in the order they were asked."""
    run: str
    agent: int
    request: str
    """The agent's own id of what it waits for; questions that were asked together share it."""
    text: str
    choices: tuple[Choice, ...] = ()
    many: bool = False
    """More than one choice may be taken."""
    kind: str = QUESTION
    header: str = ""
    """What it is about, in a word or two; for a permission, why it is asked for."""
    tool: str = ""
    """The tool that a permission is about."""
    detail: str = ""
    """The command or the change that a permission is about."""
    part: int = 1
    parts: int = 1
    at: float = 0.0
    since: float = 0.0
    """Since when it can be answered: when it was asked, or its paused agent went on."""
    seconds: float = 0.0
    """How long it waits for a person; 0: until one comes."""
    otherwise: Resolved = Resolved("")
    """What is answered after that."""
    answer: str = ""
    allow: bool = True
    by: str = ""
    settled: float = 0.0
    """When it was answered or expired; 0 while it is open."""
    expired: bool = False
    """Nobody answered in time, so the configured default did."""
    sent: bool = False
    """The answer was handed to the agent's host."""
    delivered: bool = False
    """The answer was written to the agent's input."""
    caller: str = ""
    """Who asks by a tool and gets the answer as the tool's result; empty: an agent asks by its own stream."""
    closed: str = ""
    """Why an answer can't reach the agent any more; empty where it can, or did."""

    @property
    def asker(self) -> str:
        """Who asks: `agent-2`, or a caller as it calls itself."""
        return f"agent-{self.agent}" if self.agent else self.caller

    @property
    def due(self) -> float | None:
        """When the default is given; None where it waits until a person comes."""
        return self.since + self.seconds if self.seconds else None

    @property
    def is_open(self) -> bool:
        """It waits for a person."""
        return not self.settled and not self.closed

    @property
    def is_on_its_way(self) -> bool:
        """It is settled, and the agent has not got the answer yet."""
        return bool(self.settled) and not self.delivered and not self.closed

    @property
    def is_permission(self) -> bool:
        """It is about the use of a tool."""
        return self.kind == PERMISSION


class BadAnswer(ValueError):
    """The words answer nothing; the text says what would."""


def resolve(question: Question, words: Sequence[str]) -> Resolved:
    """The answer in `words`: numbers or labels of choices, or else a text. Raises BadAnswer."""
    said = [word.strip() for word in words if word.strip()]
    if not said:
        raise BadAnswer(f"{question.id} needs an answer: {_offers(question)}")
    if question.is_permission:
        return _leave(said)
    labels = [_label(question, word) for word in said]
    chosen = [label for label in dict.fromkeys(labels) if label is not None]
    if None not in labels:
        if len(chosen) > 1 and not question.many:
            raise BadAnswer(f"{question.id} takes one answer, not {len(chosen)}: {_offers(question)}")
        return Resolved(", ".join(chosen))
    whole = " ".join(said)
    if all(word.isdigit() for word in said) and question.choices:
        raise BadAnswer(f"{question.id} has no choice {whole}: {_offers(question)}")
    return Resolved(_label(question, whole) or whole)


def default(kind: str, choices: Sequence[Choice], answer: str, permission: str) -> Resolved:
    """What is answered when nobody does: `answer` is FIRST or a text, `permission` ALLOW or DENY."""
    if kind == PERMISSION:
        return Resolved("", True) if permission == ALLOW else Resolved("nobody was there to allow it", False)
    if answer == FIRST and choices:
        return Resolved(choices[0].label)
    return Resolved(answer if answer != FIRST else "Nobody answered in time. Decide yourself.")


def in_words(question: Question, resolved: Resolved | None = None) -> str:
    """The answer, or another one, as a person reads it."""
    answer = resolved or Resolved(question.answer, question.allow)
    if not question.is_permission:
        return answer.text
    said = ALLOW if answer.allow else DENY
    return f"{said}: {answer.text}" if answer.text else said


def _leave(said: list[str]) -> Resolved:
    first, rest = said[0].lower().rstrip(":,"), " ".join(said[1:])
    if first in _YES and not rest:
        return Resolved("", True)
    if first in _NO:
        return Resolved(rest, False)
    if first in _YES:
        raise BadAnswer("allow takes no more words; to have it do something else, deny it with words")
    return Resolved(" ".join(said), False)  # words instead of a yes: it may not, and is told what to do instead


def _label(question: Question, word: str) -> str | None:
    if word.isdigit() and 1 <= int(word) <= len(question.choices):
        return question.choices[int(word) - 1].label
    return next((c.label for c in question.choices if c.label.lower() == word.lower()), None)


def _offers(question: Question) -> str:
    if question.is_permission:
        return "allow, or deny, with words if you like"
    offered = ", ".join(f"{n} {choice.label}" for n, choice in enumerate(question.choices, 1))
    return f"{offered}, or a text of yours" if offered else "a text"
