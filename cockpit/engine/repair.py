"""Repair: what a crash, a power cut or a stray hand left behind, found and put right; `cockpit repair`.

Looking changes nothing. Putting right throws nothing away: what can't be trusted is set aside, and what is removed held
no work. A living engine looks after its runs itself, so then only that is looked at which it has nothing to do with.
Each kind of trouble is one function here or in `repair_git`; what to do about it stands beside what is wrong.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cockpit import events
from cockpit.engine import watch
from cockpit.engine.engine import Engine
from cockpit.fold import fold
from cockpit.hosts import control, orphans, process, session_file
from cockpit.hosts.session_file import BrokenSession
from cockpit.ledger import damage, snapshot
from cockpit.state import Session

Fix = Callable[[], object]


class Stubborn(Exception):
    """It could not be put right; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong."""

    what: str
    """The kind, for scripts: orphan, run, session, torn, temporary, snapshot, lock, checkout, worktree, branch, …"""
    where: str
    text: str
    fix: Fix | None = None
    """Puts it right. None where only a person can."""
    do: str = ""
    """What a person can do."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is looked at: an engine that does not run, to read and write as one."""

    engine: Engine
    living: int | None
    """The engine that does run, if any."""


def find(case: Case) -> Iterator[Trouble]:
    """All that is wrong outside of git."""
    yield from _ledger(case)
    yield from _orphans(case)
    yield from _temporary(case)
    yield from _snapshot(case)
    if case.living is None:
        yield from _engine(case)
        yield from _runs(case)
        yield from _torn(case)
    yield from _sessions(case)


def _ledger(case: Case) -> Iterator[Trouble]:
    folder = case.engine.places.folder
    for damaged in damage.check(folder):
        text = f"the ledger: {damaged.text}"
        if damaged.is_mendable and case.living is None:
            yield Trouble("ledger", str(damaged.position or folder), text, partial(damage.mend, folder, time.time()))
        else:
            do = "end the night (`cockpit stop`), then `cockpit repair` again" if case.living else ""
            yield Trouble("ledger", str(damaged.position or folder), text, do=do)


def _orphans(case: Case) -> Iterator[Trouble]:
    folder = case.engine.places.folder
    for orphan in orphans.find(folder):
        yield Trouble("orphan", str(orphan.pid), f"process {orphan.pid} {orphan.what}", partial(_swept, folder))


def _swept(folder: Path) -> None:
    orphans.sweep(folder)
    if left := orphans.find(folder):
        raise Stubborn(f"these survive: {', '.join(str(orphan.pid) for orphan in left)}")


def _engine(case: Case) -> Iterator[Trouble]:
    engine = case.engine
    info = engine.state.engine
    if info.pid and not info.stopped:
        text = f"the engine (process {info.pid}) was killed; nobody holds its lock any more"
        killed = events.EngineStopped("it was killed, or the machine went down")
        yield Trouble("engine", str(engine.places.folder / "engine.lock"), text, partial(engine.record, killed))


def _runs(case: Case) -> Iterator[Trouble]:
    engine = case.engine
    for run in engine.state.runs.values():
        if run.live and not control.is_alive(engine.places.run_dir(run.id)):
            text = f"{run.id} counts as running, but its host is dead"
            yield Trouble("run", run.id, text, partial(watch.check_dead, engine, run.id))


def _sessions(case: Case) -> Iterator[Trouble]:
    engine = case.engine
    for path in sorted(engine.places.sessions.glob("agent-*.session")):
        number = path.stem.removeprefix("agent-")
        if not number.isdigit() or int(number) not in engine.state.agents:
            continue  # another tool's
        try:
            found = session_file.read(path)
        except FileNotFoundError:
            continue
        except BrokenSession as error:
            text = f"the session file of agent-{number} can't be trusted: {error}"
            yield Trouble("session", str(path), text, partial(_rebuilt, case, path, int(number), aside=True))
            continue
        if found.pid and not _is_served(case, int(number)) and not process.started(found.pid):
            text = f"the session file of agent-{number} says that process {found.pid} works; it is gone"
            yield Trouble("session", str(path), text, partial(_rebuilt, case, path, int(number), aside=False))


def _is_served(case: Case, number: int) -> bool:
    """Whether a host lives that writes the agent's session file."""
    run = case.engine.state.agent_run(number)
    return run is not None and control.is_alive(case.engine.places.run_dir(run.id))


def _rebuilt(case: Case, path: Path, number: int, *, aside: bool) -> None:
    """The session file as the ledger has it; a host that lives writes its own at the next heartbeat."""
    if aside:
        session_file.set_aside(path)
    if not _is_served(case, number):
        session_file.write(path, _session(case, number))


def _session(case: Case, number: int) -> Session:
    state = case.engine.state
    agent, run = state.agents[number], state.agent_run(number)
    return Session(
        agent=agent.name,
        role=watch.role_of(state, run) if run else "",
        status="paused" if agent.paused else "idle",
        current_task=agent.task or "",
        current_phase="",
        current_step="rebuilt from the ledger",
        progress=0.0,
        branch_name=run.branch if run else "",
        worktree=run.worktree if run else "",
        started=run.started if run else 0.0,
        last_heartbeat=0.0,
        last_activity=0.0,
        session_id=run.session if run else "",
        cost_usd_est=run.usd if run else 0.0,
    )


def _torn(case: Case) -> Iterator[Trouble]:
    """Last lines that were written by half; those of living hosts are only not finished yet."""
    for name in ("events.jsonl", "stream.jsonl", "control.jsonl"):
        for path in sorted((case.engine.places.folder / "runs").glob(f"*/{name}")):
            if not control.is_alive(path.parent) and (torn := _torn_bytes(path)):
                text = f"the last line of {path.parent.name}/{name} was written by half ({torn} bytes)"
                yield Trouble("torn", str(path), text, partial(_cut_off, path, torn))


def _torn_bytes(path: Path) -> int:
    with suppress(OSError), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - (1 << 20)))
        end = file.read()
        return 0 if end.endswith(b"\n") else len(end) - end.rfind(b"\n") - 1
    return 0


def _cut_off(path: Path, size: int) -> None:
    """Move the torn line to a file beside it."""
    with path.open("r+b") as file:
        end = file.seek(-size, os.SEEK_END)
        with path.with_name(f"{path.name}.torn").open("ab") as aside:
            aside.write(file.read() + b"\n")
        file.truncate(end)


_TEMPORARY = re.compile(r"\..+\.(\d+)")


def _temporary(case: Case) -> Iterator[Trouble]:
    """Files that were never put in place, since their writer died."""
    folder, sessions = case.engine.places.folder, case.engine.places.sessions
    for path in sorted([*folder.glob(".*"), *sessions.glob(".agent-*"), *folder.glob("runs/*/.*")]):
        match = _TEMPORARY.fullmatch(path.name)
        if match and path.is_file() and not process.started(int(match[1])):
            text = f"{path.name} was never finished: its writer, process {match[1]}, is gone"
            yield Trouble("temporary", str(path), text, path.unlink)


def _snapshot(case: Case) -> Iterator[Trouble]:
    """What saves work must not lie."""
    engine = case.engine
    path = engine.places.folder / snapshot.NAME
    if not path.exists():
        return
    kept = snapshot.read(engine.ledger, engine.places.folder)
    if kept.position and fold(engine.ledger.read(0, kept.position)) != kept:
        yield Trouble("snapshot", str(path), "the snapshot of State is not what the ledger says", path.unlink)


def put_right(case: Case, trouble: Trouble) -> str:
    """Put it right; why that did not work, or nothing."""
    if trouble.fix is None:
        return trouble.do or "only a person can put that right"
    try:
        trouble.fix()
    except Exception as error:
        return f"{error}" or type(error).__name__
    return ""


def told(case: Case, fixed: list[Trouble]) -> None:
    """What was put right is in the ledger for the morning's reader, where we may write it."""
    if fixed and case.living is None:
        words = "; ".join(trouble.text for trouble in fixed[:5])
        more = f" and {len(fixed) - 5} more" if len(fixed) > 5 else ""
        case.engine.record(events.Noticed(f"repaired at {time.strftime('%H:%M')}: {words}{more}"))
