"""What a person does with an agent at work, beyond one command: answer what it asks, take its conversation over."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cockpit import moves
from cockpit.asked import by_default, otherwise
from cockpit.commands import AnswerQuestion, HandBack
from cockpit.moves import Give, Refusal
from cockpit.state import Agent, State

if TYPE_CHECKING:
    from cockpit.app_base import AppBase
    from cockpit.link import Visit

IN, BACK = "in", "back"


def open_question(app: AppBase, name: str) -> None:
    """The card of a question, whose choices are keys; one that is settled by now says so."""
    from panes.question_card import QuestionCard

    asked = app.state.questions[name]
    run = app.state.runs.get(asked.run)
    if not asked.is_open:
        app.say(asked.closed or by_default(asked), ok=None)
        return
    number = f", {asked.part} of {asked.parts}" if asked.parts > 1 else ""
    about = run.task if run else asked.run or "by a tool"
    heading = f"{asked.id}  {asked.asker} asks ({about}{number})"

    def answer(words: tuple[str, ...] | None) -> None:
        if words:
            app.give(AnswerQuestion(name, words))

    app.push_screen(QuestionCard(asked, heading, otherwise(asked)), answer)


# ── taking over ──────────────────────────────────────────────────────────────────────────────────────


def take_over(app: AppBase, agent: Agent | Refusal) -> None:
    """Ask for an agent's conversation, and go in as soon as it is free; of one that is ours, go in or hand it back."""
    if isinstance(agent, Refusal):
        app.make(agent)
    elif agent.taken is not None and agent.taken.is_free:
        _choose(app, agent)
    elif agent.taken is not None:
        app.say(f"{agent.name} is being ended for you", ok=None)
    else:
        move = moves.take_over(app.state, agent)
        app.wants_in = agent.number if isinstance(move, Give) else None
        app.make(move)


def _choose(app: AppBase, agent: Agent) -> None:
    from panes.pick import Option, Pick

    options = [
        Option(IN, "go in again", "its conversation, here on this terminal"),
        Option(BACK, "hand it back", "it goes on where you left it"),
    ]

    def chosen(what: str | None) -> None:
        if what == IN:
            go_in(app, agent.number)
        elif what == BACK:
            app.give(HandBack(agent.number))

    app.push_screen(Pick(f"{agent.name} is with you", options), chosen)


def watch(app: AppBase, state: State) -> None:
    """Go in once the conversation is free; forget it where that has come to nothing."""
    agent = state.agents.get(app.wants_in) if app.wants_in is not None else None
    if agent is None:
        return
    if agent.taken is not None and agent.taken.is_free:
        app.wants_in = None
        go_in(app, agent.number)
    elif agent.run is None:
        app.wants_in = None
        app.say(f"{agent.name} left before it could be taken over", ok=False)


def go_in(app: AppBase, number: int) -> None:
    """Leave the terminal to the agent's program until that has ended."""
    app.begin_work(partial(_visit, app, number), "visit")


async def _visit(app: AppBase, number: int) -> None:
    try:
        visit = await app.link.visit(number)
        left = _on_this_terminal(app, visit)
    except Exception as error:  # whatever keeps us out, the agent stays ours and the person must know why
        app.say(f"{error} · agent-{number} stays with you: t again, or `cockpit handback {number}`", ok=False)
        return
    if left:
        app.give(HandBack(number))
    else:
        app.say(f"the program failed at once; agent-{number} stays with you: t again, or hands it back", ok=False)


def _on_this_terminal(app: AppBase, visit: Visit) -> bool:
    """Whether somebody was in."""
    with app.released():
        return not visit.pay().failed_at_once
