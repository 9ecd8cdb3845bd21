"""The engine's loop: fold, answer, decide, record, act; then wait until something happens."""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, assert_never

from cockpit import events, status_cache
from cockpit.agents.stream import Tail
from cockpit.config import Config
from cockpit.engine import checks, forecasting, merging, runs, takeover, watch
from cockpit.events import Event
from cockpit.fold import fold
from cockpit.ledger import Ledger, snapshot
from cockpit.places import Places
from cockpit.policy.actions import (
    Compare,
    Decision,
    Deliver,
    Effect,
    EndRun,
    Merge,
    Release,
    Reply,
    Review,
    RunGates,
    SendTurn,
    StartRun,
    Suspend,
)
from cockpit.policy.decide import decide
from cockpit.policy.requests import answer
from cockpit.policy.rules import Rules
from cockpit.repo import Repository
from cockpit.state import State, TaskState
from cockpit.status_frame import frame

KEEP_SECONDS = 0.5
"""The least time between two writings of the status's frame."""

CANCELLABLE = (RunGates, Review)
"""Effects that may be broken off when the policies no longer want them; the others come to their end."""


@dataclass
class Engine:
    """Everything an effect needs, and the loop that starts them. `record` is the only way to the ledger."""

    ledger: Ledger
    repository: Repository
    config: Config
    environ: Mapping[str, str]
    clock: Callable[[], float] = time.time
    state: State = field(default_factory=State)
    stays: bool = False
    """Do not leave when there is nothing to do; for engines that live inside a test or another program."""
    trees: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while worktrees come and go: git's own list of them is not safe to read meanwhile."""
    tails: dict[str, Tail] = field(default_factory=dict)
    """How far each run's stream was read."""
    _versions: dict[str, int] = field(default_factory=dict)
    _since_snapshot: int = 0
    _in_flight: dict[str, tuple[Effect, asyncio.Task[None]]] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _kept_at: tuple[int, float] = (0, 0.0)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def places(self) -> Places:
        """The repository's places."""
        return Places(self.repository.root)

    @property
    def rules(self) -> Rules:
        """The numbers that bound the policies."""
        return self.config.rules()

    # ── the ledger ───────────────────────────────────────────────────────────────────────────────────

    def catch_up(self) -> None:
        """Fold what the ledger has and we don't: our own events and the commands of others."""
        if not self.state.position:
            self.state = snapshot.read(self.ledger, self.places.folder)
        new = self.ledger.read(self.state.position)
        for one in new:
            self._versions[one.stream] = max(one.version, self._versions.get(one.stream, 0))
        self.state = fold(new, self.state)
        self._since_snapshot += len(new)
        if self._since_snapshot >= snapshot.WORTH and not self.state.pending:
            snapshot.write(self.places.folder, new[-1], self.state)
            self._since_snapshot = 0

    def record(self, *new: Event) -> None:
        """Append decisions and outcomes, and fold them. Nobody else in the house does."""
        for stream, group in groupby(new, events.stream_of):
            self.ledger.append(stream, self._version(stream), list(group), self.clock())
            self.catch_up()
        self.wake()

    def _version(self, stream: str) -> int:
        """Where a stream stands, as far as we read; streams from before the snapshot are asked for."""
        if stream not in self._versions:
            self._versions[stream] = self.ledger.version(stream)
        return self._versions[stream]

    def wake(self) -> None:
        """Have the loop look again."""
        self._idle.clear()
        self._wake.set()

    # ── the loop ─────────────────────────────────────────────────────────────────────────────────────

    async def serve(self) -> str:
        """Work until there is nothing left to do; the reason for leaving, in words."""
        self.catch_up()
        await watch.adopt(self)
        async with asyncio.TaskGroup() as group:
            watchers = [group.create_task(w) for w in (watch.commands(self), watch.sessions(self), watch.patrol(self))]
            try:
                return await self._loop()
            finally:
                for task in [*watchers, *(t for _, t in self._in_flight.values())]:
                    task.cancel()

    async def _loop(self) -> str:
        while True:
            self._wake.clear()
            decision = self._step()
            if not self._in_flight and (reason := self._may_leave(decision)):
                return reason
            self._keep_status()
            if not self._in_flight and not decision.effects and decision.wake is None:
                self._idle.set()
            await self._sleep(decision.wake)

    def _step(self) -> Decision:
        """Answer, decide and record until nothing is left to record; then start what is to be done."""
        while True:
            self.catch_up()
            self._answer()
            decision = decide(self.state, self.rules, self.clock())
            if not decision.records:
                break
            self.record(*decision.records)
        self._carry_out(decision.effects)
        return decision

    def _answer(self) -> None:
        for name, command in list(self.state.pending.items()):
            by = self.state.askers.get(name, "you")
            made, said = answer(self.state, name, command, by, self.clock())
            self.record(*made, events.CommandAnswered(name, said.ok, said.message))

    def _carry_out(self, effects: tuple[Effect, ...]) -> None:
        wanted = set(effects)
        for effect, task in list(self._in_flight.values()):
            if isinstance(effect, CANCELLABLE) and effect not in wanted:
                task.cancel()
        for effect in effects:
            if effect.key not in self._in_flight:
                task = asyncio.create_task(self._perform(effect), name=effect.key)
                self._in_flight[effect.key] = (effect, task)

    async def _perform(self, effect: Effect) -> None:
        try:
            await self._effect(effect)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._mishap(effect, error)
        finally:
            self._in_flight.pop(effect.key, None)
            self.wake()

    def _mishap(self, effect: Effect, error: Exception) -> None:
        """One task's accident is put before a person; the others go on."""
        traceback.print_exception(error)
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

    def _effect(self, effect: Effect) -> Awaitable[Any]:
        match effect:
            case StartRun():
                return runs.start(self, effect)
            case SendTurn():
                return runs.send_turn(self, effect)
            case EndRun():
                return runs.end(self, effect)
            case Suspend():
                return runs.suspend(self, effect)
            case Release():
                return takeover.release(self, effect)
            case Deliver():
                return runs.deliver(self, effect)
            case Reply():
                return runs.reply(self, effect)
            case RunGates():
                return checks.run_gates(self, effect.task)
            case Review():
                return checks.review(self, effect.task)
            case Merge():
                return merging.merge(self, effect.task)
            case Compare():
                return forecasting.compare(self, effect)
            case _:
                assert_never(effect)

    def _keep_status(self) -> None:
        """Keep the status's frame for whoever asks; not more often than somebody could ask."""
        if self.state.position > self._kept_at[0] and self.clock() - self._kept_at[1] >= KEEP_SECONDS:
            status_cache.write(self.places.folder, self.state.position, frame(self.state))
            self._kept_at = (self.state.position, self.clock())

    async def _sleep(self, until: float | None) -> None:
        timeout = None if until is None else max(0.0, until - self.clock())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), timeout)

    def _may_leave(self, decision: Decision) -> str:
        if self.stays or decision.effects or self.state.pending:
            return ""
        night = self.state.night
        if night is None:
            return "no night was started"
        return f"the night is over: {night.stopping}" if night.ended else ""

    async def wait_idle(self) -> None:
        """Until nothing is in flight and no policy wants anything; what agents do by themselves is not counted."""
        await self._idle.wait()
