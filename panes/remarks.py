"""What is special about an agent now, in a few words over its pane: it asks, looks for an idea, has unread mail."""

from __future__ import annotations

from cockpit.ideas import title
from cockpit.state import State
from cockpit.views import duration


def remarks(state: State, agent: int, now: float) -> str:
    """All there is to say; empty for an agent that simply works."""
    found = (_taken(state, agent), _asks(state, agent), _idea(state, agent), _mail(state, agent, now))
    return " · ".join(filter(None, found))


def _taken(state: State, agent: int) -> str:
    taken = state.agents[agent].taken
    return "" if taken is None else f"⇄ with {taken.by}" if taken.is_free else "⇄ being ended for you"


def _asks(state: State, agent: int) -> str:
    names = [question.id for question in state.open_questions() if question.agent == agent]
    return f"? asks you {', '.join(names)}" if names else ""


def _idea(state: State, agent: int) -> str:
    idea = state.ideas.current
    is_its = idea is not None and idea.agent == agent and state.agents[agent].run is None
    return f"ideating: {title(idea.category)}" if idea is not None and is_its else ""


def _mail(state: State, agent: int, now: float) -> str:
    """The oldest message on its way: how far it is, and since when."""
    found = [sent for sent in state.on_their_way() if sent.agent == agent]
    if not found:
        return ""
    more = f" (+{len(found) - 1})" if len(found) > 1 else ""
    return f"✉ {found[0].where} {duration(now - found[0].since)}{more}"
