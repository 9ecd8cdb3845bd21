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

from cockpit import codec, redact
from cockpit.confinement import CageChosen as CageChosen
from cockpit.events.controls import AgentPaused as AgentPaused
from cockpit.events.controls import AgentResumed as AgentResumed
from cockpit.events.controls import Halted as Halted
from cockpit.events.controls import HaltLifted as HaltLifted
from cockpit.events.controls import HandedBack as HandedBack
from cockpit.events.controls import KillAsked as KillAsked
from cockpit.events.controls import TakenOver as TakenOver
from cockpit.events.controls import TakeOverAsked as TakeOverAsked
from cockpit.events.controls import WorkHeld as WorkHeld
from cockpit.events.controls import WorkReleased as WorkReleased
from cockpit.events.git import AgentHeldBack as AgentHeldBack
from cockpit.events.git import BranchRebased as BranchRebased
from cockpit.events.git import CleanAsked as CleanAsked
from cockpit.events.git import Cleaned as Cleaned
from cockpit.events.git import DiskMeasured as DiskMeasured
from cockpit.events.git import TargetSeen as TargetSeen
from cockpit.events.git import WorkRescued as WorkRescued
from cockpit.events.ideas import CategorySwitched as CategorySwitched
from cockpit.events.ideas import IdeaAgain as IdeaAgain
from cockpit.events.ideas import IdeaBegun as IdeaBegun
from cockpit.events.ideas import IdeaCall as IdeaCall
from cockpit.events.ideas import IdeaChecked as IdeaChecked
from cockpit.events.ideas import IdeaClosed as IdeaClosed
from cockpit.events.ideas import IdeaGiven as IdeaGiven
from cockpit.events.ideas import IdeasConfigured as IdeasConfigured
from cockpit.events.ideas import IdeasRested as IdeasRested
from cockpit.events.ideas import IdeaWeighed as IdeaWeighed
from cockpit.events.ideas import IdeaWished as IdeaWished
from cockpit.events.issues import GitHubChosen as GitHubChosen
from cockpit.events.issues import GitHubHealth as GitHubHealth
from cockpit.events.issues import IssueClaimed as IssueClaimed
from cockpit.events.issues import IssueClosed as IssueClosed
from cockpit.events.issues import IssueEvent
from cockpit.events.issues import IssueReleased as IssueReleased
from cockpit.events.issues import IssueReopened as IssueReopened
from cockpit.events.issues import IssueSeen as IssueSeen
from cockpit.events.issues import IssuesSynced as IssuesSynced
from cockpit.events.issues import IssueTaken as IssueTaken
from cockpit.events.issues import SyncAsked as SyncAsked
from cockpit.events.landing import ConflictFound as ConflictFound
from cockpit.events.landing import ConflictsForecast as ConflictsForecast
from cockpit.events.landing import GatesFinished as GatesFinished
from cockpit.events.landing import MergeApproved as MergeApproved
from cockpit.events.landing import MergeBlocked as MergeBlocked
from cockpit.events.landing import ReviewFailed as ReviewFailed
from cockpit.events.landing import ReviewStarted as ReviewStarted
from cockpit.events.landing import ReworkAsked as ReworkAsked
from cockpit.events.landing import RollbackAsked as RollbackAsked
from cockpit.events.landing import RollbackMade as RollbackMade
from cockpit.events.landing import TargetMoved as TargetMoved
from cockpit.events.landing import TaskLanded as TaskLanded
from cockpit.events.landing import TaskReady as TaskReady
from cockpit.events.landing import VerdictGiven as VerdictGiven
from cockpit.events.messages import AnswerDelivered as AnswerDelivered
from cockpit.events.messages import AnswerSent as AnswerSent
from cockpit.events.messages import MessageDelivered as MessageDelivered
from cockpit.events.messages import MessageHanded as MessageHanded
from cockpit.events.messages import MessageRead as MessageRead
from cockpit.events.messages import MessageSent as MessageSent
from cockpit.events.messages import QuestionAnswered as QuestionAnswered
from cockpit.events.messages import QuestionAsked as QuestionAsked
from cockpit.events.messages import QuestionExpired as QuestionExpired
from cockpit.events.messages import QuestionWithdrawn as QuestionWithdrawn
from cockpit.events.money import BudgetAlert as BudgetAlert
from cockpit.events.money import CallPaid as CallPaid
from cockpit.events.money import CallStarted as CallStarted
from cockpit.events.money import CapChanged as CapChanged
from cockpit.events.money import CapsConfigured as CapsConfigured
from cockpit.events.money import CostSeen as CostSeen
from cockpit.events.money import MoneyAsked as MoneyAsked
from cockpit.events.money import MoneyGranted as MoneyGranted
from cockpit.events.money import MoneyReserved as MoneyReserved
from cockpit.events.money import TaskWaitsForMoney as TaskWaitsForMoney
from cockpit.events.nights import CommandAnswered as CommandAnswered
from cockpit.events.nights import CommandGiven as CommandGiven
from cockpit.events.nights import EngineStarted as EngineStarted
from cockpit.events.nights import EngineStopped as EngineStopped
from cockpit.events.nights import NightChanged as NightChanged
from cockpit.events.nights import NightClosed as NightClosed
from cockpit.events.nights import NightEnded as NightEnded
from cockpit.events.nights import NightReopened as NightReopened
from cockpit.events.nights import NightStarted as NightStarted
from cockpit.events.nights import NightStopping as NightStopping
from cockpit.events.notices import NotificationDropped as NotificationDropped
from cockpit.events.notices import NotificationRaised as NotificationRaised
from cockpit.events.notices import NotificationSent as NotificationSent
from cockpit.events.plans import PlanAgreed as PlanAgreed
from cockpit.events.plans import PlanAsked as PlanAsked
from cockpit.events.plans import PlanChanged as PlanChanged
from cockpit.events.plans import PlanDiscarded as PlanDiscarded
from cockpit.events.plans import PlanFailed as PlanFailed
from cockpit.events.plans import PlanProposed as PlanProposed
from cockpit.events.pulls import BranchPushed as BranchPushed
from cockpit.events.pulls import DeliveryFailed as DeliveryFailed
from cockpit.events.pulls import IssueMarked as IssueMarked
from cockpit.events.pulls import PullClosed as PullClosed
from cockpit.events.pulls import PullForgotten as PullForgotten
from cockpit.events.pulls import PullMerged as PullMerged
from cockpit.events.pulls import PullOpened as PullOpened
from cockpit.events.pulls import PullSeen as PullSeen
from cockpit.events.pulls import RemoteBranchRemoved as RemoteBranchRemoved
from cockpit.events.pulls import ReviewHeeded as ReviewHeeded
from cockpit.events.runs import LaunchFailed as LaunchFailed
from cockpit.events.runs import PhaseChanged as PhaseChanged
from cockpit.events.runs import RunContinued as RunContinued
from cockpit.events.runs import RunEnded as RunEnded
from cockpit.events.runs import RunExited as RunExited
from cockpit.events.runs import RunStarted as RunStarted
from cockpit.events.runs import RunSuspended as RunSuspended
from cockpit.events.runs import SessionSetAside as SessionSetAside
from cockpit.events.runs import TaskClaimed as TaskClaimed
from cockpit.events.runs import TurnEnded as TurnEnded
from cockpit.events.runs import TurnSent as TurnSent
from cockpit.events.tasks import TaskAdded as TaskAdded
from cockpit.events.tasks import TaskAnswered as TaskAnswered
from cockpit.events.tasks import TaskAssigned as TaskAssigned
from cockpit.events.tasks import TaskEdited as TaskEdited
from cockpit.events.tasks import TaskEscalated as TaskEscalated
from cockpit.events.tasks import TaskFailed as TaskFailed
from cockpit.events.tasks import TaskMoved as TaskMoved
from cockpit.events.tasks import TaskPromoted as TaskPromoted
from cockpit.events.tasks import TaskRetried as TaskRetried
from cockpit.events.tasks import TaskSkipped as TaskSkipped
from cockpit.events.watch import BreakerClosed as BreakerClosed
from cockpit.events.watch import BreakerOpened as BreakerOpened
from cockpit.events.watch import LimitBreached as LimitBreached
from cockpit.events.watch import LimitHit as LimitHit
from cockpit.events.watch import Nudged as Nudged
from cockpit.events.watch import Overslept as Overslept
from cockpit.events.watch import RunCut as RunCut
from cockpit.events.watch import StartsChanged as StartsChanged
from cockpit.events.watch import TaskHandedOn as TaskHandedOn
from cockpit.events.watch import WindowOpened as WindowOpened
from cockpit.held import HeldUp as HeldUp
from cockpit.shared import ContextRemoved as ContextRemoved
from cockpit.shared import ContextShared as ContextShared
from cockpit.talk import ProgressTold as ProgressTold
from cockpit.tokens import YardstickChosen as YardstickChosen
from cockpit.value import Value, frozen


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
    | IssueEvent
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
