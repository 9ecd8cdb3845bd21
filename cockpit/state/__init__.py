"""What is true now: frozen values that `fold` makes from the events and every view reads.

Times are seconds since the epoch (UTC), money is US dollars, paths are strings as the operating
system gives them. Nothing here knows a clock, a disk or a process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cockpit.confinement import UNSETTLED, Confinement
from cockpit.git_facts import NOTHING_KNOWN as GIT_FACTS
from cockpit.git_facts import GitFacts
from cockpit.github_facts import NOTHING_KNOWN as GITHUB_FACTS
from cockpit.github_facts import GitHubFacts
from cockpit.held import HeldUp
from cockpit.idea_facts import NO_IDEAS, Ideas
from cockpit.notified import NOTHING_TOLD, Told
from cockpit.pulls import Mark, Pull
from cockpit.questions import Question
from cockpit.reserves import Reserve
from cockpit.shared import Shared
from cockpit.state.accounts import QUARTER_SECONDS as QUARTER_SECONDS
from cockpit.state.accounts import Account as Account
from cockpit.state.accounts import is_reached as is_reached
from cockpit.state.drafts import Plan as Plan
from cockpit.state.drafts import TaskChanges as TaskChanges
from cockpit.state.drafts import TaskDraft as TaskDraft
from cockpit.state.kinds import ANSWERING as ANSWERING
from cockpit.state.kinds import IN_FLIGHT as IN_FLIGHT
from cockpit.state.kinds import RESTING as RESTING
from cockpit.state.kinds import ROLE_OF as ROLE_OF
from cockpit.state.kinds import SETTLED as SETTLED
from cockpit.state.kinds import Kind as Kind
from cockpit.state.kinds import MergePolicy as MergePolicy
from cockpit.state.kinds import Severity as Severity
from cockpit.state.kinds import TaskState as TaskState
from cockpit.state.nights import Answer as Answer
from cockpit.state.nights import Clash as Clash
from cockpit.state.nights import EngineInfo as EngineInfo
from cockpit.state.nights import Forecast as Forecast
from cockpit.state.nights import Halt as Halt
from cockpit.state.nights import Hold as Hold
from cockpit.state.nights import Night as Night
from cockpit.state.reviews import Comment as Comment
from cockpit.state.reviews import CriterionCheck as CriterionCheck
from cockpit.state.reviews import Finding as Finding
from cockpit.state.reviews import GateResult as GateResult
from cockpit.state.reviews import Verdict as Verdict
from cockpit.state.runs import Agent as Agent
from cockpit.state.runs import Run as Run
from cockpit.state.runs import Sent as Sent
from cockpit.state.runs import Session as Session
from cockpit.state.runs import Taken as Taken
from cockpit.state.runs import Visit as Visit
from cockpit.state.tasks import Task as Task
from cockpit.state.tasks import missing as missing
from cockpit.state.tasks import undone_by as undone_by
from cockpit.tale import Odd
from cockpit.tokens import Tokens, Yardstick
from cockpit.value import Value, frozen
from cockpit.watching import Breaker, StartsHeld, Window


@frozen
class State(Value):
    """Everything that is true now, as one value."""

    position: int = 0
    """The ledger position of the last event folded in."""
    night: Night | None = None
    engine: EngineInfo = EngineInfo()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    runs: Mapping[str, Run] = field(default_factory=dict)
    agents: Mapping[int, Agent] = field(default_factory=dict)
    sessions: Mapping[int, Session] = field(default_factory=dict)
    """The newest session file of each agent; laid over by whoever watches the files."""
    messages: Mapping[str, Sent] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)
    """What agents asked, by id, oldest first: all that is open, and the newest of the rest."""
    asked: int = 0
    """How many questions were ever asked."""
    pending: Mapping[str, object] = field(default_factory=dict)
    """Commands nobody has answered yet, by id, oldest first. Values are `commands.Command`."""
    askers: Mapping[str, str] = field(default_factory=dict)
    """Who gave each pending command, by id."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """The newest answers, by command id; old ones are forgotten."""
    holds: tuple[Hold, ...] = ()
    """The sorts of work that are held, the oldest hold first."""
    git: GitFacts = GIT_FACTS
    """The repository: what is kept aside, the room that worktrees take, what was cleaned away."""
    ideas: Ideas = NO_IDEAS
    """What was proposed, and what became of it."""
    github: GitHubFacts = GITHUB_FACTS
    """Issues that are tasks, which of them are ours to work on, and how the line to GitHub is."""
    forecast: Forecast = Forecast()
    """The conflicts between the branches in flight."""
    pulls: Mapping[str, Pull] = field(default_factory=dict)
    """Branches and pull requests on GitHub, by task."""
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """What issues show of their tasks, by task."""
    windows: Mapping[str, Window] = field(default_factory=dict)
    """The limits of the model's service that are reached now, by quota."""
    limit_hits: Mapping[str, int] = field(default_factory=dict)
    """By quota: how often in a row it was reached since something went well."""
    deaths: tuple[str, ...] = ()
    """Tasks whose agents died at once, in a row, the newest last; a sign of life from any ends the row."""
    breaker: Breaker | None = None
    """Set while agents die at once, one after the other, until a person says to try again."""
    starts_held: StartsHeld | None = None
    """Set while the machine has no room for another agent."""
    context: Mapping[str, Shared] = field(default_factory=dict)
    """What is, or was, shared with all agents, by name."""
    cage: Confinement = UNSETTLED
    """What holds agents in here."""
    halt: Halt | None = None
    """Set from an emergency stop until a person lets the night go on."""
    spent_usd: float = 0.0
    """Of this night."""
    spent_total_usd: float = 0.0
    """Ever, on this ledger."""
    charges: Mapping[Account, float] = field(default_factory=dict)
    """This night's money by everything that is known of it; every sum is made from these."""
    quarters: Mapping[int, Mapping[Account, float]] = field(default_factory=dict)
    """Money by quarter of an hour since the epoch, without tasks, for as long as a month can be: whatever the
    time zone, its days begin with one of these."""
    used: Mapping[str, Tokens] = field(default_factory=dict)
    """This night's tokens by model, as far as they were counted by sort."""
    used_usd: float = 0.0
    """What these cost."""
    yardstick: Yardstick | None = None
    """The strongest model that is configured, with its price."""
    minutes: Mapping[int, float] = field(default_factory=dict)
    """This night's money by minute since the epoch, of the last hour in which any was spent."""
    unpriced: frozenset[str] = frozenset()
    """Models that were used and have no price: their money is unknown, not zero."""
    held_up: tuple[HeldUp, ...] = ()
    """The last times in which nothing could be recorded, and so nothing new was begun."""
    caps: Mapping[str, float] = field(default_factory=dict)
    """Caps beside the night's, by name, as they hold now."""
    configured: Mapping[str, float] = field(default_factory=dict)
    """The same as the configuration has them."""
    currency: str = ""
    """What money is shown in; empty: US dollars. Caps are in dollars always."""
    rate: float = 1.0
    """What a dollar is in that currency."""
    reserves: Mapping[str, Reserve] = field(default_factory=dict)
    """Money that is set aside, by `reserves.run_key` and `review_key`."""
    by_category: Mapping[str, float] = field(default_factory=dict)
    """This night's money by the category its task had when it was spent."""
    costs: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """What runs, and reviews, cost before: the newest few, by kind of task and model."""
    said: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Percentages of caps beside the night's that were said, by cap and the time it counts from."""
    tale: tuple[Odd, ...] = ()
    """What happened this night that a person may not expect."""
    tallies: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """What `cockpit metrics` counts: sums by quarter of an hour since the epoch, for two months; see `tallies`."""
    told: Told = NOTHING_TOLD
    """What notifications told, and have to tell yet."""
    notices: tuple[str, ...] = ()
    """The newest lines worth a person's eye, oldest first; a bounded tail."""
    plan: Plan | None = None
    """What a planner is asked for, or proposed; None when a person has answered it."""

    @property
    def by_role(self) -> Mapping[str, float]:
        """This night's money by role."""
        found: dict[str, float] = {}
        for account, usd in self.charges.items():
            found[account.role] = found.get(account.role, 0.0) + usd
        return found

    def holds_slot(self, task: Task) -> bool:
        """Whether an agent's slot is taken by the task."""
        agent = self.agents.get(task.agent) if task.agent is not None else None
        return agent is not None and agent.run is not None and agent.run == task.run

    def taken(self, task: Task) -> Taken | None:
        """Who has the conversation of a task's agent, where a person has."""
        return self.agents[task.agent].taken if task.agent is not None and self.holds_slot(task) else None

    def hold_on(self, task: Task) -> Hold | None:
        """The hold that keeps a task from being worked on."""
        if not self.holds:
            return None
        mine = {"category": task.category, "role": task.works_as}
        return next((hold for hold in self.holds if mine.get(hold.what) == hold.name), None)

    def is_role_held(self, role: str) -> bool:
        """Whether a role may start nothing new."""
        return any(hold.what == "role" and hold.name == role for hold in self.holds)

    def agent_run(self, number: int) -> Run | None:
        """The run that an agent's slot holds now."""
        agent = self.agents.get(number)
        return self.runs.get(agent.run) if agent and agent.run else None

    def task_run(self, task: Task) -> Run | None:
        """The newest run of a task."""
        return self.runs.get(task.run) if task.run else None

    def on_their_way(self) -> tuple[Sent, ...]:
        """Messages that no model has read, to agents that still hold the run they were meant for; oldest first."""
        if not self.messages:
            return ()
        held = {agent.run for agent in self.agents.values() if agent.run}
        return tuple(sent for sent in self.messages.values() if not sent.read and sent.run in held)

    def open_questions(self, run: str = "") -> tuple[Question, ...]:
        """What waits for a person's answer, oldest first; of one run only where one is named."""
        return tuple(q for q in self.questions.values() if q.is_open and run in ("", q.run))

    def asked_by(self, run: str, request: str) -> tuple[Question, ...]:
        """All that a run's agent asked at once."""
        return tuple(q for q in self.questions.values() if q.run == run and q.request == request)

    def is_asking(self, run: str) -> bool:
        """Whether a run's agent waits for a person, and so is anything but stuck."""
        return any(q.run == run and (q.is_open or q.is_on_its_way) for q in self.questions.values())

    def seen_state(self, task: Task) -> TaskState:
        """The state a person is shown: `waiting` for a queued task that something holds back."""
        held_back = task.waits_usd or task.waits_why or self.missing(task) or self.taken_elsewhere(task)
        if (task.state is TaskState.QUEUED and held_back) or task.parked:
            return TaskState.WAITING
        return task.state

    def taken_elsewhere(self, task: Task) -> bool:
        """Whether another cockpit works on the issue of a task."""
        claim = self.github.claims.get(task.id)
        return claim is not None and not claim.ours

    def missing(self, task: Task) -> tuple[Task, ...]:
        """The dependencies of a task that have not landed, or were rolled back since; an answer is as good."""
        return missing(self.tasks, task)

    def parts(self, task: Task) -> tuple[Task, ...]:
        """The explorations whose findings a task joins."""
        return tuple(t for t in self.tasks.values() if t.part_of == task.id)

    def being_undone_by(self, task: Task) -> Task | None:
        """The task that is about to roll this one back."""
        by = self.tasks.get(task.rollback)
        return by if by is not None and by.state not in SETTLED else None

    def undone_by(self, task: Task) -> Task | None:
        """The landed task that rolled this one back, unless that was rolled back itself."""
        return undone_by(self.tasks, task)

    def in_state(self, *states: TaskState) -> tuple[Task, ...]:
        """The tasks that a person is shown in one of `states`, in the order they were added."""
        return tuple(t for t in self.tasks.values() if self.seen_state(t) in states)
