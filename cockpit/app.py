"""The app: state comes down to the panes, commands go up through the link, and no rule lives here.

One worker follows the state; one per agent pane that shows follows a transcript; a command is a worker of its
own, so that no key waits for an answer. While no agent lives nothing runs but a slow tick that keeps the ages
on the screen true.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.events import Event, Key, MouseDown
from textual.screen import Screen
from textual.timer import Timer

from cockpit import keys
from cockpit.agent_keys import AgentKeys
from cockpit.app_base import ANSWER_SECONDS, leave_a_dead_terminal
from cockpit.bindings import app_bindings, is_elsewhere, method
from cockpit.board_keys import BoardKeys
from cockpit.desk_keys import DeskKeys
from cockpit.feeds import Feeds, closing, fetch_diff, is_still_wanted
from cockpit.keys import AGENTS, BOARD, DESK, INBOX
from cockpit.later import later
from cockpit.link import Link
from cockpit.plan_keys import PlanKeys
from cockpit.screen import CockpitScreen
from cockpit.screen_settings import ScreenSettings
from cockpit.state import State, Task, TaskDraft, TaskState
from cockpit.tidy_keys import TidyKeys
from cockpit.views import BREAKER, BUDGET, HELD, PLAN, PLAN_FAILED
from cockpit.words import show_in
from panes.agent_grid import AgentGrid
from panes.bars import Bar
from panes.choices import Choices
from panes.direct import PACES, painter

if TYPE_CHECKING:
    from textual.driver import Driver

    from cockpit import (
        app_away,
        app_cards,
        app_controls,
        app_grid,
        app_ideas,
        app_money,
        app_steering,
        attention,
        commands,
        look,
        moves,
    )
    from panes import painted
    from panes.merge_desk import MergeDesk
else:
    app_away, app_cards, app_controls = (
        later("cockpit.app_away"),
        later("cockpit.app_cards"),
        later("cockpit.app_controls"),
    )
    app_grid, app_ideas, app_money, app_steering = (
        later("cockpit.app_grid"),
        later("cockpit.app_ideas"),
        later("cockpit.app_money"),
        later("cockpit.app_steering"),
    )
    attention, commands, look = later("cockpit.attention"), later("cockpit.commands"), later("cockpit.look")
    moves, painted = later("cockpit.moves"), later("panes.painted")

YOUNG_SECONDS, LIVE_SECONDS, QUIET_SECONDS = 1.0, 5.0, 30.0
"""How often ages are brought up to date: while one is young, while an agent lives, and while none does."""


class CockpitApp(DeskKeys, BoardKeys, AgentKeys, PlanKeys, TidyKeys):
    """One developer's view of the night."""

    TITLE = "cockpit"
    CSS_PATH = Path(__file__).with_name("cockpit.tcss")
    BINDINGS: ClassVar[list[BindingType]] = app_bindings()

    def __init__(
        self,
        link: Link,
        settings: ScreenSettings = ScreenSettings(),  # noqa: B008  (frozen)
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`settings` are the configuration's. Raises KeyConflict where its keys can't be used."""
        super().__init__(link, settings, clock)
        if settings.theme:
            look.wear(self, settings.theme)
        self._feeds = Feeds(self, link)
        self._timer: Timer | None = None
        self._has_state = False
        self._terminal_title = ""
        self.presence = app_away.Presence()
        self._armed_at = float("-inf")
        """When the emergency key was pressed for the first time."""

    def get_default_screen(self) -> Screen[None]:
        """The one screen."""
        return CockpitScreen(self.keys, self.size.width)

    @property
    def is_idle(self) -> bool:
        """Nothing that was asked for is still on its way to the screen."""
        return self._has_state and not self._busy and self.typed.is_at_rest

    def on_mount(self) -> None:
        """The keys are the table's or the configuration's."""
        self.set_keymap(self.keys)
        painter(self).pace = PACES[self.settings.frames]

    async def on_event(self, event: Event) -> None:
        """A key or the mouse tells that somebody is there."""
        if isinstance(event, Key | MouseDown):
            self.forget_answer()
            app_away.noticed(self)
        await super().on_event(event)

    @on(CockpitScreen.Built)
    def begin(self) -> None:
        """Listen, from the first moment on."""
        gc.freeze()  # what the start has made stays; whoever started us held collecting back until here
        gc.enable()
        self.call_after_refresh(self._listen)  # the threads that listening needs would hold up the first paint

    def _listen(self) -> None:
        self._work(self._follow, "state")
        self.begin_work(partial(app_grid.recall, self), "screen")
        self.begin_work(partial(app_away.recall, self), "away")

    def get_driver_class(self) -> type[Driver]:
        """The system's; on a terminal the one whose thread sleeps until a key is pressed."""
        found = super().get_driver_class()
        if found.__name__ != "LinuxDriver":
            return found
        from panes.driver import SleepingDriver

        return SleepingDriver

    # ── state comes down ─────────────────────────────────────────────────────────────────────────────

    async def _follow(self) -> None:
        try:
            async with closing(self.link.states()) as states:
                async for state in states:
                    self.show(state)
                    if not self._has_state:
                        self.begin_work(self.read_desk, "reading")
                    self._has_state = True
        except Exception as error:  # whatever the link met, the person must read it and not a traceback
            self._has_state = True
            self.say(f"the ledger can't be read any more: {error}. Leave and attach again", ok=False)

    def show(self, state: State) -> None:
        """Bring `state` onto the screen."""
        is_news = state.notices != self.state.notices and state.notices
        if is_news and self._clock() - self._said_at > ANSWER_SECONDS:
            self.main.status.notice(state.notices[-1])
        if self._has_state:
            self._draw_attention(attention.news(self.state, state))
        self.state = state
        show_in(state.currency, state.rate)
        self._refresh()
        app_away.arrived(self)
        app_steering.watch(self, state)

    def _draw_attention(self, news: str) -> None:
        if news and self.settings.bell:
            self.bell()
        if news and self.settings.desktop and self._driver is not None and not self.is_headless:
            self._driver.write(attention.notification(self.link.repository, news, os.environ))

    def _refresh(self) -> None:
        if not self.screen_stack:  # a tick that comes while the screen is being left
            return
        if not self.is_headless:
            leave_a_dead_terminal()
        self.main.show(self.state, self.link.repository, self.link.engine_alive(), self._clock())
        if len(self.screen_stack) > 1:
            app_cards.refresh(self)
        self._feed()
        self._name_terminal()
        self._arm()

    def _feed(self) -> None:
        agents = self.main.agents
        self._feeds.follow(self.state, agents.panes, agents.shown)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(self._tick_seconds, self._refresh)

    @property
    def _tick_seconds(self) -> float:
        """When an age will say something else: ages of less than a minute are told in seconds."""
        if not (self.app_focus and any(run.live for run in self.state.runs.values())):
            return QUIET_SECONDS
        now = self._clock()
        return YOUNG_SECONDS if any(now - task.since < 60 for task in self.state.tasks.values()) else LIVE_SECONDS

    def _name_terminal(self) -> None:
        title = attention.title(self.state, self.link.repository)
        if title != self._terminal_title and self._driver is not None and not self.is_headless:
            self._terminal_title = title
            self._driver.write(f"\x1b]2;{title}\x07")

    @on(AgentGrid.Changed)
    @on(CockpitScreen.ViewChanged)
    def feed_what_shows(self) -> None:
        """Other panes are on the screen now: feed those."""
        self.call_after_refresh(self._refresh)

    def on_merge_desk_diff_wanted(self, event: MergeDesk.DiffWanted) -> None:
        """Fetch a diff for the merge desk."""
        self.begin_work(partial(self._fetch, event), "diffs")

    async def _fetch(self, wanted: MergeDesk.DiffWanted) -> None:
        diff, trouble = await fetch_diff(self.link, self.state.tasks[wanted.task])
        desk = self.main.desk
        if desk is not None and is_still_wanted(self.state.tasks.get(wanted.task), wanted):
            desk.set_diff(wanted.task, diff, trouble)

    # ── keys: tasks ──────────────────────────────────────────────────────────────────────────────────

    def action_approve(self) -> None:
        """Merge the selected task; in the inbox, raise the cap of a night that the budget stopped."""
        if self.main.waiting == BUDGET:
            app_money.ask_cap(self)
        elif self.main.waiting == BREAKER:
            self.action_try_again()
        else:
            super().action_approve()

    def action_retry(self) -> None:
        """Queue the selected task again."""
        self.make(moves.retry(self.state, self.main.chosen_task))

    def action_skip(self) -> None:
        """Drop the selected task; in the inbox, leave a stopped night at that, or forget a failed plan."""
        if self.main.waiting == BUDGET:
            self.make(moves.leave_stopped(self.state))
            return
        if self.main.waiting == PLAN_FAILED:
            self.give(commands.DiscardPlan())
            return
        task = self.main.chosen_task
        if task is not None and task.state is TaskState.SUGGESTED:
            app_ideas.refuse(self, task)
            return
        self.make(moves.skip(self.state, task))

    def action_new_task(self) -> None:
        """Write a task."""
        from panes.new_task import NewTask

        self.push_screen(NewTask("New task", self.state.tasks), self._add)

    def _add(self, draft: TaskDraft | None) -> None:
        if draft is not None:
            self.give(commands.AddTasks((draft,)))

    # ── keys: the night and the screen ───────────────────────────────────────────────────────────────

    def action_night(self) -> None:
        """Start a night, go on with one, or stop it."""
        self.begin_work(partial(app_controls.night, self), "night")

    def action_hold(self) -> None:
        """Hold a category or a role, or let it go on."""
        app_controls.hold(self)

    def action_emergency(self) -> None:
        """Kill everything, at the second press."""
        self._armed_at = app_controls.emergency(self, self._armed_at, self._clock())

    def action_away(self) -> None:
        """Show what happened while nobody looked."""
        app_away.look_back(self)

    def action_money(self) -> None:
        """Tell where the money goes."""
        app_money.open_card(self)

    def action_numbers(self) -> None:
        """Tell how the last 30 days went."""
        app_money.open_numbers(self)

    def action_board(self) -> None:
        """Go to the board."""
        self.main.go(BOARD)

    def action_agents(self) -> None:
        """Go to the agents."""
        self.main.go(AGENTS)

    def action_desk(self) -> None:
        """Go to the merge desk."""
        self.main.go(DESK)

    def action_inbox(self) -> None:
        """Go to the inbox."""
        self.main.go(INBOX)

    def action_next(self) -> None:
        """Go to the next pane or agent."""
        self.main.step(1)

    def action_previous(self) -> None:
        """Go to the pane or agent before."""
        self.main.step(-1)

    def action_theme(self) -> None:
        """Choose other colours."""
        look.choose(self)

    def action_help(self) -> None:
        """Show all keys."""
        from panes.cards import key_card
        from panes.dialogs import Card

        width = min(self.size.width * 9 // 10, 130)
        self.push_screen(
            Card("Keys, and the commands that do the same", key_card(self.keys, width - 7, self.main.view), width)
        )

    def action_detach(self) -> None:
        """Leave; the engine goes on."""
        if self._driver is not None and self._terminal_title and not self.is_headless:
            self._driver.write("\x1b]2;\x07")
        if len(self.screen_stack) == 1:
            self.link.keep_frame(self.size.width, self.size.height, painted.painted(self))
        self.exit()

    async def action_quit(self) -> None:
        """Ctrl+Q leaves like the key for it."""
        self.action_detach()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Ctrl+Q would overtake the terminal that has the keys."""
        return action != "quit" or getattr(self.focused, "awaits_key", True)

    def action_help_quit(self) -> None:
        """Ctrl+C ends nothing here; say what does."""
        self.say(f"{keys.pretty(self.keys['detach'])} leaves the screen; the night goes on", ok=None)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette has the table's actions, and the colours."""
        for key in keys.TABLE:
            if key.action != "palette" and not is_elsewhere(key.action):
                title = f"{key.title.capitalize()}  ({keys.pretty(self.keys[key.action])})"
                yield SystemCommand(title, key.help, partial(self._run_key, key.action))

    async def _run_key(self, action: str) -> None:
        await self.run_action(f"app.{method(action)}")

    @on(Bar.Clicked)
    async def run_clicked(self, event: Bar.Clicked) -> None:
        """A click on a bar does what the key does."""
        if is_elsewhere(event.action):
            self.simulate_key(self.keys[event.action])
        else:
            await self._run_key(event.action)

    # ── opening a task ───────────────────────────────────────────────────────────────────────────────

    @on(Choices.Opened)
    def open_choice(self, event: Choices.Opened) -> None:
        """Enter on the board or in the inbox."""
        if event.choice == BUDGET:
            app_money.open_card(self)
            return
        if event.choice.startswith(HELD):
            agent = next((a for a in self.state.agents.values() if event.choice == HELD + a.name), None)
            self.open_task(self.state.tasks.get(agent.held[0]) if agent and agent.held else None)
            return
        if event.choice == BREAKER:
            self.action_try_again()
            return
        if event.choice in (PLAN, PLAN_FAILED):
            self.action_plan()
            return
        if event.choice in {agent.name for agent in self.state.agents.values()}:
            self.action_take_over()
            return
        if event.choice in self.state.questions:
            app_steering.open_question(self, event.choice)
            return
        task = self.state.tasks.get(event.choice)
        if task is not None and event.choices in (self.main.inbox, self.main.away):
            app_cards.open_task(self, task)
        else:
            self.open_task(task)

    def action_open_agent(self) -> None:
        """What the focused agent asks, else the card of its task."""
        agent = self.chosen_agent()
        if isinstance(agent, moves.Refusal):
            self.make(agent)
        elif asked := next((q for q in self.state.open_questions() if q.agent == agent.number), None):
            app_steering.open_question(self, asked.id)
        elif task := self.state.tasks.get(agent.task or ""):
            app_cards.open_task(self, task)
        else:
            self.say(f"{agent.name} has no task now", ok=False)

    def open_task(self, task: Task | None) -> None:
        """Show a task where there is most to see: at the desk, in its agent's pane, or on its card."""
        if task is None:
            self.say("choose a task first", ok=False)
            return
        asked = next((q for q in self.state.open_questions() if q.run == task.run), None)
        match app_cards.where_to_look(self.state, task):
            case _ if asked is not None:
                app_steering.open_question(self, asked.id)
            case "diff":
                self.main.go(DESK, task.id)
            case "agent" if task.agent is not None:
                self.main.agents.selected = task.agent
                self.main.go(AGENTS)
            case _:
                app_cards.open_task(self, task)
