"""What the engine tells a host: one launch, then control lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cockpit.agents import Spec
from cockpit.cage import Cage


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything a host needs to start its agent and to describe it."""

    adapter: str
    spec: Spec
    prompt: str
    """The first thing to say; never empty."""
    message: str
    """The prompt's UUID."""
    agent: int
    task: str
    title: str
    role: str
    branch: str
    session_file: str
    """Absolute path of `.claude-sessions/agent-N.session`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The agent's whole environment; `COCKPIT_RUN=<run dir>` in it marks every child for the sweep."""
    heartbeat_seconds: float = 5.0
    memory_mb: float = 0.0
    """The most that the agent and all it starts may take; 0: no bound."""
    processes: int = 0
    cpu_percent: float = 0.0
    nice: int = 0
    stand_in: bool = False
    """The host's stand-in has the key to the model's service; the agent gets none."""
    cage: Cage = field(default_factory=Cage)
    """What the agent's process may do."""
    hidden: tuple[str, ...] = ()
    """Variables of the environment that are not written down: the host has them in its own."""
    log_bytes: int = 20_000_000
    """What the raw stream may take on the disk, and stderr as well."""


@dataclass(frozen=True, slots=True)
class Control:
    """One line of `control.jsonl`."""

    op: str
    """say, answer, interrupt, pause, resume, status, end or kill."""
    text: str = ""
    """What to say; for `answer`, the answer in words; for `status`, the session file's `status`."""
    id: str = ""
    """The message's UUID, for `say`; for `answer`, the agent's id of what it asked."""
    by: str = "cockpit"
    phase: str = ""
    """For `status`: the session file's `current_phase`."""
    answers: tuple[str, ...] = ()
    """For `answer`: one for each part of what was asked."""
    allow: bool = True
    """For `answer`: whether a tool may be used."""
    note: str = ""
    """For `answer`: words that go with a denial."""
