"""The one screen: its panes, which of them show, and what is selected in them.

A narrow terminal shows one view at a time; a wide one shows board, inbox and agents together, and the view
is the pane that has the keys. The merge desk always has the screen to itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.errors import NoWidget
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen

from cockpit import views
from cockpit.keys import AGENTS, AWAY, BOARD, DESK, INBOX, VIEWS
from cockpit.state import State, Task
from panes.agent_grid import AgentGrid
from panes.agent_lines import AgentLines
from panes.bars import KeyBar, StatusLine, TopBar, ViewBar
from panes.board import Board
from panes.gauge import Gauge
from panes.inbox import Inbox

if TYPE_CHECKING:
    from panes.away import Away
    from panes.merge_desk import MergeDesk


FOCUS_TRIES = 5
"""A view that is only now shown takes the keys at the next try, or at the one after."""


class CockpitScreen(Screen[None]):
    """Bars above and below, the views between them."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide"), (160, "-huge")]  # noqa: RUF012 as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.next", "Next", show=False, id="next"),
        Binding("shift+tab", "app.previous", "Previous", show=False, id="previous"),
    ]

    view: reactive[str] = reactive(BOARD, init=False)
    """Where the keys go."""

    class Built(Message):
        """Every pane is there."""

    @dataclass
    class ViewChanged(Message):
        """Another view is shown."""

        view: str

    class Arrived(Message):
        """The keys go to the view that shows."""

    def __init__(self, chosen: Mapping[str, str], width: int) -> None:
        """`chosen` is the key of every action; knowing the width at once saves a layout of the whole screen."""
        classes = [name for least, name in self.HORIZONTAL_BREAKPOINTS if width >= least]
        super().__init__(id="cockpit", classes=f"view-{BOARD} {classes[-1]}")
        self._keys = chosen
        self._state = State()
        self.desk: MergeDesk | None = None
        self.away: Away | None = None
        self._before_away = BOARD
        self._tries = 0
        self._on_the_way = 0
        """Views that keys asked for and whose focus is not there yet."""
        self.acting_on = ""
        """The task that a card acts on, whatever is selected below it."""

    def compose(self) -> ComposeResult:
        """Everything but the merge desk, which is made when it is first wanted."""
        yield TopBar(self._keys, id="top")
        with Horizontal(id="second"):
            yield Gauge(id="gauge")
            yield ViewBar(self._keys, id="views")
        with Horizontal(id="home"):
            with Vertical(id="left"):
                yield Board(self._keys, id=BOARD)
                yield Inbox(self._keys, id=INBOX)
            yield AgentGrid(self._keys, id=AGENTS)
        yield StatusLine(id="status")
        yield KeyBar(self._keys, id="keys")

    def on_mount(self) -> None:
        """Tell the app that it can begin to show something."""
        self.post_message(self.Built())

    @property
    def board(self) -> Board:
        """The task board."""
        return self.query_one(Board)

    @property
    def inbox(self) -> Inbox:
        """What waits for a person."""
        return self.query_one(Inbox)

    @property
    def agents(self) -> AgentGrid:
        """The agents' panes."""
        return self.query_one(AgentGrid)

    @property
    def status(self) -> StatusLine:
        """The line for answers."""
        return self.query_one(StatusLine)

    def show(self, state: State, repository: str, engine: bool, now: float) -> None:
        """Hand `state` to every pane."""
        self._state = state
        self.query_one(TopBar).show(state, repository, engine)
        self.query_one(Gauge).show(state, now)
        self._show_bars()
        self.board.show(state, now)
        self.inbox.show(state, now)
        self.agents.show(state, now)
        if self.desk is not None:
            self.desk.show(state)
        if self.away is not None and self.view == AWAY:
            self.away.show(state, now)

    def _show_bars(self) -> None:
        self.query_one(ViewBar).show(self.view, len(views.inbox(self._state)))
        self.query_one(KeyBar).show(self.view, self._lead)

    @property
    def _lead(self) -> str:
        """What the footer says before the keys, while a terminal has them."""
        awaits = getattr(self.focused, "awaits_key", None)  # the class itself comes with the first terminal
        return "" if awaits is None else "now:" if awaits else "then:"

    def watch_focused(self) -> None:
        """Keys go their own ways in a terminal."""
        if self.is_mounted:
            self.query_one(KeyBar).show(self.view, self._lead)

    def on_terminal_view_changed(self) -> None:
        """The prefix was pressed, or what follows it."""
        self._show_bars()

    # ── what is selected ─────────────────────────────────────────────────────────────────────────────

    @property
    def chosen_task(self) -> Task | None:
        """The task that the keys are about in this view."""
        if self.acting_on:
            return self._state.tasks.get(self.acting_on)
        match self.view:
            case "inbox":
                name = self._task_of(self.inbox.selected)
            case "away":
                name = self._task_of(self.away.selected) if self.away else ""
            case "desk":
                name = (self.desk.selected if self.desk else None) or ""
            case "agents":
                agent = self._state.agents.get(self.agents.selected)
                name = (agent.task if agent else None) or ""
            case _:
                name = self.board.selected
        return self._state.tasks.get(name)

    @property
    def waiting(self) -> str:
        """The id of the inbox's chosen entry, while the keys go there or to the list of what happened."""
        if self.view == AWAY and self.away is not None and not self.acting_on:
            return self.away.selected
        return self.inbox.selected if self.view == INBOX and not self.acting_on else ""

    def on_agent_grid_changed(self, event: AgentGrid.Changed) -> None:
        """A zoomed agent has the other panes' room too."""
        self.set_class(event.grid.wish.zoomed, "-zoomed")

    def _task_of(self, name: str) -> str:
        """The task that an entry of the inbox is about."""
        asked = self._state.questions.get(name)
        run = self._state.runs.get(asked.run) if asked else None
        taken = next((agent.task for agent in self._state.agents.values() if agent.name == name), None)
        return run.task if run else taken or name

    # ── views ────────────────────────────────────────────────────────────────────────────────────────

    def go(self, view: str, task: str = "") -> None:
        """Show a view and send the keys there; the merge desk may be opened on a task."""
        if view == DESK and self.desk is None:
            self._make_desk()
        if task and self.desk is not None:
            self.desk.choose(task)
        if view != AGENTS:
            self.agents.want_no_keys()
        self.view = view
        self._tries = FOCUS_TRIES
        self._on_the_way += 1
        self.call_after_refresh(self._focus)

    def look_back(self, since: float | None, other: float | None, now: float) -> None:
        """Show what happened since then, or in the whole night; the key for it shows the other."""
        from panes.away import Away  # brings the report, which nobody wants at the first paint

        if self.away is None:
            self.away = Away(self._keys, id=AWAY)
            self.mount(self.away, after="#home")
        if self.view != AWAY:
            self._before_away = self.view
        self.away.since, self.away.other = since, other
        self.away.show(self._state, now)
        self.go(AWAY)

    def on_away_left(self) -> None:
        """Back to where the person was."""
        self.go(self._before_away)

    def _make_desk(self) -> None:
        from panes.merge_desk import MergeDesk  # brings the diff viewer, which most sessions need late

        self.desk = MergeDesk(id=DESK)
        self.mount(self.desk, after="#home")
        self.desk.show(self._state)

    def watch_view(self, view: str) -> None:
        """The style sheet shows and hides by class."""
        for name in (*VIEWS, AWAY):
            self.set_class(name == view, f"view-{name}")
        self._show_bars()
        self.post_message(self.ViewChanged(view))

    def _focus(self) -> None:
        match self.view:
            case "desk" if self.desk is not None:
                self.desk.focus()
            case "away" if self.away is not None:
                self.away.focus()
            case "agents":
                self.agents.focus_selected()
            case "inbox":
                self.inbox.focus()
            case _:
                self.board.focus()
        self.app.call_later(self._arrived)  # behind the change of focus, which waits in the same queue

    def _arrived(self) -> None:
        """A view that was not shown yet took no focus: then once more. One that takes none leaves it to nobody."""
        self._on_the_way = max(0, self._on_the_way - 1)
        if self._on_the_way:
            return
        if self._tries and not self._holds_focus(self.view):
            self._tries -= 1
            self._on_the_way += 1
            self.call_after_refresh(self._focus)
            return
        if not self._holds_focus(self.view):
            self.set_focus(None)
        self.post_message(self.Arrived())

    @property
    def is_changing(self) -> bool:
        """A view was asked for, and the keys don't go there yet."""
        return self._on_the_way > 0

    def arrive(self) -> None:
        """Wait no longer for a view's focus."""
        self._on_the_way = 0

    def _holds_focus(self, view: str) -> bool:
        focused = self.focused
        return focused is not None and any(node.id == view for node in focused.ancestors_with_self)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """In a wide terminal the pane that has the keys is the view; in a narrow one the view has the keys.

        News of a focus comes late: what is not focused any more, or is about to be left, takes nobody back.
        """
        if self._on_the_way or event.widget is not self.focused or self.has_class("-narrow"):
            return
        for name in (BOARD, INBOX, AGENTS):
            if self.view not in (DESK, AWAY) and self._holds_focus(name):
                self.view = name

    def agent_at(self, x: int, y: int) -> int | None:
        """The agent whose pane or line is at a cell of the screen."""
        try:
            widget, region = self.get_widget_at(x, y)
        except NoWidget:
            return None
        if isinstance(widget, AgentLines):
            return widget.number_at(y - region.y)
        names = (node.id or "" for node in widget.ancestors_with_self)
        return next((int(name[6:]) for name in names if name.startswith("agent-") and name[6:].isdigit()), None)

    @on(Board.Turned)
    def make_room(self, event: Board.Turned) -> None:
        """Columns that were asked for want more room than a list."""
        self.set_class(event.wants_room, "-columns")

    def step(self, steps: int) -> None:
        """Go to the next stop: board, inbox, each agent, and round again; at the desk, its own panes."""
        if self.view == DESK:
            self.focus_next() if steps > 0 else self.focus_previous()
            return
        if self.view == AGENTS and self.agents.step(steps):
            return
        order = [BOARD, INBOX, *([AGENTS] if self._state.agents else [])]
        place = order.index(self.view) if self.view in order else 0
        view = order[(place + steps) % len(order)]
        if view == AGENTS:
            self.agents.enter(steps)
        self.go(view)
