"""A simulated world: agents, gates, reviewers and git that answer by chance, and a clock that jumps.

It does to the policies what the engine does, without a process or a disk, so that thousands of nights run
in a unit test. `crash` forgets everything but the log.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from cockpit import commands, events
from cockpit.commands import Command
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.policy import budget
from cockpit.policy.actions import (
    Compare,
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
    Tidy,
)
from cockpit.policy.decide import decide
from cockpit.policy.night import lingers_until
from cockpit.policy.requests import answer
from cockpit.policy.rules import Rules
from cockpit.questions import PERMISSION, PERMISSION_CHOICES, QUESTION, Choice
from cockpit.reserves import review_key, run_key
from cockpit.state import ROLE_OF, Answer, Clash, GateResult, State, TaskState, Verdict, Visit


@dataclass
class Luck:
    """How likely things go wrong, 0 to 1."""

    launch: float = 0.0
    turn: float = 0.0
    gate: float = 0.0
    review: float = 0.0
    silent_reviewer: float = 0.0
    conflict: float = 0.0
    blocked: float = 0.0
    usd_a_turn: float = 0.1
    lost_call: float = 0.0
    """How often nobody can say what a review cost."""
    asks: float = 0.0
    """How often an agent at work asks a person something."""


@dataclass
class World:
    """One simulated night."""

    random: random.Random
    luck: Luck = field(default_factory=Luck)
    rules: Rules = field(default_factory=Rules)
    now: float = 1000.0
    log: list[Recorded] = field(default_factory=list)
    state: State = field(default_factory=State)
    target: int = 0
    heads: int = 0

    def record(self, *new: Event) -> None:
        for event in new:
            one = Recorded(len(self.log) + 1, events.stream_of(event), 0, self.now, event)
            self.log.append(one)
            self.state = fold([one], self.state)

    def give(self, command: Command) -> Answer:
        made, said = answer(self.state, f"c{len(self.log)}", command, "you", self.now)
        self.record(*made)
        return said

    def crash(self) -> None:
        """Everything in memory is lost; hosts live on."""
        self.state = fold(self.log)

    def step(self) -> bool:
        """Record what is decided, or let one thing that goes on come to its end; False when all is at rest."""
        decision = decide(self.state, self.rules, self.now)
        if decision.records:
            self.record(*decision.records)
            return True
        working = [r for r in self.state.runs.values() if r.live and not r.suspended and self._is_working(r.id)]
        working = [r for r in working if not self.state.is_asking(r.id)]
        choices: list[object] = [*decision.effects, *working]
        if not choices:
            if decision.wake is None or decision.wake == lingers_until(self.state, self.rules, self.now):
                return False  # a person may still come
            self.now = max(self.now, decision.wake)
            return not (self.state.night is not None and decision.wake == self.state.night.until)
        self.now += self.random.uniform(0.1, 60)
        chosen = self.random.choice(choices)
        if isinstance(chosen, Effect):
            self.perform(chosen)
        else:
            self.turn(str(getattr(chosen, "id")))  # noqa: B009  # a Run, told apart by not being an Effect
        return True

    def _is_working(self, run: str) -> bool:
        task = self.state.tasks[self.state.runs[run].task]
        return task.state is TaskState.WORKING and task.run == run and not task.stumble

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def turn(self, name: str) -> None:
        """An agent works, pays, and asks something or ends its turn one way or another."""
        run = self.state.runs[name]
        if self.chance(self.luck.asks):
            self._ask(name)
            return
        spent = run.usd + self.random.uniform(0, 2 * self.luck.usd_a_turn)
        held = self.state.reserves.get(run_key(name))
        broke = held is not None and spent >= run.usd + held.usd
        if held is not None and broke:  # its own bound, and its host, stop it there
            spent = run.usd + held.usd
        on_its_way = 0.0 if held is None else self.random.uniform(0, run.usd + held.usd - spent)
        role = ROLE_OF[self.state.tasks[run.task].kind]
        self.record(events.CostSeen(name, run.seq + 1, spent, 100, "m", "cli", role, open_usd=on_its_way))
        seq = self.state.runs[name].seq + 1
        if broke:
            self.record(events.TurnEnded(name, seq, ok=False, error="budget", broke=True))
        elif not self.chance(self.luck.turn):
            self.record(events.TurnEnded(name, seq, ok=True))
        elif self.chance(0.5):
            self.record(events.RunExited(name, seq, -9))
        else:
            self.record(events.TurnEnded(name, seq, ok=False, error="overloaded", fatal=self.chance(0.1)))

    def _ask(self, name: str) -> None:
        """It asks one to three things at once, and waits."""
        seq, parts = self.state.runs[name].seq + 1, self.random.randint(1, 3)
        kind = self.random.choice([QUESTION, PERMISSION])
        choices = PERMISSION_CHOICES if kind == PERMISSION else (Choice("this"), Choice("that"))
        parts = 1 if kind == PERMISSION else parts
        for part in range(1, parts + 1):
            self.record(
                events.QuestionAsked(
                    f"Q{self.state.asked + 1}",
                    name,
                    f"r{seq}",
                    "which?",
                    choices,
                    kind=kind,
                    part=part,
                    parts=parts,
                    seq=seq,
                    seconds=self.rules.question_seconds,
                    otherwise=choices[0].label,
                )
            )

    def perform(self, effect: Effect) -> None:
        match effect:
            case StartRun(run=run, restart=restart):
                self._start(run, restart)
            case SendTurn(run=run, restart=restart):
                self.record(events.TurnSent(run, restart))
            case EndRun(run=run, outcome=outcome):
                self.record(events.RunEnded(run, outcome))
                if outcome == "killed":
                    self.record(events.TaskEscalated(self.state.runs[run].task, "killed by you"))
            case Suspend(run=run, stop=stop):
                self.record(events.RunSuspended(run) if stop else events.RunContinued(run))
            case Deliver(message=message):
                self.record(events.MessageHanded(message), events.MessageDelivered(message))
            case Reply(run=run, request=request):
                self.record(events.AnswerSent(run, request), events.AnswerDelivered(run, request))
            case Release(run=run):
                agent = self.state.runs[run].agent
                self.record(events.RunExited(run, self.state.runs[run].seq, 0))
                self.record(events.TakenOver(agent, run, Visit(f"h{self.heads}")))
            case RunGates(task=task):
                self._gates(task)
            case Review(task=task):
                self._review(task)
            case Merge(task=task):
                self._merge(task)
            case Tidy():
                self.record(events.Cleaned())
            case Compare(of=of):
                names = [one.partition("@")[0] for one in of[:-1]]
                pairs = [(a, b) for n, a in enumerate(names) for b in ("", *names[:n])]
                found = tuple(Clash(a, b, ("a.py",)) for a, b in pairs if self.chance(self.luck.conflict))
                self.record(events.ConflictsForecast(of, found))

    def _start(self, run: str, restart: bool) -> None:
        if self.chance(self.luck.launch):
            self.record(events.LaunchFailed(run, "no CLI"))
        else:
            self.record(events.RunStarted(run, f"branch-{run}", "w", f"t{self.target}", 1, "m", restart))

    def _gates(self, name: str) -> None:
        task = self.state.tasks[name]
        if task.is_plain_rollback and not task.branch:
            if self.chance(self.luck.conflict):
                self.record(events.TaskEscalated(name, "later work changed the same"))
                return
            self.heads += 1
            self.record(events.RollbackMade(name, f"rollback-{name}", f"t{self.target}", f"h{self.heads}"))
            task = self.state.tasks[name]
        if task.state is TaskState.TESTING:
            self.heads += 1
        head, target = task.head if task.state is TaskState.MERGING else f"h{self.heads}", f"t{self.target}"
        if self.chance(self.luck.conflict):
            self.record(events.ConflictFound(name, head, target, ("a.py",)))
            return
        result = GateResult("tests", not self.chance(self.luck.gate), "output")
        self.record(events.GatesFinished(name, head, target, f"merge of {head} on {target}", (result,)))

    def _review(self, name: str) -> None:
        if self.chance(self.luck.silent_reviewer):
            self.record(events.ReviewFailed(name, "no answer"))
            return
        head = self.state.tasks[name].head
        held = self.state.reserves.get(review_key(name))
        cost = self.random.uniform(0, held.usd) if held else 0.0 if budget.has_caps(self.state) else 0.01
        self.record(events.CallStarted("reviewer", name, "m", held.usd if held else 0.0))
        if self.chance(self.luck.lost_call):  # its engine died: nobody knows what it cost
            self.record(events.CallPaid("reviewer", 0.0, 0, "m", "cli", name, bound_usd=held.usd if held else 0.0))
            return
        verdict = Verdict(not self.chance(self.luck.review), "words", head=head)
        self.record(events.CallPaid("reviewer", cost, 10, "m", "cli", name), events.VerdictGiven(name, verdict))

    def _merge(self, name: str) -> None:
        task = self.state.tasks[name]
        if self.chance(self.luck.blocked):
            self.record(events.MergeBlocked(name, "the checkout is dirty"))
        elif task.target_commit != f"t{self.target}":
            self.record(events.TargetMoved(name, f"t{self.target}"))
        else:
            self.target += 1
            self.record(events.TaskLanded(name, f"t{self.target}", "main"))

    def run(self, steps: int = 5000, crashes: float = 0.0) -> None:
        """Until all is at rest. Raises AssertionError where that never comes."""
        for _ in range(steps):
            if self.chance(crashes):
                self.crash()
            if not self.step():
                return
            check_invariants(self)
        raise AssertionError("the night never came to rest")


def check_invariants(world: World) -> None:
    """What must be true after every single step."""
    state = world.state
    for cap in budget.caps(state, world.rules.calendar(world.now)):
        assert cap.spent + cap.reserved <= cap.usd + 1e-6, f"over the cap: {cap}"
    holders = [agent.run for agent in state.agents.values() if agent.run]
    assert len(holders) == len(set(holders)), "two agents hold one run"
    tasks_held = [agent.task for agent in state.agents.values() if agent.task]
    assert len(tasks_held) == len(set(tasks_held)), "two agents hold one task"
    for question in state.questions.values():
        if question.is_open or question.is_on_its_way:
            assert state.runs[question.run].live, f"{question.id} waits for an agent that is gone"
    for task in state.tasks.values():
        assert task.cycles <= world.rules.review_cycles
        assert task.gate_failures <= world.rules.gate_attempts
        if task.state in (TaskState.CLAIMED, TaskState.WORKING):
            missing = [t for t in state.missing(task) if not state.undone_by(t)]
            assert not missing, f"{task.id} was started before what it depends on landed"


def night_of(world: World, drafts: commands.AddTasks, night: commands.StartNight) -> None:
    """Give the two commands that every night begins with."""
    assert world.give(drafts).ok
    assert world.give(night).ok
