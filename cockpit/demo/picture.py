"""A picture of the cockpit, for the README: `python -m cockpit.demo.picture OUT.svg`.

It shows a made-up moment of a night through the real screen, so the picture is as the product is.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from cockpit.agents import stream
from cockpit.commands import Command, StartNight
from cockpit.git_facts import Removal
from cockpit.link import Place, Visit, Wire
from cockpit.presence import Seen
from cockpit.reading import Change, Readings
from cockpit.screen_file import Choices
from cockpit.state import (
    Account,
    Agent,
    Answer,
    EngineInfo,
    GateResult,
    Night,
    Run,
    Session,
    State,
    Task,
    TaskState,
    Verdict,
)

NOW = 1_750_000_000.0
"""When the picture is taken."""

SIZE = (150, 44)

_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""What would have the picture's reader fetch fonts from elsewhere; their own fixed-width font will do."""


def _green(*names: str) -> tuple[GateResult, ...]:
    return tuple(GateResult(name, True, seconds=2.0) for name in names)


def _task(number: int, title: str, state: TaskState, minutes: float, **more: object) -> Task:
    return Task(f"T{number}", title, state=state, added=NOW - 9000, since=NOW - 60 * minutes, **more)  # type: ignore[arg-type]


def _tasks() -> Mapping[str, Task]:
    green = _green("tests", "lint", "types")
    verdict = Verdict(True, "Reads well; the boundary cases are tested.", head="b41c")
    tasks = [
        _task(1, "Read ISO dates with week numbers", TaskState.LANDED, 96, usd=0.41, diffstat="3 files, +88 −12"),
        _task(2, "Cache parsed time zones", TaskState.LANDED, 51, usd=0.63, diffstat="2 files, +61 −4", cycles=1),
        _task(
            3,
            "Add a --strict flag",
            TaskState.READY,
            12,
            usd=0.38,
            gates=green,
            verdict=verdict,
            head="b41c",
            gated_head="b41c",
            branch="agent-2/task-T3",
            diffstat="4 files, +72 −9",
        ),
        _task(
            4,
            "Rewrite the tokenizer as a generator",
            TaskState.ESCALATED,
            34,
            usd=1.12,
            cycles=3,
            gates=green,
            head="77aa",
            reason="three reviews asked for changes: the generator holds the file open when a caller stops early",
        ),
        _task(5, "Report the column in parse errors", TaskState.WORKING, 7, usd=0.21, agent=1, run="T5-1"),
        _task(6, "Replace the hand-written calendar maths", TaskState.REVIEWING, 2, usd=0.74, agent=2, run="T6-1"),
        _task(7, "Property tests for round trips", TaskState.WORKING, 4, usd=0.14, agent=3, run="T7-1", cycles=1),
        _task(8, "Document the error classes", TaskState.QUEUED, 140),
        _task(9, "Drop the legacy two-digit years", TaskState.QUEUED, 140, depends_on=("T6",)),
        _task(10, "Measure the tokenizer", TaskState.FAILED, 70, usd=0.17, reason="the agent changed nothing"),
    ]
    return {task.id: task for task in tasks}


def _run(name: str, agent: int, usd: float, minutes: float) -> Run:
    return Run(
        name,
        name.partition("-")[0],
        agent,
        f"session-{name}",
        worktree=f"../parsers.worktrees/agent-{agent}",
        branch=f"agent-{agent}/task-{name.partition('-')[0]}",
        live=True,
        started=NOW - 60 * minutes,
        model="claude-sonnet-4-5",
        usd=usd,
        tokens=int(usd * 240_000),
        cost_source="cli",
    )


def _session(agent: int, status: str, phase: str, step: str, progress: float, task: str) -> Session:
    return Session(
        f"agent-{agent}",
        role="builder",
        status=status,
        current_task=task,
        current_phase=phase,
        current_step=step,
        progress=progress,
        branch_name=f"agent-{agent}/task-{task}",
        started=NOW - 420,
        last_heartbeat=NOW - 2,
        last_activity=NOW - 3,
        tokens=51_000,
        cost_usd_est=0.12,
    )


def _charges() -> Mapping[Account, float]:
    builder, reviewer = "claude-sonnet-5-5", "claude-opus-5-5"
    paid = [("T1", 1, 0.41), ("T2", 2, 0.63), ("T3", 2, 0.38), ("T4", 3, 0.59)]
    running = [("T5", 1, 0.21), ("T6", 2, 0.61), ("T7", 3, 0.14), ("T10", 1, 0.17)]
    built = {Account("builder", agent, builder, "cli", task): usd for task, agent, usd in (*paid, *running)}
    reviewed = {Account("reviewer", 0, reviewer, "cli", task): usd for task, usd in (("T4", 0.53), ("T6", 0.13))}
    return {**built, **reviewed}


def example() -> State:
    """A night in full swing: three agents at work, two things that wait for a person."""
    return State(
        position=412,
        night=Night("night-1", NOW - 3 * 3600, agents=3, target="main", cap_usd=10.0, until=NOW + 5 * 3600),
        engine=EngineInfo(pid=4711, version="0.1.0", started=NOW - 3 * 3600),
        tasks=_tasks(),
        runs={
            "T5-1": _run("T5-1", 1, 0.21, 7),
            "T6-1": _run("T6-1", 2, 0.61, 25),
            "T7-1": _run("T7-1", 3, 0.14, 4),
        },
        agents={1: Agent(1, "T5", "T5-1"), 2: Agent(2, "T6", "T6-1"), 3: Agent(3, "T7", "T7-1")},
        sessions={
            1: _session(1, "working", "edit", "edit parsers/errors.py", 0.6, "T5"),
            2: _session(2, "reviewing", "review", "a reviewer reads the change", 0.9, "T6"),
            3: _session(3, "working", "test", "run pytest tests/test_round_trip.py", 0.4, "T7"),
        },
        spent_usd=3.80,
        spent_total_usd=21.4,
        charges=_charges(),
        quarters={int(NOW // 900): _charges()},
        minutes={int(NOW // 60) - 10: 0.635},
    )


_DIFF = """\
--- a/parsers/errors.py
+++ b/parsers/errors.py
@@ -12,3 +12,4 @@ class ParseError(ValueError):
     def __init__(self, text: str, at: int) -> None:
-        super().__init__(f"cannot parse {text!r}")
+        line, column = position(text, at)
+        super().__init__(f"line {line}, column {column}: cannot parse {text!r}")
         self.text = text
"""


def _lines(*said: stream.StreamEvent) -> list[stream.Line]:
    return [stream.Line(seq, NOW - 60 + seq, event) for seq, event in enumerate(said, 1)]


def transcripts() -> Mapping[str, list[stream.Line]]:
    """What the three agents say."""
    return {
        "T5-1": _lines(
            stream.Told("T5: Report the column in parse errors"),
            stream.Said("I'll look at how the errors are raised first."),
            stream.ToolCalled("1", "Grep", "grep 'raise ParseError' parsers/"),
            stream.ToolReturned("1", "parsers/reader.py:41\nparsers/reader.py:77\nparsers/zones.py:18"),
            stream.ToolCalled("2", "Edit", "edit parsers/errors.py", _DIFF),
            stream.ToolReturned("2", "updated"),
            stream.Said("Now the three callers must pass the offset along."),
        ),
        "T6-1": _lines(
            stream.Said("All calendar maths now goes through `datetime`; 41 lines are gone."),
            stream.ToolCalled("8", "Bash", "run pytest -q", "pytest -q"),
            stream.ToolReturned("8", "214 passed in 3.1s"),
            stream.Ended(True, "Replaced the hand-written calendar maths."),
        ),
        "T7-1": _lines(
            stream.Told("The reviewer asks for changes: cover negative offsets.", by="reviewer"),
            stream.Said("I'll add a strategy for offsets west of Greenwich."),
            stream.ToolCalled("3", "Bash", "run pytest tests/test_round_trip.py", "pytest tests/test_round_trip.py"),
            stream.ToolReturned("3", "FAILED test_round_trip.py::test_offsets - AssertionError: -00:30", failed=True),
            stream.Said("A real bug: the sign of an offset of less than an hour is lost."),
        ),
    }


class StillDesk:
    """A merge desk at which nothing happens."""

    async def generated(self, paths: Sequence[str]) -> frozenset[str]:
        """None."""
        return frozenset()

    async def readings(self) -> Readings:
        """Nothing was read."""
        return {}

    async def note(self, change: Change) -> Readings:
        """Nothing is remembered."""
        return {}

    async def copy(self, task: Task) -> Place:
        """There are no files."""
        raise OSError("a picture has no files")

    workshop = copy

    def run(self, words: Sequence[str], folder: str) -> int:
        """Nothing runs."""
        return 1

    async def leave(self, task: Task, place: Place) -> str:
        """Nothing is left."""
        return ""


class Still:
    """A link in which nothing happens."""

    repository = "parsers"
    desk = StillDesk()

    async def states(self) -> AsyncIterator[State]:
        """The one state there is."""
        yield example()

    async def transcript(self, run: str, after: int) -> AsyncIterator[list[stream.Line]]:
        """All that was said."""
        yield [line for line in transcripts().get(run, []) if line.seq > after]

    def terminal(self, run: str) -> Wire:
        """None of its agents lives in one."""
        raise ValueError(f"{run} has no terminal in a picture")

    async def visit(self, agent: int) -> Visit:
        """Nobody goes into a picture."""
        raise ValueError(f"agent-{agent} is only a picture")

    async def diff(self, task: Task) -> str:
        """Nothing is looked at."""
        return _DIFF if task else ""

    async def submit(self, command: Command) -> Answer:
        """Nothing can be asked of a picture."""
        return Answer(False, f"this is a picture: {type(command).__name__}")

    async def cleanable(self, older_seconds: float) -> tuple[tuple[Removal, ...], tuple[Removal, ...]]:
        """Nothing lies around here."""
        return (), ()

    async def shared(self) -> list[tuple[str, int]]:
        """Nothing is shared."""
        return []

    async def shared_text(self, name: str) -> str:
        """Nothing."""
        return ""

    async def emergency_stop(self) -> Answer:
        """Nothing runs here."""
        return Answer(False, "a picture runs nothing")

    async def night(self) -> StartNight:
        """The night of the picture."""
        return StartNight(3, "main")

    async def last_seen(self) -> Seen | None:
        """Nobody was ever here."""
        return None

    async def be_seen(self, seen: Seen) -> None:
        """Nobody is."""

    async def recall(self) -> tuple[dict[str, Choices], str]:
        """Nothing was chosen for it."""
        return {}, ""

    async def remember(self, part: str, choices: Choices) -> None:
        """It has no next time."""

    def keep_frame(self, columns: int, rows: int, text: str) -> None:
        """Nobody comes back to a picture."""

    def engine_alive(self) -> bool:
        """It looks alive."""
        return True


async def draw(size: tuple[int, int] = SIZE) -> str:
    """The screen as SVG."""
    from cockpit.app import CockpitApp

    app = CockpitApp(Still(), clock=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for pane in app.main.agents.panes.values():
            pane.transcript.take_in()
        await pilot.pause()
        return _FONTS.sub("", app.export_screenshot(title="cockpit"))


def main(arguments: Sequence[str]) -> int:
    """Write the picture to the file that is named."""
    if len(arguments) != 1:
        print("usage: python -m cockpit.demo.picture OUT.svg", file=sys.stderr)
        return 2
    Path(arguments[0]).write_text(asyncio.run(draw()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
