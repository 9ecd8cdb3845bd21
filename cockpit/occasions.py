"""What of State is worth telling a person who is elsewhere, in words: the inbox, alerts, stops, failures, the end.

Each occasion has a key: while it stays the same, so does the key, and it is told once (`policy/notices.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from cockpit.notified import BUDGET, FAILING, FINISHED, NEEDS_YOU, STOPPED
from cockpit.policy.notify_rules import Occasion
from cockpit.reserves import cap_title
from cockpit.state import Night, State, Task, TaskState
from cockpit.text import plain
from cockpit.views import BREAKER, DISK, HELD, Waiting, clock, inbox, money, spent_text
from cockpit.views import BUDGET as BUDGET_ENTRY

LONG_WAIT_SECONDS = 1800.0
"""A limit of the model's service that lasts longer is told."""

MAX_TEXT = 300
"""Characters of a reason that are told; the report and the screen have all of it."""


def found(state: State) -> tuple[Occasion, ...]:
    """All of it, as things are now."""
    return (*_waiting(state), *_alerts(state), *_limits(state), *_failures(state), *_end(state))


def brief(text: str) -> str:
    """A text by whomever, in one line and cut."""
    line = " ".join(plain(text).split())
    return line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"


def _waiting(state: State) -> Iterator[Occasion]:
    """The inbox, but for agents that a person has: that came by their own key."""
    for entry in inbox(state):
        if entry.id.startswith(HELD) or entry.agent is None:
            kind = {BUDGET_ENTRY: STOPPED, BREAKER: FAILING}.get(entry.id, NEEDS_YOU)
            about = entry.task.id if entry.task else ""
            title, why = brief(entry.title), brief(entry.why)
            yield Occasion(kind, f"{kind}/{entry.id}/{_which(state, entry)}", title, why, entry.do, about, entry.since)


def _which(state: State, entry: Waiting) -> str:
    """Tells an entry from another of the same name: a merge by what it would merge, others by when they came."""
    task = entry.task
    if entry.id == DISK:
        return f"{state.night.started if state.night else 0:.0f}"
    if entry.question is None and task is not None and task.state is TaskState.READY and task.head:
        return task.head[:12]
    return f"{entry.since:.0f}"


def _alerts(state: State) -> Iterator[Occasion]:
    """The highest share of each cap that was reached."""
    night = state.night
    if night is None or night.ended:
        return
    if night.alerted and night.cap_usd is not None:
        spent = spent_text(state.spent_usd, night.cap_usd)
        yield _alert(max(night.alerted), "night", f"{night.id}/{night.cap_usd}", f"Spent {spent}.", night)
    for name, said in state.said.items():
        cap, _, since = name.rpartition("@")
        if said and cap in state.caps:
            which = f"{since}/{state.caps[cap]}"
            yield _alert(max(said), cap, which, f"The cap is {money(state.caps[cap])}.", night)


def _alert(percent: int, cap: str, which: str, text: str, night: Night) -> Occasion:
    title = f"{percent} % of {cap_title(cap)} is reached"
    key = f"{BUDGET}/{cap}/{percent}/{which}"
    return Occasion(BUDGET, key, title, text, "`cockpit budget` shows where it goes", at=night.started)


def _limits(state: State) -> Iterator[Occasion]:
    """Long waits for the model's service: nothing goes on meanwhile."""
    for window in state.windows.values():
        if window.until - window.since >= LONG_WAIT_SECONDS:
            title = f"Nothing starts before {clock(window.until)}"
            text = f"{brief(window.why)}; it goes on by itself then"
            key = f"{STOPPED}/{window.quota}/{window.since:.0f}"
            yield Occasion(STOPPED, key, title, text, "`cockpit resume --now` does not wait", at=window.since)


def _failures(state: State) -> Iterator[Occasion]:
    """Tasks that were given up this night."""
    begun = state.night.started if state.night else 0.0
    for task in state.in_state(TaskState.FAILED):
        if task.since >= begun:
            yield _failure(task)


def _failure(task: Task) -> Occasion:
    do = f"`cockpit task retry {task.id}` or `cockpit task skip {task.id}`"
    key = f"{FAILING}/{task.id}/{task.since:.0f}"
    return Occasion(FAILING, key, brief(task.title), f"It failed: {brief(task.reason)}", do, task.id, task.since)


def _end(state: State) -> Iterator[Occasion]:
    """The night is over: its whole report is told."""
    night = state.night
    if night is not None and night.ended:
        key = f"{FINISHED}/{night.id}/{night.ended:.0f}"
        yield Occasion(FINISHED, key, f"The night ended: {night.stopping}", at=night.ended)
