"""What a person does in an agent's transcript, key by key; `test_keys` plays them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cockpit.agents import stream
from cockpit.agents.stream import Line
from tests.fakes.link import FakeLink
from tests.session import User

RUN = "T5-1"


async def reads(user: User, link: FakeLink, *events: stream.StreamEvent) -> None:
    """A person looks at agent-1, which has said all this."""
    link.lines[RUN] = [Line(n, 1_700_000_000.0, event) for n, event in enumerate(events, 1)]
    await user.presses("2")


def pytest_runs(name: str = "1", rows: int = 40, failed: bool = False) -> tuple[stream.StreamEvent, ...]:
    output = "\n".join(f"test {name}-{n} ok" for n in range(rows))
    return stream.ToolCalled(name, "Bash", f"run tests {name}", "pytest"), stream.ToolReturned(name, output, failed)


def long_talk(word: str = "line") -> list[stream.StreamEvent]:
    return [stream.Said(f"{word} {n}") for n in range(60)]


async def search(user: User, link: FakeLink) -> None:
    await reads(user, link, *long_talk(), *pytest_runs())
    await user.presses_at_once("slash", *"line 7")
    await user.waits()
    user.sees("agents").contains("/line 7▏ 1 of 1", "▶line 7")
    await user.presses("enter")
    user.sees("agents").contains("/line 7 1 of 1 · . next · , before · esc ends")
    assert link.commands == []


async def next_match(user: User, link: FakeLink) -> None:
    await reads(user, link, *long_talk())
    await user.presses("home", "slash", *"e 1", "enter", "full_stop", "full_stop")
    user.sees("agents").contains("3 of 11", "▶line 11")


async def previous_match(user: User, link: FakeLink) -> None:
    await next_match(user, link)
    await user.presses("comma", "comma", "comma")
    user.sees("agents").contains("11 of 11", "▶line 19")


async def next_error(user: User, link: FakeLink) -> None:
    await reads(user, link, *pytest_runs("one", 2, failed=True), *long_talk(), *pytest_runs("two", 2, failed=True))
    await user.presses("home", "e", "e")
    user.sees("agents").contains("▌ ✗ test two-0 ok")
    user.sees("status").contains("error 2 of 2")


async def previous_error(user: User, link: FakeLink) -> None:
    await next_error(user, link)
    await user.presses("E")
    user.sees("agents").contains("▌ ✗ test one-0 ok")
    user.sees("status").contains("error 1 of 2")


async def next_block(user: User, link: FakeLink) -> None:
    await previous_block(user, link)
    await user.presses("right_square_bracket")
    user.sees("agents").contains("▌line 59")


async def previous_block(user: User, link: FakeLink) -> None:
    await reads(user, link, *long_talk())
    await user.presses("left_square_bracket", "left_square_bracket")
    user.sees("agents").contains("▌line 58")


async def fold(user: User, link: FakeLink) -> None:
    await user.resizes(80, 60)
    await reads(user, link, stream.Said("I run them."), *pytest_runs())
    await user.presses("z")
    user.sees("agents").contains("… 34 more lines")
    await user.presses("space")
    user.sees("agents").contains("test 1-39 ok")
    await user.presses("space")
    user.sees("agents").lacks("test 1-39 ok")


async def fold_all(user: User, link: FakeLink) -> None:
    await user.resizes(80, 60)
    await reads(user, link, stream.Said("I run them."), *pytest_runs("1", 9), *pytest_runs("2", 9))
    await user.presses("z")
    await user.presses("o")
    user.sees("agents").contains("test 1-8 ok", "test 2-8 ok", "everything is unfolded")
    await user.presses("o")
    user.sees("agents").contains("I run them. ● run tests 1 · 10 lines ● run tests 2 · 10 lines")
    await user.presses("o")
    user.sees("agents").contains("test 2-5 ok", "… 3 more lines")


async def follow(user: User, link: FakeLink) -> None:
    await reads(user, link, *long_talk())
    await user.presses("f")
    user.sees("agents").contains("↑ scrolled up · f follows")
    await link.writes(RUN, [Line(900, 1.0, stream.Said("and something new"))])
    await user.waits()
    user.sees("agents").lacks("and something new")
    await user.presses("f")
    user.sees("agents").contains("and something new")
    user.sees("agents").lacks("scrolled up")


async def copy(user: User, link: FakeLink) -> None:
    await reads(user, link, stream.Said("I run them."), *pytest_runs())
    await user.presses("y")
    assert user.app.clipboard.startswith("run tests 1\npytest\ntest 1-0 ok\n")
    assert user.app.clipboard.endswith("test 1-39 ok")
    user.sees("status").contains("✓ copied 42 lines")


async def select_up(user: User, link: FakeLink) -> None:
    await reads(user, link, *long_talk())
    await user.presses("shift+up", "shift+up", "shift+up")
    user.sees("agents").contains("3 rows selected · y copies", "█line 57")
    await user.presses("y")
    assert user.app.clipboard == "line 57\nline 58\nline 59"


async def select_down(user: User, link: FakeLink) -> None:
    await reads(user, link, *long_talk())
    await user.presses("home", "shift+down", "shift+down", "y")
    assert user.app.clipboard == "line 0\nline 1"


async def leave(user: User, link: FakeLink) -> None:
    await search(user, link)
    await user.presses("escape")
    user.sees("agents").lacks("/line 7", "▶")
    await user.presses("shift+up", "escape")
    user.sees("agents").lacks("selected", "█line")


FLOWS: dict[str, Callable[[User, FakeLink], Awaitable[None]]] = {
    "transcript.search": search,
    "transcript.next-match": next_match,
    "transcript.previous-match": previous_match,
    "transcript.next-error": next_error,
    "transcript.previous-error": previous_error,
    "transcript.next-block": next_block,
    "transcript.previous-block": previous_block,
    "transcript.fold": fold,
    "transcript.fold-all": fold_all,
    "transcript.follow": follow,
    "transcript.copy": copy,
    "transcript.select-up": select_up,
    "transcript.select-down": select_down,
    "transcript.leave": leave,
}
