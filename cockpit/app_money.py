"""The keys about money: the card that tells where it goes, and another cap for the night."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cockpit.commands import ChangeNight
from cockpit.policy import cap
from cockpit.state import State
from cockpit.views import spent_text

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from panes.open_cards import MoneyCard

WIDTH = 96
"""Of the card, where the terminal is as wide."""


def open_card(app: CockpitApp) -> None:
    """Open the money card."""
    from panes.open_cards import MoneyCard

    width = min(app.size.width * 96 // 100, WIDTH)
    app.push_screen(MoneyCard(app.keys["money.cap"], width), partial(_left, app))
    show(app)


def open_numbers(app: CockpitApp) -> None:
    """Open the card with the numbers of the last 30 days."""
    from panes.open_cards import NumbersCard

    app.push_screen(NumbersCard(min(app.size.width * 96 // 100, WIDTH)))
    show(app)


def show(app: CockpitApp) -> None:
    """Bring the open card up to date."""
    from panes.open_cards import NumbersCard

    if isinstance(app.screen, NumbersCard):
        from cockpit.numbers import build

        app.screen.tell(build(app.state, app.now()))
    if card := _open(app):
        from cockpit.metrics import money as money_of  # which the first paint can do without

        titles = {task.id: task.title for task in app.state.tasks.values()}
        card.tell(money_of(app.state, app.now()), titles)


def _open(app: CockpitApp) -> MoneyCard | None:
    from panes.open_cards import MoneyCard

    return app.screen if isinstance(app.screen, MoneyCard) else None


def _left(app: CockpitApp, wish: str | None) -> None:
    if wish == "cap":
        ask_cap(app)


def ask_cap(app: CockpitApp) -> None:
    """Ask for another cap, and give it to the night."""
    from panes.open_cards import Amount

    question = "Raise the cap?" if cap.is_stopped_by_budget(app.state) else "The night's cap?"
    app.push_screen(Amount(question, cap_detail(app.state)), lambda usd: app.give(ChangeNight(usd)) if usd else None)


def cap_detail(state: State) -> str:
    """What a person should know before naming a cap."""
    night = state.night
    spent = spent_text(state.spent_usd, night.cap_usd if night else None)
    if cap.is_stopped_by_budget(state):
        return f"The budget stopped the night: {spent} spent. With a higher cap it goes on where it was."
    return f"{spent} spent so far. At the cap nothing new starts and what runs is stopped, its work kept."
