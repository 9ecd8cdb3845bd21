"""A task and all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.git_facts import Lost
from cockpit.state.kinds import ANSWERING, ROLE_OF, SETTLED, Kind, MergePolicy, TaskState
from cockpit.state.reviews import GateResult, Verdict
from cockpit.value import Value, frozen


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
