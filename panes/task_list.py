"""The board as a list: every task on a line, in sections, what needs a person first.

Which rows there are is worked out when tasks changed; what a row says only when it is painted. So a thousand
tasks cost no more than the forty that show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.cells import cell_len
from textual.content import Content

from cockpit.state import State, Task
from cockpit.views import duration
from panes.choices import Choices, Row
from panes.colours import MUTED, one_line
from panes.direct import Direct
from panes.lanes import EMPTY, SECTIONS, Lanes
from panes.task_line import agent_mark, line, room, why_there


class TaskList(Choices, Direct):
    """The tasks of all lanes, one below the other."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state = State()
        self._now = 0.0
        self._lanes: Lanes | None = None
        self._width = 0
        self._lines: dict[str, tuple[Task | None, tuple[object, ...], Content]] = {}
        """Lines that were built, and of what."""
        self._painted: dict[int, Content] = {}
        """What the rows say that were painted since the last change, by number."""
        self._lengths: dict[str, tuple[Task, int]] = {}
        """How long each title is; counting cells is slow."""
        self._split = 0

    def show(self, state: State, now: float, lanes: Lanes) -> None:
        """Show `state` as it is at `now`, sorted into `lanes`."""
        before, self._state, self._now = self._lanes, state, now
        self._lanes = lanes
        painted = self._painted
        if before is not lanes:
            self.rebuild()
        self._repaint(painted)

    def rows(self, width: int) -> list[Row]:
        """A heading for each section that has tasks, and its tasks."""
        lanes = self._lanes or EMPTY
        self._painted, self._width = {}, width
        self._split = self._longest(lanes, width)
        if not lanes.count:
            return _empty(lanes)
        found: list[Row] = []
        for title, names in SECTIONS:
            ids = [task for name in names for task in lanes.ids[name]]
            if ids:
                found.append(Row(Content.assemble((title, "bold"), (f"  {len(ids)}", MUTED))))
                found += [Row(choice=task) for task in ids]
        return found

    def _longest(self, lanes: Lanes, width: int) -> int:
        """Cells of the title where a reason follows: the same on every line, three fifths of the room at most."""
        most, longest = room(width) * 3 // 5, 0
        for ids in lanes.ids.values():
            for name in ids:
                if longest < most and why_there(self._state, task := self._state.tasks[name]):
                    longest = max(longest, self._length(task))
        return min(longest, most)

    def _length(self, task: Task) -> int:
        known = self._lengths.get(task.id)
        if known is None or known[0] is not task:
            known = self._lengths[task.id] = (task, cell_len(one_line(task.title)))
        return known[1]

    def content(self, number: int) -> Content:
        """A heading, or a task's line."""
        row = self._rows[number]
        if number not in self._painted:
            self._painted[number] = self._line(row.choice) if row.choice else row.content
        return self._painted[number]

    def _line(self, name: str) -> Content:
        """The task's line; built anew only where something that it tells is something else."""
        state, task = self._state, self._state.tasks[name]
        age = duration(self._now - task.since)
        told = (self._width, self._split, age, why_there(state, task), state.seen_state(task), agent_mark(state, task))
        was, before, text = self._lines.get(name, (None, (), Content()))
        if was is not task or before != told:
            text = line(state, task, self._now, self._width, self._split)
            self._lines[name] = (task, told, text)
        return text

    def _repaint(self, before: Mapping[int, Content]) -> None:
        """Build the lines anew that show, and paint those that say something else than `before`, or are new there."""
        top, height = round(self.scroll_y), self.size.height
        self._width = self.scrollable_content_region.width
        self._painted = {}
        shown = range(top, min(top + height, len(self._rows)))
        changed = [n for n in shown if n not in before or not self.content(n).is_same(before[n])]
        if changed:
            self.mark(n - top for n in changed)

    def _refresh_rows(self, numbers: Iterable[int]) -> None:
        """The cursor moved, or rows say something else: a person waits for it."""
        top, height = round(self.scroll_y), self.size.height
        if shown := [n - top for n in numbers if 0 <= n - top < height]:
            self.mark(shown, soon=True)


def _empty(lanes: Lanes) -> list[Row]:
    if lanes.total:
        return [Row(Content(f"None of the {lanes.total} tasks fits the filter.")), Row(Content("esc shows all again."))]
    lines = ("No tasks yet.", "`cockpit plan PLAN.md` reads a plan; the key n adds one task.")
    return [Row(Content(text)) for text in lines]
