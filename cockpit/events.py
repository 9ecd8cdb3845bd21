"""What happened: the ledger's vocabulary, past tense, one frozen dataclass each.

Only the engine's `record` appends these, but for `CommandGiven`, which whoever asks appends. An event
says what came about, never what should; anything it names (a task, a run, a command) it names by id.
`Unknown` holds an event of a newer version: it is kept and shown, and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from cockpit import codec, money_events, redact
from cockpit.confinement import CageChosen as CageChosen
from cockpit.events_git import AgentHeldBack as AgentHeldBack
from cockpit.events_git import BranchRebased as BranchRebased
from cockpit.events_git import CleanAsked as CleanAsked
from cockpit.events_git import Cleaned as Cleaned
from cockpit.events_git import DiskMeasured as DiskMeasured
from cockpit.events_git import TargetSeen as TargetSeen
from cockpit.events_github import GitHubChosen as GitHubChosen
from cockpit.events_github import GitHubEvent
from cockpit.events_github import GitHubHealth as GitHubHealth
from cockpit.events_github import IssueClaimed as IssueClaimed
from cockpit.events_github import IssueClosed as IssueClosed
from cockpit.events_github import IssueReleased as IssueReleased
from cockpit.events_github import IssueReopened as IssueReopened
from cockpit.events_github import IssueSeen as IssueSeen
from cockpit.events_github import IssuesSynced as IssuesSynced
from cockpit.events_github import IssueTaken as IssueTaken
from cockpit.events_github import SyncAsked as SyncAsked
from cockpit.git_facts import Lost
from cockpit.github_events import BranchPushed as BranchPushed
from cockpit.github_events import DeliveryFailed as DeliveryFailed
from cockpit.github_events import IssueMarked as IssueMarked
from cockpit.github_events import PullClosed as PullClosed
from cockpit.github_events import PullForgotten as PullForgotten
from cockpit.github_events import PullMerged as PullMerged
from cockpit.github_events import PullOpened as PullOpened
from cockpit.github_events import PullSeen as PullSeen
from cockpit.github_events import RemoteBranchRemoved as RemoteBranchRemoved
from cockpit.github_events import ReviewHeeded as ReviewHeeded
from cockpit.held import HeldUp as HeldUp
from cockpit.idea_events import CategorySwitched as CategorySwitched
from cockpit.idea_events import IdeaAgain as IdeaAgain
from cockpit.idea_events import IdeaBegun as IdeaBegun
from cockpit.idea_events import IdeaCall as IdeaCall
from cockpit.idea_events import IdeaChecked as IdeaChecked
from cockpit.idea_events import IdeaClosed as IdeaClosed
from cockpit.idea_events import IdeaGiven as IdeaGiven
from cockpit.idea_events import IdeasConfigured as IdeasConfigured
from cockpit.idea_events import IdeasRested as IdeasRested
from cockpit.idea_events import IdeaWeighed as IdeaWeighed
from cockpit.idea_events import IdeaWished as IdeaWished
from cockpit.notice_events import NotificationDropped as NotificationDropped
from cockpit.notice_events import NotificationRaised as NotificationRaised
from cockpit.notice_events import NotificationSent as NotificationSent
from cockpit.plan_events import PlanAgreed as PlanAgreed
from cockpit.plan_events import PlanAsked as PlanAsked
from cockpit.plan_events import PlanChanged as PlanChanged
from cockpit.plan_events import PlanDiscarded as PlanDiscarded
from cockpit.plan_events import PlanFailed as PlanFailed
from cockpit.plan_events import PlanProposed as PlanProposed
from cockpit.questions import QUESTION, Choice
from cockpit.shared import ContextRemoved as ContextRemoved
from cockpit.shared import ContextShared as ContextShared
from cockpit.state import Clash, GateResult, Kind, MergePolicy, TaskChanges, Verdict, Visit
from cockpit.talk import ProgressTold as ProgressTold
from cockpit.tokens import Tokens
from cockpit.tokens import YardstickChosen as YardstickChosen
from cockpit.value import Value, frozen
from cockpit.watch_events import BreakerClosed as BreakerClosed
from cockpit.watch_events import BreakerOpened as BreakerOpened
from cockpit.watch_events import LimitBreached as LimitBreached
from cockpit.watch_events import LimitHit as LimitHit
from cockpit.watch_events import Nudged as Nudged
from cockpit.watch_events import Overslept as Overslept
from cockpit.watch_events import RunCut as RunCut
from cockpit.watch_events import StartsChanged as StartsChanged
from cockpit.watch_events import TaskHandedOn as TaskHandedOn
from cockpit.watch_events import WindowOpened as WindowOpened


@frozen
class CommandGiven(Value):
    """A person or a script asked for something; `commands.py` knows the kinds."""

    id: str
    name: str
    data: Mapping[str, Any]
    by: str = "you"
    who: str = ""
    """The person's name, user number and terminal, and the way: the screen or the command line."""


@frozen
class CommandAnswered(Value):
    """The engine took or refused a command, and says so in words."""

    id: str
    ok: bool
    message: str = ""


@frozen
class EngineStarted(Value):
    """An engine took the lock and read the ledger to its end."""

    pid: int
    version: str
    node: str = ""


@frozen
class EngineStopped(Value):
    """The engine left on purpose."""

    reason: str


@frozen
class NightStarted(Value):
    """A night began: from now on agents claim tasks."""

    night: str
    agents: int
    target: str
    merge: MergePolicy = MergePolicy.ASK
    review: bool = True
    cap_usd: float | None = None
    reserve_usd: float = 0.0
    until: float | None = None
    network: bool = True
    """False: its agents reach their model and nothing else."""


@frozen
class NightChanged(Value):
    """A running night got other bounds; None leaves one as it is."""

    agents: int | None = None
    merge: MergePolicy | None = None
    cap_usd: float | None = None
    until: float | None = None
    network: bool | None = None


@frozen
class NightStopping(Value):
    """Nothing new starts any more; what runs is brought to a safe end."""

    reason: str
    by: str = ""


@frozen
class NightEnded(Value):
    """Every agent is at rest and the night's book is closed."""

    reason: str


@frozen
class NightReopened(Value):
    """A night that the budget had stopped goes on: its cap was raised."""

    by: str = ""


@frozen
class NightClosed(Value):
    """A person left it at that, after the budget had stopped the night."""

    by: str = ""


@frozen
class BudgetAlert(Value):
    """So much of a cap is spent; said once until the cap is raised, and for each day and month anew."""

    percent: int
    spent_usd: float
    of_usd: float
    cap: str = "night"
    since: float = 0.0
    """When the day or the month began that it is about."""


CapsConfigured = money_events.CapsConfigured
CapChanged = money_events.CapChanged
MoneyReserved = money_events.MoneyReserved
MoneyAsked = money_events.MoneyAsked
MoneyGranted = money_events.MoneyGranted
TaskWaitsForMoney = money_events.TaskWaitsForMoney
CallStarted = money_events.CallStarted


@frozen
class TaskAdded(Value):
    """A task entered the queue."""

    task: str
    title: str
    description: str = ""
    criteria: tuple[str, ...] = ()
    kind: Kind = Kind.BUILD
    category: str = ""
    priority: int = 0
    depends_on: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    merge: MergePolicy | None = None
    source: str = ""
    reverts: str = ""
    """The landed task that it rolls back."""
    issue: int = 0
    """The issue on GitHub that it came from."""
    suggested: bool = False
    rank: float = 0.0
    role: str = ""
    model: str = ""
    subject: str = ""
    part_of: str = ""


@frozen
class TaskEdited(Value):
    """A person changed what a task says or asks for."""

    task: str
    changes: TaskChanges
    by: str = ""


@frozen
class TaskMoved(Value):
    """A task has another place in the queue."""

    task: str
    rank: float
    priority: int
    by: str = ""


@frozen
class TaskAssigned(Value):
    """A person gave a task to one agent, or with None to any."""

    task: str
    agent: int | None = None
    by: str = ""


@frozen
class TaskPromoted(Value):
    """A person took up a suggested task: it is in the queue."""

    task: str
    by: str = ""


@frozen
class TaskSkipped(Value):
    """A person took a task out of the night."""

    task: str
    by: str = ""
    reason: str = ""
    """Why, where they said so."""


@frozen
class TaskRetried(Value):
    """A person put a task back into the queue, with fresh counts."""

    task: str
    by: str = ""


@frozen
class TaskClaimed(Value):
    """An agent's slot was given to a task; nothing runs yet."""

    task: str
    agent: int
    run: str
    session: str
    resume: bool = False
    """The run goes on where an earlier session of it ended."""
    reserve_usd: float = 0.0
    """Set aside for the run."""
    review_usd: float = 0.0
    """Set aside for the review of its work."""
    model: str = ""
    reserve_why: str = ""
    """What the reserve was sized from: an estimate."""
    route_why: str = ""
    """Why the task goes to this role and model, in a line."""


@frozen
class RunStarted(Value):
    """A host runs an agent on a task."""

    run: str
    branch: str
    worktree: str
    base: str
    host_pid: int
    model: str = ""
    restart: bool = False
    """It died in the middle of a turn before; counts against the bound on restarts."""
    terminal: bool = False
    """Its agent is a command in a terminal that screens can look at."""


@frozen
class LaunchFailed(Value):
    """A run could not be started; `reason` is meant for a person."""

    run: str
    reason: str
    fatal: bool = True
    """Whether trying again can't help; False where its host was killed on the way."""


@frozen
class TurnSent(Value):
    """An agent was told to go on: rework, a gate's output, a conflict, or to pick up after an error."""

    run: str
    restart: bool = False


@frozen
class PhaseChanged(Value):
    """An agent's stream shows another phase of work."""

    run: str
    phase: str
    step: str = ""


@frozen
class CostSeen(Value):
    """A run's running cost, cumulative over the whole run."""

    run: str
    seq: int
    usd: float
    tokens: int
    model: str = ""
    source: str = ""
    role: str = "builder"
    open_usd: float = 0.0
    """What may have been charged beyond `usd`: requests that are on their way, and answers that broke off."""
    spent_at: float = 0.0
    """When its host saw it, where that was not just now."""
    used: tuple[Tokens, ...] = ()
    """The tokens by model and sort, cumulative too, where they are known so exactly."""


@frozen
class CallPaid(Value):
    """A model call that answers once (review, plan, idea) cost this much."""

    role: str
    usd: float
    tokens: int
    model: str
    source: str
    task: str = ""
    bound_usd: float = 0.0
    """What may have been charged beyond `usd`, by answers that broke off; it counts, at its most."""
    idea: str = ""
    """The idea that it is about."""
    used: tuple[Tokens, ...] = ()
    """The tokens by model and sort, where they are known so exactly."""


@frozen
class TurnEnded(Value):
    """An agent stopped working on its own accord: it says it is done, or its turn failed."""

    run: str
    seq: int
    ok: bool
    summary: str = ""
    error: str = ""
    fatal: bool = False
    """Trying again cannot help: a bad key, a model that does not exist."""
    denials: tuple[str, ...] = ()
    """Tools it asked for and was refused; such a turn is no success."""
    quota: str = ""
    """It ran into a limit of this quota; then the turn is neither done nor failed, and waits until it `reopens`."""
    reopens: float = 0.0
    broke: bool = False
    """It ended because the run's reserve is used up."""
    answer: str = ""
    """All that it wrote at its end, where that is what was asked for: an exploration or a review."""


@frozen
class RunExited(Value):
    """The agent's process and its host are gone."""

    run: str
    seq: int
    code: int | None = None
    reason: str = ""


@frozen
class RunEnded(Value):
    """A slot is free again; the branch, the worktree and the conversation remain."""

    run: str
    outcome: str


@frozen
class RunSuspended(Value):
    """A paused agent's processes are stopped."""

    run: str


@frozen
class RunContinued(Value):
    """A resumed agent's processes go on."""

    run: str


@frozen
class AgentPaused(Value):
    """A person held an agent."""

    agent: int
    by: str = ""


@frozen
class AgentResumed(Value):
    """A person let an agent go on."""

    agent: int
    by: str = ""


@frozen
class ConflictsForecast(Value):
    """Git compared all branches in flight with each other and with the target."""

    of: tuple[str, ...]
    clashes: tuple[Clash, ...] = ()
    trouble: str = ""


@frozen
class WorkHeld(Value):
    """A person held all work of a category or of a role."""

    what: str
    name: str
    by: str = ""


@frozen
class WorkReleased(Value):
    """A person let a category or a role go on."""

    what: str
    name: str
    by: str = ""


@frozen
class Halted(Value):
    """An emergency stop: every process was killed; what ran can go on in the same conversations."""

    by: str = ""
    seconds: float = 0.0
    """From the wish to the last process gone."""


@frozen
class HaltLifted(Value):
    """A person let the night go on after an emergency stop."""

    by: str = ""


@frozen
class TakeOverAsked(Value):
    """A person wants an agent's conversation for themselves; its process is brought to an end."""

    agent: int
    run: str
    by: str = ""


@frozen
class TakenOver(Value):
    """The agent's process is gone and its conversation is free for the person."""

    agent: int
    run: str
    visit: Visit


@frozen
class HandedBack(Value):
    """The person gave the conversation back; its agent goes on."""

    agent: int
    run: str
    by: str = ""
    note: str = ""


@frozen
class KillAsked(Value):
    """A person wants a run's processes gone; the work is kept."""

    run: str
    by: str = ""


@frozen
class MessageSent(Value):
    """A person wrote to an agent."""

    message: str
    run: str
    text: str
    by: str = ""


@frozen
class MessageHanded(Value):
    """The engine handed the message to the agent's host."""

    message: str


@frozen
class MessageDelivered(Value):
    """The host wrote the message to the agent's input."""

    message: str


@frozen
class MessageRead(Value):
    """The agent's own stream shows that the model has the message."""

    message: str
    seq: int = 0


@frozen
class QuestionAsked(Value):
    """An agent waits for a person: for an answer, or for leave to use a tool."""

    question: str
    run: str
    request: str
    """The agent's own id of what it waits for; questions that were asked together share it."""
    text: str
    choices: tuple[Choice, ...] = ()
    many: bool = False
    kind: str = QUESTION
    header: str = ""
    tool: str = ""
    detail: str = ""
    part: int = 1
    parts: int = 1
    seq: int = 0
    seconds: float = 0.0
    """How long it waits for a person; 0: until one comes."""
    otherwise: str = ""
    """The answer that is given after that, for a permission the words that go with a denial."""
    otherwise_allow: bool = True
    caller: str = ""
    """Who asks by a tool and gets the answer as its result; empty: an agent, by its own stream."""


@frozen
class QuestionAnswered(Value):
    """A person answered; for a permission `allow` counts, and `answer` is what goes with a denial."""

    question: str
    run: str
    answer: str
    allow: bool = True
    by: str = ""


@frozen
class QuestionExpired(Value):
    """Nobody answered in time; the configured default did."""

    question: str
    run: str
    answer: str
    allow: bool = True


@frozen
class AnswerSent(Value):
    """All that an agent asked at once is settled, and the answer is with its host."""

    run: str
    request: str


@frozen
class AnswerDelivered(Value):
    """The host wrote the answer to the agent's input."""

    run: str
    request: str


@frozen
class QuestionWithdrawn(Value):
    """The agent no longer waits for an answer: its turn was broken off."""

    run: str
    request: str


@frozen
class GatesFinished(Value):
    """All gates ran, or one failed, on a merge of `head` into `target_commit`."""

    task: str
    head: str
    target_commit: str
    merged: str
    results: tuple[GateResult, ...]
    diffstat: str = ""
    lost: tuple[Lost, ...] = ()
    """What landed since the branch began, and this merge would drop."""


@frozen
class ConflictFound(Value):
    """A branch no longer merges with the target."""

    task: str
    head: str
    target_commit: str
    files: tuple[str, ...] = ()
    why: str = ""
    """What is wrong, where it is not files that conflict."""
    text: str = ""
    """Both sides of each place, and what landed there, for whoever mends it."""


@frozen
class ReviewStarted(Value):
    """The gates are green on this head; a reviewer has the word."""

    task: str


@frozen
class VerdictGiven(Value):
    """A reviewer answered in the schema."""

    task: str
    verdict: Verdict


@frozen
class ReviewFailed(Value):
    """A reviewer gave no usable answer, even when asked again."""

    task: str
    reason: str
    quota: str = ""
    """It could not be asked because of a limit of this quota; then it waits until it `reopens` and counts as no try."""
    reopens: float = 0.0


@frozen
class ReworkAsked(Value):
    """A task goes back to its agent, in the same conversation."""

    task: str
    by: str
    """gates, reviewer, conflict, or you."""
    text: str


@frozen
class TaskReady(Value):
    """Gates and review are good; only the yes is missing."""

    task: str
    asks: tuple[str, ...] = ()
    """The gates because of which only a person may give it."""


@frozen
class MergeApproved(Value):
    """Somebody said yes to this head."""

    task: str
    head: str
    by: str
    despite: tuple[str, ...] = ()
    """The gates that are let through in spite of what they said."""


@frozen
class MergeBlocked(Value):
    """An approved merge cannot move the target now; it waits and is tried again."""

    task: str
    reason: str


@frozen
class TargetMoved(Value):
    """The target moved after the gates ran, so they run again on the new merge result."""

    task: str
    target_commit: str


@frozen
class TaskLanded(Value):
    """The target branch moved to a merge that carries the task."""

    task: str
    commit: str
    target: str
    diffstat: str = ""


@frozen
class RollbackAsked(Value):
    """A person wants what `TaskAdded.reverts` names undone, which is the yes to it too; or wants it tried again."""

    task: str
    by: str = ""


@frozen
class RollbackMade(Value):
    """The commit that undoes a landed merge is made, on a branch of its own; the target is as it was."""

    task: str
    branch: str
    base: str
    head: str


@frozen
class TaskEscalated(Value):
    """Only a person can decide what becomes of a task."""

    task: str
    reason: str


@frozen
class TaskAnswered(Value):
    """An exploration or a review is done: its answer is there. Nothing was merged for it."""

    task: str
    verdict: Verdict | None = None
    """What a review came to."""


@frozen
class TaskFailed(Value):
    """A task is given up; `reason` holds the last evidence."""

    task: str
    reason: str


@frozen
class SessionSetAside(Value):
    """A session file could not be trusted and was moved away."""

    agent: int
    path: str
    reason: str


@frozen
class WorkRescued(Value):
    """Work that was in no commit, or on a branch about to go, is kept under a rescue ref."""

    run: str
    ref: str
    commit: str


@frozen
class Noticed(Value):
    """Something a person should read in the log; changes nothing else."""

    text: str
    task: str = ""


@frozen
class Unknown(Value):
    """An event that this version does not know, kept whole; or a damaged one, of which that is said."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    damage: str = ""
    """Why nobody can read it; it changes nothing, and `cockpit repair` sets it aside."""


Event = (
    CommandGiven
    | CommandAnswered
    | EngineStarted
    | EngineStopped
    | NightStarted
    | NightChanged
    | NightStopping
    | NightEnded
    | NightReopened
    | NightClosed
    | BudgetAlert
    | CapsConfigured
    | CapChanged
    | MoneyReserved
    | MoneyAsked
    | MoneyGranted
    | TaskWaitsForMoney
    | CallStarted
    | TaskAdded
    | TaskEdited
    | TaskMoved
    | TaskAssigned
    | TaskPromoted
    | TaskSkipped
    | TaskRetried
    | TaskClaimed
    | RunStarted
    | LaunchFailed
    | TurnSent
    | PhaseChanged
    | CostSeen
    | CallPaid
    | TurnEnded
    | RunExited
    | RunEnded
    | RunSuspended
    | RunContinued
    | AgentPaused
    | AgentResumed
    | ConflictsForecast
    | CageChosen
    | WorkHeld
    | WorkReleased
    | Halted
    | HaltLifted
    | TakeOverAsked
    | TakenOver
    | HandedBack
    | KillAsked
    | MessageSent
    | MessageHanded
    | MessageDelivered
    | MessageRead
    | QuestionAsked
    | QuestionAnswered
    | QuestionExpired
    | AnswerSent
    | AnswerDelivered
    | QuestionWithdrawn
    | GatesFinished
    | ConflictFound
    | ReviewStarted
    | VerdictGiven
    | ReviewFailed
    | ReworkAsked
    | TaskReady
    | MergeApproved
    | MergeBlocked
    | TargetMoved
    | TaskLanded
    | RollbackAsked
    | RollbackMade
    | TaskEscalated
    | TaskAnswered
    | TaskFailed
    | SessionSetAside
    | HeldUp
    | WorkRescued
    | BranchRebased
    | TargetSeen
    | AgentHeldBack
    | CleanAsked
    | Cleaned
    | DiskMeasured
    | Nudged
    | RunCut
    | LimitBreached
    | TaskHandedOn
    | LimitHit
    | WindowOpened
    | BreakerOpened
    | BreakerClosed
    | StartsChanged
    | Overslept
    | ProgressTold
    | NotificationRaised
    | NotificationSent
    | NotificationDropped
    | YardstickChosen
    | ContextShared
    | ContextRemoved
    | PlanAsked
    | PlanProposed
    | PlanFailed
    | PlanChanged
    | PlanAgreed
    | PlanDiscarded
    | IdeasConfigured
    | IdeaWished
    | IdeaBegun
    | IdeaCall
    | IdeaGiven
    | IdeaAgain
    | IdeaChecked
    | IdeaWeighed
    | IdeaClosed
    | CategorySwitched
    | IdeasRested
    | BranchPushed
    | PullOpened
    | PullSeen
    | ReviewHeeded
    | PullMerged
    | PullClosed
    | PullForgotten
    | DeliveryFailed
    | RemoteBranchRemoved
    | IssueMarked
    | GitHubEvent
    | Noticed
    | Unknown
)

KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in Event.__args__ if kind is not Unknown}
"""Every event by the name it has in the ledger."""


@frozen
class Recorded(Value):
    """An event as the ledger holds it."""

    position: int
    """1, 2, 3, … over the whole ledger, without gaps that matter to a reader."""
    stream: str
    """What it is about: `night`, `task/T3`, `agent/2`, `command/<id>`."""
    version: int
    """1, 2, 3, … within the stream."""
    at: float
    event: Event


def dump(event: Event) -> tuple[str, str]:
    """The event's name and its JSON text, without secrets: what any ledger stores goes through here."""
    if isinstance(event, Unknown):
        return event.name, redact.json_line(json.dumps(event.data))
    text = json.dumps(codec.encode(event), separators=(",", ":"))
    return type(event).__name__, redact.json_line(text)


def load(name: str, text: str | bytes) -> Event:
    """The event that `dump` wrote; one this version can't read comes back as `Unknown`, never an error."""
    try:
        data = codec.parse(text)
        if not isinstance(data, Mapping):
            raise codec.BadValue("no JSON object")
    except codec.BadValue as error:
        return Unknown(name, damage=str(error))
    kind = KINDS.get(name)
    if kind is None:
        return Unknown(name, data)
    try:
        event: Event = codec.decode(kind, data)
    except codec.BadValue:
        return Unknown(name, data)
    return event


def stream_of(event: Event) -> str:
    """The stream an event belongs to: its task where it has one, else its agent, its command or the night."""
    match event:
        case CommandGiven(id=command) | CommandAnswered(id=command):
            return f"command/{command}"
        case AgentPaused(agent=agent) | AgentResumed(agent=agent) | SessionSetAside(agent=agent):
            return f"agent/{agent}"
        case AgentHeldBack(agent=agent):
            return f"agent/{agent}"
    if task := getattr(event, "task", ""):
        return f"task/{task}"
    if run := getattr(event, "run", ""):
        return f"task/{run.rpartition('-')[0]}"
    if isinstance(event, MessageHanded | MessageDelivered | MessageRead) and event.message:
        return f"message/{event.message}"
    return "night"
