"""A task as a document has it; what it waits for is still in the document's words."""

from __future__ import annotations

from dataclasses import dataclass

from cockpit.sources.body import Body


@dataclass(slots=True)
class Found:
    """A heading, an item or a row that is a task."""

    title: str
    line: int
    body: Body
    number: str = ""
    """What the document counts it as: `3`, `1.2`, `t3`; may be empty, or the same as another's."""
    word: str = ""
    """What the number counts: `session`, `task`, …"""
    group: int = 0
    """Line of the list, table or heading it stands in; numbers are looked up there first."""
    groups: tuple[int, ...] = ()
    """Lines of all the headings it stands under."""
    is_done: bool = False
    is_dropped: bool = False
    """Crossed out: neither done nor to be done."""
    is_row: bool = False

    @property
    def is_open(self) -> bool:
        """Whether there is anything to do."""
        return not (self.is_done or self.is_dropped)


@dataclass(frozen=True, slots=True)
class Group:
    """A heading that only groups tasks, as others may refer to it: `after Phase 1`."""

    title: str
    line: int
    number: str
    word: str
