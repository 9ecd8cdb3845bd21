"""The engine's loop: fold, answer, decide, record, act; then wait until something happens.

What to do is the core's (`core.py`); here every effect becomes a task of the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from cockpit import disk, status_cache
from cockpit.agents.stream import Tail
from cockpit.cage.choice import Choice
from cockpit.config import Config
from cockpit.engine import (
    agents_tools,
    checks,
    claims,
    cleaning,
    context,
    cutting,
    delivering,
    forecasting,
    ideation,
    issues,
    marking,
    merging,
    notifying,
    planner,
    price_file,
    pricing,
    runs,
    takeover,
    target,
    vigil,
    watch,
    watching_pulls,
)
from cockpit.engine.agents_tools import Server
from cockpit.engine.core import Core
from cockpit.engine.github import Line
from cockpit.events import Recorded
from cockpit.ledger import snapshot
from cockpit.places import Places
from cockpit.policy.actions import (
    AskPlanner,
    ClaimIssue,
    Compare,
    Cut,
    Deliver,
    Effect,
    EndRun,
    Ideate,
    MarkIssue,
    Merge,
    OpenPull,
    Release,
    ReleaseIssue,
    Reply,
    Review,
    RunGates,
    SendTurn,
    Share,
    StartRun,
    Suspend,
    SyncIssues,
    Tell,
    Tidy,
    WatchPull,
    Weigh,
)
from cockpit.policy.rules import Rules
from cockpit.repo import Repository
from cockpit.state import Run
from cockpit.status_frame import frame

KEEP_SECONDS = 0.5
"""The least time between two writings of the status's frame."""


@dataclass
class Engine(Core):
    """Everything an effect needs, and the loop that starts them. `record` is the only way to the ledger."""

    repository: Repository
    config: Config
    environ: Mapping[str, str]
    stays: bool = False
    """Do not leave when there is nothing to do; for engines that live inside a test or another program."""
    trees: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while worktrees come and go: git's own list of them is not safe to read meanwhile."""
    cage: Choice | None = None
    """What holds agents in here; found out when the first starts."""
    tails: dict[str, Tail] = field(default_factory=dict)
    """How far each run's stream was read."""
    priced: pricing.Priced | None = None
    """What answers can cost, once that was looked up."""
    github: Line = field(default_factory=Line)
    """The line to GitHub; `engine.github.client` opens it."""
    tools: Server = field(default_factory=Server)
    """The server of the tools that agents get."""
    leaving: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    """What is closed when the engine leaves."""
    _since_snapshot: int = 0
    _tasks: dict[Effect, asyncio.Task[None]] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _kept_at: tuple[int, float] = (0, 0.0)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def places(self) -> Places:
        """The repository's places."""
        return Places(self.repository.root)

    @property
    def rules(self) -> Rules:
        """The numbers that bound the policies; a model that a person just chose for a task is priced first."""
        if self.priced is not None and not (chosen := pricing.chosen(self.state)) <= self.priced.models:
            self.priced = price_file.known(self.places.folder, self.config, self.environ, chosen)
        return pricing.rules(self.config.rules(), self.priced)

    def lacking(self) -> str:
        """Why nothing could be written where we write; empty where it could."""
        return disk.lacking(self.places.folder, self.places.worktrees(self.config.repository.worktrees))

    def tail(self, run: Run) -> Tail:
        """The stream of a run's agent, from where the ledger says we were."""
        if run.id not in self.tails:
            self.tails[run.id] = Tail(self.places.stream(run.id), run.seq)
        return self.tails[run.id]

    # ── the ledger ───────────────────────────────────────────────────────────────────────────────────

    def catch_up(self) -> list[Recorded]:
        """Fold what is new, on a snapshot where one counts; keep a snapshot now and then."""
        if not self.state.position:
            self.state = snapshot.replay(self.ledger, self.places.folder)
        new = super().catch_up()
        self._since_snapshot += len(new)
        if self._since_snapshot >= snapshot.WORTH and not self.state.pending:
            snapshot.write(self.places.folder, new[-1], self.state)
            self._since_snapshot = 0
        return new

    def wake(self) -> None:
        """Have the loop look again."""
        self._idle.clear()
        self._wake.set()

    # ── the loop ─────────────────────────────────────────────────────────────────────────────────────

    async def serve(self) -> str:
        """Work until there is nothing left to do; the reason for leaving, in words."""
        self.catch_up()
        asked = (self.places.folder, self.config, self.environ, pricing.chosen(self.state))
        self.priced = await asyncio.to_thread(price_file.known, *asked)
        await watch.adopt(self)
        planner.settle(self)
        checks.settle_lost_calls(self)
        async with asyncio.TaskGroup() as group:
            watching = (
                *(watch.commands(self), watch.sessions(self), watch.patrol(self)),
                *(vigil.watch_over(self), target.follow(self), issues.follow(self)),
                agents_tools.follow(self),
            )
            watchers = [group.create_task(w) for w in watching]
            try:
                return await self._loop()
            finally:
                for task in [*watchers, *self._tasks.values()]:
                    task.cancel()
                await self.leaving.aclose()

    async def _loop(self) -> str:
        while True:
            self._wake.clear()
            decision = self.advance()
            if not self.stays and (reason := self.may_leave(decision)):
                return reason
            self._keep_status()
            if not self.in_flight and not decision.effects and decision.wake is None:
                self._idle.set()
            await self._sleep(self.nap(decision))

    def begin(self, effect: Effect) -> None:
        """Start an effect as a task of the event loop."""
        self._tasks[effect] = asyncio.create_task(self._perform(effect), name=effect.key)

    def break_off(self, effect: Effect) -> None:
        """Cancel an effect; what it has begun it clears up itself."""
        self._tasks[effect].cancel()

    async def _perform(self, effect: Effect) -> None:
        try:
            await self._effect(effect)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if disk.is_no_room(error):
                self.hold_up(f"{type(effect).__name__}: {error}")  # it is done again when there is room
                return
            traceback.print_exception(error)
            self.mishap(effect, error)
        finally:
            self._tasks.pop(effect, None)
            self.done(effect)

    def _effect(self, effect: Effect) -> Awaitable[Any]:
        match effect:
            case StartRun():
                return runs.start(self, effect)
            case SendTurn():
                return runs.send_turn(self, effect)
            case EndRun():
                return runs.end(self, effect)
            case Cut():
                return cutting.cut(self, effect)
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
            case Tidy():
                return cleaning.tidy(self, effect)
            case Tell():
                return notifying.tell(self, effect)
            case Share():
                return context.share(self, effect)
            case AskPlanner(plan=plan):
                return planner.plan(self, plan)
            case Ideate():
                return ideation.propose(self, effect.idea)
            case Weigh():
                return ideation.weigh(self, effect.idea)
            case OpenPull():
                return delivering.open_pull(self, effect.task)
            case WatchPull():
                return watching_pulls.watch(self, effect.task)
            case MarkIssue():
                return marking.mark(self, effect)
            case SyncIssues():
                return issues.sync(self)
            case ClaimIssue():
                return claims.claim(self, effect)
            case ReleaseIssue():
                return claims.release(self, effect)
            case _:
                assert_never(effect)

    def _keep_status(self) -> None:
        """Keep the status's frame for whoever asks; not more often than somebody could ask."""
        if self.state.position > self._kept_at[0] and self.clock() - self._kept_at[1] >= KEEP_SECONDS:
            status_cache.write(self.places.folder, self.state.position, frame(self.state))
            self._kept_at = (self.state.position, self.clock())

    async def _sleep(self, timeout: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), timeout)

    async def wait_idle(self) -> None:
        """Until nothing is in flight and no policy wants anything; what agents do by themselves is not counted."""
        await self._idle.wait()
