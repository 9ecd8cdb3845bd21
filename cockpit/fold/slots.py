"""How agents' slots are: who is free, who needs a closer look, and what is set aside for each.

Most agents of a night work, or their work is tested or reviewed, and nothing is wanted of them. `Slots` knows the
others, so that watching over very many agents costs what changed and not how many there are. All of it follows from
State. It is made when a policy first asks, belongs to the newest State that it was made of or handed on to (another
one makes its own), and is in no ledger and no comparison; the fold hands it on from event to event.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from cockpit import events
from cockpit.questions import Question
from cockpit.reserves import Reserve, review_key, run_key
from cockpit.standing import Board, of
from cockpit.state import IN_FLIGHT, Agent, Run, State, Task, TaskState

K = TypeVar("K", int, str)

PAID = IN_FLIGHT | {TaskState.REWORK}
"""States in which a task's run and its review have money set aside."""

ENOUGH, NONE = float("inf"), -1.0
"""What is said to be set aside for a review that is paid for, or where nothing is."""


class Least(dict[K, float]):
    """Numbers by name, which knows the least of them."""

    __slots__ = ("_names", "line")

    def __init__(self) -> None:
        """Nothing yet."""
        self.line: list[tuple[float, K]] = []
        """The least first."""
        self._names: tuple[K, ...] | None = ()

    def names(self) -> tuple[K, ...]:
        """All of them."""
        if self._names is None:
            self._names = tuple(self)
        return self._names

    def put(self, name: K, number: float | None) -> None:
        """Set it; None: it has none."""
        old = self.pop(name, None)
        if old == number:
            if old is not None:
                self[name] = old
            return
        self._names = None
        if old is not None:
            del self.line[bisect_left(self.line, (old, name))]
        if number is not None:
            self[name] = number
            insort(self.line, (number, name))

    def below(self, bound: float) -> list[K]:
        """Those with less than that, the least first."""
        return [name for _, name in self.line[: bisect_left(self.line, bound, key=lambda one: one[0])]]


class Slots:
    """What follows from agents, runs, tasks and reserves."""

    __slots__ = (
        *("by_run", "by_task", "due", "free", "held", "owed", "restless", "reviews"),
        *("_asked", "_bound", "_of", "_questions", "_seen"),
    )

    def __init__(self, state: State) -> None:
        """By looking at everybody."""
        self.free: set[int] = set()
        """Agents that hold nothing and are not paused."""
        self.restless: set[int] = set()
        """Those with a run that are not simply at work, tested or reviewed."""
        self.due: Least[int] = Least()
        """Of the others that work: since when, less what they worked before; their time is over by this."""
        self.owed: set[int] = set()
        """Those whose run has no process, or no reserve."""
        self.held: Least[int] = Least()
        """Of the others: what is set aside for the review of its work."""
        self.reviews: Least[str] = Least()
        """Tasks under review of which nothing is known yet but what is set aside for it."""
        self.by_run: dict[str, set[int]] = {}
        """Who holds a run."""
        self.by_task: dict[str, set[int]] = {}
        """Who holds a run of a task."""
        self._bound: float | None = None
        self._seen: dict[int, tuple[str, str]] = {}
        self._questions: Mapping[str, Question] = {}
        self._asked: dict[str, list[Question]] = {}
        for number in state.agents:
            self._agent(state, number)
        for name in of(state.tasks).open.get(TaskState.REVIEWING, ()):
            self._review(state, name)
        self._belong(state)

    def _belong(self, state: State) -> None:
        self._of = (state.agents, state.runs, state.reserves)

    def is_of(self, state: State) -> bool:
        """Whether it says how things are in `state`, of whose tasks it is."""
        agents, runs, reserves = self._of
        return agents is state.agents and runs is state.runs and reserves is state.reserves

    def asked(self, state: State) -> Mapping[str, list[Question]]:
        """What of the questions is not closed, by the run that asked."""
        if self._questions is not state.questions:
            self._questions, self._asked = state.questions, {}
            for one in state.questions.values():
                if not one.closed:
                    self._asked.setdefault(one.run, []).append(one)
        return self._asked

    def set_aside_at_most(self, state: State, *, exact: bool = False) -> float:
        """What all reserves come to at most: their sum when that was last made, and what came on top since."""
        if self._bound is None or exact:
            self._bound = sum([one.usd for one in state.reserves.values()])
        return self._bound

    # ── handed on ────────────────────────────────────────────────────────────────────────────────────

    def follow(self, after: State, event: Any) -> bool:
        """Become that of `after`, which `event` led to; False where nobody says what the event touches."""
        kind = type(event)
        if kind in QUIET:
            self._belong(after)
            return True
        by = TOUCHES.get(kind)
        if by is None:
            return False
        if self._bound is not None and kind in ADDS:
            self._bound += sum(getattr(event, name) for name in ADDS[kind])
        tasks, numbers = set[str](), set[int]()
        for name in by:
            value = getattr(event, name)
            if name == "task":
                tasks.add(value)
            elif name == "agent":
                numbers.add(value)
            elif (run := after.runs.get(value)) is not None:
                tasks.add(run.task)
                numbers |= {run.agent, *self.by_run.get(value, ())}
        for task in tasks:
            numbers.update(self.by_task.get(task, ()))
        for number in numbers:
            self._agent(after, number)
        for task in tasks:
            self._review(after, task)
        self._belong(after)
        return True

    # ── looked at ────────────────────────────────────────────────────────────────────────────────────

    def _agent(self, state: State, number: int) -> None:
        """Look at one agent anew."""
        agent = state.agents.get(number)
        run = state.runs.get(agent.run) if agent is not None and agent.run else None
        task = state.tasks.get(run.task) if run is not None else None
        self._holds(number, run)
        _mark(self.free, number, agent is not None and agent.run is None and not agent.paused)
        is_restless, due, is_owed, held = False, None, False, None
        if agent is not None and run is not None and task is not None:
            is_restless = not is_usual(agent, run, task)
            if not is_restless and task.state is TaskState.WORKING and run.busy_since:
                due = run.busy_since - run.busy
            if task.state in PAID and not run.kill_asked:
                is_owed = not run.live or run_key(run.id) not in state.reserves
                held = None if is_owed else _set_aside(state.reserves, task)
        _mark(self.restless, number, is_restless)
        _mark(self.owed, number, is_owed)
        self.due.put(number, due)
        self.held.put(number, held)

    def _holds(self, number: int, run: Run | None) -> None:
        now = (run.id, run.task) if run is not None else None
        old = self._seen.get(number)
        if old == now:
            return
        if old is not None:
            del self._seen[number]
            _leave(self.by_run, old[0], number)
            _leave(self.by_task, old[1], number)
        if now is not None:
            self._seen[number] = now
            self.by_run.setdefault(now[0], set()).add(number)
            self.by_task.setdefault(now[1], set()).add(number)

    def _review(self, state: State, name: str) -> None:
        """Look at one task anew."""
        task = state.tasks.get(name)
        is_one = task is not None and _is_begun(task) and state.taken(task) is None
        self.reviews.put(name, _set_aside(state.reserves, task) if task is not None and is_one else None)


def slots(state: State) -> Slots:
    """How the slots are."""
    if (known := known_of(state)) is not None:
        return known
    made = Slots(state)
    if isinstance(state.tasks, Board):
        state.tasks.slots = made
    return made


def known_of(state: State) -> Slots | None:
    """The same where somebody asked before."""
    known = state.tasks.slots if isinstance(state.tasks, Board) else None
    return known if known is not None and known.is_of(state) else None


def hand_on(known: Slots, before: Mapping[str, Task], after: State, event: Any) -> None:
    """An event led from the State with the tasks `before`, of which they are, to `after`."""
    if isinstance(before, Board):
        before.slots = None
    if isinstance(after.tasks, Board) and known.follow(after, event):
        after.tasks.slots = known


def is_usual(agent: Agent, run: Run, task: Task) -> bool:
    """Whether an agent works, or its work is tested or reviewed, and nothing is wrong or wanted: most are like that."""
    if run.kill_asked or run.cut or run.suspended or agent.paused or agent.taken is not None:
        return False
    if task.fresh or task.broke or task.pinned:
        return False
    if task.state is TaskState.WORKING:
        return run.live and not task.parked and not task.stumble
    return task.state is TaskState.TESTING or task.state is TaskState.REVIEWING


def _is_begun(task: Task) -> bool:
    """Whether a task's review is only waited for."""
    if task.state is not TaskState.REVIEWING or task.parked or task.review_failures:
        return False
    return task.current_verdict is None


def _set_aside(reserves: Mapping[str, Reserve], task: Task) -> float:
    found = reserves.get(review_key(task.id))
    if found is None:
        return NONE
    return ENOUGH if found.call else found.usd


def _mark(numbers: set[int], number: int, is_one: bool) -> None:
    if is_one:
        numbers.add(number)
    else:
        numbers.discard(number)


def _leave(held: dict[str, set[int]], name: str, number: int) -> None:
    numbers = held[name]
    numbers.discard(number)
    if not numbers:
        del held[name]


def _all(names: str, *kinds: type[Any]) -> Iterable[tuple[type[Any], tuple[str, ...]]]:
    return ((kind, tuple(names.split())) for kind in kinds)


TOUCHES: Mapping[type[Any], tuple[str, ...]] = dict(
    (
        *_all("run", events.RunStarted, events.LaunchFailed, events.TurnSent, events.PhaseChanged, events.TurnEnded),
        *_all("run", events.RunExited, events.RunEnded, events.CostSeen, events.QuestionAsked),
        *_all("run", events.QuestionAnswered, events.QuestionExpired, events.AnswerSent, events.AnswerDelivered),
        *_all("run", events.QuestionWithdrawn, events.RunCut, events.Nudged),
        *_all("task", events.GatesFinished, events.ConflictFound, events.ReviewStarted, events.VerdictGiven),
        *_all("task", events.ReviewFailed, events.ReworkAsked, events.TaskReady, events.TaskAnswered),
        *_all("task", events.MergeApproved, events.MergeBlocked, events.TargetMoved, events.TaskLanded),
        *_all("task", events.TaskEscalated, events.TaskWaitsForMoney, events.CallStarted, events.CallPaid),
        *_all("task", events.BranchRebased),
        *_all("task run", events.MoneyReserved, events.MoneyAsked, events.TaskHandedOn),
        *_all("task agent run", events.TaskClaimed),
        *_all("agent", events.AgentPaused, events.AgentResumed, events.AgentHeldBack),
    )
)
"""The fields of an event that name all whose agents, runs, tasks and reserves it changes; others are not followed."""

ADDS: Mapping[type[Any], tuple[str, ...]] = {
    events.TaskClaimed: ("reserve_usd", "review_usd"),
    events.MoneyReserved: ("usd",),
    events.CallStarted: ("usd",),
}
"""Of these, the ones by which more is set aside, and what says how much."""

QUIET: frozenset[type[Any]] = frozenset(
    {
        *(events.CommandGiven, events.CommandAnswered, events.ConflictsForecast, events.Noticed, events.BudgetAlert),
        *(events.EngineStarted, events.EngineStopped, events.MessageSent, events.MessageHanded),
        *(events.MessageDelivered, events.WorkRescued),
    }
)
"""Events that change nothing of all that."""

SEEN = ("by_run", "by_task", "due", "free", "held", "owed", "restless", "reviews")
"""What two of the same State have in common, however they came about."""
