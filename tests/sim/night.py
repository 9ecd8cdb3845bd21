"""A simulated night: the engine's own core in virtual time, over a world that does what one seed says.

There is one queue of moments. Between two of them nothing happens, so a night of ten hours takes some
milliseconds. The engine's process, every host and every effect are here as they are on a machine: each can die at
any moment, and what is on the disk (the ledger, the journals, git) stays. The wall clock is apart from the time
that passes: it can jump, and a suspended laptop is a jump of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from cockpit import events
from cockpit.agents.stream import Line, StreamEvent
from cockpit.commands import AddTasks, Command, StartNight
from cockpit.commands import dump as dump_command
from cockpit.engine import watch
from cockpit.engine.core import MOST_SLEEP, Book, Core
from cockpit.engine.desk import needs_engine
from cockpit.events import Recorded
from cockpit.fold import apply
from cockpit.ledger import Ledger, LedgerError
from cockpit.policy.actions import Effect
from cockpit.policy.rules import Rules
from cockpit.state import Answer, Run, State, TaskDraft
from tests.sim import audit, effects, git, notices, people, trouble
from tests.sim.dice import Dice
from tests.sim.hosts import Host, RunFiles, Tail, live
from tests.sim.memory import Killed, MemoryLedger
from tests.sim.scenario import HOUR, Scenario

EVENING = 1_700_000_000.0
"""When the night begins, by the wall clock."""

MORNING = 12 * HOUR
"""When the user is back and lets go of everything that is held."""

LAST = 16 * HOUR
"""When the user has had enough, and stops the night."""

END = 40 * HOUR
"""A night that still goes on then never ends."""

MOST_MOMENTS = 30_000

TICK = 0.01
"""The wall clock's numbers are so large that a much shorter time would not move it."""


@dataclass
class Process:
    """Something that goes on step by step, until it ends or is killed."""

    steps: Iterator[float | None]
    ended: Callable[[Exception | None], None]
    is_stopped: Callable[[], bool]
    is_alive: bool = True
    waits: bool = False
    """For somebody to poke it."""
    is_overdue: bool = False
    """Its time came while it was stopped."""


class Audited(Book):
    """A book of which every single event is looked at as it is folded."""

    night: Night

    def catch_up(self) -> list[Recorded]:
        """Fold what is new, one by one."""
        new = self.ledger.read(self.state.position)
        for one in new:
            self._versions[one.stream] = max(one.version, self._versions.get(one.stream, 0))
            before, self.state = self.state, apply(self.state, one)
            audit.after_event(self.night, before, one, self.state)
        return new


class SimDesk(Audited):
    """Whoever gives a command while no engine runs, and so answers it."""

    def __init__(self, night: Night) -> None:
        """Reads the ledger from the beginning, or from what this night knows of it."""
        super().__init__(night.ledger, clock=night.wall, state=night.known)
        self.night = night


class SimEngine(Audited, Core):
    """The engine's core, with simulated hands."""

    def __init__(self, night: Night, ledger: Ledger) -> None:
        """A new process, which knows nothing but the ledger."""
        super().__init__(ledger, clock=night.wall, state=night.known)
        self.night = night
        self.tails: dict[str, Tail] = {}
        self.processes: dict[Effect, Process] = {}
        self.is_due = True
        self.timer = 0

    @property
    def rules(self) -> Rules:
        """The numbers that bound the policies."""
        return self.night.rules

    def lacking(self) -> str:
        """Whether the disk is full."""
        return "no space left on device" if self.night.ledger.is_full else ""

    def wake(self) -> None:
        """Look again before the next moment."""
        self.is_due = True

    def tail(self, run: Run) -> Tail:
        """The journal of a run, from where the ledger says we were."""
        if run.id not in self.tails:
            self.tails[run.id] = Tail(self.night.files(run), run.seq)
        return self.tails[run.id]

    def begin(self, effect: Effect) -> None:
        """Start an effect."""
        steps = effects.carry_out(self.night, self, effect)

        def ended(error: Exception | None) -> None:
            self.processes.pop(effect, None)
            if error is not None:
                self.night.tell(f"{effect} went wrong: {error}")
                self.mishap(effect, error)
            self.done(effect)

        self.processes[effect] = self.night.run_process(steps, ended)

    def break_off(self, effect: Effect) -> None:
        """Cancel an effect."""
        if (process := self.processes.pop(effect, None)) is not None:
            process.is_alive = False
            self.done(effect)


@dataclass
class Night:
    """One night, all of it."""

    scenario: Scenario
    rules: Rules = field(default_factory=Rules)
    gates_take: tuple[float, float] = (5.0, 300.0)
    """Seconds, from and to."""
    says_broke: bool = False
    """Whether an agent's command line says that it ended a turn for its own cap."""
    now: float = 0.0
    """The time that passed; no clock's jump touches it."""
    ahead: float = EVENING
    """How far the wall clock is ahead of it."""
    known: State = field(default_factory=State)
    """What the engine's last process knew; a new one is checked against the ledger and begins with it."""
    engine: SimEngine | None = None
    runs: dict[str, RunFiles] = field(default_factory=dict)
    by_hand: dict[str, float] = field(default_factory=dict)
    """What a person spent in a conversation, and nobody has booked yet."""
    truth_usd: float = 0.0
    """What was really spent."""
    unbooked_usd: float = 0.0
    """Of it, what an engine that died took to its grave."""
    diary: list[tuple[int, float, str]] = field(default_factory=list)
    """What happened outside the ledger: the ledger's length then, when, and what."""
    faults: dict[str, int] = field(default_factory=dict)
    """How often each kind of trouble happened."""
    delivered: set[tuple[str, str]] = field(default_factory=set)
    """What each service took of what there was to tell."""
    given: int = 0
    unseen: set[str] = field(default_factory=set)
    """Runs of which there is news that can't be recorded yet."""
    moved_at: float = 0.0
    """When something was last recorded."""
    moments: int = 0
    _queue: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _queued: int = 0

    def __post_init__(self) -> None:
        """An empty repository and an empty ledger."""
        self.dice = Dice(self.scenario.seed)
        self.git = git.Git(self.dice, self.scenario.chance_of("conflict"), self.scenario.chance_of("clash"))
        self.ledger = MemoryLedger()
        if self.dice.chance(0.3, "is told elsewhere"):
            self.rules = replace(self.rules, notify=notices.rules(self.dice, self.wall))

    @property
    def log(self) -> list[Recorded]:
        """The ledger's events."""
        return self.ledger.log

    def wall(self) -> float:
        """What the clock on the wall shows."""
        return self.now + self.ahead

    # ── chance, and what is told of it ───────────────────────────────────────────────────────────────

    def happens(self, what: str, *where: object) -> bool:
        """Whether something goes wrong here, as the night's luck and dice have it."""
        found = self.dice.chance(self.scenario.chance_of(what), what, *where)
        if found:
            self.count(what)
            self.tell(f"{what}: {'/'.join(map(str, where))}")
        return found

    def count(self, kind: str) -> None:
        """One more trouble of a kind."""
        self.faults[kind] = self.faults.get(kind, 0) + 1

    def tell(self, what: str) -> None:
        """Remember something for the story."""
        self.diary.append((len(self.log), self.wall(), what))

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something after a while."""
        self._queued += 1
        heapq.heappush(self._queue, (self.now + seconds, self._queued, what))

    def run_process(
        self,
        steps: Iterator[float | None],
        ended: Callable[[Exception | None], None] = lambda _: None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Process:
        """Let something go on step by step."""
        process = Process(steps, ended, is_stopped)
        self.later(0.0, lambda: self._go_on(process))
        return process

    def poke(self, process: Process | None, *, only_overdue: bool = False) -> None:
        """Somebody who waits may go on."""
        if process is None:
            return
        if process.is_overdue or (process.waits and not only_overdue):
            process.waits = process.is_overdue = False
            self.later(0.0, lambda: self._go_on(process))

    def _go_on(self, process: Process) -> None:
        if not process.is_alive:
            return
        if process.is_stopped():
            process.is_overdue = True
            return
        error: Exception | None = None
        try:
            seconds = next(process.steps)
        except StopIteration:
            process.is_alive = False
        except Exception as found:
            process.is_alive, error = False, found
            if isinstance(found, audit.Violation | NotImplementedError):
                raise
        else:
            process.waits = seconds is None
            if seconds is not None:
                self.later(seconds, lambda: self._go_on(process))
            return
        process.ended(error)

    # ── hosts ────────────────────────────────────────────────────────────────────────────────────────

    def files(self, run: Run) -> RunFiles:
        """What a run has on the disk."""
        if run.id not in self.runs:
            self.runs[run.id] = RunFiles(run.id, run.task)
        return self.runs[run.id]

    def host(self, run: str) -> Host | None:
        """The run's host, if it lives."""
        files = self.runs.get(run)
        return files.host if files is not None and files.host is not None and files.host.is_alive else None

    def hosts(self) -> list[Host]:
        """All that live."""
        return [files.host for files in self.runs.values() if files.host is not None and files.host.is_alive]

    def start_host(self, files: RunFiles, agent: int, budget: float | None) -> None:
        """Start a host with an agent that is told what to do."""
        audit.before_host(self, files, agent)
        host = files.host = Host(self, files, agent, budget)
        host.inbox.append("")
        host.process = self.run_process(live(host), is_stopped=lambda: host.is_paused)

    def journal(self, files: RunFiles, event: StreamEvent, *, quietly: bool = False) -> None:
        """A host writes a line, and its session file, which is news."""
        files.lines.append(Line(len(files.lines) + 1, self.wall(), event))
        if not quietly:
            self.news(files)

    def news(self, files: RunFiles) -> None:
        """The engine will look at a run: soon, or when it comes by; sometimes twice."""
        key = (files.run, len(files.lines))
        late = self.dice.chance(self.scenario.chance_of("late news"), "late news", *key)
        self.later(2.0 if late else 0.1, lambda: self._look(files.run))
        if self.dice.chance(self.scenario.chance_of("double news"), "double news", *key):
            self.later(2.0, lambda: self._look(files.run))

    def _look(self, name: str) -> None:
        """What the engine's watch does when a session file changed, and on its rounds."""
        self.unseen.discard(name)
        engine = self.engine
        run = engine.state.runs.get(name) if engine is not None else None
        if engine is None or run is None or not run.live:
            return
        if engine.hold.waiting:  # it will be read when that can be recorded
            if name not in self.unseen:
                self.unseen.add(name)
                self.later(30.0, lambda: self._look(name))
            return
        watch.drain(engine, run)
        if self.host(name) is None:
            watch.gone(engine, engine.state.runs[name])

    # ── the engine's process ─────────────────────────────────────────────────────────────────────────

    def start_engine(self) -> None:
        """A new engine's process, where none runs: it reads the ledger, takes over what lives, and goes to work."""
        if self.engine is not None:
            return
        self.engine = self.new_engine()
        try:
            self.engine.catch_up()
            self.engine.record(events.EngineStarted(1, "simulated"))
            for run in [r for r in self.engine.state.runs.values() if r.live]:
                watch.drain(self.engine, run)
                if self.host(run.id) is None:
                    watch.gone(self.engine, run, along=True)
        except (Killed, LedgerError) as error:
            self.engine_dies(f"while it started: {error!r}")

    def new_engine(self) -> SimEngine:
        """A process that knows nothing but the ledger."""
        audit.refolded(self)
        return SimEngine(self, self.ledger)

    def new_desk(self) -> Book:
        """Whoever reads the ledger, and answers commands, while no engine runs."""
        return SimDesk(self)

    def engine_dies(self, why: str) -> None:
        """The engine's process is gone with all that it had in memory; who looks at the night starts another."""
        if self.engine is None:
            return
        self.tell(f"the engine is gone: {why}")
        for process in self.engine.processes.values():
            process.is_alive = False
        lost = (one for one in self.engine.hold.waiting if isinstance(one, events.CallPaid))
        self.unbooked_usd += sum(one.usd for one in lost)
        self.known, self.engine, self.ledger.bomb = self.engine.state, None, None
        when = ("somebody looks", len(self.diary))
        seconds = self.dice.between(1, 1800, *when) * self.dice.roll("soon", *when)
        self.later(seconds, self.somebody_looks)

    def somebody_looks(self) -> None:
        """A screen or a command starts an engine where one is needed."""
        if self.engine is None and needs_engine(self.read()):
            self.start_engine()

    def read(self) -> State:
        """What the ledger says now."""
        if self.engine is not None:
            return self.engine.state
        desk = self.new_desk()
        desk.catch_up()
        self.known = desk.state
        return desk.state

    def _engine_steps(self) -> None:
        """The loop of the engine: step until nothing wakes it, then sleep until the time it said."""
        while (engine := self.engine) is not None and engine.is_due:
            engine.is_due = False
            decision = engine.advance()
            audit.after_step(self, engine, decision)
            if reason := engine.may_leave(decision):
                engine.record(events.EngineStopped(reason))
                self.known, self.engine, self.ledger.bomb = engine.state, None, None
                return
            engine.timer += 1
            if decision.wake is not None:
                self._alarm(engine, engine.timer, max(TICK, decision.wake - self.wall()))

    def set_clock(self, seconds: float) -> None:
        """The wall clock jumps, or the laptop slept; the engine sees that when it next wakes by itself."""
        self.ahead += seconds
        if (engine := self.engine) is not None:
            self._alarm(engine, engine.timer, MOST_SLEEP)
            self.later(MOST_SLEEP + 1, lambda: audit.keeps_the_deadline(self, engine))

    def _alarm(self, engine: SimEngine, timer: int, seconds: float) -> None:
        def ring() -> None:
            if self.engine is engine and engine.timer == timer:
                engine.is_due = True

        self.later(seconds, ring)

    # ── people ───────────────────────────────────────────────────────────────────────────────────────

    def give(self, command: Command) -> Answer | None:
        """Give a command as `cockpit` does: into the ledger, for the engine; where none runs answer it ourselves."""
        self.given += 1
        name = f"k{self.given}"
        kind, data = dump_command(command)
        given = events.CommandGiven(name, kind, data)
        try:
            self.ledger.append(events.stream_of(given), 0, [given], self.wall())
        except LedgerError as error:
            self.tell(f"the command could not be given: {error}")
            return None
        if self.engine is not None:
            self.engine.is_due = True
            return None
        desk = self.new_desk()
        try:
            desk.catch_up()
            desk.answer()
        except LedgerError as error:
            self.tell(f"the command could not be answered: {error}")
        self.known = desk.state
        if needs_engine(desk.state):
            self.start_engine()
        return desk.state.answers.get(name)

    # ── the whole of it ──────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """From the evening to the end. Raises audit.Violation."""
        drafts = tuple(
            TaskDraft(
                f"k{t.number}",
                f"task {t.number}",
                category=t.category,
                depends_on=tuple(f"k{n}" for n in t.needs),
                source=f"PLAN.md:{t.number + 1}",
                suggested=t.is_idle,
            )
            for t in self.scenario.tasks
        )
        if drafts:
            self.give(AddTasks(drafts))
        self.give(self.begin())
        for fault in self.scenario.faults:
            self.later(fault.at, lambda fault=fault: trouble.strike(self, fault))  # type: ignore[misc]
        for wish in self.scenario.wishes:
            self.later(wish.at, lambda wish=wish: people.want(self, wish))  # type: ignore[misc]
        self.later(MORNING, lambda: people.come_back(self))
        self.later(LAST, lambda: people.have_enough(self))
        self._moments()
        audit.at_the_end(self)

    def begin(self) -> StartNight:
        """The night that is asked for."""
        one = self.scenario
        until = None if one.hours is None else self.wall() + one.hours * HOUR
        return StartNight(one.agents, git.TARGET, one.merge, one.review, one.cap, one.reserve, until)

    def _moments(self) -> None:
        self._guarded(self._engine_steps)
        while self._queue:
            at, _, what = heapq.heappop(self._queue)
            self.now = at
            self.moments += 1
            audit.goes_on(self, at < END and self.moments < MOST_MOMENTS)
            before = len(self.log)
            self._guarded(what)
            self._guarded(self._engine_steps)
            if len(self.log) > before:
                self.moved_at = at

    def _guarded(self, what: Callable[[], None]) -> None:
        """The engine's process may die in what it does, or be stopped by a full disk."""
        try:
            what()
        except Killed:
            self.engine_dies("killed at a record")
        except LedgerError as error:
            self.engine_dies(str(error))
