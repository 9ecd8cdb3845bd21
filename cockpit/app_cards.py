"""Cards that are opened over the screen, kept true while they are open, and acted from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cockpit import app_ideas, app_money
from cockpit.bindings import method
from cockpit.state import State, Task, TaskState
from cockpit.text import plain
from cockpit.views import inbox

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from panes.open_cards import TaskCard

WIDTH = 110
"""Of a task's card, where the terminal is as wide."""


def open_task(app: CockpitApp, task: Task) -> None:
    """Open the card of a task, with the keys that apply to it."""
    from panes.open_cards import TaskCard

    width = min(app.size.width * 96 // 100, WIDTH)
    card = TaskCard(task.id, app.keys, width)
    _tell(app, card)
    app.push_screen(card, partial(_act, app, task.id))


def refresh(app: CockpitApp) -> None:
    """Bring the card that is open up to date."""
    from panes.open_cards import TaskCard

    if isinstance(app.screen, TaskCard):
        _tell(app, app.screen)
    app_money.show(app)
    app_ideas.show(app)
    app.show_plan()


def _tell(app: CockpitApp, card: TaskCard) -> None:
    from panes.cards import task_card

    task = app.state.tasks[card.task_id]
    heading = f"{task.id} {' '.join(plain(task.title).split())}"
    card.tell(heading, task_card(app.state, task, app.now()), answers(app.state, task))


def answers(state: State, task: Task) -> list[tuple[str, str]]:
    """The actions that make sense for a task now, and what each does to it, in a word or two."""
    from panes.inbox import answers_to

    found: list[tuple[str, str]]
    if any(entry.id == task.id for entry in inbox(state)):
        found = answers_to(task)
    else:
        match task.state:
            case TaskState.LANDED:
                found = [] if state.undone_by(task) else [("roll-back", "roll back")]
            case TaskState.FAILED | TaskState.SKIPPED:
                found = [("retry", "restart")]
            case _:
                found = [("skip", "drop")]
    return [*found, *([("open", where)] if (where := where_to_look(state, task)) else [])]


def where_to_look(state: State, task: Task) -> str:
    """Where there is more to see of a task than its card; empty where there is no more."""
    if task.state in (TaskState.READY, TaskState.MERGING) or (task.state is TaskState.ESCALATED and task.head):
        return "diff"
    return "agent" if task.agent is not None and state.holds_slot(task) else ""


def _act(app: CockpitApp, task: str, action: str | None) -> None:
    """Do to the card's task what was wished from the card."""
    if action == "open":
        app.open_task(app.state.tasks.get(task))
    elif action is not None:
        app.main.acting_on = task
        try:
            getattr(app, f"action_{method(action)}")()
        finally:
            app.main.acting_on = ""
