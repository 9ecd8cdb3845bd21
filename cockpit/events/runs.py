"""What agents and their processes do."""

from __future__ import annotations

from cockpit.value import Value, frozen


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
    along: bool = False
    """It was found dead by a new engine: what ended the engine, or happened while there was none, took it along."""


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
class SessionSetAside(Value):
    """A session file could not be trusted and was moved away."""

    agent: int
    path: str
    reason: str
