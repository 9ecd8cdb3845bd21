"""The night, its engine, and what holds it."""

from __future__ import annotations

from cockpit.state.kinds import MergePolicy
from cockpit.value import Value, frozen


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
