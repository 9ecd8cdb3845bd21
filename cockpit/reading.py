"""What a person has read and written at the merge desk before any of it goes anywhere. Pure.

Files that were viewed, and comments that were not sent yet. A viewed mark is about what a file's change says,
so it falls when that changes; a comment is kept until it is sent or erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, assert_never

from cockpit import codec
from cockpit.state import Comment
from cockpit.value import Value, frozen

MAX_TASKS = 300
"""Tasks that are remembered; the ones touched longest ago are forgotten first."""


@frozen
class Draft(Value):
    """A comment that is not sent yet."""

    comment: Comment
    head: str = ""
    """The commit that it was written about."""

    @property
    def key(self) -> str:
        """There is one comment at each place."""
        at = self.comment
        return f"{self.head[:12]} {at.file} {'-' if at.old else '+'}{at.line}-{at.last}"

    def saying(self, text: str) -> Draft:
        """The same with another text."""
        return replace(self, comment=replace(self.comment, text=text))


@frozen
class Reading(Value):
    """One task's."""

    viewed: Mapping[str, str] = field(default_factory=dict)
    """Path to the digest of what its change said."""
    drafts: tuple[Draft, ...] = ()


Readings = Mapping[str, Reading]
"""By task."""

UNREAD = Reading()


@frozen
class View(Value):
    """A file was viewed."""

    task: str
    path: str
    digest: str


@frozen
class Unview(Value):
    """A file is to be viewed again."""

    task: str
    path: str


@frozen
class Write(Value):
    """A comment was written, or changed."""

    task: str
    draft: Draft


@frozen
class Erase(Value):
    """Comments are gone: sent, or thrown away."""

    task: str
    keys: tuple[str, ...]


Change = View | Unview | Write | Erase


def apply(readings: Readings, change: Change) -> Readings:
    """What is remembered after `change`."""
    reading = _changed(readings.get(change.task, UNREAD), change)
    others = {task: kept for task, kept in readings.items() if task != change.task}
    newest = list(others)[max(0, len(others) - MAX_TASKS + 1) :]
    kept = {task: others[task] for task in newest}
    return kept | {change.task: reading} if reading.viewed or reading.drafts else kept


def _changed(reading: Reading, change: Change) -> Reading:
    match change:
        case View(path=path, digest=digest):
            return replace(reading, viewed={**reading.viewed, path: digest})
        case Unview(path=path):
            return replace(reading, viewed={p: d for p, d in reading.viewed.items() if p != path})
        case Write(draft=draft):
            others = tuple(d for d in reading.drafts if d.key != draft.key)
            return replace(reading, drafts=(*others, draft))
        case Erase(keys=keys):
            return replace(reading, drafts=tuple(d for d in reading.drafts if d.key not in keys))
        case _:
            assert_never(change)


def dump(readings: Readings) -> dict[str, Any]:
    """As plain data, for a file."""
    return {
        task: {"viewed": dict(reading.viewed), "drafts": [codec.encode(draft) for draft in reading.drafts]}
        for task, reading in readings.items()
    }


def load(data: Any) -> Readings:
    """What `dump` gave. Raises ValueError where it is something else."""
    if not isinstance(data, dict):
        raise ValueError("expected an object with a key for each task")
    return {str(task): _loaded(entry) for task, entry in data.items()}


def _loaded(entry: Any) -> Reading:
    if not isinstance(entry, dict):
        raise ValueError("expected an object for each task")
    viewed, drafts = entry.get("viewed", {}), entry.get("drafts", [])
    if not isinstance(viewed, dict) or not isinstance(drafts, list):
        raise ValueError("expected viewed and drafts")
    return Reading({str(k): str(v) for k, v in viewed.items()}, tuple(codec.decode(Draft, draft) for draft in drafts))
