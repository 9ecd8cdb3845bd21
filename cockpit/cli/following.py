"""`run` without a terminal: says what happens, a line each, and ends with the report."""

from __future__ import annotations

import asyncio
import sys
import time

from cockpit import events
from cockpit.events import Recorded
from cockpit.fold import apply
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.lock import engine_pid
from cockpit.places import Places
from cockpit.policy.night import needs_you
from cockpit.report import build, markdown
from cockpit.state import State
from cockpit.status import exit_code
from cockpit.status_frame import build as build_status
from cockpit.text import plain
from cockpit.words import spent_text


def follow(where: Places) -> int:
    """Until the night has ended or nothing goes on without a person; exits as `status` would."""
    state = asyncio.run(_follow(where))
    print()
    print(markdown(build(state, time.time())))
    if state.night and not state.night.ended:
        print("what is left waits for you; the engine stays until you decide, or `cockpit stop`")
    return exit_code(build_status(state, engine_pid(where.folder), time.time()))


async def _follow(where: Places) -> State:
    ledger = SqliteLedger(where.folder)
    state, begun = State(), False
    async for batch in ledger.follow():
        for one in batch:
            state = apply(state, one)
            if state.night and one.at >= state.night.started and (line := line_of(one)):
                print(plain(line))
        sys.stdout.flush()
        begun = begun or any(agent.run for agent in state.agents.values())
        if state.night and (state.night.ended or (begun and needs_you(state))):
            break
    return state


def line_of(one: Recorded) -> str:
    """What happened, with its time, for a person; empty for what is only worth the log."""
    stamp = time.strftime("%H:%M:%S", time.localtime(one.at))
    text = _words(one.event)
    return f"{stamp}  {text}" if text else ""


def _words(event: events.Event) -> str:
    match event:
        case events.TaskClaimed(task=task, agent=agent, resume=resume):
            return f"{task} {'goes on with' if resume else 'is taken by'} agent-{agent}"
        case events.GatesFinished(task=task, results=results):
            failed = [r.name for r in results if not r.passed]
            return f"{task} {'fails ' + failed[0] if failed else 'passes its gates'}"
        case events.VerdictGiven(task=task, verdict=verdict):
            return f"{task} review: {'approve' if verdict.approve else 'rework'}: {verdict.summary}"
        case events.ReworkAsked(task=task, by=by):
            return f"{task} goes back to its agent, asked by {by}"
        case events.ConflictFound(task=task, files=files):
            return f"{task} conflicts in {', '.join(files)}"
        case events.TaskReady(task=task):
            return f"{task} is ready to merge"
        case events.TaskLanded(task=task, commit=commit, target=target):
            return f"{task} landed on {target} as {commit[:10]}"
        case events.TaskEscalated(task=task, reason=reason):
            return f"{task} needs you: {reason}"
        case events.TakenOver(agent=agent):
            return f"agent-{agent} was taken over by hand"
        case events.HandedBack(agent=agent):
            return f"agent-{agent} was handed back"
        case events.QuestionAsked(question=question, text=text):
            return f"{question} waits for your answer: {text}"
        case events.QuestionAnswered(question=question, by=by):
            return f"{question} was answered by {by}"
        case events.QuestionExpired(question=question, answer=answer, allow=allow):
            return f"{question}: nobody answered in time; by default: {answer or ('allow' if allow else 'deny')}"
        case events.MergeBlocked(task=task, reason=reason):
            return f"{task} can't be merged yet: {reason}"
        case events.LaunchFailed(run=run, reason=reason):
            return f"{run} could not start: {reason}"
        case events.RunExited(run=run, code=code):
            return f"{run} ended (code {code})"
        case events.BudgetAlert(percent=percent, spent_usd=spent, of_usd=cap):
            return f"{percent} % of the night's cap is reached: {spent_text(spent, cap)}"
        case events.NightStopping(reason=reason):
            return f"the night is stopping: {reason}"
        case events.NightEnded(reason=reason):
            return f"the night is over: {reason}"
        case _:
            return ""
