"""The agents, as tmux shows its panes: tiled, a main pane with a stack, or one; any of them zoomed.

Where the panes lie is planned in `panes.tiling`. Panes are made when they are first shown and hidden when there
is no room for them; whoever feeds the transcripts asks `shown` which ones to feed. Keys that a mode is about (the
digit after `go to agent`, the letters after `search`) are taken here, where every key of the agents comes by in
order: what a quick typist writes must not go anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import Layout as TextualLayout
from textual.layout import WidgetPlacement
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cockpit.state import State
from panes.agent_lines import AgentLines
from panes.remarks import remarks
from panes.said import Said
from panes.tiling import Box, Layout, Plan, Room, Wish, plan
from panes.title_bar import Shown

if TYPE_CHECKING:
    from panes.agent_pane import AgentPane

QUIET_SECONDS = 60.0
"""So long after its last run an idle agent makes room for the others."""


class Boxes(TextualLayout):
    """Puts each pane where the plan has it."""

    name = "boxes"

    def __init__(self) -> None:
        self.regions: Mapping[Widget, Region] = {}

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> list[WidgetPlacement]:
        """The regions, as Textual wants them."""
        return [
            WidgetPlacement(self.regions[child], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child in self.regions
        ]


class Cells(Widget):
    """The panes themselves."""

    DEFAULT_CSS = "Cells { height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._boxes = Boxes()

    @property
    def layout(self) -> TextualLayout:
        """The plan's."""
        return self._boxes

    def place(self, regions: Mapping[Widget, Region]) -> None:
        """Lay the panes out like this."""
        if regions != self._boxes.regions:
            self._boxes.regions = dict(regions)
            for child in self.children:
                child.refresh(layout=True)


class AgentGrid(Vertical, can_focus=True):
    """The agents' panes, and a line for each agent that has none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "panes(1)", "More panes", show=False, id="grid.more"),
        Binding("minus", "panes(-1)", "Fewer panes", show=False, id="grid.fewer"),
        Binding("enter", "app.open_agent", "Open", show=False, id="open"),
    ]

    selected: reactive[int] = reactive(1, init=False)
    """The agent that the agent keys are about."""
    wish: reactive[Wish] = reactive(Wish(), init=False)
    """How the agents are to be shown."""

    @dataclass
    class Changed(Message):
        """Other agents have panes now, another one is selected, or the panes lie differently."""

        grid: AgentGrid

    @dataclass
    class Arranged(Message):
        """Somebody chose how the agents are shown, which is worth remembering."""

        wish: Wish

    def __init__(self, chosen: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        """`chosen` is the key of every action."""
        super().__init__(id=id)
        self._keys = chosen
        self._state = State()
        self._now = 0.0
        self._plan = Plan()
        self._wants_keys = False
        """The keys should go to the selected agent, and don't yet."""
        self._is_choosing = False
        """The next key is an agent's digit."""
        self.panes: dict[int, AgentPane] = {}

    def compose(self) -> ComposeResult:
        """No panes yet, and the lines below them."""
        yield Cells(id="agent-panes")
        yield AgentLines(id="agent-lines")

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
        before, self._plan = self._plan, plan(self._room(), self.wish)
        self._lay_out()
        remark = "zoomed" if self.wish.zoomed and len(self._state.agents) > 1 else ""
        for number in self._plan.panes:
            self.panes[number].shown = self._facts(number, remark)
        self.query_one(AgentLines).show([self._facts(number) for number in self._plan.lines])
        if self._plan != before:
            self.post_message(self.Changed(self))
        if self._wants_keys:
            self.focus_selected()

    def _room(self) -> Room:
        numbers = sorted(self._state.agents)
        width, height = self.size
        return Room(numbers, self.selected, width, height, self._plan.panes, quiet(self._state, self._now))

    def _lay_out(self) -> None:
        cells = self.query_one(Cells)
        for number in self._plan.panes:
            if number not in self.panes:
                self._make(cells, number)
        for number, pane in self.panes.items():
            pane.display = number in self._plan.panes
        for box in self._plan.boxes:
            self.panes[box.number].set_class(box.x > 0, "-beside")
        cells.place({self.panes[box.number]: _region(box) for box in self._plan.boxes})

    def _make(self, cells: Cells, number: int) -> None:
        from panes.agent_pane import AgentPane  # brings the transcript, which the first paint can do without

        pane = self.panes[number] = AgentPane(self._keys, id=f"agent-{number}")
        pane.number(digit(number) if self._is_choosing else "")
        later = [n for n in self.panes if n > number]
        cells.mount(pane, before=self.panes[min(later)] if later else None)

    def _facts(self, number: int, remark: str = "") -> Shown:
        state = self._state
        agent = state.agents[number]
        task = state.tasks.get(agent.task) if agent.task else None
        remark = " · ".join(filter(None, (remark, remarks(state, number, self._now))))
        return Shown(agent, task, state.agent_run(number), state.sessions.get(number), self._now, remark)

    def _mark(self) -> None:
        """The bar of the selected agent stands out while the keys go to the agents."""
        for number, pane in self.panes.items():
            pane.mark(number == self.selected and self.has_focus_within)

    # ── how they are shown ───────────────────────────────────────────────────────────────────────────

    def watch_wish(self) -> None:
        """Arrange the panes as wished."""
        self._arrange()
        self.post_message(self.Changed(self))

    def zoom(self) -> None:
        """The selected agent's pane alone, or all of them again."""
        self.wish = replace(self.wish, zoomed=not self.wish.zoomed)

    def next_layout(self) -> Layout:
        """Take the next layout, with as many panes as are worth it; which one it is."""
        order = list(Layout)
        layout = order[(order.index(self.wish.layout) + 1) % len(order)]
        self.wish = Wish(layout)
        self.post_message(self.Arranged(self.wish))
        return layout

    def action_panes(self, more: int) -> None:
        """Show more or fewer panes at once."""
        now = 1 if self.wish.zoomed else len(self._plan.boxes)
        layout = Layout.TILED if self.wish.layout is Layout.ONE else self.wish.layout
        wish = Wish(layout, max(1, now + more))
        found = len(plan(self._room(), wish).boxes)
        if found == now:
            why = "there is one pane already" if more < 0 else "no room for another pane"
            if found == len(self._state.agents):
                why = "every agent has a pane already" if more > 0 else why
            self.post_message(Said(why, ok=False))
            return
        self.wish = wish
        self.post_message(self.Arranged(wish))
        self.post_message(Said(f"{found} pane{'s' if found != 1 else ''} at once"))

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
        if self._is_choosing:
            return
        pane = self.panes.get(self.selected) if self.selected in self.shown else None
        self._wants_keys = True
        if pane is not None:
            self.call_after_refresh(self._send_keys, pane)

    def _send_keys(self, pane: AgentPane) -> None:
        if self._wants_keys and not self._is_choosing:  # which may have changed since
            self._wants_keys = False
            pane.take_keys()

    def want_no_keys(self) -> None:
        """The keys are to go elsewhere now: a pane that comes late takes none."""
        self._wants_keys = False

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

    def choose(self) -> bool:
        """Show the agents' numbers; the next key is one of them, or leaves. False where there are no agents."""
        if not self._state.agents:
            return False
        self._is_choosing = True
        self.screen.set_focus(self)  # at once: the transcript that had the keys is about to be hidden
        for number, pane in self.panes.items():
            pane.number(digit(number))
        return True

    def _choose(self, key: str) -> None:
        self._leave_choosing()
        number = 10 if key == "0" else int(key) if key.isdecimal() and len(key) == 1 else self.selected
        if number not in self._state.agents:
            self.post_message(Said(f"there is no agent-{number}", ok=False))
            number = self.selected
        self.select(number)

    def _leave_choosing(self) -> None:
        self._is_choosing = False
        for pane in self.panes.values():
            pane.number("")

    # ── events ───────────────────────────────────────────────────────────────────────────────────────

    def on_key(self, event: events.Key) -> None:
        """Take the keys that a mode is about, before they mean anything else."""
        if self._is_choosing:
            self._choose(event.character or "")
        elif event.key == self._keys["go-agent"]:
            self.choose()
        elif (pane := self.panes.get(self.selected)) is None or not pane.transcript.has_focus:
            return
        elif event.key == self._keys["transcript.search"]:
            pane.transcript.action_search()
        elif not pane.transcript.take_key(event):
            return
        event.stop()

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

    def on_agent_lines_clicked(self, event: AgentLines.Clicked) -> None:
        """A clicked line becomes a pane."""
        self.select(event.number)

    def on_agent_pane_bar_clicked(self, event: AgentPane.BarClicked) -> None:
        """A bar that is clicked twice zooms its pane."""
        event.stop()
        self._leave_choosing()
        self.select(next(n for n, pane in self.panes.items() if pane is event.pane))
        if event.times == 2:
            self.zoom()

    def on_click(self, event: events.Click) -> None:
        """While the numbers show a click on one is as good as its key."""
        if self._is_choosing:
            found = [n for n, pane in self.panes.items() if pane.region.contains_point(event.screen_offset)]
            self._leave_choosing()
            self.select(found[0] if found else self.selected)

    def on_blur(self) -> None:
        """The keys went elsewhere before a number came."""
        if self._is_choosing:
            self._leave_choosing()


def quiet(state: State, now: float) -> frozenset[int]:
    """The agents that have done nothing for a while."""
    idle = [n for n, agent in state.agents.items() if agent.task is None]
    if not idle:
        return frozenset()
    ended: dict[int, float] = {}
    for run in state.runs.values():
        ended[run.agent] = max(ended.get(run.agent, 0.0), run.ended)
    return frozenset(n for n in idle if now - ended.get(n, 0.0) > QUIET_SECONDS)


def digit(number: int) -> str:
    """The key that chooses an agent; the tenth has 0."""
    return str(number % 10)


def _region(box: Box) -> Region:
    """The pane's region; one beside another takes the gap between them for its rule."""
    left = 1 if box.x > 0 else 0
    return Region(box.x - left, box.y, box.width + left, box.height)
