"""Moments of a night, to put before a screen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cockpit.demo.picture import example, transcripts
from cockpit.state import Agent, GateResult, Night, Run, Session, State, Taken, Task, TaskState
from tests.fakes.link import FakeLink
from tests.session import NOON

PATCH = """\
diff --git a/parsers/cli.py b/parsers/cli.py
--- a/parsers/cli.py
+++ b/parsers/cli.py
@@ -3,3 +3,4 @@ def options(parser):
     parser.add_argument("file")
-    parser.add_argument("--lax")
+    parser.add_argument("--lax", action="store_true")
+    parser.add_argument("--strict", action="store_true")
     return parser
"""

GREEN = (GateResult("tests", True, seconds=2.0),)


def task(name: str, title: str = "", state: TaskState = TaskState.QUEUED, minutes: float = 5, **more: object) -> Task:
    """A task that has been in `state` for some minutes."""
    since = NOON - 60 * minutes
    return Task(name, title or f"Task {name}", state=state, added=NOON - 7200, since=since, **more)  # type: ignore[arg-type]


def ready(name: str, title: str = "", minutes: float = 5, **more: object) -> Task:
    """A task that waits for a yes."""
    facts = {"head": "b41c", "gated_head": "b41c", "gates": GREEN, "branch": f"agent-1/task-{name}", **more}
    return task(name, title, TaskState.READY, minutes, **facts)


def of(tasks: Iterable[Task], **more: object) -> State:
    """A night with these tasks and nothing else."""
    night = Night("night-1", NOON - 3600, agents=2, target="main", cap_usd=10.0)
    return replace(State(night=night, tasks={t.id: t for t in tasks}), **more)  # type: ignore[arg-type]


def fleet(count: int, busy: bool = True) -> State:
    """`count` agents, each at work on a task of its own."""
    state = TaskState.WORKING if busy else TaskState.QUEUED
    names = range(1, count + 1)
    tasks = [task(f"T{n}", f"Build part {n}", state, agent=n, run=f"T{n}-1") for n in names]
    runs = {
        f"T{n}-1": Run(f"T{n}-1", f"T{n}", n, "s", live=busy, started=NOON - 300, usd=0.25, cost_source="cli")
        for n in names
    }
    agents = {n: Agent(n, f"T{n}", f"T{n}-1") if busy else Agent(n) for n in names}
    steps = {n: Session(f"agent-{n}", "builder", "working", f"T{n}", "edit", f"edit part{n}.py") for n in names}
    return of(tasks, runs=runs, agents=agents, sessions=steps)


def taken_over(state: State, agent: int = 1, *, is_free: bool = True) -> State:
    """The same with a person in an agent's conversation, or about to be."""
    taken = replace(state.agents[agent], taken=Taken("you", NOON - 60, is_free))
    return replace(state, agents={**state.agents, agent: taken})


def full_link() -> FakeLink:
    """A link with the night of the README's picture."""
    link = FakeLink(example())
    link.patches = {"T3": PATCH}
    link.lines = {run: list(lines) for run, lines in transcripts().items()}
    return link


def landed_on_top(state: State) -> State:
    """The same night, in which T2 needed T1 and both have landed."""
    first = replace(state.tasks["T1"], landed="1d4a77c0ffee", landed_on="main", landed_at=NOON - 5760)
    more = {"landed": "2b00", "landed_on": "main", "landed_at": NOON - 3060, "depends_on": ("T1",)}
    second = replace(state.tasks["T2"], **more)  # type: ignore[arg-type]
    return replace(state, tasks={**state.tasks, "T1": first, "T2": second})
