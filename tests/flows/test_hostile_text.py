"""Text by agents, issues and files is data: no markup, no escape sequences, no broken lines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from cockpit.agents import stream
from cockpit.commands import Approve
from cockpit.state import Answer, Session, TaskState
from tests.fakes.link import FakeLink
from tests.nights import fleet, of, ready, task
from tests.session import NOON, session

HOSTILE = [
    "[bold red]loud[/] [@click=app.quit]free money[/]",
    "[/] unbalanced [[ ]] [link=x",
    "\x1b[2J\x1b[31mred\x1b]0;owned\x07\x1b]8;;http://x\x1b\\link",
    "one\ntwo\r\nthree\ttabbed\x00\x08\x7f",
    "日本語のタイトル" * 12,
    "👩‍👩‍👧 family é é \u200b zero",
    "\u202eright to left\u2066",
    "x" * 5_000,
    "",
    "\ud800 lone surrogate",
]
SMALL, *LARGER = (80, 24), (120, 40), (200, 50)
EACH = [(text, size) for n, text in enumerate(HOSTILE) for size in (SMALL, LARGER[n % 2])]
"""Each of them where there is least room, and somewhere else."""


@pytest.mark.parametrize(("text", "size"), EACH)
async def test_no_text_can_break_the_screen(text: str, size: tuple[int, int]) -> None:
    tasks = [
        task("T1", text, TaskState.WORKING, agent=1, run="T1-1", source=text),
        ready("T2", text, diffstat=text),
        task("T3", text, TaskState.ESCALATED, reason=text, description=text, criteria=(text,)),
        task("T4", text, TaskState.LANDED, diffstat=text),
    ]
    base = fleet(1)
    state = replace(
        of(tasks, agents=base.agents, runs=base.runs, notices=(text,)),
        sessions={1: Session("agent-1", current_step=text, current_phase=text, current_task="T1")},
        unpriced=frozenset({text}),
    )
    link = FakeLink(state, repository=text)
    link.lines = {"T1-1": [stream.Line(1, NOON, stream.Said(text))]}
    link.replies = lambda _: Answer(False, text)
    async with session(link, size=size) as user:
        keys = ("end", "enter", "escape", "4", "2", "3", "1", "home", "p", "b", "d", "escape", "r", "escape", "b")
        for pressed in keys:
            await user.presses(pressed)
            _is_whole(user.screen(), size)
        await user.presses("4", "down", "x")
        _is_whole(user.screen(), size)


def _is_whole(lines: list[str], size: tuple[int, int]) -> None:
    assert len(lines) <= size[1]
    for line in lines:
        assert cell_len(line) <= size[0], line
        assert line.isprintable() or "\u200d" in line or "\u200b" in line, ascii(line)


async def test_markup_is_shown_as_it_was_written() -> None:
    link = FakeLink(of([ready("T1", "[b]bold[/b] [@click=app.quit]x[/]")]), repository="[red]repo[/]")
    link.replies = lambda _: Answer(False, "[/nothing] closes")
    async with session(link) as user:
        user.sees("board").contains("[b]bold[/b] [@click=app.quit]x[/]")
        user.sees("top").contains("[red]repo[/]")
        await user.presses("x")
        user.sees("dialog").contains("[b]bold[/b] [@click=app.quit]x[/]")
        await user.presses("escape", "a")
        user.sees("status").has_lines("✗ [/nothing] closes")
    assert link.commands == [Approve("T1")]
