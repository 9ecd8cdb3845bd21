"""The merge desk: the tasks that wait for a yes, and for one of them all that the yes depends on.

On the left the tasks; on the right the selected one's header, then in one scroll its gates, its verdict and
its diff. In a narrow terminal the tasks are a short list on top. The keys that approve and reject are the
app's: it asks `selected`. A diff is fetched by the app too: `DiffWanted` goes out, `set_diff` comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cockpit.state import State, Task
from panes.choices import Choices, Row
from panes.colours import SYMBOLS, column, one_line
from panes.desk_text import at_desk, commits, evidence, header
from panes.diff_model import Diff, parse
from panes.diff_view import DiffView
from panes.paragraphs import Paragraph, Tone

NARROW = 110
"""With fewer cells than this the list is on top."""
DIFFS_KEPT = 6
EMPTY = "Nothing waits at the merge desk. Tasks come here when their gates and their review are good."

Wanted = tuple[str, str, str]
"""A task, and the two commits to compare."""


class DeskList(Choices):
    """The tasks at the desk, one a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._tasks: list[Task] = []

    def show(self, tasks: list[Task]) -> None:
        """List these."""
        self._tasks = tasks
        self.rebuild()

    def rows(self, width: int) -> list[Row]:
        """A line for each task; one that says so when there is none."""
        return [Row(_list_line(task, width), task.id) for task in self._tasks] or [Row(Content("no tasks"))]


class DeskHeader(Widget):
    """What the selected task is, in two lines."""

    DEFAULT_CSS = "DeskHeader { height: 2; padding: 0 1; }"

    text: reactive[Content] = reactive(Content(""))
    """What it shows."""

    def render(self) -> Content:
        """The lines, cut to the width."""
        width = self.content_size.width
        return Content("\n").join(part.truncate(width, ellipsis=True) for part in self.text.split("\n"))


class MergeDesk(Widget):
    """Tasks to approve or to send back, and the evidence."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "list", "Tasks", show=False, id="desk.list")]
    DEFAULT_CSS = """
    MergeDesk {
        layout: horizontal;
        DeskList { width: 36; height: 1fr; border-right: vkey $panel-lighten-2; }
        #desk-task { width: 1fr; height: 1fr; }
        DiffView { height: 1fr; }
        &.-narrow {
            layout: vertical;
            DeskList { width: 1fr; height: auto; max-height: 4; border-right: none; }
        }
    }
    """

    @dataclass
    class DiffWanted(Message):
        """A task is selected whose diff is not here; the app fetches it and calls `set_diff`."""

        task: str
        base: str
        head: str

    @dataclass
    class Chosen(Message):
        """Somebody picked a task from the list, to read it."""

        task: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state = State()
        self._list = DeskList()
        self._header = DeskHeader()
        self._view = DiffView()
        self._diffs: dict[Wanted, Diff | None] = {}
        """What is here, and None for what was asked for."""
        self._troubles: dict[Wanted, str] = {}
        self._showing: tuple[Wanted, Diff | None] | None = None
        self._choice = ""

    def compose(self) -> ComposeResult:
        """The list beside, or over, the task."""
        yield self._list
        with Vertical(id="desk-task"):
            yield self._header
            yield self._view

    # ── for the app ──────────────────────────────────────────────────────────────────────────────────

    @property
    def selected(self) -> str | None:
        """The task that the keys are about."""
        return self._list.selected or None

    def show(self, state: State) -> None:
        """Show the desk as it is in `state`."""
        self._state = state
        self._update()

    def choose(self, task: str) -> None:
        """Select a task, as soon as it is in the list."""
        self._choice = task
        self._update()

    def set_diff(self, task: str, diff: str | Diff | None, trouble: str = "") -> None:
        """Give a task's diff, as text or parsed in a thread; None while it loads, or with why there is none."""
        wanted = self._wanted(self._state.tasks.get(task))
        if wanted is None:
            return
        self._diffs[wanted] = parse(diff) if isinstance(diff, str) else diff
        self._troubles[wanted] = trouble
        self._update()

    def focus(self, scroll_visible: bool = True) -> MergeDesk:
        """Send the keys to the list."""
        self._list.focus(scroll_visible)
        return self

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────

    def _update(self) -> None:
        if not (self.is_mounted and self.display and self.size.width):
            return
        tasks = at_desk(self._state)
        if self._choice in {task.id for task in tasks}:
            self._list.selected, self._choice = self._choice, ""
        self._list.show(tasks)
        self._show_task(self._state.tasks.get(self._list.selected))

    def _show_task(self, task: Task | None) -> None:
        wanted = self._wanted(task)
        if task is None or wanted is None:
            self._header.text = Content("")
            self._view.show(Diff(), [Paragraph(Tone.NOTE, "", EMPTY)])
            self._showing = None
            return
        self._ask(wanted)
        diff = self._diffs.get(wanted)
        said = evidence(task, diff, self._troubles.get(wanted, ""))
        text = header(task)
        if not text.is_same(self._header.text):
            self._header.text = text
        if self._showing == (wanted, diff) and self._showing[1] is diff:
            self._view.say(said)
        elif self._showing is not None and self._showing[0] == wanted:
            self._view.replace(diff or Diff(), said)
        else:
            self._view.show(diff or Diff(), said)
        self._showing = (wanted, diff)

    def _ask(self, wanted: Wanted) -> None:
        if wanted in self._diffs:
            return
        self._diffs[wanted] = None
        for old in list(self._diffs)[: max(0, len(self._diffs) - DIFFS_KEPT)]:
            del self._diffs[old]
            self._troubles.pop(old, None)
        self.post_message(self.DiffWanted(*wanted))

    def _try_again(self) -> None:
        """Ask anew for a diff that could not be had."""
        wanted = self._wanted(self._state.tasks.get(self._list.selected))
        if wanted is not None and self._troubles.pop(wanted, ""):
            self._diffs.pop(wanted, None)
            self._update()

    def _wanted(self, task: Task | None) -> Wanted | None:
        return (task.id, *commits(task)) if task is not None else None

    # ── events and actions ───────────────────────────────────────────────────────────────────────────

    def on_resize(self, event: events.Resize) -> None:
        """The list goes where there is room for it."""
        self.set_class(self.size.width < NARROW, "-narrow")
        self._update()

    def on_show(self) -> None:
        """Catch up with what happened while it was hidden."""
        self._update()

    def on_choices_moved(self, event: Choices.Moved) -> None:
        """Show the task under the cursor."""
        event.stop()
        self._show_task(self._state.tasks.get(self._list.selected))

    def on_choices_opened(self, event: Choices.Opened) -> None:
        """Go from the list to what it is about."""
        event.stop()
        self._try_again()
        self._view.focus()
        self.post_message(self.Chosen(event.choice))

    def action_list(self) -> None:
        """Go back to the list."""
        self._list.focus()


def _list_line(task: Task, width: int) -> Content:
    """A task in one line: its symbol, its id, its title and its state."""
    symbol, style = SYMBOLS[task.state]
    state = str(task.state)
    room = max(0, width - 3 - 5 - len(state))
    return Content.assemble(
        (f" {symbol} ", style), column(task.id, 4), column(one_line(task.title), room), " ", (state, style)
    )
