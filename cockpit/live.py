"""The screen's link to a real repository: the ledger, the session files, the streams, git and the desk.

Nothing here runs on the screen's event loop but waiting: files, git and commands go to threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import last_frame, presence, screen_file
from cockpit.live_desk import LiveDesk
from cockpit.lock import engine_pid
from cockpit.places import Places
from cockpit.state import Answer, State, Task

if TYPE_CHECKING:
    from cockpit.agents.stream import Line
    from cockpit.commands import Command, StartNight
    from cockpit.git_facts import Removal
    from cockpit.link import Visit, Wire
    from cockpit.newest import Newest
    from cockpit.presence import Seen
    from cockpit.screen_file import Choices

FIRST_LINES = 2_000
"""Lines of an agent's past that a freshly opened pane gets."""


TOGETHER_SECONDS = 0.08
"""What an agent says within so short a time is read together: a thread for each line costs more than the line."""
STREAM_PATROL_SECONDS = 30.0
"""How long the lines of a stream stay unread at most, if the system should lose the news of them."""


class LiveLink:
    """A `link.Link` on the repository at `places`."""

    def __init__(self, places: Places) -> None:
        """Nothing is opened or imported before it is needed: the first paint waits for nobody."""
        self.places = places
        self.repository = places.root.name
        self._choosing = asyncio.Lock()
        self.desk = LiveDesk(places)

    def keep_frame(self, columns: int, rows: int, text: str) -> None:
        """Keep the frame beside the ledger; a small file, written while the screen is being left."""
        last_frame.keep(self.places.folder, columns, rows, text, time.time())

    def engine_alive(self) -> bool:
        """Whether an engine holds the lock now."""
        return engine_pid(self.places.folder) is not None

    async def states(self) -> AsyncIterator[State]:
        """The newest state, whenever the ledger or a session file says something new."""
        newest = await asyncio.to_thread(_newest, self.places)
        try:
            state = await asyncio.to_thread(newest.state)
            yield state
            await asyncio.to_thread(_revive, self.places, state)
            async with aclosing(_news(newest, state, self.places)) as news:
                async for newer in news:
                    yield newer
        finally:
            newest.close()

    async def transcript(self, run: str, after: int = 0) -> AsyncIterator[list[Line]]:
        """What a run's agent says and does, from the newest lines on, for as long as somebody listens."""
        from cockpit.agents.stream import Tail

        folder = self.places.run_dir(run)
        folder.mkdir(parents=True, exist_ok=True)
        tail = Tail(self.places.stream(run), after)
        if lines := await asyncio.to_thread(tail.read):
            yield lines[-FIRST_LINES:]
        async with aclosing(_changes(folder, patrol=STREAM_PATROL_SECONDS)) as changes:
            async for _ in changes:
                if tail.has_more:
                    if lines := await asyncio.to_thread(tail.read):
                        yield lines
                    await asyncio.sleep(TOGETHER_SECONDS)

    def terminal(self, run: str) -> Wire:
        """A line to the terminal of a run's agent; the caller closes it."""
        from cockpit.wire import HostWire

        return HostWire(self.places.run_dir(run))

    async def visit(self, agent: int) -> Visit:
        """How to get into the conversation of an agent that was taken over."""
        return await asyncio.to_thread(self._visit, agent)

    def _visit(self, agent: int) -> Visit:
        from cockpit.engine import desk, visit

        return visit.plan(self.places, desk.read_state(self.places.folder), agent)

    async def diff(self, task: Task) -> str:
        """What a task changes: its branch against the target it was checked with, or what landed."""
        return await asyncio.to_thread(self._diff, task)

    def _diff(self, task: Task) -> str:
        from cockpit.repo import RepoError, Repository, diff
        from panes.desk_text import commits

        try:
            repository = Repository.open(self.places.root)
            base, head = commits(task)
            return diff(repository, base, head or task.branch)
        except RepoError as error:
            return str(error)

    async def submit(self, command: Command) -> Answer:
        """Give a command as the command line would."""
        from cockpit.engine import desk
        from cockpit.ledger import LedgerError

        try:
            return await asyncio.to_thread(desk.give, self.places, command, way="screen")
        except (desk.DeskError, LedgerError) as error:
            return Answer(False, str(error))

    async def cleanable(self, older_seconds: float) -> tuple[tuple[Removal, ...], tuple[Removal, ...]]:
        """What `cockpit clean --dry-run` says."""
        return await asyncio.to_thread(self._cleanable, older_seconds)

    def _cleanable(self, older_seconds: float) -> tuple[tuple[Removal, ...], tuple[Removal, ...]]:
        from cockpit import config
        from cockpit.engine import cleaning, desk
        from cockpit.repo import Repository

        folder = self.places.worktrees(config.load(self.places.root).repository.worktrees)
        state = desk.read_state(self.places.folder)
        plan = cleaning.look(Repository.open(self.places.root), folder, state, time.time(), older_seconds)
        return plan.goes, plan.stays

    async def shared(self) -> list[tuple[str, int]]:
        """What lies in the folder."""
        from cockpit import shared_files

        return await asyncio.to_thread(shared_files.sizes, self.places.context)

    async def shared_text(self, name: str) -> str:
        """A file of it."""
        from cockpit import shared_files

        return await asyncio.to_thread(shared_files.read, self.places.context, name)

    async def emergency_stop(self) -> Answer:
        """Sweep the process table, whatever state the engine is in."""
        from cockpit.engine import emergency

        return await asyncio.to_thread(emergency.stop, self.places)

    async def night(self) -> StartNight:
        """What the key that starts a night asks for: the configuration's bounds."""
        return await asyncio.to_thread(self._night)

    def _night(self) -> StartNight:
        from cockpit import config
        from cockpit.engine import readiness
        from cockpit.repo import Repository

        root = self.places.root
        return readiness.night(self.places, config.load(root), Repository.open(root))

    async def last_seen(self) -> Seen | None:
        """When somebody was last here."""
        return await asyncio.to_thread(presence.read, self.places.seen_file)

    async def be_seen(self, seen: Seen) -> None:
        """Somebody is here now."""
        await asyncio.to_thread(presence.write, self.places.seen_file, seen)

    async def recall(self) -> tuple[dict[str, Choices], str]:
        """What was chosen for the screen here."""
        return await asyncio.to_thread(screen_file.read, self.places.screen_file)

    async def remember(self, part: str, choices: Choices) -> None:
        """Keep what was chosen for a part of the screen."""
        async with self._choosing:  # the last choice must be the one that stays
            await asyncio.to_thread(screen_file.write, self.places.screen_file, part, choices)


def _newest(places: Places) -> Newest:
    """Import and open the ledger, off the event loop: by now the screen is painting."""
    from cockpit.newest import Newest

    return Newest(places)


def _revive(places: Places, state: State) -> None:
    """Start the engine of a night that goes on without one."""
    from cockpit.engine import desk

    if desk.needs_engine(state) and engine_pid(places.folder) is None:
        with contextlib.suppress(desk.DeskError):  # the screen shows that none runs, and its key says why
            desk.ensure_engine(places)


def _news(newest: Newest, state: State, places: Places) -> AsyncGenerator[State]:
    from cockpit.newest_thread import follow

    return follow(newest, state, places.folder / "bell", places.sessions)


def _changes(*paths: Path, patrol: float = 1.0) -> AsyncGenerator[set[Path]]:
    """Whenever something in `paths` may have changed."""
    from cockpit.ledger.bell import changes

    return changes(*paths, patrol=patrol)
