"""What a planner proposes: each task with its criteria and what it waits for, where all of it leads, and the doubts.

Nothing of it is in the queue yet. From here tasks are dropped and edited, and the whole is agreed to or discarded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from cockpit.commands import AskPlan
from cockpit.minutes import in_words
from cockpit.plan_text import after, waiting, where
from cockpit.policy.forecast_plan import Forecast, agents_of, forecast
from cockpit.policy.planning import waits
from cockpit.state import Plan, State, TaskDraft
from cockpit.views import duration, money
from cockpit.watching import Window
from panes.choices import Choices, Row
from panes.colours import MUTED, column, one_line
from panes.dependencies import CRITICAL
from panes.dialogs import Dialog, Writing
from panes.inbox import hint
from panes.wrap import rows as wrapped

TAIL = 20
"""Cells for what a task is thought to cost and to take."""


class PlanList(Choices):
    """The plan's tasks, between where it leads and what was said of it."""

    def __init__(self) -> None:
        """There is no plan yet."""
        super().__init__(id="plan-list")
        self._plan: Plan | None = None
        self._found: Forecast | None = None
        self._now = 0.0
        self._limit: Window | None = None

    def show(self, plan: Plan, found: Forecast | None, now: float, limit: Window | None = None) -> None:
        """Show a plan as it is at `now`, and which limit it waits for."""
        self._plan, self._found, self._now, self._limit = plan, found, now, limit
        self.rebuild()

    def rows(self, width: int) -> list[Row]:
        """All of it."""
        plan = self._plan
        if plan is None:
            return []
        if plan.is_asked:
            at_work = f"The planner is at work since {duration(self._now - plan.asked)}."
            limit = waiting(self._limit) if self._limit else ""
            words = f"{limit[:1].upper()}{limit[1:]}{'.' if limit else at_work} You may go on; it waits for you."
            return _text(words, width, "")
        numbers = {draft.key: n for n, draft in enumerate(plan.drafts, 1)}
        rows = [row for line in self._leads(numbers) for row in _text(line, width, "")]
        rows += [row for warning in plan.warnings for row in _text(f"! {warning}", width, "$text-warning")]
        for draft in plan.drafts:
            rows += [Row(), *self._rows_of(draft, numbers, width)]
        if plan.notes:
            rows += [Row(), *(row for note in plan.notes for row in _text(note, width, MUTED))]
        return rows

    def _leads(self, numbers: Mapping[str, int]) -> list[str]:
        return where(self._found, numbers) if self._found else []

    def _rows_of(self, draft: TaskDraft, numbers: Mapping[str, int], width: int) -> list[Row]:
        found = self._found
        mark = CRITICAL if found and len(found.path) > 1 and draft.key in found.path else " "
        usd, minutes = found.by_task[draft.key] if found else (0.0, 0.0)
        tail = column(f"{money(usd)} {in_words(minutes)} est." if found else "", TAIL, right=True)
        head = f"{mark} {numbers[draft.key]:>2} "
        title = column(one_line(draft.title), max(8, width - len(head) - TAIL - 1))
        rows = [Row(Content.assemble((head, MUTED), (title, "bold"), (f" {tail}", MUTED)), draft.key)]
        facts = [
            f"after {after(draft, numbers)}" if draft.depends_on else "",
            "" if draft.kind == "build" else str(draft.kind),
            draft.category,
            ", ".join(draft.files),
        ]
        if told := " · ".join(filter(None, facts)):
            rows += _text(told, width, MUTED, draft.key, "     ")
        for criterion in draft.criteria:
            rows += _text(f"- {criterion}", width, "", draft.key, "     ")
        return rows


def _text(text: str, width: int, style: str, choice: str = "", margin: str = "") -> list[Row]:
    lines = wrapped(one_line(text), max(8, width - len(margin)))
    return [Row(Content.styled(f"{margin}{line}", style), choice) for line in lines]


class PlanCard(Dialog[None]):
    """The plan in a box; it stays true while it is open, and what is wished from it goes to the app."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "wish('agree')", "Agree", show=False, id="plan.agree"),
        Binding("x", "wish('drop')", "Drop", show=False, id="plan.drop"),
        Binding("e", "wish('edit')", "Edit", show=False, id="plan.edit"),
        Binding("E", "wish('edit-all')", "Edit all", show=False, id="plan.edit-all"),
        Binding("D", "wish('discard')", "Discard", show=False, id="plan.discard"),
        Binding("q,L", "leave", "Leave", show=False),
    ]

    @dataclass
    class Wished(Message):
        """Something is to be done with the plan, or with one task of it."""

        what: str
        task: str

    def __init__(self, chosen: Mapping[str, str]) -> None:
        """`chosen` is the key of every action."""
        super().__init__("A plan")
        self._keys = chosen
        self._list = PlanList()
        self._shown: tuple[State, float] | None = None

    def body(self) -> ComposeResult:
        """The tasks."""
        yield self._list

    def hint(self) -> str:
        """The keys, in words."""
        names = (
            ("agree", "agree"),
            ("drop", "drop"),
            ("edit", "edit"),
            ("edit-all", "edit all"),
            ("discard", "discard"),
        )
        return f"{hint(self._keys, [(f'plan.{action}', word) for action, word in names])}  esc later"

    def on_mount(self) -> None:
        """Keys go to the tasks."""
        self._list.focus()
        self._fill()

    def tell(self, state: State, now: float) -> None:
        """Show the plan of `state`."""
        self._shown = (state, now)
        if self.is_mounted:
            self._fill()

    def _fill(self) -> None:
        state, now = self._shown or (State(), 0.0)
        plan = state.plan
        if plan is None:
            return
        found = forecast(state, plan.drafts, plan.guesses, agents_of(state, plan.agents))
        self.query_one("#question", Static).update(Content.styled(_heading(plan), "bold"))
        self._list.show(plan, found, now, waits(state))

    def action_wish(self, what: str) -> None:
        """Have the app do it."""
        self.post_message(self.Wished(what, self._list.selected))

    def on_choices_opened(self, event: Choices.Opened) -> None:
        """Enter on a task edits it."""
        event.stop()
        self.action_wish("edit")


def _heading(plan: Plan) -> str:
    of = ", ".join(one_line(name.rpartition("/")[2]) for name in plan.files)
    part = f", {one_line(plan.section)}" if plan.section else ""
    if plan.is_asked:
        return f"A plan of {of}{part} is being made"
    count = len(plan.drafts)
    return f"{count} task{'s' if count != 1 else ''} of {of}{part}: nothing of it is in the queue yet"


class AskForPlan(Writing[AskPlan]):
    """What is to be planned from: files, a part of them, how many tasks."""

    def body(self) -> ComposeResult:
        """The fields."""
        yield Input(id="files", placeholder="Files: notes.md docs/spec.md", select_on_focus=False)
        yield Input(id="section", placeholder="Only under this heading, such as Phase 3.5", select_on_focus=False)
        yield Input(id="count", placeholder="How many tasks: 12-16", select_on_focus=False)

    def hint(self) -> str:
        """The keys, in words."""
        return "ctrl+s asks the planner   tab goes on to the next field   esc leaves it"

    def on_mount(self) -> None:
        """Keys go to the files."""
        self._field("files").focus()

    def on_input_submitted(self) -> None:
        """Enter goes on to the next field."""
        self.focus_next()

    def _field(self, name: str) -> Input:
        return self.query_one(f"#{name}", Input)

    def send(self) -> None:
        """Give the wish; what is missing or wrong is said, and nothing is lost."""
        files = tuple(self._field("files").value.replace(",", " ").split())
        least, _, most = self._field("count").value.replace("–", "-").replace(" ", "").partition("-")
        if not files:
            self.say("Which files? Their paths begin at the repository.")
            self._field("files").focus()
        elif not (least + most or "0").isdigit():
            self.say("How many tasks is a number or two, such as 8 or 12-16.")
            self._field("count").focus()
        else:
            fewest = int(least or 0)
            self.dismiss(AskPlan(files, self._field("section").value.strip(), fewest, int(most or fewest)))
