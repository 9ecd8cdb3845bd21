"""A link that holds whatever state a test likes, takes commands down, and answers as it was told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from cockpit.agents.stream import Line
from cockpit.commands import Command, StartNight
from cockpit.git_facts import Removal
from cockpit.link import Wire
from cockpit.presence import Seen
from cockpit.screen_file import Choices
from cockpit.state import Answer, Halt, State, Task
from tests.fakes.desk import FakeDesk


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


class FakeWire:
    """A `cockpit.link.Wire` whose program the test plays."""

    def __init__(self) -> None:
        """Nothing was printed yet."""
        self.printed: list[bytes] = []
        self.typed = b""
        """Everything the screen sent."""
        self.answered = b""
        """What it was told of its terminal."""
        self.sizes: list[tuple[int, int]] = []
        """Columns and rows as the screen asked for them."""
        self.actual: tuple[int, int] | None = None
        self.is_live = True
        self.closed = 0
        self.ended = False
        self._news = Channel()

    async def prints(self, *pieces: bytes) -> None:
        """The program prints, in these pieces."""
        self.printed += pieces
        await self._news.touch()

    async def ends(self) -> None:
        """The program is over."""
        self.ended = True
        await self._news.touch()

    @property
    def lookers(self) -> int:
        """How many look on now."""
        return self._news.readers

    async def idle(self) -> None:
        """Wait until everything that was printed was taken."""
        await self._news.settle()

    async def output(self) -> AsyncIterator[bytes]:
        """All that was printed, and what is yet to come."""
        at, closed = 0, self.closed
        async with aclosing(self._news.news()) as news:
            async for _ in news:
                while at < len(self.printed) and self.closed == closed:
                    at += 1
                    yield self.printed[at - 1]
                if self.ended or self.closed > closed:
                    return

    def send(self, data: bytes) -> None:
        """Take down what was typed."""
        self.typed += data

    def answer(self, data: bytes) -> None:
        """Take down what the program was told of its terminal."""
        self.answered += data

    def resize(self, columns: int, rows: int) -> None:
        """Take down the size."""
        self.sizes.append((columns, rows))

    def close(self) -> None:
        """The screen looks no more."""
        self.closed += 1
        self._closing = asyncio.ensure_future(self._news.touch())


@dataclass
class FakeVisit:
    """A person in an agent's conversation, for as long as it takes to say so."""

    agent: int
    visits: list[int]
    lets_in: bool

    @property
    def failed_at_once(self) -> bool:
        """The program could not begin."""
        return not self.lets_in

    def pay(self) -> FakeVisit:
        """Be in, and leave."""
        self.visits.append(self.agent)
        return self


class FakeLink:
    """A `cockpit.link.Link` without a repository."""

    def __init__(self, state: State | None = None, repository: str = "parsers", alive: bool = True) -> None:
        """`alive`: an engine runs."""
        self.repository = repository
        self.desk = FakeDesk()
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
        self.wires: dict[str, FakeWire] = {}
        """Run to its terminal."""
        self.visits: list[int] = []
        """The agents in whose conversations the person was, in this order."""
        self.lets_in = True
        """Whether the interactive program can begin."""
        self.asked_diffs: list[str] = []
        self.frame = (0, 0, "")
        """What the screen showed when it was left."""
        self.emergencies = 0
        """How often everything was killed."""
        self.choices: dict[str, Choices] = {}
        """What was chosen for the screen."""
        self.choices_fault = ""
        self.seen: list[Seen] = []
        """When somebody was at the screen; a test may begin with one."""
        self.would_clean: tuple[tuple[Removal, ...], tuple[Removal, ...]] = ((), ())
        """What cleaning up would remove, and what would stay."""
        self.files: dict[str, str] = {}
        """What is shared with all agents."""
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
        for wire in self.wires.values():
            await wire.idle()
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

    def terminal(self, run: str) -> Wire:
        """The terminal whose program the test plays."""
        return self.wires.setdefault(run, FakeWire())

    async def visit(self, agent: int) -> FakeVisit:
        """A program that only notes that somebody was in."""
        return FakeVisit(agent, self.visits, self.lets_in)

    async def diff(self, task: Task) -> str:
        """The diff the test gave the task."""
        self.asked_diffs.append(task.id)
        return self.patches.get(task.id, "")

    async def submit(self, command: Command) -> Answer:
        """Take the command down and answer when the gate is open."""
        self.commands.append(command)
        await self.gate.wait()
        return self.replies(command)

    async def cleanable(self, older_seconds: float) -> tuple[tuple[Removal, ...], tuple[Removal, ...]]:
        """As the test says."""
        return self.would_clean

    async def shared(self) -> list[tuple[str, int]]:
        """As the test says."""
        return [(name, len(text)) for name, text in self.files.items()]

    async def shared_text(self, name: str) -> str:
        """The same."""
        return self.files[name]

    async def emergency_stop(self) -> Answer:
        """Nothing lives any more."""
        self.emergencies += 1
        await self.becomes(replace(self.state, halt=Halt("you", 0.0)))
        return Answer(True, "3 agents and the engine were killed; all work is kept")

    async def night(self) -> StartNight:
        """The night the test wants."""
        return self.wanted

    def keep_frame(self, columns: int, rows: int, text: str) -> None:
        """Keep it."""
        self.frame = (columns, rows, text)

    def engine_alive(self) -> bool:
        """As the test says."""
        return self.alive

    async def last_seen(self) -> Seen | None:
        """As the test says."""
        return self.seen[-1] if self.seen else None

    async def be_seen(self, seen: Seen) -> None:
        """Take it down."""
        self.seen.append(seen)

    async def recall(self) -> tuple[dict[str, Choices], str]:
        """What was chosen, or what the test says of the record."""
        return dict(self.choices), self.choices_fault

    async def remember(self, part: str, choices: Choices) -> None:
        """Take it down."""
        self.choices[part] = choices
