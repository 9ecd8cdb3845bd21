"""What a planner may answer: tasks in a schema, turned into the drafts that everything else knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from cockpit.agents.answers import LONGEST, Strict
from cockpit.minutes import in_words
from cockpit.state import Kind, TaskDraft
from cockpit.text import cut, plain

MOST_MINUTES = 8 * 60
LONGEST_TITLE = 200


class FileAnswer(Strict):
    """One file that a task touches."""

    path: str = Field(description="Relative to the repository's root")
    is_new: bool = Field(description="The task makes it; false where it is there already, or another task makes it")


class TaskAnswer(Strict):
    """One task."""

    key: str = Field(description="A short name of its own, such as 1, that others depend on it by")
    title: str = Field(description="In the imperative, on one line")
    description: str = Field(description="What to do and why, for somebody who has read nothing else")
    criteria: list[str] = Field(description="What a stranger can check when it is done")
    files: list[FileAnswer]
    depends_on: list[str] = Field(description="Keys of this plan, or ids such as T3 of tasks that exist")
    kind: Literal["build", "explore"] = Field(description="explore where the result is a written finding")
    category: str = Field(description="One or two words, such as docs or testing; empty where none fits")
    minutes: int = Field(description="An estimate of how long an agent works on it")


class PlanAnswer(Strict):
    """A plan."""

    tasks: list[TaskAnswer]
    left_out: list[str] = Field(description="What the texts ask for and no task covers, with the reason; or empty")

    def to_drafts(self, source: str) -> Drafts:
        """The tasks as drafts numbered from 1, which is what they are called from here on."""
        numbers: dict[str, str] = {}
        for n, task in enumerate(self.tasks, 1):
            numbers.setdefault(_line(task.key), str(n))
        drafts = tuple(_draft(task, str(n), numbers, source) for n, task in enumerate(self.tasks, 1))
        made = frozenset(_path(file.path) for task in self.tasks for file in task.files if file.is_new)
        return Drafts(drafts, made, tuple(text for said in self.left_out if (text := _line(said))))


@dataclass(frozen=True, slots=True)
class Drafts:
    """A plan as it was answered, before any check."""

    drafts: tuple[TaskDraft, ...]
    made: frozenset[str]
    """The files that tasks are said to make."""
    left_out: tuple[str, ...]


def _draft(task: TaskAnswer, key: str, numbers: dict[str, str], source: str) -> TaskDraft:
    minutes = float(min(max(task.minutes, 0), MOST_MINUTES))
    estimate = f"\n\nEstimate: {in_words(minutes)}" if minutes else ""
    return TaskDraft(
        key=key,
        title=cut(_line(task.title), LONGEST_TITLE),
        description=f"{cut(plain(task.description).strip(), LONGEST)}{estimate}".strip(),
        criteria=tuple(dict.fromkeys(text for said in task.criteria if (text := _line(said)))),
        kind=Kind(task.kind),
        category=_line(task.category).casefold(),
        depends_on=tuple(dict.fromkeys(_need(need, numbers) for need in task.depends_on if need.strip())),
        files=tuple(dict.fromkeys(path for file in task.files if (path := _path(file.path)))),
        source=source,
        minutes=minutes,
    )


def _need(said: str, numbers: dict[str, str]) -> str:
    """What a task waits for: a number of this plan, or the id of a task that exists."""
    name = _line(said)
    return numbers.get(name, name.upper() if name[:1] in "tT" and name[1:].isdigit() else name)


def _path(said: str) -> str:
    return _line(said).removeprefix("./")


def _line(said: str) -> str:
    return cut(" ".join(plain(said).split()), LONGEST)
