"""What agents ask, in the words that every view uses."""

from __future__ import annotations

from cockpit.questions import Question, in_words
from cockpit.state import State
from cockpit.words import clock


def decided(state: State) -> list[Question]:
    """What was decided this night because nobody answered, oldest first."""
    begun = state.night.started if state.night else 0.0
    return [question for question in state.questions.values() if question.expired and question.settled >= begun]


def in_a_line(question: Question) -> str:
    """What was asked, as one sentence."""
    return f"{question.asker} asks whether it may {question.text}" if question.is_permission else question.text


def by_default(question: Question) -> str:
    """What was answered in a person's place."""
    return f"nobody answered in time; by default: {in_words(question)}"


def otherwise(question: Question) -> str:
    """What happens when nobody answers."""
    if question.due is None:
        return "It waits until you answer."
    return f"When nobody answers until {clock(question.due)}: {in_words(question, question.otherwise)}"


def why(question: Question) -> str:
    """Who asks what, with the choices."""
    offered = ", ".join(f"{n} {choice.label}" for n, choice in enumerate(question.choices, 1))
    asks = "asks for leave to" if question.is_permission else "asks:"
    return f"{question.asker} {asks} {question.text}{f' ({offered})' if offered else ''}"


def how(question: Question) -> str:
    """What to do about it, without a screen."""
    return f"`cockpit answer {question.id} {'1' if question.choices else 'TEXT'}`; `cockpit questions` shows it whole"
