"""Painting past the compositor on a real terminal: what streamed in looks as if it had been painted anew."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desk import sits_down
from tests.e2e.scripts import Step, plan, scripted
from tests.e2e.terminal import Terminal, terminal
from tests.fakes.driven import eventually
from tests.unit.terminal_model import Cell
from tests.unit.terminal_model import Terminal as Model

AT_REST_SECONDS = 2.0
"""After the last line even a loaded machine has painted the bar beside it."""

COCKPIT = [sys.executable, "-m", "cockpit"]
TALK: list[Step] = [
    {"run": "true"} if n % 10 == 0 else {"say": f"{n} sheep, Schafe, 羊, ✓ — {'and so on ' * (n % 7)}"}
    for n in range(1, 122)
]


@pytest.mark.e2e
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 50)])
def test_what_agents_said_while_the_screen_was_open_looks_as_if_painted_anew(
    tmp_path: Path, width: int, height: int
) -> None:
    root = scripted(tmp_path, [*TALK, {"hang": True}], count=3)
    plan(root, *(f"task {n}" for n in range(3)))
    with sits_down(root) as user, terminal(tmp_path, width, height) as tty:
        tty.runs([*COCKPIT, "run", "PLAN.md"], root, user.environ)
        tty.presses("2")
        eventually(lambda: [*_finished(root)] == [True] * 3, "every agent to have said it all")
        streamed = said(tty, width)

        tty.presses("?")
        tty.sees("Keys, and the commands")
        tty.presses("Escape")
        tty.sees_no("Keys, and the commands")
        assert _differ(streamed, said(tty, width)) == ""


def _differ(one: list[list[Cell]], other: list[list[Cell]]) -> str:
    """The first place where they do, with its row; empty where they don't."""
    for y, (left, right) in enumerate(zip(one, other, strict=True)):
        for x, (was, now) in enumerate(zip(left, right, strict=True)):
            if was != now:
                rows = "\n".join("".join(cell.text for cell in row) for row in (left, right))
                return f"row {y}, column {x}: {was}, then {now}\n{rows}"
    return ""


def _finished(root: Path) -> Iterator[bool]:
    return ("121 sheep" in path.read_text() for path in root.glob(".cockpit/runs/*/events.jsonl"))


def said(tty: Terminal, width: int) -> list[list[Cell]]:
    """The rows of the transcripts, cell by cell, once every pane has the end and nothing moves."""
    before: list[str] = []
    since = time.monotonic()

    def is_still(_: str) -> bool:
        nonlocal before, since
        screen = re.sub(r" +\d+s", " 0s", tty.tmux("capture-pane", "-p", "-e", "-t", "t"))  # the ages beside them
        rows = [row for row in screen.splitlines() if "Schafe" in row and "agent-" not in row]
        if rows != before:
            before, since = rows, time.monotonic()
        return any("121 sheep" in row for row in rows) and time.monotonic() - since > AT_REST_SECONDS

    tty.until(is_still, "the transcripts never came to rest")
    return [cells(row, width) for row in before]


def cells(row: str, width: int) -> list[Cell]:
    """What an eye sees of a row; tmux also tells how bold a space is."""
    model = Model(width, 1)
    model.write(row)
    return model.rows[0]
