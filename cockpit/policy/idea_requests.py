"""What a person's wishes about ideas come to: one now, a category on or off. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import events
from cockpit.commands import AskIdea, SwitchCategory
from cockpit.ideas import Category, find, title, unknown
from cockpit.policy.asking import Refused
from cockpit.state import State

ANY = "any"


def handle(state: State, command: AskIdea | SwitchCategory, by: str) -> tuple[Sequence[events.Event], str]:
    """The events that a command comes to, and what to say. Raises Refused."""
    match command:
        case AskIdea(category=category):
            return _ask(state, category, by)
        case SwitchCategory(category=category, on=on):
            return _switch(state, _known(category), on, by)


def _ask(state: State, category: str, by: str) -> tuple[Sequence[events.Event], str]:
    wanted = ANY if category in ("", ANY) else _known(category).id
    if (current := state.ideas.current) is not None:
        raise Refused(f"an idea about {title(current.category)} is on its way; one at a time")
    if state.ideas.wish:
        raise Refused("an idea is asked for already")
    about = "" if wanted == ANY else f" about {title(wanted)}"
    return [events.IdeaWished(wanted, by)], f"asking for an idea{about}; it will be a suggested task if it is good"


def _switch(state: State, category: Category, on: bool, by: str) -> tuple[Sequence[events.Event], str]:
    off = state.ideas.use(category.id).off
    if on == (not off):
        return [], f"ideas of {category.title} are {'on' if on else f'off already: {off}'}"
    made = events.CategorySwitched(category.id, on, "" if on else f"switched off by {by or 'you'}", by)
    return [made], f"ideas of {category.title} are {'on again' if on else 'off'}"


def _known(name: str) -> Category:
    found = find(name)
    if found is None:
        raise Refused(unknown(name))
    return found
