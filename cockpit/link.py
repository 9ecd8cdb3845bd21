"""What the screen asks of the rest: the newest state, an agent's transcript, a diff, and to pass commands on.

`live.LiveLink` is the real one; the tests have one that holds whatever state they like.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cockpit.emulator.wire import Wire as Wire

if TYPE_CHECKING:
    from cockpit.agents.stream import Line
    from cockpit.commands import Command, StartNight
    from cockpit.git_facts import Removal
    from cockpit.presence import Seen
    from cockpit.reading import Change, Readings
    from cockpit.screen_file import Choices
    from cockpit.state import Answer, State, Task


@dataclass(frozen=True, slots=True)
class Place:
    """A folder in which a person looks at a task's files with programs of their own."""

    folder: str
    says: str
    """What it is, and what becomes of what is changed there."""
    is_copy: bool = True
    """It goes when it was looked at, unless something was changed in it."""


class DeskLink(Protocol):
    """What the merge desk asks of the world."""

    async def generated(self, paths: Sequence[str]) -> frozenset[str]:
        """Which of these files nobody writes by hand."""
        ...

    async def readings(self) -> Readings:
        """What was read and written at the desk, also in other terminals."""
        ...

    async def note(self, change: Change) -> Readings:
        """Remember one more thing that was read or written; gives all of it."""
        ...

    async def copy(self, task: Task) -> Place:
        """The files as they would land, or landed, to look at."""
        ...

    async def workshop(self, task: Task) -> Place:
        """The task's own worktree, where it still is that and nobody works in it; else a copy."""
        ...

    def run(self, words: Sequence[str], folder: str) -> int:
        """Give the terminal to a program until it ends; its exit code. Raises OSError where it can't start."""
        ...

    async def leave(self, task: Task, place: Place) -> str:
        """Tidy up; what a person should know about what was changed there, or nothing."""
        ...


class Left(Protocol):
    """How a visit ended."""

    @property
    def failed_at_once(self) -> bool:
        """The program could not begin, so nobody was in."""
        ...


class Visit(Protocol):
    """A program that needs the terminal for itself."""

    def pay(self) -> Left:
        """Run it to its end. Raises with the reason in words where it can't be run."""
        ...


class Link(Protocol):
    """Everything the screen knows of the world outside it."""

    repository: str
    """The repository's name."""

    @property
    def desk(self) -> DeskLink:
        """What the merge desk asks."""
        ...

    def states(self) -> AsyncIterator[State]:
        """The state now, and again whenever it changes; session files are laid over it."""
        ...

    def transcript(self, run: str, after: int) -> AsyncIterator[list[Line]]:
        """What a run's agent says, from line `after` on (a bounded stretch of its past first), as it comes."""
        ...

    def terminal(self, run: str) -> Wire:
        """A line to the terminal that a run's program lives in; looking begins with `output`."""
        ...

    async def visit(self, agent: int) -> Visit:
        """The program in which a person is in the conversation of an agent that was taken over; says why not."""
        ...

    async def diff(self, task: Task) -> str:
        """What a task changes, as a unified diff."""
        ...

    async def submit(self, command: Command) -> Answer:
        """Give a command; what was answered. May take a moment."""
        ...

    async def cleanable(self, older_seconds: float) -> tuple[tuple[Removal, ...], tuple[Removal, ...]]:
        """What cleaning up would remove, and what would stay; nothing is changed."""
        ...

    async def shared(self) -> list[tuple[str, int]]:
        """What lies in the shared context: names, and lengths in bytes."""
        ...

    async def shared_text(self, name: str) -> str:
        """What a shared file says. Raises with the reason in words."""
        ...

    async def emergency_stop(self) -> Answer:
        """Kill every agent and the engine, without asking anybody; what came of it."""
        ...

    async def night(self) -> StartNight:
        """The night that the configuration asks for."""
        ...

    def keep_frame(self, columns: int, rows: int, text: str) -> None:
        """Keep what the screen shows, to be shown at once when it is opened again."""
        ...

    def engine_alive(self) -> bool:
        """Whether an engine runs now."""
        ...

    async def recall(self) -> tuple[dict[str, Choices], str]:
        """What was chosen for each part of the screen in this repository, and what is wrong with the record of it."""
        ...

    async def remember(self, part: str, choices: Choices) -> None:
        """Keep what was chosen for a part of the screen; the other parts' choices stay."""
        ...

    async def last_seen(self) -> Seen | None:
        """When somebody was last at a screen of this repository; None where nobody ever was."""
        ...

    async def be_seen(self, seen: Seen) -> None:
        """Somebody is at this screen now."""
        ...
