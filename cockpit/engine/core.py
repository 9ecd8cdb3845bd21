"""The engine's core: the one writer of the ledger, and the step that answers, decides, records, and starts effects.

It knows no process, no repository and no event loop: how an effect is begun and broken off, and where an agent's
stream is read, is left to whoever derives from it. The engine does these for real (`engine.py`); simulated nights
(`tests/sim`) run this very code in virtual time.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from cockpit import events
from cockpit.agents.stream import Line
from cockpit.days import local
from cockpit.engine.hold import Hold
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.idea_facts import FAILED
from cockpit.ledger import Batch, Ledger, LedgerError
from cockpit.policy import notices, planning
from cockpit.policy.actions import (
    NOTHING,
    AskPlanner,
    Decision,
    Effect,
    EndRun,
    Ideate,
    Review,
    RunGates,
    WatchPull,
    Weigh,
)
from cockpit.policy.decide import decide
from cockpit.policy.requests import answer
from cockpit.policy.rules import Rules
from cockpit.policy.sight import NOTHING_SEEN, Sights
from cockpit.state import Run, State, TaskState

CANCELLABLE = (RunGates, Review, AskPlanner, Ideate, Weigh, WatchPull)
"""Effects that may be broken off when the policies no longer want them; the others come to their end."""

MOST_SLEEP = 30.0
"""A timer stands still while a laptop sleeps, and the clock can be set: after so many seconds we look at it again."""


class Lines(Protocol):
    """What an agent's stream says, read on from where it was."""

    def read(self) -> list[Line]:
        """The lines that came since the last call."""
        ...


@dataclass
class Book:
    """The ledger as its one writer holds it: what it says, folded, and how far each stream was read."""

    ledger: Ledger
    clock: Callable[[], float] = field(default=time.time, kw_only=True)
    state: State = field(default_factory=State, kw_only=True)
    _versions: dict[str, int] = field(default_factory=dict, kw_only=True)

    def catch_up(self) -> list[Recorded]:
        """Fold what the ledger has and we don't: our own events and the commands of others."""
        new = self.ledger.read(self.state.position)
        for one in new:
            self._versions[one.stream] = max(one.version, self._versions.get(one.stream, 0))
        self.state = fold(new, self.state)
        return new

    def record(self, *new: Event) -> None:
        """Append decisions and outcomes, all or none, and fold them. Nobody else in the house does."""
        if not new:
            return
        (stream, expected, first), *also = batches(new, self._version)
        if also:
            self.ledger.append(stream, expected, first, self.clock(), also=also)
        else:
            self.ledger.append(stream, expected, first, self.clock())
        self.catch_up()

    def _version(self, stream: str) -> int:
        """Where a stream stands, as far as we read; streams from before the snapshot are asked for."""
        if stream not in self._versions:
            self._versions[stream] = self.ledger.version(stream)
        return self._versions[stream]

    def answer(self) -> None:
        """Answer every command that nobody has answered."""
        for name, command in list(self.state.pending.items()):
            by = self.state.askers.get(name, "you")
            made, said = answer(self.state, name, command, by, self.clock(), local)
            self.record(*made, events.CommandAnswered(name, said.ok, said.message))


def batches(new: Sequence[Event], version: Callable[[str], int]) -> list[Batch]:
    """The events by their streams, in their order, for one append; `version` says where a stream stands."""
    made: list[Batch] = []
    grown: dict[str, int] = {}
    for stream, group in groupby(new, events.stream_of):
        some = list(group)
        expected = grown.get(stream, version(stream))
        made.append((stream, expected, some))
        grown[stream] = expected + len(some)
    return made


@dataclass
class Core(Book, ABC):
    """What the engine decides and does about it, but for how."""

    in_flight: dict[str, Effect] = field(default_factory=dict, kw_only=True)
    """The effects that go on now, by their keys."""
    sights: Sights = field(default=NOTHING_SEEN, kw_only=True)
    """What is seen at this moment and no event tells."""

    hold: Hold = field(default_factory=Hold, kw_only=True)
    """What keeps us from recording, and so from beginning anything new."""
    _is_deciding: bool = field(default=False, kw_only=True)

    @property
    @abstractmethod
    def rules(self) -> Rules:
        """The numbers that bound the policies."""

    @abstractmethod
    def wake(self) -> None:
        """Have the loop look again."""

    @abstractmethod
    def begin(self, effect: Effect) -> None:
        """Start an effect; it is in flight until `done` says otherwise."""

    @abstractmethod
    def break_off(self, effect: Effect) -> None:
        """Have an effect in flight leave off."""

    @abstractmethod
    def tail(self, run: Run) -> Lines:
        """The stream of a run's agent."""

    @abstractmethod
    def lacking(self) -> str:
        """Why nothing could be written where we write; empty where it could."""

    # ── recording, and what keeps us from it ─────────────────────────────────────────────────────────

    def record(self, *new: Event) -> None:
        """Append, fold, look again. What happened and can't be recorded now waits for when it can."""
        if self.hold.waiting:
            self.hold.waiting += new
            return
        try:
            super().record(*new)
        except LedgerError as error:
            if self._is_deciding:
                raise
            self.hold.waiting += new
            self.hold_up(str(error))
        self.wake()

    def hold_up(self, reason: str) -> None:
        """Begin nothing new until there is room again."""
        self.hold.begin(reason, self.clock())
        self.wake()

    def advance(self) -> Decision:
        """One step, unless nothing can be recorded; then what happened waits, and we try again in a moment."""
        now, waits = self.clock(), self.hold.is_on and self.clock() < self.hold.retry
        if waits and self.hold.waiting:
            return Decision(wake=self.hold.retry)
        self._is_deciding = True
        try:
            if not waits:
                self._try_again(now)
            decision = self.step()
        except LedgerError as error:
            self.hold.begin(str(error), now)
            decision = NOTHING
        finally:
            self._is_deciding = False
        return decision + Decision(wake=self.hold.retry) if self.hold.is_on else decision

    def _try_again(self, now: float) -> None:
        """Record what waits; begin to hold, or cease to."""
        if self.hold.waiting:
            super().record(*self.hold.waiting)
            self.hold.waiting.clear()
        if reason := self.lacking():
            self.hold.begin(reason, now)
        elif self.hold.is_on:
            super().record(self.hold.told(now))
            self.hold.over(now)

    # ── deciding and doing ───────────────────────────────────────────────────────────────────────────

    def step(self) -> Decision:
        """Answer, decide and record until nothing is left to record; then start what is to be done."""
        while True:
            self.catch_up()
            self.answer()
            decision = decide(self.state, self.rules, self.clock(), self.sights)
            if not decision.records:
                break
            self.record(*decision.records)
        self._carry_out(decision.effects)
        return decision

    def _carry_out(self, effects: tuple[Effect, ...]) -> None:
        wanted: dict[str, Effect] = {}
        for effect in effects:
            wanted.setdefault(effect.key, effect)
        for key, effect in list(self.in_flight.items()):
            if (now := wanted.get(key)) is effect or not isinstance(effect, CANCELLABLE):
                continue
            if now != effect and effect not in effects:
                self.break_off(effect)
        for key, effect in wanted.items():
            if key not in self.in_flight:
                self.start(effect)

    def start(self, effect: Effect) -> None:
        """Begin an effect, unless one with its key is in flight."""
        if effect.key not in self.in_flight and self.hold.lets(effect):
            self.in_flight[effect.key] = effect
            self.begin(effect)

    def done(self, effect: Effect) -> None:
        """An effect came to its end, well or not."""
        self.in_flight.pop(effect.key, None)
        self.wake()

    def mishap(self, effect: Effect, error: Exception) -> None:
        """One task's accident is put before a person; the others go on."""
        run = getattr(effect, "run", "")
        task = getattr(effect, "task", "") or (self.state.runs[run].task if run in self.state.runs else "")
        words = f"{type(effect).__name__} failed: {error}"
        known = self.state.tasks.get(task)
        if isinstance(effect, Ideate | Weigh):
            self.record(events.IdeaClosed(effect.idea, FAILED, words))
        elif known and known.state is not TaskState.ESCALATED:
            self.record(events.TaskEscalated(task, words))
        elif isinstance(effect, EndRun):
            self.record(events.Noticed(words, task), events.RunEnded(effect.run, effect.outcome))
        else:
            self.record(events.Noticed(words, task))

    def nap(self, decision: Decision) -> float | None:
        """For how many seconds nothing has to be done unless something happens; None: for ever."""
        return None if decision.wake is None else min(max(0.0, decision.wake - self.clock()), MOST_SLEEP)

    def may_leave(self, decision: Decision) -> str:
        """Why the engine may leave now; empty while there is something to do."""
        if self.hold.is_on or self.in_flight or decision.effects or self.state.pending:
            return ""
        if notices.is_behind(self.state, self.rules):
            return ""
        if self.state.halt is None and planning.waits(self.state) is not None:
            return ""
        night = self.state.night
        if night is None:
            return "no night was started"
        return f"the night is over: {night.stopping}" if night.ended else ""
