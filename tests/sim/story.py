"""A night told as a story: what the ledger says and what happened around it, in one order, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.events import Event, Recorded

if TYPE_CHECKING:
    from tests.sim.night import Night

BORING = (events.CommandGiven, events.MessageDelivered, events.AnswerDelivered)


def told(night: Night) -> str:
    """The whole night."""
    one = night.scenario
    cap = f", a cap of ${one.cap:.2f}, a reserve of ${one.reserve:.2f}" if one.cap is not None else ""
    until = f", {one.hours:.1f} hours" if one.hours is not None else ""
    luck = ", ".join(f"{what} {share:.0%}" for what, share in sorted(one.luck.items())) or "nothing by chance"
    head = [
        f"seed {one.seed}: {one.agents} agents, {len(one.worked_on)} tasks{cap}{until}, merging: {one.merge}"
        f"{'' if one.review else ', no review'}",
        f"what goes wrong: {luck}",
        *(f"  k{task.number} needs {', '.join(f'k{n}' for n in task.needs)}" for task in one.tasks if task.needs),
    ]
    return "\n".join([*head, "", *_lines(night)])


def _lines(night: Night) -> Iterator[str]:
    diary = iter(night.diary)
    note = next(diary, None)
    for one in night.log:
        while note is not None and note[0] < one.position:
            yield f"{_clock(note[1])}      * {note[2]}"
            note = next(diary, None)
        if not isinstance(one.event, BORING):
            yield _line(one)
    while note is not None:
        yield f"{_clock(note[1])}      * {note[2]}"
        note = next(diary, None)


def _line(one: Recorded) -> str:
    return f"{_clock(one.at)} {one.position:>4} {_short(one.event)}"


def _short(event: Event) -> str:
    text = repr(event)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
