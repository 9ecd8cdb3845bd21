"""When what is behind the screen fails, the screen says it in words and stays."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cockpit.commands import Command, StartNight
from cockpit.state import Answer, State, Task
from tests.fakes.link import FakeLink
from tests.nights import of, ready
from tests.session import session


class Broken(FakeLink):
    """A link whose every answer is an error."""

    async def diff(self, task: Task) -> str:
        raise OSError(f"no such commit for {task.id}")

    async def submit(self, command: Command) -> Answer:
        raise OSError("disk full")

    async def night(self) -> StartNight:
        raise ValueError("there are no commits yet; make one first")


class Torn(FakeLink):
    """A link whose ledger breaks after the first state."""

    async def states(self) -> AsyncIterator[State]:
        yield self.state
        raise OSError("ledger.db is no database")


async def test_a_command_that_can_not_be_given_says_why() -> None:
    async with session(Broken(of([ready("T1")]))) as user:
        await user.presses("a")
        user.sees("status").has_lines("✗ disk full")


async def test_a_night_that_can_not_be_planned_says_why() -> None:
    async with session(Broken(of([ready("T1")], night=None))) as user:
        await user.presses("S")
        user.sees("status").has_lines("✗ there are no commits yet; make one first")
        assert not user.is_asked


async def test_a_diff_that_can_not_be_read_is_said_at_the_desk() -> None:
    async with session(Broken(of([ready("T1")]))) as user:
        await user.presses("3")
        user.sees("desk").contains("no such commit for T1")


async def test_a_broken_ledger_is_said_and_what_was_known_stays() -> None:
    async with session(Torn(of([ready("T1", "Still here")]))) as user:
        user.sees("status").contains("ledger.db is no database")
        user.sees("board").contains("Still here")
