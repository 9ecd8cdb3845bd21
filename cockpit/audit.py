"""The audit trail: every decision in the ledger, who made it, and why. Pure.

A decision is a person's (a key, the command line), with name, user number and terminal as they were when it was
asked; or a policy's, with the reason that is recorded with it; or a reviewer's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cockpit import events
from cockpit.events import Event, Recorded
from cockpit.value import Value, frozen

_QUIET = frozenset({"by", "task", "run", "agent"})


@frozen
class Entry(Value):
    """One decision."""

    position: int
    at: float
    about: str
    """The task, the agent, or `night`."""
    who: str
    what: str
    why: str = ""


def trail(records: Iterable[Recorded]) -> Iterator[Entry]:
    """The decisions among what was recorded, in order."""
    given: dict[str, events.CommandGiven] = {}
    for one in records:
        match one.event:
            case events.CommandGiven() as command:
                given[command.id] = command
            case events.CommandAnswered(id=name) as answer if name in given:
                yield _asked(one, given.pop(name), answer)
            case _:
                decided = _decided(one.event)
                if decided is not None:
                    yield Entry(one.position, one.at, _about(one), *decided)


def _asked(one: Recorded, command: events.CommandGiven, answer: events.CommandAnswered) -> Entry:
    about = str(command.data.get("task") or "") or _agent(command.data.get("agent")) or "night"
    details = ", ".join(f"{key}: {_short(value)}" for key, value in command.data.items() if key not in _QUIET)
    what = f"{command.name}{f' ({details})' if details else ''}"
    return Entry(
        one.position,
        one.at,
        about,
        command.who or command.by,
        f"{what}: {'done' if answer.ok else 'refused'}",
        answer.message,
    )


def _decided(event: Event) -> tuple[str, str, str] | None:
    """Who decided, what and why, of an event that is a decision of its own."""
    match event:
        case events.MergeApproved(by="policy"):
            return "policy", "merge", "gates and review are good, and merges are automatic"
        case events.MergeApproved(despite=despite, by=by) if despite:
            return by, f"let through in spite of {', '.join(despite)}", "a person's yes"
        case events.TaskLanded(commit=commit, target=target):
            return "engine", f"moved {target} to {commit[:10]}", "approved, and its gates are green on that commit"
        case events.ReworkAsked(by=by, text=text):
            return by, "send back", text.split("\n", 1)[0]
        case events.VerdictGiven(verdict=verdict):
            return "reviewer", "approve" if verdict.approve else "rework", verdict.summary
        case events.TaskReady(asks=asks) if asks:
            return "policy", "wait for a person", f"gates ask: {', '.join(asks)}"
        case events.TaskEscalated(reason=reason):
            return "policy", "put before a person", reason
        case events.TaskFailed(reason=reason):
            return "policy", "give up", reason
        case events.GatesFinished(results=results):
            bad = [f"{r.name}{' asks' if r.asks else ' failed' if not r.passed else ' is flaky'}"
                   for r in results if not r.passed or r.flaky]  # fmt: skip
            return "gates", "green" if not bad else "not green", ", ".join(bad)
        case events.QuestionExpired(question=question, answer=answer):
            return "policy", f"answer {question} by default", answer
        case events.NightStopping(reason=reason, by=by):
            return by or "policy", "stop the night", reason
        case events.BudgetAlert(percent=percent):
            return "policy", "alert", f"{percent} % of the cap are spent"
        case events.IdeaBegun(idea=idea, category=category, by=by):
            return by, f"ask for {idea}", f"{category} had no idea for longest" if by == "policy" else category
        case events.IdeaClosed(idea=idea, outcome=outcome, reason=reason):
            return "policy", f"{idea}: {outcome}", reason
        case events.CategorySwitched(category=category, on=on, reason=reason, by=by):
            return by or "policy", f"switch ideas of {category} {'on' if on else 'off'}", reason
        case events.IdeasRested(reason=reason):
            return "policy", "no more ideas", reason
        case events.TaskPromoted(by="policy"):
            return "policy", "promote", "[ideas] promote is auto"
        case events.TaskClaimed(agent=agent):
            return "policy", f"give it to agent-{agent}", "first in the queue"
        case _:
            return None


def _about(one: Recorded) -> str:
    if task := getattr(one.event, "task", ""):
        return str(task)
    return one.stream.rpartition("/")[2] or one.stream


def _agent(number: Any) -> str:
    return f"agent-{number}" if isinstance(number, int) else ""


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else f"{text[:79]}…"
