"""A night of very many agents and tasks: `scripts/nights --scale`. The engine's own core and policies, as ever.

What differs from the other nights keeps it affordable and leaves every decision to the product. The engine decides
once for all the news of a moment (`QUANTUM` of virtual time), as one with a thousand agents would, whose decisions
take time. Its State is folded into mappings that are changed where they are; what the ledger says is folded anew,
the ordinary way, whenever an engine starts and at the end, and must be the same. The audit looks at what each event
changed, and at everything then. Gates are quick, for the one merge path is a row: with gates of minutes, so many
tasks would be a night of months.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from cockpit import events
from cockpit.commands import AddTasks, Resume
from cockpit.engine.core import Book
from cockpit.events import Recorded
from cockpit.fold import apply, fold, slots
from cockpit.fold.own import Own
from cockpit.fold.slots import SEEN, Slots
from cockpit.policy import budget
from cockpit.policy.rules import Rules
from cockpit.reserves import run_key
from cockpit.standing import Board, Standing, of, stands_as
from cockpit.state import MergePolicy, State, Task, TaskDraft
from cockpit.value import COPIERS
from tests.sim import audit, git, trouble
from tests.sim.dice import Dice
from tests.sim.hosts import Host, RunFiles, live
from tests.sim.night import TICK, Audited, Night, SimEngine
from tests.sim.scenario import HOUR, Fault, Scenario, TaskPlan
from tests.sim.wide_git import WideGit

QUANTUM = 300.0
"""Seconds of virtual time whose news is decided about at once, times the number of agents: a third of one for a
thousand of them. One merge takes two such steps, so they must be as short as agents are many."""

LONGEST_QUANTUM = 30.0

AT_ONCE = 10_000
"""Tasks that one command adds."""

LOOKS = HOUR
"""How often a person looks, and lets agents go on that were held back."""

WHOLE = 20_000
"""Events after which the whole State is looked at again.

What the audit says of a task or of an event is said of each one as it changes or comes, as in the other nights. What
is looked at this rarely can't come and go in between unseen: two agents that hold one task keep it until one of them
ends, a task that is lost stays lost, money that went over a cap is not given back, and an index that went wrong stays
so, since each change goes by what it was before.
"""

MOST_HOURS = 24 * 365.0

KEPT = ("runs", "agents", "messages", "charges", "minutes", "reserves")
"""The mappings of State, beside the tasks, that are changed where they are."""

LUCK: Mapping[str, float] = {
    "launch fails": 0.005,
    "dies": 0.03,
    "hangs": 0.002,
    "empty diff": 0.02,
    "broken work": 0.08,
    "garbage": 0.01,
    "turn fails": 0.02,
    "fatal error": 0.05,
    "asks": 0.005,
    "flaky gate": 0.01,
    "conflict": 0.1,
    "clash": 0.05,
    "rebase fails": 0.3,
    "rework asked": 0.15,
    "silent reviewer": 0.02,
    "late news": 0.05,
    "double news": 0.05,
    "reads late": 0.1,
}
"""What goes wrong by chance, and how often."""

ANSWER_USD = 0.15
"""The most that one response of an agent costs; so much is held back beside each reserve."""

RESERVE_USD = 0.5
"""What is set aside for a run where no history says better."""

USUAL_USD = 0.285
"""What a task costs on average, reviews and what was in vain included: so the cap is tight towards the end."""

REVIEW_USD = 0.1
"""The most that a review costs."""

RULES = Rules(
    models={"builder": "m"}, hold_back={"m": ANSWER_USD}, review_usd=REVIEW_USD, linger_seconds=600.0, crash_loop=50
)

K = TypeVar("K")
V = TypeVar("V")


class Kept(Own[K, V]):
    """A mapping that is changed where it is; its values are not, but for those that are mappings."""

    def put(self, key: K, value: V) -> Kept[K, V]:
        """Set `key`."""
        self[key] = _kept(value)
        return self


def _kept(value: Any) -> Any:
    return Kept(value) if type(value) is dict else value


class KeptBoard(Board):
    """The tasks, changed where they are; it remembers what was changed."""

    __slots__ = ("news",)

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        """Nothing was changed yet."""
        super().__init__(tasks)
        self.news: list[tuple[Task | None, Task]] = []
        """Tasks as they were and as they are."""

    def with_task(self, task: Task) -> KeptBoard:
        """Set it."""
        old = self.get(task.id)
        self.news.append((old, task))
        if stands_as(old, task):
            self[task.id] = task
        else:
            self.standing.put(self, task)
        return self


class KeptState(State):
    """A State that is changed where it is."""

    __slots__ = ()


def _changed(state: State, changes: dict[str, Any]) -> State:
    for name, new in changes.items():
        object.__setattr__(state, name, Kept(new) if type(new) is dict and name in KEPT else new)
    return state


KeptState.__slots__ = State.__slots__  # type: ignore[assignment]  # comparing goes by these
COPIERS[KeptState] = _changed


def kept(state: State) -> State:
    """The same, to be changed where it is."""
    again = {name: getattr(state, name) for name in State.__slots__}
    again |= {name: Kept(again[name]) for name in KEPT}
    for name in ("quarters", "tallies"):
        again[name] = Kept({quarter: Kept(sums) for quarter, sums in again[name].items()})
    return _changed(object.__new__(KeptState), {**again, "tasks": KeptBoard(state.tasks)})


def draw(seed: int, agents: int, tasks: int, cap: float | None = None) -> Scenario:
    """The scale night of a seed."""
    dice = Dice(seed)
    hours = tasks / agents * 0.4
    """About how long it takes."""
    kinds = ("engine killed", "engine killed at a record", "everything killed", "checkout dirty")
    few = [(dice.between(0.05, 0.9, "fault", n) * hours * HOUR, kinds[n % len(kinds)], n) for n in range(6)]
    deaths = [
        (dice.between(0, hours * HOUR, "death", n), dice.pick(("host killed", "agent killed"), "who dies", n), n * 7)
        for n in range(min(tasks // 10, agents))
    ]
    return Scenario(
        seed=seed,
        agents=agents,
        tasks=tuple(_task(dice, n) for n in range(tasks)),
        faults=tuple(Fault(*one) for one in sorted(few + deaths)),
        wishes=(),
        luck=LUCK,
        cap=tasks * USUAL_USD + agents * RESERVE_USD if cap is None else cap,
        reserve=RESERVE_USD,
        hours=None,
        merge=MergePolicy.AUTO,
        review=True,
    )


def _task(dice: Dice, number: int) -> TaskPlan:
    needs = tuple(n for n in (number - 1, number - 40) if n >= 0 and dice.chance(0.08, "needs", number, n))
    return TaskPlan(number, needs, dice.pick(("", "docs", "testing"), "category", number))


class WideBook(Audited):
    """A book whose State is changed where it is, and looked at by what each event changed."""

    def catch_up(self) -> list[Recorded]:
        """Fold what is new, one by one."""
        new = self.ledger.read(self.state.position)
        for one in new:
            self._versions[one.stream] = max(one.version, self._versions.get(one.stream, 0))
            self._fold(one)
        return new

    def _fold(self, one: Recorded) -> None:
        before = self.state
        check = audit.CHECKS.get(type(one.event))
        if check is not None and not isinstance(one.event, events.MergeApproved):
            check(self.night, before, one.event, before)  # these look at the State before alone
        self.state = apply(before, one)
        if isinstance(one.event, events.MergeApproved):
            audit._approved(self.night, before, one.event, self.state)
        tasks = self.state.tasks
        assert isinstance(tasks, KeptBoard)
        for old, task in tasks.news:
            audit._bounded(self.night, task)
            if old is not None and old.state is not task.state:
                audit._may_leave(old, task, one.event)
        tasks.news.clear()
        assert isinstance(self.night, WideNight)
        if self.night.is_due_whole(one):
            whole(self.night, self.state)
            self.night.look()


def whole(night: WideNight, state: State) -> None:
    """What must be true of all of it at any moment."""
    audit._slots(state)
    audit.must(len(state.tasks) >= night.added, "a task is lost")
    night.added = len(state.tasks)
    for cap in budget.caps(state, night.rules.calendar(night.wall())):
        audit.must(cap.spent + cap.reserved <= cap.usd + audit.CENT, f"over the cap: {cap}")
    standing, again = of(state.tasks), Standing(state.tasks)
    for name in ("open", "line", "ready", "blocked", "merging", "branches", "pinned", "conflicted", "findings"):
        audit.must(_filled(getattr(standing, name)) == _filled(getattr(again, name)), f"the board's {name} is wrong")
    known, anew = slots.slots(state), Slots(state)
    for name in SEEN:
        audit.must(getattr(known, name) == getattr(anew, name), f"the slots' {name} is wrong")


def _filled(found: Any) -> Any:
    return {k: v for k, v in found.items() if v} if isinstance(found, dict) else found


class WideEngine(WideBook, SimEngine):
    """The engine's core; each process begins with what the ledger says."""

    def __init__(self, night: WideNight) -> None:
        """Fold all of it, which the last process must have known."""
        super().__init__(night, night.ledger)
        self.state = night.again()


@dataclass
class WideNight(Night):
    """One night, all of it."""

    rules: Rules = RULES
    gates_take: tuple[float, float] = (0.05, 0.2)
    added: int = 0
    """Tasks that were there when last looked at."""
    at_work: dict[str, Host] = field(default_factory=dict)
    """The newest host of each task that has one."""
    beside: dict[int, Host] = field(default_factory=dict)
    """The same by agent."""
    is_planned: bool = False
    """The engine's next step is in the queue of moments."""
    engines: int = 0
    """Processes that there were."""
    looked_at: int = 0
    """The ledger's length when the whole was last looked at."""

    def __post_init__(self) -> None:
        """An empty repository and an empty ledger."""
        super().__post_init__()
        self.rules, self.says_broke = RULES, True
        self.quantum = min(LONGEST_QUANTUM, QUANTUM / self.scenario.agents)
        self.git = WideGit(self.dice, LUCK["conflict"], LUCK["clash"])  # type: ignore[assignment]

    def is_due_whole(self, one: Recorded) -> bool:
        """Whether the whole is to be looked at after this event."""
        if one.position < self.looked_at + WHOLE:
            return False
        self.looked_at = one.position
        return True

    def look(self) -> None:
        """For whoever tells how far it is."""

    def tell(self, what: str) -> None:
        """There is no story of a million lines."""

    # ── hosts ────────────────────────────────────────────────────────────────────────────────────────

    def hosts(self) -> list[Host]:
        """All that live."""
        return [host for host in self.beside.values() if host.is_alive]

    def start_host(self, files: RunFiles, agent: int, usd: float | None) -> None:
        """Start one with the money that is set aside for its run, where nobody else is at its task or in its place."""
        for other in (self.at_work.get(files.task), self.beside.get(agent)):
            audit.must(other is None or not other.is_alive, f"{files.run} starts beside {other and other.files.run}")
        held = self.read().reserves.get(run_key(files.run))
        host = files.host = Host(self, files, agent, max(0.0, held.usd - ANSWER_USD) if held else None)
        self.at_work[files.task] = self.beside[agent] = host
        host.inbox.append("")
        host.process = self.run_process(live(host), is_stopped=lambda: host.is_paused)

    # ── the engine's process ─────────────────────────────────────────────────────────────────────────

    def new_engine(self) -> SimEngine:
        """A process that folds the whole ledger, which the last one must have known."""
        self.engines += 1
        return WideEngine(self)

    def new_desk(self) -> Book:
        """Whoever reads the ledger while no engine runs."""
        return WideDesk(self)

    def again(self) -> State:
        """What the ledger says from its beginning; the last process must have known the same."""
        found = fold(self.log)
        if self.known.position:
            rest = self.log[self.known.position :]
            must_be(found, fold(rest, self.known) if rest else self.known)
        return kept(found)

    def _step(self) -> None:
        self.is_planned = False
        if (engine := self.engine) is not None and engine.is_due:
            self._engine_steps()

    def _engine_steps(self) -> None:
        """One step, which decides until nothing is left to decide; what comes of it is for the next one."""
        engine = self.engine
        if engine is None:
            return
        decision = engine.advance()
        audit.after_step(self, engine, decision)
        if reason := engine.may_leave(decision):
            engine.record(events.EngineStopped(reason))
            self.known, self.engine, self.ledger.bomb = engine.state, None, None
            return
        engine.is_due = False
        engine.timer += 1
        if decision.wake is not None:
            self._alarm(engine, engine.timer, max(TICK, decision.wake - self.wall()))

    # ── the whole of it ──────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """From the evening to the end. Raises audit.Violation."""
        drafts = (
            TaskDraft(
                f"T{t.number + 1}",
                f"task {t.number}",
                category=t.category,
                priority=t.number % 7 // 6,
                depends_on=tuple(f"T{n + 1}" for n in t.needs),
                source=f"PLAN.md:{t.number + 1}",
            )
            for t in self.scenario.tasks
        )
        while some := tuple(islice(drafts, AT_ONCE)):
            answer = self.give(AddTasks(some))
            audit.must(answer is not None and answer.ok, f"the tasks were not added: {answer}")
        self._begin()
        for fault in self.scenario.faults:
            self.later(fault.at, lambda fault=fault: trouble.strike(self, fault))  # type: ignore[misc]
        self.later(LOOKS, self._person_looks)
        self._moments()
        self.at_the_end()

    def _begin(self) -> None:
        """What `StartNight` comes to, for more agents than a person may ask for on one machine."""
        one = self.scenario
        desk = self.new_desk()
        desk.catch_up()
        started = events.NightStarted("night", one.agents, git.TARGET, one.merge, one.review, one.cap, one.reserve)
        desk.record(started)
        self.known = desk.state
        self.start_engine()

    def _person_looks(self) -> None:
        """Agents that were held back for their open conflicts go on; an engine is started where none runs."""
        state = self.read()
        if state.night is None or state.night.ended:
            return
        if any(agent.paused for agent in state.agents.values()):
            self.give(Resume())
        self.somebody_looks()
        if self.engine is not None:
            self.engine.wake()
        self.later(LOOKS, self._person_looks)

    def _moments(self) -> None:
        while self._queue:
            self.now, _, what = heapq.heappop(self._queue)
            self.moments += 1
            audit.must(self.now < MOST_HOURS * HOUR, "the night never ends")
            self._guarded(what)
            if self.engine is not None and self.engine.is_due and not self.is_planned:
                self.is_planned = True
                self.later(self.quantum, lambda: self._guarded(self._step))

    def at_the_end(self) -> None:
        """Nothing goes on, every task is where a person can see it and why, and the ledger says all of it."""
        state = self.read()
        whole(self, state)
        audit.must(len(state.tasks) == len(self.scenario.tasks), f"{len(state.tasks)} tasks are left")
        audit.at_the_end(self)


def must_be(found: State, known: State) -> None:
    """Both are the same."""
    for name in State.__slots__:
        audit.must(getattr(found, name) == getattr(known, name), f"folding the ledger again gives another {name}")


class WideDesk(WideBook):
    """Whoever reads the ledger, and answers commands, while no engine runs."""

    def __init__(self, night: WideNight) -> None:
        """Knows what the last process knew."""
        known = night.known if isinstance(night.known.tasks, KeptBoard) else kept(night.known)
        super().__init__(night.ledger, clock=night.wall, state=known)
        self.night = night
