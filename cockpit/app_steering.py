"""What a person does with an agent at work, beyond one command: answer what it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit.asked import by_default, otherwise
from cockpit.commands import AnswerQuestion

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


def open_question(app: CockpitApp, name: str) -> None:
    """The card of a question, whose choices are keys; one that is settled by now says so."""
    from panes.question_card import QuestionCard

    asked = app.state.questions[name]
    run = app.state.runs.get(asked.run)
    if not asked.is_open:
        app.say(asked.closed or by_default(asked), ok=None)
        return
    number = f", {asked.part} of {asked.parts}" if asked.parts > 1 else ""
    heading = f"{asked.id}  agent-{asked.agent} asks ({run.task if run else asked.run}{number})"

    def answer(words: tuple[str, ...] | None) -> None:
        if words:
            app.give(AnswerQuestion(name, words))

    app.push_screen(QuestionCard(asked, heading, otherwise(asked)), answer)
