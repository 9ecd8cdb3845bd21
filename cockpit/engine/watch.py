"""Watching: what agents do, as their hosts report it, becomes events.

A host writes its session file whenever something happened; that wakes us, and we read on in the run's
`events.jsonl` from where the ledger says we were. Heartbeats and steps stay out of the ledger.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.agents import stream
from cockpit.engine.deaths import Deaths
from cockpit.engine.taking import Taking
from cockpit.hosts import control, orphans, process
from cockpit.hosts.session_file import BrokenSession, read, set_aside
from cockpit.ledger.bell import changes, rings
from cockpit.ledger.sqlite import prepare_folder
from cockpit.policy import windows
from cockpit.questions import default
from cockpit.state import QUARTER_SECONDS, ROLE_OF, Kind, Run, State

if TYPE_CHECKING:
    from cockpit.engine.core import Core
    from cockpit.engine.engine import Engine


async def adopt(engine: Engine) -> None:
    """Take over the hosts that live, end what nobody looks after, and note what died while no engine ran."""
    await asyncio.to_thread(orphans.sweep, engine.places.folder)
    for run in [r for r in engine.state.runs.values() if r.live]:
        drain(engine, run)
        if not control.is_alive(engine.places.run_dir(run.id)):
            await asyncio.to_thread(process.kill_tree, str(engine.places.run_dir(run.id)))
            gone(engine, run, along=True)


async def commands(engine: Engine) -> None:
    """Wake the engine whenever somebody appends to the ledger."""
    async for _ in rings(engine.places.folder):
        engine.wake()


async def sessions(engine: Engine) -> None:
    """Follow the session files of our agents."""
    folder = engine.places.sessions
    prepare_folder(folder)
    async for found in changes(folder):
        for path in sorted(found):
            if path.suffix == ".session" and path.exists():
                _session_changed(engine, path)


def _session_changed(engine: Engine, path: Path) -> None:
    number = path.stem.removeprefix("agent-")
    if engine.hold.waiting:
        return  # what comes now can't be recorded; the patrol reads it when it can
    if not number.isdigit() or int(number) not in engine.state.agents:
        return  # some other tool's; the screen shows it, the engine lets it be
    run = engine.state.agent_run(int(number))
    try:
        session = read(path)
    except FileNotFoundError:  # a link that leads nowhere, or it went just now
        return
    except BrokenSession as error:
        _set_aside(engine, int(number), path, str(error))
        return
    if run is None or not run.live:
        return
    drain(engine, run)
    run = engine.state.runs[run.id]
    if run.live and session.current_phase and session.current_phase != run.phase:
        engine.record(events.PhaseChanged(run.id, session.current_phase, session.current_step))


def _set_aside(engine: Engine, number: int, path: Path, why: str) -> None:
    try:
        name = set_aside(path).name
    except OSError as error:  # its host writes another one anyway
        name, why = "", f"{why}; it could not be moved: {error.strerror}"
    engine.record(events.SessionSetAside(number, name, why))


async def patrol(engine: Engine) -> None:
    """Look after hosts that should live: one killed from outside can't report it, but where it can the kernel does."""
    deaths = Deaths(engine, partial(_check_host, engine))
    try:
        await _rounds(engine, deaths)
    finally:
        deaths.close()


async def _rounds(engine: Engine, deaths: Deaths) -> None:
    taking = Taking()
    while True:
        deaths.follow()
        await asyncio.sleep(min(2.0, engine.config.agents.heartbeat))
        for run in [r for r in engine.state.runs.values() if r.live]:
            if engine.hold.waiting:
                break
            drain(engine, run)
            _check_host(engine, run.id)
        await taking.go_round(engine)


def _check_host(engine: Engine, run_id: str) -> None:
    if not control.is_alive(engine.places.run_dir(run_id)):
        check_dead(engine, run_id)


def check_dead(engine: Engine, run_id: str) -> None:
    """Record the end of a run whose host is gone, once."""
    run = engine.state.runs[run_id]
    drain(engine, run)
    run = engine.state.runs[run_id]
    if run.live:
        process.kill_tree(str(engine.places.run_dir(run_id)))
        gone(engine, run)


def gone(engine: Core, run: Run, *, along: bool = False) -> None:
    """Record that a run's host is gone without a word, unless that is known."""
    run = engine.state.runs[run.id]
    if run.live:
        why = "its host was killed or the machine went down"
        engine.record(events.RunExited(run.id, run.seq, None, why, along))


def drain(engine: Core, run: Run) -> None:
    """Record what a run's stream says and the ledger has not."""
    new = [
        event
        for line in engine.tail(run).read()
        if (event := _limit(engine, run, line) or _translate(engine.state, run, line))
    ]
    if new:
        engine.record(*_named(engine, _without_repeats(new)))


def _limit(engine: Core, run: Run, line: stream.Line) -> events.Event | None:
    """What a limit of the model's service comes to; None for anything else, and where it counts as a failure."""
    event, rules, now = line.event, engine.rules, engine.clock()
    if not isinstance(event, stream.Ended | stream.Retrying) or not event.limited or not rules.parks:
        return None
    if isinstance(event, stream.Ended):
        reopens = windows.until(engine.state, rules, rules.quota, event.resets, now)
        return events.TurnEnded(
            run.id, line.seq, False, error=event.error[:2000], denials=event.denials, quota=rules.quota, reopens=reopens
        )
    window, reopens = engine.state.windows.get(rules.quota), now + event.seconds
    if event.seconds < LEAST_WAIT or (window is not None and window.until >= reopens):
        return None
    return events.LimitHit(rules.quota, event.reason[:500], reopens, run.id)


LEAST_WAIT = 5.0
"""An agent that tries again sooner than this concerns nobody else."""


def _translate(state: State, run: Run, line: stream.Line) -> events.Event | None:
    match line.event:
        case stream.Spent(usd=usd, tokens=tokens, model=model, source=source, open_usd=more, used=used):
            role = role_of(state, run)
            return events.CostSeen(run.id, line.seq, usd, tokens, model, source, role, more, line.at, used)
        case stream.Ended(ok=ok, summary=summary, error=error, fatal=fatal, denials=denials, broke=broke):
            task = state.tasks.get(run.task)
            answer = summary if ok and task is not None and task.answers else ""
            ended = events.TurnEnded(run.id, line.seq, ok, summary[:2000], error[:2000], fatal, denials, broke=broke)
            return replace(ended, answer=answer)
        case stream.Breached(what=what, why=why):
            return events.LimitBreached(run.id, what, why, line.seq)
        case stream.Exited(code=code, reason=reason):
            return events.RunExited(run.id, line.seq, code, reason[-2000:])
        case stream.Told(id=message) if message in state.messages:
            return None if state.messages[message].delivered else events.MessageDelivered(message)
        case stream.Asked():
            return _asked(state, run, line.event, line.seq)
        case stream.Answered(id=request) if not any(q.delivered for q in state.asked_by(run.id, request)):
            return events.AnswerDelivered(run.id, request)
        case stream.Withdrawn(id=request):
            return events.QuestionWithdrawn(run.id, request)
        case stream.Read(id=message) if message in state.messages:
            return None if state.messages[message].read else events.MessageRead(message, line.seq)
        case _:
            return None


def _asked(state: State, run: Run, asked: stream.Asked, seq: int) -> events.QuestionAsked | None:
    if any(question.part == asked.part for question in state.asked_by(run.id, asked.id)):
        return None
    return events.QuestionAsked(
        question="",
        run=run.id,
        request=asked.id,
        text=asked.text,
        choices=asked.choices,
        many=asked.many,
        kind=asked.about,
        header=asked.header,
        tool=asked.tool,
        detail=asked.detail,
        part=asked.part,
        parts=asked.parts,
        seq=seq,
    )


def _named(engine: Core, new: list[events.Event]) -> list[events.Event]:
    """Give the questions among them their short names, and say what happens when nobody answers."""
    waiting = sum(isinstance(event, events.QuestionAsked) for event in engine.hold.waiting)  # they have names already
    asked, rules, named = engine.state.asked + waiting, engine.rules, list[events.Event]()
    for event in new:
        if isinstance(event, events.QuestionAsked):
            asked += 1
            answer = default(event.kind, event.choices, rules.question_default, rules.permission_default)
            event = replace(
                event,
                question=f"Q{asked}",
                seconds=rules.question_seconds,
                otherwise=answer.text,
                otherwise_allow=answer.allow,
            )
        named.append(event)
    return named


def _without_repeats(new: list[events.Event]) -> list[events.Event]:
    """Of costs that came in together only the last of each quarter of an hour says anything."""
    last: dict[float, int] = {}
    for n, event in enumerate(new):
        if isinstance(event, events.CostSeen):
            last[event.spent_at // QUARTER_SECONDS] = n
    kept = set(last.values())
    return [e for n, e in enumerate(new) if n in kept or not isinstance(e, events.CostSeen)]


def role_of(state: State, run: Run) -> str:
    """The role that works on a run's task."""
    task = state.tasks.get(run.task)
    return task.works_as if task else ROLE_OF[Kind.BUILD]
