"""A link that holds whatever state a test likes, takes commands down, and answers as it was told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from cockpit.agents.stream import Line
from cockpit.commands import Command, StartNight
from cockpit.state import Answer, State, Task


@dataclass
class Channel:
    """A value that changes, and whether its reader has seen the last change."""

    version: int = 0
    seen: int = 0
    readers: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def touch(self) -> None:
        """Say that there is something new."""
        async with self.changed:
            self.version += 1
            self.changed.notify_all()

    async def news(self) -> AsyncGenerator[None, None]:
        """Yields at once and after each change; what was yielded counts as seen when the reader comes back."""
        self.readers += 1
        try:
            while True:
                version = self.version
                yield
                async with self.changed:
                    self.seen = version
                    self.changed.notify_all()
                    while self.version == version:
                        await self.changed.wait()
        finally:
            self.readers -= 1

    async def settle(self) -> None:
        """Wait until its readers, if it has any, have seen everything."""
        async with self.changed:
            await self.changed.wait_for(lambda: not self.readers or self.seen == self.version)


class FakeLink:
    """A `cockpit.link.Link` without a repository."""

    def __init__(self, state: State | None = None, repository: str = "parsers", alive: bool = True) -> None:
        """`alive`: an engine runs."""
        self.repository = repository
        self.state = state or State()
        self.alive = alive
        self.commands: list[Command] = []
        """Everything that was asked, oldest first."""
        self.replies: Callable[[Command], Answer] = lambda command: Answer(True, f"{type(command).__name__}: done")
        self.wanted = StartNight(agents=3, target="main", cap_usd=5.0)
        self.patches: dict[str, str] = {}
        """Task to diff."""
        self.lines: dict[str, list[Line]] = {}
        """Run to transcript."""
        self.asked_diffs: list[str] = []
        self.gate = asyncio.Event()
        """While it is clear, no command is answered."""
        self.gate.set()
        self._news = Channel()
        self._runs: dict[str, Channel] = {}

    # ── what a test does ─────────────────────────────────────────────────────────────────────────────

    async def becomes(self, state: State) -> None:
        """The world is like this now."""
        self.state = state
        await self._news.touch()

    async def writes(self, run: str, lines: Sequence[Line]) -> None:
        """An agent says something."""
        self.lines.setdefault(run, []).extend(lines)
        await self._channel(run).touch()

    @property
    def followed(self) -> list[str]:
        """The runs whose transcripts somebody reads now."""
        return sorted(run for run, channel in self._runs.items() if channel.readers)

    async def idle(self) -> None:
        """Wait until the screen has taken in everything."""
        await self._news.settle()
        for channel in list(self._runs.values()):
            await channel.settle()

    def _channel(self, run: str) -> Channel:
        return self._runs.setdefault(run, Channel())

    # ── what the screen asks ─────────────────────────────────────────────────────────────────────────

    async def states(self) -> AsyncIterator[State]:
        """The state, whenever the test changes it."""
        async with aclosing(self._news.news()) as news:
            async for _ in news:
                yield self.state

    async def transcript(self, run: str, after: int) -> AsyncIterator[list[Line]]:
        """What the test had the agent say."""
        async with aclosing(self._channel(run).news()) as news:
            async for _ in news:
                if fresh := [line for line in self.lines.get(run, []) if line.seq > after]:
                    after = fresh[-1].seq
                    yield fresh

    async def diff(self, task: Task) -> str:
        """The diff the test gave the task."""
        self.asked_diffs.append(task.id)
        return self.patches.get(task.id, "")

    async def submit(self, command: Command) -> Answer:
        """Take the command down and answer when the gate is open."""
        self.commands.append(command)
        await self.gate.wait()
        return self.replies(command)

    async def night(self) -> StartNight:
        """The night the test wants."""
        return self.wanted

    def engine_alive(self) -> bool:
        """As the test says."""
        return self.alive
