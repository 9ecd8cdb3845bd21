"""The app's keys about work that is to land, or has: one mixin, so that the app stays short."""

from __future__ import annotations

from cockpit import moves
from cockpit.moves import Move
from cockpit.screen import CockpitScreen
from cockpit.state import State


class DeskKeys:
    """Actions of the app; what they come to is decided in `moves`, and after that by the engine."""

    state: State

    @property
    def main(self) -> CockpitScreen:
        """The one screen."""
        raise NotImplementedError

    def make(self, move: Move) -> None:
        """Give a command, ask before it, or say why not."""
        raise NotImplementedError

    def action_roll_back(self) -> None:
        """Undo what the selected task landed."""
        self.make(moves.roll_back(self.state, self.main.chosen_task))
