"""What is true now: frozen values that `fold` makes from the events and every view reads.

Times are seconds since the epoch (UTC), money is US dollars, paths are strings as the operating
system gives them. Nothing here knows a clock, a disk or a process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import NamedTuple

from cockpit.confinement import UNSETTLED, Confinement
from cockpit.git_facts import NOTHING_KNOWN as GIT_FACTS
from cockpit.git_facts import GitFacts, Lost
from cockpit.github_facts import NOTHING_KNOWN as GITHUB_FACTS
from cockpit.github_facts import GitHubFacts
from cockpit.held import HeldUp
from cockpit.idea_facts import NO_IDEAS, Ideas
from cockpit.notified import NOTHING_TOLD, Told
from cockpit.pulls import Mark, Pull
from cockpit.questions import Question
from cockpit.reserves import Reserve
from cockpit.shared import Shared
from cockpit.tale import Odd
from cockpit.tokens import Tokens, Yardstick
from cockpit.value import Value, frozen
from cockpit.watching import Breaker, StartsHeld, Window


class Kind(StrEnum):
    """What sort of work a task is; it decides role, model, tools and budget."""

    EXPLORE = "explore"
    BUILD = "build"
    REVIEW = "review"
    IDEATE = "ideate"
    PLAN = "plan"


class TaskState(StrEnum):
    """Where a task stands. Only a merge that moved the target branch makes it `landed`."""

    SUGGESTED = "suggested"
    QUEUED = "queued"
    CLAIMED = "claimed"
    WORKING = "working"
    TESTING = "testing"
    REVIEWING = "reviewing"
    READY = "ready"
    MERGING = "merging"
    LANDED = "landed"
    ANSWERED = "answered"
    """An exploration or a review is done: its written answer is there, and main did not move for it."""
    WAITING = "waiting"
    """Queued, but held back: by a dependency, a limit, money or a person. Derived, never stored."""
    REWORK = "rework"
    ESCALATED = "escalated"
    FAILED = "failed"
    SKIPPED = "skipped"


ROLE_OF: Mapping[Kind, str] = {
    Kind.EXPLORE: "explorer",
    Kind.BUILD: "builder",
    Kind.REVIEW: "reviewer",
    Kind.IDEATE: "ideator",
    Kind.PLAN: "planner",
}
"""Who works on a kind of task."""

ANSWERING = frozenset({Kind.EXPLORE, Kind.REVIEW})
"""Kinds whose result is a written answer, kept with the task; they need no merge."""

SETTLED = frozenset({TaskState.LANDED, TaskState.ANSWERED, TaskState.FAILED, TaskState.SKIPPED})
"""States in which nothing more will happen to a task by itself."""

RESTING = SETTLED | {TaskState.SUGGESTED}
"""States in which nothing happens unless a person says so: no night is needed for such tasks."""

IN_FLIGHT = frozenset({TaskState.CLAIMED, TaskState.WORKING, TaskState.TESTING, TaskState.REVIEWING})
"""States in which an agent's slot is taken by the task."""


class MergePolicy(StrEnum):
    """Who says yes to a merge whose gates and review are good."""

    ASK = "ask"
    AUTO = "auto"


class Severity(StrEnum):
    """How much a reviewer's finding matters; only `blocking` asks for rework."""

    BLOCKING = "blocking"
    MINOR = "minor"
    NOTE = "note"


@frozen
class TaskDraft(Value):
    """A task as a source proposes it, before the engine has given it an id."""

    key: str
    """What `depends_on` of its siblings calls it; unique within one source document."""
    title: str
    description: str = ""
    criteria: tuple[str, ...] = ()
    kind: Kind = Kind.BUILD
    category: str = ""
    priority: int = 0
    """Higher is sooner; ties go to the older task."""
    depends_on: tuple[str, ...] = ()
    """Keys of siblings in the same document, or ids of tasks that exist already."""
    files: tuple[str, ...] = ()
    """Files the author expects it to touch; a hint, not a limit."""
    merge: MergePolicy | None = None
    """`ask` or `auto` for this task alone; None follows the night's policy."""
    source: str = ""
    """Where it came from, e.g. `PLAN.md:12` or `you`."""
    suggested: bool = False
    """An idea: it enters as `suggested` and is worked on only when a person promotes it."""
    role: str = ""
    """The role that is to work on it; empty: the kind's."""
    model: str = ""
    """The model that is to work on it; empty: as the routing says."""
    subject: str = ""
    """What a review looks at: a branch, a commit or a path."""
    parallel: int = 1
    """How many explorers look at once; above 1 it becomes as many tasks and one that joins their findings."""
    part_of: str = ""
    """Key of the exploration whose part it is."""
    minutes: float = 0.0
    """How long its author thinks an agent works on it; 0 where nobody said."""


@frozen
class Plan(Value):
    """What a planner makes, or made, of prose. Nothing of it is in the queue before a person agrees."""

    id: str
    files: tuple[str, ...]
    section: str = ""
    least: int = 0
    most: int = 0
    """How many tasks were asked for; 0: as the configuration says."""
    by: str = ""
    asked: float = 0.0
    drafts: tuple[TaskDraft, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is wrong with the drafts, as they are now."""
    notes: tuple[str, ...] = ()
    """What the planner and its checks said of the whole; stays whatever is edited."""
    absent: tuple[str, ...] = ()
    """Files that drafts named, that are not there, and that no draft said it makes."""
    made: float = 0.0
    """When the drafts came; 0 while they are asked for."""
    failed: str = ""
    """Why none came."""
    failed_at: float = 0.0
    version: int = 0
    """Counts changes, so that nobody overwrites what they have not seen."""
    usd: float = 0.0
    """What asking cost."""
    unpriced: bool = False
    agents: int = 1
    """How many agents the configuration has."""
    guesses: Mapping[str, float] = field(default_factory=dict)
    """What a task of each kind is thought to cost, and `review` a review, where no history says it."""

    @property
    def is_asked(self) -> bool:
        """The planner is at it."""
        return not self.made and not self.failed

    @property
    def is_proposed(self) -> bool:
        """It waits for a person's answer."""
        return bool(self.made) and not self.failed


@frozen
class TaskChanges(Value):
    """What a person changed in a task; None leaves a field as it is."""

    title: str | None = None
    description: str | None = None
    criteria: tuple[str, ...] | None = None
    kind: Kind | None = None
    category: str | None = None
    priority: int | None = None
    depends_on: tuple[str, ...] | None = None
    files: tuple[str, ...] | None = None
    merge: str | None = None
    """`ask`, `auto`, or `night`: as the night has it."""
    role: str | None = None
    model: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that it changes."""
        return tuple(name for name in type(self).__slots__ if getattr(self, name) is not None)


@frozen
class Comment(Value):
    """What a person wrote beside a change: at a line, a hunk, or a whole file."""

    file: str
    text: str = ""
    line: int = 0
    """The line, or the first one; 0 for the whole file."""
    last: int = 0
    """The last line of a hunk; 0 where it is about one line."""
    old: bool = False
    """The lines are counted as they were before the change."""
    quote: str = ""
    """The line itself, so that it is found again when the numbers have moved."""

    @property
    def where(self) -> str:
        """`dates.py:12`, `dates.py:12-20`, or `dates.py` alone."""
        lines = f":{self.line}{f'-{self.last}' if self.last > self.line else ''}" if self.line else ""
        return f"{self.file}{lines}{' before the change' if self.old else ''}"


@frozen
class GateResult(Value):
    """What one gate said about one merge result."""

    name: str
    passed: bool
    output: str = ""
    """The last part of what it printed, cut to a bound, escape sequences removed."""
    seconds: float = 0.0
    note: str = ""
    """What is to be said of it though it may have passed, in a line."""
    asks: bool = False
    """It did not pass, and no agent can mend that: only a person may let it through."""
    flaky: bool = False
    """It failed, and passed when it was run again on the same tree."""


@frozen
class Finding(Value):
    """One thing a reviewer saw."""

    severity: Severity
    text: str
    file: str = ""
    line: int = 0


@frozen
class CriterionCheck(Value):
    """Whether the reviewer found one acceptance criterion met."""

    criterion: str
    met: bool
    note: str = ""


@frozen
class Verdict(Value):
    """A reviewer's structured answer about one head commit."""

    approve: bool
    summary: str
    criteria: tuple[CriterionCheck, ...] = ()
    findings: tuple[Finding, ...] = ()
    head: str = ""
    """The commit that was reviewed; a verdict counts for no other."""

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that ask for rework."""
        return tuple(f for f in self.findings if f.severity is Severity.BLOCKING)


@frozen
class Task(Value):
    """A unit of work and everything that is known about how far it got."""

    id: str
    """`T1`, `T2`, … in the order they were added."""
    title: str
    description: str = ""
    criteria: tuple[str, ...] = ()
    kind: Kind = Kind.BUILD
    category: str = ""
    priority: int = 0
    depends_on: tuple[str, ...] = ()
    """Ids of tasks that must land first."""
    files: tuple[str, ...] = ()
    merge: MergePolicy | None = None
    source: str = ""
    added: float = 0.0
    state: TaskState = TaskState.QUEUED
    since: float = 0.0
    """When it entered `state`."""
    reason: str = ""
    """Why it is where it is, for a person: the escalation, the failure, what blocks the merge."""
    agent: int | None = None
    """The slot it is on, or was on last."""
    run: str | None = None
    """The newest run's id."""
    attempts: int = 0
    """Runs started for it."""
    branch: str = ""
    base: str = ""
    """The commit of the target its branch began from."""
    head: str = ""
    """The branch's commit at the last end of a turn."""
    target_commit: str = ""
    """The target's commit that `merged` was made on."""
    merged: str = ""
    """The merge commit that the gates checked; this very commit lands."""
    gates: tuple[GateResult, ...] = ()
    gated_head: str = ""
    """The head that `gates` is about."""
    verdict: Verdict | None = None
    approved_head: str = ""
    """The head that a person or the policy said yes to."""
    approved_by: str = ""
    pending: str = ""
    """What the agent must be told next, while the task is in rework."""
    pending_by: str = ""
    """Who says so: gates, reviewer, conflict, or you."""
    cycles: int = 0
    """Reviews that asked for rework since a person last decided."""
    gate_failures: int = 0
    """Gate failures given back since a person last decided."""
    conflicts: int = 0
    """Merge conflicts given back since a person last decided."""
    restarts: int = 0
    """Times its agent died or failed mid-turn since the last turn that ended well; while it is merging,
    times the merge was blocked."""
    stumble: str = ""
    """Why its last turn or merge broke; empty while all is well."""
    stumbled_at: float = 0.0
    fatal: bool = False
    """Trying the broken turn again cannot help."""
    fell_along: bool = False
    """Its agent went down together with the engine: it counts as a restart, but nothing has to calm down first."""
    denials: tuple[str, ...] = ()
    """Tools the agent was refused in its last turn."""
    review_failures: int = 0
    """Reviews that gave no usable answer since the last that did."""
    landed: str = ""
    """The commit on the target branch that carries it."""
    landed_at: float = 0.0
    landed_on: str = ""
    """The branch that it landed on."""
    reverts: str = ""
    """The landed task that this one rolls back; empty for all other tasks."""
    rollback: str = ""
    """The newest task that was to roll this one back."""
    usd: float = 0.0
    """Spent on it so far by agents and reviewers."""
    unpriced: bool = False
    """Something was spent on it whose price nobody knows."""
    estimated: bool = False
    """Part of `usd` was estimated from tokens and a price list."""
    diffstat: str = ""
    rank: float = 0.0
    """Its place among tasks of the same priority; lower is sooner."""
    pinned: int | None = None
    """The only agent that may take it; None: any."""
    edited: bool = False
    """A person changed its text since its agent was last told of it."""
    conflict: str = ""
    """Both sides of the conflict that it has with what landed, from when it was found until it merges."""
    lost: tuple[Lost, ...] = ()
    """What other work landed and `merged` would drop."""
    asks: tuple[str, ...] = ()
    """The gates because of which only a person may say yes to `merged`."""
    allowed: tuple[str, ...] = ()
    """The gates that a person let `approved_head` pass in spite of what they said."""
    flaky: tuple[str, ...] = ()
    """The gates that failed and then passed on one and the same tree, ever."""
    lost_seen: tuple[Lost, ...] = ()
    """What of that was there to be seen when a person said yes."""
    tried: tuple[str, ...] = ()
    """What went wrong and was tried to mend it since a person last decided, oldest first, in words."""
    handed_on: int = 0
    """Times it was given to another agent, with a fresh conversation, since a person last decided."""
    fresh: bool = False
    """It is to be begun in a fresh conversation, on the same branch."""
    avoid: int | None = None
    """The agent that it was taken from: another one is to take it, where there is one."""
    parked: str = ""
    """The quota whose limit it waits for; empty while it doesn't."""
    parked_until: float = 0.0
    """When that is expected to be over; 0: a person said to try at once."""
    broke: bool = False
    """Its last turn ended because its run's reserve is used up."""
    asks_usd: float = 0.0
    """It waits for a person to give it this much more."""
    granted_usd: float = 0.0
    """A person gave it this much; its next reserve is as large."""
    waits_cap: str = ""
    """The cap that can't hold its reserve now."""
    waits_usd: float = 0.0
    """What would have to be set aside under that cap."""
    waits_why: str = ""
    """Where it is no cap: why no money can be set aside for it."""
    role: str = ""
    """The role that a person chose for it; empty: the kind's."""
    model: str = ""
    """The model that a person chose for it; empty: as the routing says."""
    subject: str = ""
    """What a review looks at: a branch, a commit or a path."""
    part_of: str = ""
    """The exploration that joins its findings with those of others; they look at the same question at once."""
    answer: str = ""
    """What its agent wrote at the end of its last turn, where that is its result: an exploration or a review."""

    issue: int = 0
    """The issue on GitHub that it came from; 0: none."""
    reopened: int = 0
    """Times that issue was opened again after the task had landed."""

    @property
    def answers(self) -> bool:
        """Its result is a written answer."""
        return self.kind in ANSWERING and not self.reverts

    @property
    def works_as(self) -> str:
        """The role that works on it."""
        return self.role or ROLE_OF[self.kind]

    @property
    def is_green(self) -> bool:
        """Every gate passed on `merged`."""
        return bool(self.gates) and not self.red_gates

    @property
    def red_gates(self) -> tuple[GateResult, ...]:
        """The gates that failed, and that nobody let through."""
        return tuple(g for g in self.gates if not g.passed and not g.asks and g.name not in self.let_through)

    @property
    def let_through(self) -> tuple[str, ...]:
        """The gates that a person let this head pass in spite of what they said."""
        return self.allowed if self.approved_head == self.head else ()

    @property
    def is_flagged(self) -> bool:
        """There is something about its merge that no person has said yes to, and only a person may.

        It would drop what other work landed, or a gate asks.
        """
        return (bool(self.lost) and self.lost != self.lost_seen) or bool(set(self.asks) - set(self.let_through))

    @property
    def is_conflicted(self) -> bool:
        """The last try to merge `head` into the target found a conflict."""
        return bool(self.gated_head) and not self.gates

    @property
    def is_plain_rollback(self) -> bool:
        """It rolls a task back by git alone; once an agent was asked to, it is work like any other."""
        return bool(self.reverts) and self.run is None

    @property
    def current_verdict(self) -> Verdict | None:
        """The verdict on `head`, if one was given; one on an older head no longer counts."""
        return self.verdict if self.verdict and self.verdict.head == self.head else None


@frozen
class Run(Value):
    """One attempt of one agent at one task, on one branch in one worktree."""

    id: str
    """`T3-1`: the task and the attempt."""
    task: str
    agent: int
    session: str
    """The conversation's id (UUID), stable over restarts, so that any of them can resume it."""
    branch: str = ""
    worktree: str = ""
    live: bool = False
    """A host runs it now, as far as the ledger knows."""
    started: float = 0.0
    ended: float = 0.0
    outcome: str = ""
    """done, killed, stopped, budget or failed; empty while it goes on."""
    seq: int = 0
    """The last of the host's events that was recorded; a restarted engine reads on from here."""
    phase: str = ""
    model: str = ""
    usd: float = 0.0
    """Running cost of the run, over all its processes."""
    tokens: int = 0
    used: tuple[Tokens, ...] = ()
    """Its tokens by model and sort."""
    cost_source: str = ""
    """Who counted: `cli`, `genai-prices`, or `unknown` where a model has no price."""
    open_usd: float = 0.0
    """What may have been charged beyond `usd`, by requests on their way and answers that broke off."""
    reserve_why: str = ""
    """What its reserve was sized from."""
    route_why: str = ""
    """Why it went to this role and model, in a line."""
    stale: bool = False
    """Its process has an older bound than its reserve: another one goes on in the conversation."""
    kill_asked: str = ""
    """Who asked for it to be killed; empty while nobody did."""
    suspended: bool = False
    """Its processes are stopped (SIGSTOP), because its agent is paused."""
    turns: int = 0
    """Turns that ended, well or not."""
    visit: Visit | None = None
    """A person took the conversation over, and its agent has not gone on since."""
    said: str = ""
    """The agent's words at the end of its last turn, cut to a bound."""
    terminal: bool = False
    """Its agent is a command in a terminal: screens can look at it and type; nothing acknowledges a message."""
    nudges: int = 0
    """Times it was asked how it stands since it was last told what to do."""
    cut: str = ""
    """Why its processes are being ended; empty while nobody wants that."""
    cut_kind: str = ""
    """heartbeat, stuck, limit, disk, memory or processes."""
    begun: float = 0.0
    """When its newest process was started."""
    claimed: float = 0.0
    """When an agent's slot was taken for it, the last time."""
    busy: float = 0.0
    """Seconds that its agent worked on its turns; waiting for a person or a limit, or paused, is no work."""
    busy_since: float = 0.0
    """Since when it works without a break; 0 while it doesn't."""
    told: str = ""
    """The newest that its agent said of its progress, by the tool for it."""
    told_done: float | None = None
    """The share of the task that the agent thinks is done, 0 to 1."""
    told_at: float = 0.0
    tellings: int = 0
    """How often it said so."""


@frozen
class Visit(Value):
    """How things stood when a person took a run's conversation over."""

    commit: str
    """Holds everything in the worktree as it was, uncommitted work included."""
    usd: float | None = None
    """What the conversation had cost by its CLI's own count; None where nobody can say."""
    tokens: int = 0


@frozen
class Taken(Value):
    """A person has an agent's conversation; its automation pauses."""

    by: str
    at: float
    is_free: bool = False
    """The agent's process is gone: from now on, and not before, the person may go in."""


@frozen
class Agent(Value):
    """A numbered slot that runs one task at a time."""

    number: int
    task: str | None = None
    run: str | None = None
    paused: bool = False
    taken: Taken | None = None
    held: tuple[str, ...] = ()
    """The tasks with open conflicts because of which it pauses; empty where it pauses for another reason, or not."""
    held_at: float = 0.0
    allowed: int = 0
    """So many open conflicts a person let it have."""

    @property
    def name(self) -> str:
        """`agent-3`."""
        return f"agent-{self.number}"


@frozen
class Session(Value):
    """A session file's content: what a host says about its agent now. Never stored in the ledger."""

    agent: str
    role: str = ""
    status: str = "idle"
    current_task: str = ""
    current_phase: str = ""
    current_step: str = ""
    progress: float = 0.0
    branch_name: str = ""
    worktree: str = ""
    started: float = 0.0
    last_heartbeat: float = 0.0
    last_activity: float = 0.0
    pid: int = 0
    pid_started: float = 0.0
    session_id: str = ""
    errors: int = 0
    cost_usd_est: float = 0.0
    tokens: int = 0


@frozen
class Sent(Value):
    """A person's message to an agent, on its way."""

    id: str
    run: str
    agent: int
    text: str
    at: float
    handed: bool = False
    """The agent's host has it."""
    delivered: bool = False
    """Written to the agent's input."""
    delivered_at: float = 0.0
    read: bool = False
    """The agent's own stream showed that the model got it."""
    read_at: float = 0.0
    missed: bool = False
    """The turn it was delivered in ended before the model had read it; cleared should it be read after all."""
    by: str = "you"
    """Who said it: you, or the watchdog."""

    @property
    def where(self) -> str:
        """How far it got, in a word or two."""
        if self.read:
            return "read"
        if self.missed:
            return "not read by the end of the turn"
        return "delivered" if self.delivered else "sent"

    @property
    def since(self) -> float:
        """When it got there."""
        return self.read_at or self.delivered_at or self.at


@frozen
class Night(Value):
    """What the user asked for: how many agents, until when, for how much."""

    id: str
    started: float
    agents: int
    target: str
    """The branch that work lands on."""
    merge: MergePolicy = MergePolicy.ASK
    review: bool = True
    cap_usd: float | None = None
    reserve_usd: float = 0.0
    """What must be left of the cap before a task may start."""
    until: float | None = None
    stopping: str = ""
    """Why nothing new starts any more: done, stop, deadline or budget. Empty while work goes on."""
    stopped_at: float = 0.0
    """Since when nothing new starts."""
    ended: float = 0.0
    alerted: tuple[int, ...] = ()
    """Percentages of the cap that were reached and said."""
    closed_by: str = ""
    """Who left it at that after the budget had stopped the night."""
    network: bool = True
    """False: its agents reach their model and nothing else."""

    @property
    def is_open(self) -> bool:
        """Whether new work may start."""
        return not self.stopping and not self.ended


@frozen
class Hold(Value):
    """A person holds all work of one sort until they let it go on."""

    what: str
    """category or role."""
    name: str
    by: str = ""
    at: float = 0.0

    def __str__(self) -> str:
        return f"{self.what} {self.name}"


@frozen
class Halt(Value):
    """An emergency stop: every process was killed, and nothing starts until a person says so."""

    by: str
    at: float


@frozen
class Clash(Value):
    """Two branches in flight that don't merge with each other, or one that doesn't with the target."""

    task: str
    other: str
    """The other task; empty for the target."""
    files: tuple[str, ...] = ()


@frozen
class Forecast(Value):
    """Which of the branches in flight conflict, as git saw it when these heads were made."""

    of: tuple[str, ...] = ()
    """What was compared: `T3@<commit>`, and how many tasks had landed by then, as `landed@<count>`."""
    clashes: tuple[Clash, ...] = ()
    trouble: str = ""
    """Why nothing is known, where git could not say."""


QUARTER_SECONDS = 900
"""Money is kept by quarters of an hour of UTC: every time zone's midnight is the border of one."""


def is_reached(percent: int, spent_usd: float, cap_usd: float) -> bool:
    """Whether so much of a cap is spent."""
    return spent_usd * 100 >= percent * cap_usd


@frozen
class EngineInfo(Value):
    """The engine as the ledger knows it; whether it lives is a fact of the lock, not of this."""

    pid: int = 0
    version: str = ""
    node: str = ""
    started: float = 0.0
    stopped: float = 0.0


@frozen
class Answer(Value):
    """What the engine said to a command."""

    ok: bool
    message: str


class Account(NamedTuple):
    """What money was spent on, and who counted it."""

    role: str
    agent: int = 0
    """The slot; 0 for a call that no agent made, such as a review."""
    model: str = ""
    source: str = ""
    """Who counted: `cli`, `genai-prices`, `config`, `bound` where an answer broke off and is counted at its most, or
    `unknown` where a model has no price."""
    task: str = ""
    """Empty for what belongs to no task, and in sums over days."""

    @property
    def is_estimate(self) -> bool:
        """Only an agent's own command line counts what is really charged; others count tokens by a price list."""
        return self.source != "cli"


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


def missing(tasks: Mapping[str, Task], task: Task) -> tuple[Task, ...]:
    """See `State.missing`, which follows from the tasks alone."""
    found = [tasks.get(name) for name in task.depends_on]
    return tuple([t for t in found if t is not None and _is_missed(tasks, task, t)])


def _is_missed(tasks: Mapping[str, Task], task: Task, needed: Task) -> bool:
    if needed.part_of == task.id:  # who joins findings goes on without those that did not come
        return needed.state not in SETTLED
    if needed.state is TaskState.ANSWERED:
        return False
    return needed.state is not TaskState.LANDED or undone_by(tasks, needed) is not None


def undone_by(tasks: Mapping[str, Task], task: Task) -> Task | None:
    """See `State.undone_by`."""
    chain: list[Task] = []
    by = tasks.get(task.rollback)
    while by is not None and by.state is TaskState.LANDED and by not in chain:
        chain.append(by)
        by = tasks.get(by.rollback)
    return chain[0] if len(chain) % 2 else None
