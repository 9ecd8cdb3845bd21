"""Agents, their runs and what is said to them."""

from __future__ import annotations

from cockpit.tokens import Tokens
from cockpit.value import Value, frozen


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
