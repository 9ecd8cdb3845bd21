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
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.ledger import Batch, Ledger
from cockpit.policy.actions import Decision, Effect, EndRun, Review, RunGates
from cockpit.policy.decide import decide
from cockpit.policy.requests import answer
from cockpit.policy.rules import Rules
from cockpit.policy.sight import NOTHING_SEEN, Sights
from cockpit.state import Run, State, TaskState

CANCELLABLE = (RunGates, Review)
"""Effects that may be broken off when the policies no longer want them; the others come to their end."""


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

    def record(self, *new: Event) -> None:
        """Append, fold, and look again at what is to be done now."""
        super().record(*new)
        self.wake()

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
        wanted = set(effects)
        for effect in list(self.in_flight.values()):
            if isinstance(effect, CANCELLABLE) and effect not in wanted:
                self.break_off(effect)
        for effect in effects:
            if effect.key not in self.in_flight:
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
        if known and known.state is not TaskState.ESCALATED:
            self.record(events.TaskEscalated(task, words))
        elif isinstance(effect, EndRun):
            self.record(events.Noticed(words, task), events.RunEnded(effect.run, effect.outcome))
        else:
            self.record(events.Noticed(words, task))

    def may_leave(self, decision: Decision) -> str:
        """Why the engine may leave now; empty while there is something to do."""
        if self.in_flight or decision.effects or self.state.pending:
            return ""
        night = self.state.night
        if night is None:
            return "no night was started"
        return f"the night is over: {night.stopping}" if night.ended else ""
