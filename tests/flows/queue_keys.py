"""What a person does to the queue with each key of the board; `test_keys` runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cockpit.commands import EditTask, MoveTask, Prioritise, PromoteTask, ReassignTask
from cockpit.state import TaskChanges, TaskState
from tests.fakes.link import FakeLink
from tests.nights import fleet, of, task
from tests.session import User

Flow = Callable[[User, FakeLink], Awaitable[None]]


@contextmanager
def editor(*scripts: str) -> Iterator[Path]:
    """$EDITOR is a script that does `scripts`, one at each call, to the file $1; gives what it was shown."""
    with TemporaryDirectory(prefix="cockpit-editor-") as folder, pytest.MonkeyPatch.context() as patch:
        for number, script in enumerate(scripts, 1):
            (Path(folder) / f"step-{number}").write_text(script)
        program = Path(folder) / "editor"
        program.write_text(
            f"#!/bin/sh\ncd {folder}\nn=$(( $(cat count 2>/dev/null || echo 0) + 1 ))\necho $n > count\n"
            'cat "$1" > "shown-$n"\n. "./step-$n"\n'
        )
        program.chmod(0o755)
        patch.delenv("VISUAL", raising=False)
        patch.setenv("EDITOR", str(program))
        yield Path(folder)


def queue() -> list[str]:
    """The titles of a small queue."""
    return ["First thing", "Second thing", "Third thing"]


async def small_queue(user: User, link: FakeLink) -> None:
    """Three queued tasks, and one that is only suggested."""
    tasks = [task(f"T{n}", title, rank=float(n)) for n, title in enumerate(queue(), 1)]
    await link.becomes(of([*tasks, task("T4", "An idea", TaskState.SUGGESTED, rank=4.0)]))
    await user.presses("home")


async def edit(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    with editor('sed -i "s/First thing/First of all/; s/^priority = 0/priority = 2/" "$1"') as seen:
        await user.presses("e")
        assert 'title = "First thing"' in (seen / "shown-1").read_text()
    assert link.commands == [EditTask("T1", TaskChanges(title="First of all", priority=2))]
    user.sees("status").contains("✓ EditTask: done")


async def filter_(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    await user.presses("slash")
    await user.types("th")
    user.sees("board").contains("3 of 4 · esc shows all", "First thing", "Second thing", "Third thing")
    await user.types("ird")
    user.sees("board").contains("1 of 4", "Third thing")
    user.sees("board").lacks("First thing")
    await user.presses("enter", "plus")
    assert link.commands == [Prioritise("T3", 1)]
    user.sees("board").contains("1 of 4")
    await user.presses("escape")
    user.sees("board").contains("First thing", "An idea")
    user.sees("board").lacks("1 of 4")


async def show_all(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    await user.presses("slash")
    await user.types("state:sugg")
    await user.presses("enter", "escape", "minus")
    user.sees("board").contains("First thing")
    assert link.commands == [Prioritise("T4", -1)]  # the cursor stayed on what was found


async def turn(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    user.sees("board").contains("Next 3")
    await user.presses("b")
    user.sees("board").contains("Suggested 1", "Next 3", "Working 0 0/2 agents")
    await user.presses("b")
    user.sees("board").has_lines("Next 3")


async def left(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    await user.presses("b", "left", "u")
    assert link.commands == [PromoteTask("T4")]


async def right(user: User, link: FakeLink) -> None:
    await left(user, link)
    await user.presses("right", "down", "plus")
    assert link.commands[1:] == [Prioritise("T2", 1)]


async def needs(user: User, link: FakeLink) -> None:
    chain = [task("T1", "Base"), task("T2", "Walls", depends_on=("T1",)), task("T3", "Roof", depends_on=("T2",))]
    await link.becomes(of([*chain, task("T4", "Garden", depends_on=("T1",))]))
    await user.presses("home", "down", "d")
    user.sees("dialog").has_lines(
        "Waits for 1",
        "» └─ ○ T1 Base queued",
        "» … T2 Walls waiting",
        "Waited for by 1",
        "» └─ … T3 Roof waiting",
        "",
        "» critical path, 3 tasks one after the other: T1 → T2 → T3",
    )
    await user.presses("down", "enter", "plus")
    assert not user.is_asked
    assert link.commands == [Prioritise("T3", 1)]


async def promote(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    user.sees("board").has_lines("Suggested 1", "· T4 An idea suggested 5m")
    await user.presses("u")
    user.sees("status").contains("✗ T1 is queued; only a suggested task can be promoted")
    await user.presses("end", "u")
    assert link.commands == [PromoteTask("T4")]


async def raise_(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    await user.presses("down", "plus", "plus")
    assert link.commands == [Prioritise("T2", 1)] * 2


async def lower(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    await user.presses("minus")
    assert link.commands == [Prioritise("T1", -1)]


async def earlier(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    await user.presses("down", "down", "shift+up")
    assert link.commands == [MoveTask("T3", -1)]
    await user.presses("end", "shift+up")
    user.sees("status").contains("✗ T4 is only suggested; promote it first")


async def later(user: User, link: FakeLink) -> None:
    await small_queue(user, link)
    await user.presses("shift+down")
    assert link.commands == [MoveTask("T1", 1)]


async def reassign(user: User, link: FakeLink) -> None:
    await link.becomes(fleet(3))
    await user.presses("home", "r")
    user.sees("dialog").contains("Who takes T1?", "1 agent-1 has it now", "2 agent-2 working T2 Build part 2")
    await user.picks("agent-2")
    await user.confirms(question="Give T1 to agent-2?", detail="agent-2 has T2 now: it waits until that is done")
    assert link.commands == [ReassignTask("T1", 2)]


FLOWS: dict[str, Flow] = {
    "reassign": reassign,
    "board.edit": edit,
    "board.filter": filter_,
    "board.all": show_all,
    "board.turn": turn,
    "board.left": left,
    "board.right": right,
    "board.needs": needs,
    "board.promote": promote,
    "board.raise": raise_,
    "board.lower": lower,
    "board.earlier": earlier,
    "board.later": later,
}
