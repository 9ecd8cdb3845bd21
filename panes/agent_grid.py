"""The agents: as many panes as fit, and a line for each of the others.

The selected agent always has a pane. Panes are made when they are first shown and hidden when there is no
room for them; whoever feeds the transcripts asks `shown` which ones to feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cockpit.state import Agent, State, Task
from cockpit.views import duration, money
from panes.board import why_there
from panes.colours import MUTED, SYMBOLS, column, one_line

if TYPE_CHECKING:
    from panes.agent_pane import AgentPane

MIN_WIDTH, MIN_HEIGHT = 44, 11
"""A smaller pane than this shows too little of a transcript to be worth its frame."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which agents have a pane, in how many columns, and which have a line."""

    panes: tuple[int, ...]
    columns: int
    lines: tuple[int, ...]


class Strips(Widget):
    """The agents without a pane, a line each; a click selects one."""

    @dataclass
    class Clicked(Message):
        """Somebody wants this agent's pane."""

        number: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state = State()
        self._numbers: tuple[int, ...] = ()
        self._now = 0.0
        self._text = Content()

    def show(self, state: State, numbers: tuple[int, ...], now: float) -> None:
        """Show these agents of `state`."""
        if len(numbers) != len(self._numbers):
            self.styles.height = len(numbers)
        self._state, self._numbers, self._now = state, numbers, now
        self._build()

    def on_resize(self) -> None:
        """Fit the lines into the new width."""
        self._build()

    def _build(self) -> None:
        lines = [agent_line(self._state, n, self._now, self.size.width) for n in self._numbers]
        text = Content("\n").join(lines)
        if not text.is_same(self._text):
            self._text = text
            self.refresh()

    def render(self) -> Content:
        """The lines."""
        return self._text

    def on_click(self, event: events.Click) -> None:
        """Select the agent under the mouse."""
        if 0 <= event.y < len(self._numbers):
            self.post_message(self.Clicked(self._numbers[event.y]))


class AgentGrid(Vertical):
    """The agents' panes in a grid that grows with the terminal."""

    selected: reactive[int] = reactive(1, init=False)
    """The agent that the agent keys are about."""

    @dataclass
    class Changed(Message):
        """Other agents have panes now, or another one is selected."""

        grid: AgentGrid

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state = State()
        self._now = 0.0
        self._plan = Plan((), 1, ())
        self._wants_keys = False
        """The keys should go to the selected agent, whose pane is not there yet."""
        self.panes: dict[int, AgentPane] = {}

    def compose(self) -> ComposeResult:
        """An empty grid, and the lines below it."""
        yield Container(id="agent-panes")
        yield Strips(id="agent-strips")

    @property
    def shown(self) -> tuple[int, ...]:
        """The agents that have a pane on the screen now."""
        return self._plan.panes if self.size.height and self.is_on_screen else ()

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────

    def show(self, state: State, now: float) -> None:
        """Show the agents of `state` as they are at `now`."""
        self._state, self._now = state, now
        if state.agents and self.selected not in state.agents:
            self.selected = min(state.agents)
        self._arrange()

    def _arrange(self) -> None:
        if not (self.size.width and self.size.height and self.is_mounted):
            return
        numbers, before = sorted(self._state.agents), self._plan
        self._plan = plan(numbers, self.selected, before.panes, self.size.width, self.size.height)
        if self._plan.panes != before.panes or set(self._plan.panes) - set(self.panes):
            self._lay_out()
        if self._plan.columns != before.columns:
            self._cells.styles.grid_size_columns = self._plan.columns
        for number in self._plan.panes:
            self._fill(self.panes[number], number)
        self.query_one(Strips).show(self._state, self._plan.lines, self._now)
        if self._plan != before:
            self.post_message(self.Changed(self))
        if self._wants_keys:
            self.focus_selected()

    @property
    def _cells(self) -> Container:
        return self.query_one("#agent-panes", Container)

    def _lay_out(self) -> None:
        from panes.agent_pane import AgentPane  # brings the transcript, which the first paint can do without

        for number in self._plan.panes:
            if number not in self.panes:
                pane = self.panes[number] = AgentPane(id=f"agent-{number}")
                later = [n for n in self.panes if n > number]
                self._cells.mount(pane, before=self.panes[min(later)] if later else None)
        for number, pane in self.panes.items():
            pane.display = number in self._plan.panes

    def _fill(self, pane: AgentPane, number: int) -> None:
        state = self._state
        agent = state.agents[number]
        task = state.tasks.get(agent.task) if agent.task else None
        pane.show(agent, task, state.agent_run(number), state.sessions.get(number), self._now)

    def _mark(self) -> None:
        """The frame of the selected agent stands out while the keys go to the agents."""
        for number, pane in self.panes.items():
            pane.set_class(number == self.selected and self.has_focus_within, "-selected")

    # ── selecting ────────────────────────────────────────────────────────────────────────────────────

    def watch_selected(self) -> None:
        """The selected agent must have a pane, and is marked."""
        self._arrange()
        self._mark()
        self.post_message(self.Changed(self))

    def select(self, number: int) -> None:
        """Select an agent and send the keys to its pane."""
        self.selected = number
        self.focus_selected()

    def focus_selected(self) -> None:
        """Send the keys to the selected agent's pane, as soon as it is on the screen."""
        pane = self.panes.get(self.selected) if self.selected in self.shown else None
        self._wants_keys = pane is None
        if pane is not None:
            self.call_after_refresh(pane.transcript.focus)

    def step(self, steps: int) -> bool:
        """Select the next agent; False at the end, where there is none."""
        numbers = sorted(self._state.agents)
        index = numbers.index(self.selected) + steps if self.selected in numbers else -1
        if not 0 <= index < len(numbers):
            return False
        self.select(numbers[index])
        return True

    def enter(self, steps: int) -> None:
        """Come in from another pane: to the first agent, or going backwards to the last."""
        if self._state.agents:
            self.select(min(self._state.agents) if steps > 0 else max(self._state.agents))

    # ── events ───────────────────────────────────────────────────────────────────────────────────────

    def on_resize(self) -> None:
        """Another size holds another number of panes."""
        self._arrange()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The agent whose pane has the keys is the selected one."""
        for number, pane in self.panes.items():
            if pane in event.widget.ancestors_with_self:
                self.selected = number
        self._mark()

    def on_descendant_blur(self) -> None:
        """The keys go elsewhere."""
        self._mark()

    def on_strips_clicked(self, event: Strips.Clicked) -> None:
        """A clicked line becomes a pane."""
        self.select(event.number)


def plan(numbers: Sequence[int], selected: int, before: Sequence[int], width: int, height: int) -> Plan:
    """How to show these agents in so much room; panes that were there stay if they can."""
    total = len(numbers)
    if not total:
        return Plan((), 1, ())
    across = max(1, width // MIN_WIDTH)
    down = max(1, height // MIN_HEIGHT)
    if total > across * down:
        # Each agent without a pane takes a line; with fewer lines there would be more panes, at most by a row.
        down = max(1, (height - (total - across * down)) // MIN_HEIGHT)
    count = min(total, across * down)
    ranked = sorted(numbers, key=lambda n: (n != selected, n not in before, n))
    chosen = tuple(sorted(ranked[:count]))
    columns = min(across, ceil(count / down))
    return Plan(chosen, columns, tuple(n for n in numbers if n not in chosen))


def agent_line(state: State, number: int, now: float, width: int) -> Content:
    """One agent in one line: its number, what it does, for how long, and what that cost."""
    agent = state.agents[number]
    task = state.tasks.get(agent.task) if agent.task else None
    symbol, style, what = _doing(state, agent, task)
    run = state.agent_run(number)
    tail = f"{money(run.usd) if run else '':>8}{duration(now - task.since) if task else '':>7}"
    room = max(0, width - 2 - 4 - len(tail))
    return Content.assemble((symbol, style), (f" a{number:<3}", "bold"), column(what, room), (tail, MUTED))


def _doing(state: State, agent: Agent, task: Task | None) -> tuple[str, str, str]:
    if task is None:
        return "·", MUTED, "paused, no task" if agent.paused else "idle"
    symbol, style = SYMBOLS[task.state]
    if agent.paused:
        symbol, style = "‖", "$text-warning"
    held = "paused: " if agent.paused else ""
    why = why_there(state, task) or str(task.state)
    return symbol, style, f"{held}{task.id} {one_line(task.title)}: {why}"
