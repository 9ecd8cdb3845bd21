"""What a task waits for and what waits for it, as a tree; enter goes to the task under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from cockpit.policy import graph
from cockpit.state import State, Task
from panes.choices import Choices, Row
from panes.colours import MUTED, SYMBOLS, column, one_line
from panes.dialogs import Dialog

MOST_ROWS = 400
"""More of a tree than this nobody reads."""

CRITICAL = "»"


@dataclass(frozen=True, slots=True)
class Branch:
    """One task in a tree."""

    task: str
    lead: str
    """The lines that lead to it."""
    again: bool = False
    """It stands above already, with all that is below it."""


def tree(root: str, below: Callable[[str], Sequence[str]], most: int = MOST_ROWS) -> list[Branch]:
    """Everything below `root`, each task's own tree once; no circle can be in it."""
    found: list[Branch] = []
    seen = {root}
    stack = [(name, "", is_last) for name, is_last in _turned(below(root))]
    while stack and len(found) < most:
        name, lead, is_last = stack.pop()
        again = name in seen and bool(below(name))
        found.append(Branch(name, f"{lead}{'└─ ' if is_last else '├─ '}", again))
        if name not in seen:
            seen.add(name)
            deeper = f"{lead}{'   ' if is_last else '│  '}"
            stack += [(child, deeper, last) for child, last in _turned(below(name))]
    return found


def _turned(names: Sequence[str]) -> list[tuple[str, bool]]:
    """For a stack: the last one first, marked as such."""
    return [(name, n == len(names) - 1) for n, name in reversed(list(enumerate(names)))]


class Tree(Choices):
    """The two trees around a task."""

    def __init__(self, state: State, task: Task) -> None:
        """Of `task`, as it is in `state`."""
        super().__init__(id="tree")
        self._state = state
        self._of = task
        self._critical = graph.critical_path(state)
        needs, waiting = graph.needs(state), graph.waiting_for(state)
        self._above = tree(task.id, lambda name: needs.get(name, ()))
        self._below = tree(task.id, lambda name: waiting.get(name, ()))
        self._ids: dict[str, str] = {}
        self.styles.height = len(self._above) + len(self._below) + 5

    def rows(self, width: int) -> list[Row]:
        """What it waits for, the task itself, what waits for it, and the critical path in words."""
        above, below = self._above, self._below
        return [
            _heading("Waits for", len({b.task for b in above})),
            *(self._row(f"above/{n}", branch, width) for n, branch in enumerate(above)),
            self._row("itself", Branch(self._of.id, ""), width),
            _heading("Waited for by", len({b.task for b in below})),
            *(self._row(f"below/{n}", branch, width) for n, branch in enumerate(below)),
            Row(),
            Row(Content.styled(self._legend(), MUTED)),
        ]

    def _row(self, key: str, branch: Branch, width: int) -> Row:
        task = self._state.tasks[branch.task]
        symbol, style = SYMBOLS[self._state.seen_state(task)]
        mark = CRITICAL if branch.task in self._critical else " "
        state = f" {self._state.seen_state(task)}"
        lead = f"{mark} {branch.lead}"
        again = " (above)" if branch.again else ""
        room = max(8, width - len(lead) - 2 - len(state) - 1)
        said = column(f"{task.id} {one_line(task.title)}{again}", room)
        bold = "bold" if branch.task == self._of.id else ""
        self._ids[key] = branch.task
        return Row(Content.assemble((lead, MUTED), (symbol, style), " ", (said, bold), (state, style)), key)

    def task_of(self, choice: str) -> str:
        """The task of a row."""
        return self._ids.get(choice, "")

    def _legend(self) -> str:
        if not self._critical:
            return "No open task waits for another."
        path = " → ".join(self._critical[:8]) + (" → …" if len(self._critical) > 8 else "")
        return f"{CRITICAL} critical path, {len(self._critical)} tasks one after the other: {path}"


def _heading(title: str, count: int) -> Row:
    return Row(Content.assemble((title, "bold"), (f"  {count or 'nothing'}", MUTED)))


class Dependencies(Dialog[str]):
    """The trees in a box; gives the task to go to."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("d,q", "leave", "Leave", show=False)]

    def __init__(self, state: State, task: Task) -> None:
        """Of `task`, as it is in `state`."""
        super().__init__(f"{task.id} {one_line(task.title)}")
        self._tree = Tree(state, task)

    def body(self) -> ComposeResult:
        """The trees."""
        yield self._tree

    def hint(self) -> str:
        """The keys, in words."""
        return "↑ ↓ move   enter goes to the task   esc closes it"

    def on_mount(self) -> None:
        """Keys go to the tree, and the cursor to the task itself."""
        self._tree.focus()
        self._tree.selected = "itself"

    def on_choices_opened(self, event: Choices.Opened) -> None:
        """Go to the task under the cursor."""
        event.stop()
        self.dismiss(self._tree.task_of(event.choice))
