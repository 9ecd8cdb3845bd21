"""The merge desk: the tasks that wait for a yes, and for one of them all that the yes depends on.

On the left the tasks; on the right the selected one's header, then in one scroll its gates, its verdict and
its diff, with the tree of its files beside or over it. In a narrow terminal the tasks are a short list on top.
The keys that approve and reject are the app's: it asks `selected`. A diff is fetched by the app too:
`DiffWanted` goes out, `set_diff` comes back; and what was read and written goes out as `Noted`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from cockpit import reading
from cockpit.pull_words import pull_text
from cockpit.reading import UNREAD, Change, Draft, Reading, Readings
from cockpit.state import SETTLED, State, Task, TaskState
from cockpit.views import clash_text, undone_text
from panes.choices import Choices
from panes.desk_list import DeskHeader, DeskList
from panes.desk_text import Aside, Evidence, at_desk, commits, evidence, header, next_level
from panes.diff_marks import is_viewed
from panes.diff_model import Diff, parse
from panes.diff_view import DiffView
from panes.drafts import placed
from panes.file_tree import FileTree
from panes.paragraphs import Paragraph, Tone

NARROW = 110
"""With fewer cells than this the list is on top."""
BESIDE = 150
"""With fewer cells than this the tree lies over the diff."""
DIFFS_KEPT = 6
EMPTY = "Nothing waits at the merge desk. Tasks come here when their gates and their review are good."

Wanted = tuple[str, str, str]
"""A task, and the two commits to compare."""


def _diff_keys() -> Iterator[Binding]:
    """The diff's own keys, for whoever is in the list: they do the same, and go there."""
    for binding in DiffView.BINDINGS:
        if isinstance(binding, Binding) and (binding.id or "").startswith("diff."):
            yield replace(binding, action=f"in_diff({binding.action!r})", show=False)


class MergeDesk(Widget):
    """Tasks to approve or to send back, and the evidence."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_diff_keys(),
        Binding("escape", "list", "Tasks", show=False, id="desk.list"),
        Binding("f", "tree", "Files", show=False, id="desk.tree"),
        Binding("c", "app.comment", "Comment", show=False, id="desk.comment"),
        Binding("e", "app.edit_file", "Edit", show=False, id="desk.edit"),
        Binding("o", "app.shell", "Shell", show=False, id="desk.shell"),
    ]
    DEFAULT_CSS = """
    MergeDesk {
        layout: horizontal;
        DeskList { width: 36; height: 1fr; border-right: vkey $panel-lighten-2; }
        #desk-task { width: 1fr; height: 1fr; }
        #desk-read { height: 1fr; layers: below above; }
        DiffView { height: 1fr; width: 1fr; }
        FileTree { width: 36; height: 1fr; display: none; border-right: vkey $panel-lighten-2; }
        &.-tree FileTree { display: block; }
        &.-over FileTree { layer: above; dock: left; width: 44; max-width: 90%; background: $surface; }
        &.-narrow {
            layout: vertical;
            DeskList { width: 1fr; height: auto; max-height: 2; border-right: none; }
            DeskList:focus { max-height: 5; }
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

    @dataclass
    class Noted(Message):
        """Something was read or written, to be remembered."""

        change: Change

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state = State()
        self._list = DeskList()
        self._header = DeskHeader()
        self._tree = FileTree()
        self._view = DiffView()
        self._diffs: dict[Wanted, Diff | None] = {}
        """What is here, and None for what was asked for."""
        self._troubles: dict[Wanted, str] = {}
        self._showing: tuple[Wanted, Diff | None] | None = None
        self._choice = ""
        self._was_open = False
        """What shows was still to be decided about when it was shown last."""
        self._leads = False
        """The diff goes to its next file by itself, and the tree is to follow."""
        self._readings: Readings = {}
        self._levels: dict[Wanted, dict[int, int]] = {}
        """How much somebody wants to see of a gate's output."""

    def compose(self) -> ComposeResult:
        """The list beside, or over, the task."""
        yield self._list
        with Vertical(id="desk-task"):
            yield self._header
            with Horizontal(id="desk-read"):
                yield self._tree
                yield self._view

    # ── for the app ──────────────────────────────────────────────────────────────────────────────────

    @property
    def selected(self) -> str | None:
        """The task that the keys are about."""
        return self._list.selected or None

    @property
    def file(self) -> tuple[str, int]:
        """The file under the cursor and the line, as they are after the change; empty where there is none."""
        return self._view.cursor_file, self._view.cursor_line

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

    def set_readings(self, readings: Readings) -> None:
        """What was read and written, here or in another terminal."""
        if readings != self._readings:
            self._readings = readings
            self._update()

    def draft_here(self) -> Draft | None:
        """The comment under the cursor, or a new one for its line, hunk or file; None where none can be."""
        return self._view.draft_here() if self._showing is not None else None

    def note(self, change: Change) -> None:
        """Take in what was read or written, and have it remembered."""
        self.set_readings(reading.apply(self._readings, change))
        self.post_message(self.Noted(change))

    def focus(self, scroll_visible: bool = True) -> MergeDesk:
        """Send the keys to the list."""
        self._list.focus(scroll_visible)
        return self

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────

    def _update(self) -> None:
        if not (self.is_mounted and self.display and self.size.width):
            return
        waiting = [task.id for task in at_desk(self._state)]
        before = self._showing[0][0] if self._showing else ""
        self._list.show(self._state, {task: len(self._kept(task).drafts) for task in self._readings})
        if self._choice and self._list.has(self._choice):
            self._list.selected, self._choice = self._choice, ""
        elif waiting and before == self._list.selected and self._has_just_landed(before):
            self._list.selected = waiting[0]
        self._show_task(self._state.tasks.get(self._list.selected))

    def _has_just_landed(self, name: str) -> bool:
        """It was shown as work to decide about, and has landed since: the next one is wanted."""
        task = self._state.tasks.get(name)
        return task is not None and task.state is TaskState.LANDED and self._was_open

    def _show_task(self, task: Task | None) -> None:
        wanted = self._wanted(task)
        self._was_open = task is not None and task.state is not TaskState.LANDED
        if task is None or wanted is None:
            self._header.text = Content("")
            self._view.show(Diff(), [Paragraph(Tone.NOTE, "", EMPTY)])
            self._tree.show(Diff(), frozenset(), {})
            self._showing = None
            return
        self._ask(wanted)
        kept = self._kept(task.id)
        text = header(task, len(kept.drafts))
        if not text.is_same(self._header.text):
            self._header.text = text
        self._show_diff(task, wanted, self._diffs.get(wanted), kept)

    def _kept(self, name: str) -> Reading:
        """What is remembered of a task; comments on one that is settled can't be sent any more."""
        kept, task = self._readings.get(name, UNREAD), self._state.tasks.get(name)
        return Reading(kept.viewed) if task is not None and task.state in SETTLED else kept

    def _show_diff(self, task: Task, wanted: Wanted, diff: Diff | None, kept: Reading) -> None:
        said = self._evidence(task, wanted, diff, kept)
        if self._showing == (wanted, diff) and self._showing[1] is diff:
            self._view.remember(kept, task.head)
            self._view.say(*said)
        else:
            is_same = self._showing is not None and self._showing[0] == wanted
            self._view.show(diff or Diff(), *said, kept, task.head, stays=is_same)
        self._showing = (wanted, diff)
        self._show_tree(diff or Diff(), kept)

    def _evidence(self, task: Task, wanted: Wanted, diff: Diff | None, kept: Reading) -> Evidence:
        aside = Aside(
            levels=self._levels.get(wanted, {}),
            viewed=sum(is_viewed(kept, diff, file) for file in range(len(diff.files))) if diff else 0,
            comments=len(kept.drafts),
            homeless=tuple(placed(diff, kept.drafts, task.head)[1]) if diff else (),
            undone=undone_text(self._state, task),
            clashes=clash_text(self._state, task),
            pull=pull_text(self._state, task),
            has_review=self._state.night is None or self._state.night.review,
        )
        return evidence(task, diff, self._troubles.get(wanted, ""), aside)

    def _show_tree(self, diff: Diff, kept: Reading) -> None:
        if not self.has_class("-tree"):
            return
        viewed = frozenset(n for n in range(len(diff.files)) if is_viewed(kept, diff, n))
        names = Counter(draft.comment.file for draft in kept.drafts)
        self._tree.show(diff, viewed, {n: names[change.path] for n, change in enumerate(diff.files)})

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
        """The list and the tree go where there is room for them."""
        self.set_class(self.size.width < NARROW, "-narrow")
        self.set_class(self.size.width < BESIDE, "-over")
        self._update()

    def on_show(self) -> None:
        """Catch up with what happened while it was hidden."""
        self._update()

    def on_choices_moved(self, event: Choices.Moved) -> None:
        """Show the task, or the file, under the cursor."""
        event.stop()
        if event.choices is self._list:
            self._show_task(self._state.tasks.get(self._list.selected))
        elif self._tree.has_focus and event.choice not in ("", self._view.cursor_file):
            self._view.go_to(event.choice)

    def on_choices_opened(self, event: Choices.Opened) -> None:
        """Go from the list to what it is about, or from the tree to the file."""
        event.stop()
        if event.choices is self._tree:
            self._leave_tree()
            self._view.go_to(event.choice)
            return
        self._try_again()
        self._view.focus()
        self.post_message(self.Chosen(event.choice))

    def on_diff_view_in_file(self, event: DiffView.InFile) -> None:
        """The tree shows where the reader is."""
        event.stop()
        if (self._leads or not self._tree.has_focus) and self._tree.has(event.path):
            self._tree.selected, self._leads = event.path, False

    def on_diff_view_viewed(self, event: DiffView.Viewed) -> None:
        """Remember that a file was read."""
        event.stop()
        task = self._list.selected
        change = reading.View(task, event.path, event.digest) if event.is_viewed else reading.Unview(task, event.path)
        self.note(change)

    def on_file_tree_read(self, event: FileTree.Read) -> None:
        """The key for it in the tree does what it does in the diff."""
        event.stop()
        if self._view.go_to(event.path):
            self._view.action_viewed()
            self._leads = True

    def on_diff_view_opened(self, event: DiffView.Opened) -> None:
        """Show more of a gate's output, or go where a finding points."""
        event.stop()
        what, _, rest = event.handle.partition(" ")
        if what == "at":
            line, _, file = rest.partition(" ")
            self._view.go_to(file, int(line))
        elif self._showing is not None:
            wanted, number = self._showing[0], int(rest)
            levels = self._levels.setdefault(wanted, {})
            levels[number] = next_level(self._state.tasks[wanted[0]].gates[number], number, levels)
            self._update()

    async def action_in_diff(self, action: str) -> None:
        """Go to the diff and do there what its key does."""
        self._view.focus()
        await self._view.run_action(action)

    def action_list(self) -> None:
        """Go back: from the tree to the diff, from the diff to the list."""
        if self._tree.has_focus:
            self._leave_tree()
        else:
            self._list.focus()

    def action_tree(self) -> None:
        """Show the tree of files, or put it away."""
        if self.has_class("-tree"):
            had_focus = self._tree.has_focus
            self.remove_class("-tree")
            if had_focus:
                self._view.focus()
            return
        self.add_class("-tree")
        self._tree.selected = self._view.cursor_file
        self._update()
        self.call_after_refresh(self._tree.focus)

    def _leave_tree(self) -> None:
        """To the diff; a tree that lies over it goes."""
        if self.has_class("-over"):
            self.remove_class("-tree")
        self._view.focus()
