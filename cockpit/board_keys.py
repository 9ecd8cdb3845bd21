"""The app's keys about the queue: one mixin, so that the app stays short."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on

from cockpit.app_base import AppBase
from cockpit.keys import BOARD
from cockpit.later import later
from cockpit.state import Task
from panes.board import Board

if TYPE_CHECKING:
    from cockpit import app_ideas, board_moves, commands, moves
    from panes.idea_list import IdeaList
else:
    app_ideas, commands = later("cockpit.app_ideas"), later("cockpit.commands")
    board_moves, moves = later("cockpit.board_moves"), later("cockpit.moves")


class BoardKeys(AppBase):
    """Actions of the app; what they come to is decided in `board_moves`, and after that by the engine."""

    # ── ideas ────────────────────────────────────────────────────────────────────────────────────────

    def action_ideas(self) -> None:
        """Show the categories of ideas."""
        app_ideas.open_list(self)

    def action_idea_now(self) -> None:
        """Ask for an idea now."""
        self.give(commands.AskIdea())

    def on_idea_list_wished(self, event: IdeaList.Wished) -> None:
        """Something is wished of a category in the list."""
        app_ideas.wished(self, event)

    # ── reassign ─────────────────────────────────────────────────────────────────────────────────────

    def action_reassign(self) -> None:
        """Choose an agent for the selected task."""
        task = self.main.chosen_task
        refusal = moves.Refusal("choose a task first") if task is None else board_moves.can_be_given(self.state, task)
        if refusal is not None or task is None:
            self.make(refusal or moves.Refusal(""))
            return
        from panes.pick import Option, Pick

        options = [Option(*one) for one in board_moves.candidates(self.state, task)]
        self.push_screen(Pick(f"Who takes {task.id}?", options, moves.name(task)), partial(self._reassign, task.id))

    def _reassign(self, name: str, choice: str | None) -> None:
        task = self.state.tasks.get(name)
        if choice and task is not None:
            self.make(board_moves.reassign(self.state, task, choice))

    @on(Board.Dropped)
    def drop(self, event: Board.Dropped) -> None:
        """A card fell somewhere."""
        task = self.state.tasks.get(event.task)
        if task is not None:
            agent = event.agent if event.agent is not None or event.lane else self.main.agent_at(event.x, event.y)
            self.make(board_moves.drop(self.state, task, board_moves.Place(agent, event.lane, event.before)))

    # ── the board's own keys ─────────────────────────────────────────────────────────────────────────

    @on(Board.Asked)
    def ask_about(self, event: Board.Asked) -> None:
        """A key of the board about the task under its cursor."""
        task = self.state.tasks.get(event.task)
        if task is None:
            self.say("choose a task first", ok=False)
            return
        match event.what:
            case "raise" | "lower":
                self.make(board_moves.prioritise(task, 1 if event.what == "raise" else -1))
            case "earlier" | "later":
                steps = -1 if event.what == "earlier" else 1
                self.make(board_moves.shift(self.state, task, steps, event.board.visible_queue))
            case "promote":
                self.make(board_moves.promote(self.state, task))
            case "edit":
                self.begin_work(partial(self._edit, task), "edit")
            case _:
                self._show_needs(task)

    @on(Board.Wished)
    def remember_board(self, event: Board.Wished) -> None:
        """The next screen on this repository begins like this."""
        self.begin_work(partial(self._remember, event.columns), "screen")

    async def _remember(self, columns: bool) -> None:
        try:
            await self.link.remember(BOARD, {"columns": columns})
        except OSError as error:
            self.say(f"the board's shape can't be remembered: {error}", ok=False)

    def _show_needs(self, task: Task) -> None:
        from panes.dependencies import Dependencies

        self.push_screen(Dependencies(self.state, task), self._go_to)

    def _go_to(self, task: str | None) -> None:
        if task:
            self.main.board.select(task)

    # ── the editor ───────────────────────────────────────────────────────────────────────────────────

    async def _edit(self, task: Task) -> None:
        from cockpit.editing import Desk, edit  # brings the editor's ways, which most sessions need late

        try:
            said = await edit(Desk(lambda: self.state, self.submit_heard, self.released), task)
        except Exception as error:  # no editor, no disk, no ledger: the person must read what became of the text
            self.say(str(error), ok=False)
            return
        self.say(said.message, said.ok)
