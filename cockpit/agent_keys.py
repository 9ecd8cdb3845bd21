"""The app's keys about agents: pause, kill, say something, take over, and how their panes lie."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import on

from cockpit.app_base import AppBase
from cockpit.keys import AGENTS
from cockpit.later import later
from cockpit.views import HELD
from panes.agent_grid import AgentGrid
from panes.colours import one_line
from panes.said import Copied, Said

if TYPE_CHECKING:
    from cockpit import app_grid, app_steering, commands, moves
    from cockpit.moves import Move
    from cockpit.state import Agent
else:
    app_grid, app_steering = later("cockpit.app_grid"), later("cockpit.app_steering")
    commands, moves = later("cockpit.commands"), later("cockpit.moves")


class AgentKeys(AppBase):
    """A part of the app."""

    def chosen_agent(self) -> Agent | moves.Refusal:
        """The agent that the keys are about in this view, or why there is none."""
        if self.main.view == AGENTS:
            return self.state.agents.get(self.main.agents.selected) or moves.Refusal(
                "there are no agents: no night was started"
            )
        held = next((a for a in self.state.agents.values() if self.main.waiting == HELD + a.name), None)
        return held or moves.agent_of(self.state, self.main.chosen_task)

    def _agent_move(self, move: Callable[[Agent], Move]) -> None:
        agent = self.chosen_agent()
        self.make(agent if isinstance(agent, moves.Refusal) else move(agent))

    def action_pause(self) -> None:
        """Hold the focused agent, or let it go on."""
        self._agent_move(moves.pause)

    def action_zoom(self) -> None:
        """The selected agent's pane alone, or all again."""
        app_grid.zoom(self)

    def action_layout(self) -> None:
        """Lay the agents' panes out differently."""
        app_grid.layout(self)

    def action_go_agent(self) -> None:
        """Go to the agent whose digit comes next."""
        app_grid.go_agent(self)

    @on(AgentGrid.Arranged)
    def remember_grid(self, event: AgentGrid.Arranged) -> None:
        """The next screen on this repository begins with this layout."""
        self.begin_work(partial(app_grid.remember, self, event.wish), "screen")

    @on(Copied)
    def copy(self, event: Copied) -> None:
        """A person copies something; what an agent writes can't."""
        app_grid.copy(self, event.text)

    @on(Said)
    def say_for_a_pane(self, event: Said) -> None:
        """A pane has something for the status line."""
        self.say(event.text, event.ok)

    def action_try_again(self) -> None:
        """Don't wait for a limit any longer, or for whoever mends the agents' command."""
        self.make(moves.try_again(self.state))

    def action_sync(self) -> None:
        """Ask GitHub what is new."""
        self.make(moves.sync(self.state))

    def action_pause_all(self) -> None:
        """Hold all agents, or let all go on."""
        self.make(moves.pause_all(self.state))

    def action_kill(self) -> None:
        """End the focused agent's run."""
        self._agent_move(partial(moves.kill, self.state))

    def action_take_over(self) -> None:
        """Take the focused agent's conversation over."""
        app_steering.take_over(self, self.chosen_agent())

    def action_message(self) -> None:
        """Write to the focused agent."""
        agent = self.chosen_agent()
        refusal = agent if isinstance(agent, moves.Refusal) else moves.message(self.state, agent)
        if refusal is not None or isinstance(agent, moves.Refusal):
            self.say(refusal.why if refusal else "", ok=False)
            return
        task = self.state.tasks[agent.task] if agent.task else None
        detail = f"It works on {task.id} {one_line(task.title)}" if task else ""
        self._write(f"Tell {agent.name}", detail, partial(self._tell, agent.number))

    def _tell(self, agent: int, text: str) -> None:
        self.give(commands.Message(agent, text))
