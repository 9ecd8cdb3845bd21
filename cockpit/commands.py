"""What a person asked for: imperative, one frozen dataclass each.

A command is appended to the ledger by whoever asks (a key, the command line) and answered there by the
engine. Tasks are named `T3`, agents by number. Every command has a row in `keys.py` or a subcommand, and
most have both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit import codec
from cockpit.shared import RemoveContext as RemoveContext
from cockpit.shared import ShareContext as ShareContext
from cockpit.state import Comment, MergePolicy, TaskChanges, TaskDraft
from cockpit.talk import AskPerson as AskPerson
from cockpit.talk import StopAsking as StopAsking
from cockpit.talk import TellProgress as TellProgress
from cockpit.value import Value, frozen


@frozen
class StartNight(Value):
    """Let agents work, or change the bounds of the night that runs."""

    agents: int
    target: str
    merge: MergePolicy = MergePolicy.ASK
    review: bool = True
    cap_usd: float | None = None
    reserve_usd: float = 0.0
    until: float | None = None
    ideas: bool = False
    """Ideas are on, so an empty queue is no reason not to begin."""
    network: bool = True
    """Whether agents reach more than their model, as far as the configuration lets them."""


@frozen
class StopNight(Value):
    """Start nothing new, bring what runs to a safe end, write the report."""


@frozen
class ChangeNight(Value):
    """Give the night another cap; one that the budget had stopped goes on."""

    cap_usd: float


@frozen
class ChangeCap(Value):
    """Give the day, the month, a role or a category another cap, until the configuration says something else."""

    cap: str
    """As `reserves` names it: `day`, `month`, `role reviewer`, `category docs`."""
    usd: float


@frozen
class GrantMoney(Value):
    """Let a task go on that used up its reserve, with so much more; 0: as much as such work is thought to need."""

    task: str
    usd: float = 0.0


@frozen
class AddTasks(Value):
    """Put tasks into the queue; ones that came from the same place before are not added twice."""

    drafts: tuple[TaskDraft, ...]


@frozen
class AskPlan(Value):
    """Have the planner break prose down into tasks; they wait for a yes before anything runs."""

    files: tuple[str, ...]
    """Paths, from the repository's root where they are relative."""
    section: str = ""
    least: int = 0
    most: int = 0
    """How many tasks; 0: as the configuration says."""


@frozen
class ChangePlan(Value):
    """Put these tasks in place of those that are proposed."""

    drafts: tuple[TaskDraft, ...]
    version: int
    """Of the plan that was looked at."""


@frozen
class AgreePlan(Value):
    """Put the proposed tasks into the queue."""

    version: int | None = None
    """Of the plan that was looked at; None: as it is."""


@frozen
class DiscardPlan(Value):
    """Drop what is proposed, or have the planner leave off."""


@frozen
class EditTask(Value):
    """Change what a task says or asks for."""

    task: str
    changes: TaskChanges


@frozen
class Prioritise(Value):
    """Raise or lower a task's priority; relative, so that three quick presses count three times."""

    task: str
    by: int = 1


@frozen
class MoveTask(Value):
    """Give a queued task another place in the queue: some steps later (or sooner), an end, or before another."""

    task: str
    steps: int = 0
    to: str = ""
    """`first` or `last`."""
    before: str = ""
    """The task that is to come right after it."""


@frozen
class ReassignTask(Value):
    """Give a task to one agent, also when another works on it now; None: any agent may take it."""

    task: str
    agent: int | None = None


@frozen
class PromoteTask(Value):
    """Take a suggested task up into the queue."""

    task: str


@frozen
class SkipTask(Value):
    """Take a task out of the night; a suggestion is refused by it, and later ideas are told why."""

    task: str
    reason: str = ""


@frozen
class RetryTask(Value):
    """Put a failed, skipped or escalated task back into the queue."""

    task: str


@frozen
class Approve(Value):
    """Merge a task that waits for a yes."""

    task: str
    anyway: bool = False
    """Also where a gate on secrets or sizes is red."""


@frozen
class Reject(Value):
    """Send a task back to its agent with a note, with comments on its lines, or with both."""

    task: str
    note: str = ""
    comments: tuple[Comment, ...] = ()


@frozen
class RollBack(Value):
    """Undo what a task landed, through the gates."""

    task: str


@frozen
class Clean(Value):
    """Remove finished worktrees and landed branches that have been so for a while."""

    older_seconds: float = 24 * 3600.0


@frozen
class SyncGitHub(Value):
    """Ask GitHub at once what is new."""


@frozen
class Pause(Value):
    """Hold one agent, all work of a category or of a role, or all agents."""

    agent: int | None = None
    category: str = ""
    role: str = ""


@frozen
class Resume(Value):
    """Let one agent, a category or a role go on; or everything, after an emergency stop too."""

    agent: int | None = None
    category: str = ""
    role: str = ""


@frozen
class EmergencyStop(Value):
    """Every process has been killed just now: start nothing until a person says so."""

    seconds: float = 0.0
    """What that took."""


@frozen
class TryAgain(Value):
    """Don't wait for the end of a limit any longer; start agents again though they died at once."""


@frozen
class Kill(Value):
    """End an agent's run now; its work is kept and the task waits for a person."""

    agent: int


@frozen
class Message(Value):
    """Say something to an agent in the middle of its work."""

    agent: int
    text: str


@frozen
class AnswerQuestion(Value):
    """Answer what an agent asked: numbers or labels of its choices, or a text."""

    question: str
    words: tuple[str, ...]


@frozen
class TakeOver(Value):
    """Have an agent's conversation for oneself: its automation pauses until it is handed back."""

    agent: int


@frozen
class HandBack(Value):
    """Give a conversation that was taken over back to its agent."""

    agent: int
    note: str = ""


@frozen
class AskIdea(Value):
    """Have an idea proposed now: of a category, or of the one that had none for longest."""

    category: str = ""


@frozen
class SwitchCategory(Value):
    """Propose ideas of a category by themselves, or no more."""

    category: str
    on: bool


Command = (
    StartNight
    | StopNight
    | EmergencyStop
    | ChangeNight
    | ChangeCap
    | GrantMoney
    | AddTasks
    | AskPlan
    | ChangePlan
    | AgreePlan
    | DiscardPlan
    | EditTask
    | Prioritise
    | MoveTask
    | ReassignTask
    | PromoteTask
    | SkipTask
    | RetryTask
    | Approve
    | Reject
    | RollBack
    | Clean
    | SyncGitHub
    | Pause
    | Resume
    | TryAgain
    | Kill
    | Message
    | AnswerQuestion
    | TakeOver
    | HandBack
    | AskPerson
    | StopAsking
    | TellProgress
    | ShareContext
    | RemoveContext
    | AskIdea
    | SwitchCategory
)

KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in Command.__args__}
"""Every command by the name it has in the ledger."""


def dump(command: Command) -> tuple[str, dict[str, Any]]:
    """The command's name and its data, as `events.CommandGiven` carries them."""
    return type(command).__name__, codec.encode(command)


def load(name: str, data: Mapping[str, Any]) -> Command | None:
    """The command that `dump` gave; None where this version doesn't know it."""
    kind = KINDS.get(name)
    if kind is None:
        return None
    try:
        command: Command = codec.decode(kind, data)
    except codec.BadValue:
        return None
    return command
