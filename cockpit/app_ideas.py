"""The keys about ideas: the list of categories, one now, and refusing a suggestion with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit import idea_numbers, moves
from cockpit.commands import AskIdea, SkipTask, SwitchCategory
from cockpit.state import Task

if TYPE_CHECKING:
    from cockpit.app_base import AppBase
    from panes.idea_list import IdeaList


def open_list(app: AppBase) -> None:
    """Open the list of categories."""
    from panes.idea_list import IdeaList

    app.push_screen(IdeaList(app.keys, idea_numbers.build(app.state, app.now()), app.now()))


def show(app: AppBase) -> None:
    """Bring the open list up to date."""
    from panes.idea_list import IdeaList

    if isinstance(app.screen, IdeaList):
        app.screen.tell(idea_numbers.build(app.state, app.now()), app.now())


def wished(app: AppBase, event: IdeaList.Wished) -> None:
    """Ask for an idea of a category, or switch it."""
    if event.now:
        app.give(AskIdea(event.category))
    else:
        app.give(SwitchCategory(event.category, on=bool(app.state.ideas.use(event.category).off)))


def refuse(app: AppBase, task: Task) -> None:
    """Refuse a suggestion; a reason is kept, and later ideas are told of it."""
    from panes.dialogs import Note

    detail = f"{moves.name(task)}\nWhy? Later ideas of its category are told."
    asked = Note(f"Refuse {task.id}?", detail, empty="enter refuses it, without a reason too")
    app.push_screen(asked, lambda said: None if said is None else app.give(SkipTask(task.id, said)))
