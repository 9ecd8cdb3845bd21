"""The agents on a line at the foot of the board, while a card is dragged: drop it on one to give it the task."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from cockpit.state import State
from panes.colours import MUTED


class DropBar(Widget):
    """A place to drop on for each agent, and one for any."""

    DEFAULT_CSS = """
    DropBar { height: 1; dock: bottom; background: $accent 20%; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._chips: list[tuple[int, str]] = []
        self._given = ""

    def take(self, state: State, task: str) -> None:
        """Show where `task` can go."""
        self._given = task
        self.display = True
        self.show(state)

    def show(self, state: State) -> None:
        """Show what the agents of `state` do."""
        chips = [(a.number, f" a{a.number} {_doing(state, a.number)} ") for a in state.agents.values()]
        chips = [*chips, (0, " any agent ")] if chips else []
        if chips != self._chips:
            self._chips = chips
            self.refresh()

    def agent_at(self, x: int) -> int | None:
        """The agent whose place is at a cell; 0 is any, None nothing."""
        left = len(self._lead)
        for number, text in self._chips:
            if left <= x < left + len(text):
                return number
            left += len(text) + 1
        return None

    @property
    def _lead(self) -> str:
        return f"{self._given} to "

    def render(self) -> Content:
        """The places."""
        if not self._chips:
            return Content("no agents: no night was started")
        parts = [Content.styled(text, "reverse") for _, text in self._chips]
        return Content.assemble((self._lead, MUTED), Content(" ").join(parts)).truncate(self.size.width, ellipsis=True)


def _doing(state: State, number: int) -> str:
    agent = state.agents[number]
    return agent.task or ("paused" if agent.paused else "idle")
