"""Commands that only look: tasks, logs and events."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from cockpit import views
from cockpit.agents import stream
from cockpit.cli import Wrong, surroundings
from cockpit.git_facts import lost_text
from cockpit.places import Places
from cockpit.pull_words import pull_text
from cockpit.state import State, Task
from cockpit.text import plain

if TYPE_CHECKING:
    import argparse

    from panes.transcript_model import Teller


def tasks(parsed: argparse.Namespace) -> int:
    """`task list`."""
    from cockpit.filters import BadFilter, Filter
    from cockpit.text import plain

    try:
        wanted = Filter.strict(getattr(parsed, "filter", ""))
    except BadFilter as error:
        raise Wrong(f"--filter: {error}") from error
    state = surroundings.state(surroundings.places(parsed))
    for task in state.tasks.values():
        if wanted.matches(state, task):
            spent = views.cost(task.usd, task.unpriced, task.estimated)
            print(plain(f"{task.id:<5} {state.seen_state(task):<10} {spent:>8}  {task.title}"))
    if not state.tasks:
        print("no tasks; add some with `cockpit plan FILE` or `cockpit task add TITLE`")
    return 0


def task(parsed: argparse.Namespace) -> int:
    """`task show TASK`."""
    state = surroundings.state(surroundings.places(parsed))
    found = state.tasks.get(parsed.task) or state.tasks.get(parsed.task.upper())
    if found is None:
        raise Wrong(f"there is no task {parsed.task!r}; `cockpit task list` lists them")
    print("\n".join(task_lines(state, found)))
    return 0


def task_lines(state: State, task: Task) -> list[str]:
    """Everything about a task, in plain lines."""
    lines = [f"{task.id}  {task.title}", f"state       {state.seen_state(task)}"]
    rows = {
        "why": task.reason,
        "kind": task.kind,
        "category": task.category,
        "priority": task.priority,
        "role": task.role and f"{task.role}, as you said",
        "model": task.model and f"{task.model}, as you said",
        "looks at": task.subject,
        "part of": task.part_of,
        "route": views.route_text(state, task),
        "agent": f"only agent-{task.pinned}" if task.pinned else "",
        "after": ", ".join(task.depends_on),
        "files": ", ".join(task.files),
        "source": task.source,
        "issue": state.github.link(task.issue),
        "branch": task.branch,
        "pull": pull_text(state, task),
        "change": task.diffstat,
        "landed": task.landed,
        "conflicts": views.clash_text(state, task),
        "would drop": lost_text(task.lost),
        "undone": views.undone_text(state, task),
        "agent says": views.told_text(state, task),
        "cost": views.cost(task.usd, task.unpriced, task.estimated),
    }
    lines += [f"{name:<11} {value}" for name, value in rows.items() if value]
    lines += ["", task.description] if task.description else []
    lines += ["", "Acceptance criteria:", *(f"- {c}" for c in task.criteria)] if task.criteria else []
    if task.conflict and task.conflict != task.reason:
        lines += ["", "The conflict, both sides:", plain(task.conflict), ""]
    for gate in task.gates:
        how = "passed" if gate.passed else "ASKS" if gate.asks else "FAILED"
        said = gate.note or ("" if gate.passed else gate.output.split("\n", 1)[0])
        lines.append(plain(f"gate        {how}  {gate.name} ({gate.seconds:.1f} s){f'  {said}' if said else ''}"))
    if task.answer and task.answers:
        lines += ["", "Answer:", plain(task.answer)]
    if task.verdict:
        lines += ["", f"review: {'approve' if task.verdict.approve else 'rework'}: {task.verdict.summary}"]
    return lines


def logs(parsed: argparse.Namespace) -> int:
    """`logs AGENT [-f]`: the newest run of an agent, as plain text."""
    from panes.transcript_model import Teller

    where = surroundings.places(parsed)
    state = surroundings.state(where)
    runs = [r for r in state.runs.values() if r.agent == parsed.agent]
    if not runs:
        raise Wrong(f"agent-{parsed.agent} has run nothing yet")
    newest = max(runs, key=lambda r: r.started)
    if newest.terminal:
        from cockpit.cli import terminal

        terminal.print_log(where.run_dir(newest.id), parsed.follow)
        return 0
    tail, teller = stream.Tail(where.stream(newest.id)), Teller()
    _print_lines(tail, teller)
    if parsed.follow:
        from watchfiles import watch

        for _ in watch(where.run_dir(newest.id), step=10, debounce=50, recursive=False):
            _print_lines(tail, teller)
    return 0


def _print_lines(tail: stream.Tail, teller: Teller) -> None:
    for line in tail.read():
        for paragraph in teller.tell(line):
            print(f"{paragraph.mark}{paragraph.text}")
    sys.stdout.flush()


def events(parsed: argparse.Namespace) -> int:
    """`events [-f] [--json]`."""
    import asyncio

    where = surroundings.places(parsed)
    if not surroundings.has_ledger(where) and not parsed.follow:
        return 0
    asyncio.run(_events(where, parsed.follow, parsed.json))
    return 0


async def _events(where: Places, follow: bool, as_json: bool) -> None:
    from cockpit.ledger.sqlite import SqliteLedger

    ledger = SqliteLedger(where.folder)
    last = 0
    for one in ledger.read():
        print(_event_line(one, as_json))
        last = one.position
    sys.stdout.flush()
    if follow:
        async for batch in ledger.follow(last):
            for one in batch:
                print(_event_line(one, as_json))
            sys.stdout.flush()


def _event_line(one: object, as_json: bool) -> str:
    from cockpit.events import Recorded, dump
    from cockpit.text import plain

    assert isinstance(one, Recorded)
    kind, data = dump(one.event)
    if as_json:
        head = {"position": one.position, "stream": one.stream, "version": one.version, "at": one.at}
        return json.dumps(head | {"kind": kind, "data": json.loads(data)})
    stamp = time.strftime("%H:%M:%S", time.localtime(one.at))
    return plain(f"{one.position:>6} {stamp} {one.stream:<14} {kind} {data[:160]}").replace("\n", " ")
