"""Agents: one protocol, one file for each agent CLI.

An `Agent` is an adapter without state: it knows how to start its CLI, how to say something to it, and how
to read its stream. The process itself belongs to a host. All of them pass one conformance suite
(`tests/e2e/test_agent_conformance.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from cockpit.agents.stream import StreamEvent


@dataclass(frozen=True, slots=True)
class Spec:
    """What an adapter needs to know to start its CLI on one run."""

    run: str
    session: str
    """The conversation's id, a UUID; the same for every process of the run."""
    resume: bool
    """The conversation exists already: go on with it."""
    model: str
    worktree: str
    run_dir: str
    """Where a CLI may keep files of its own, e.g. a transcript."""
    command: str = ""
    """The CLI to start, a name on PATH or a path; empty means the adapter's default."""
    system: str = ""
    """Text to add to the agent's system prompt: the role."""
    budget_usd: float | None = None
    """The most this process may spend, all its answers included: what is left of its run's reserve."""
    hold_back_usd: float = 0.0
    """Of that, what may still be on its way when a CLI that looks only between answers has reached its bound."""
    answer_usd: float = 0.0
    """What one answer can cost at most; 0 where nobody needs to know."""
    answer_tokens: int = 0
    """The longest answer that the CLI may ask for; 0: as it likes."""
    subagents: int | None = None
    """How many it may have at once; None: as many as it likes."""
    tools_url: str = ""
    """Where it finds the cockpit's own tools (MCP), with the token of its run; empty: it gets none."""
    repo_hooks: bool = False
    """Whether hooks and settings that the repository brings along may run."""
    ask_first: tuple[str, ...] = ()
    """Tools that a person must allow each time, as the CLI's permission rules name them."""
    fallback: str = ""
    """The model that takes over while `model` is overloaded or not available."""
    tools: tuple[str, ...] = ()
    """The only built-in tools it has, by the names that Claude Code has for them; empty: all."""
    permission: str = "all"
    """`all`, `edits`, `ask` or `read`, as `config_roles.Role` has them."""
    effort: str = ""
    """How hard the model thinks; empty: as it does by itself."""
    context: str = ""
    """A folder beside the worktree that it may read: what others left for all; empty: there is none."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person, or nobody, answered to what an agent asked."""

    id: str
    """The agent's own id, as in `stream.Asked`."""
    answers: tuple[str, ...] = ()
    """One for each part of a question."""
    allow: bool = True
    """For a permission."""
    note: str = ""
    """Words that go with a denial."""


class Translator(Protocol):
    """Reads one process's raw stream, a line at a time; keeps what it must remember between lines.

    One whose agent can ask has `answer(reply) -> str | None` too: the line for stdin, None where nothing waits.
    """

    def read(self, line: str) -> Iterable[StreamEvent]:
        """Give what the line says; nothing for lines of no interest, `Garbled` for ones that can't be read."""
        ...


class Agent(Protocol):
    """One agent CLI."""

    name: str
    """As in the configuration: `claude`, `api`, …"""

    def argv(self, spec: Spec) -> list[str]:
        """The command line. Raises LaunchError with the fix in words where the CLI can't be found."""
        ...

    def environment(self, spec: Spec) -> Mapping[str, str]:
        """Variables to add to the allow-listed environment."""
        ...

    def translator(self, spec: Spec) -> Translator:
        """A reader for the stream of one process."""
        ...

    def say(self, text: str, message: str) -> str:
        """The line (with newline) for stdin that tells the agent `text`; `message` is the message's UUID."""
        ...

    def interrupt(self) -> str:
        """The line for stdin that ends the current turn and keeps the process."""
        ...

    def end(self) -> str:
        """The line for stdin that asks the process to leave."""
        ...


class LaunchError(Exception):
    """An agent can't be started; the text names what is missing and what to do."""


TERMINAL = "terminal"
"""The kind that is any command in a terminal of its own; a host of its own sort runs it."""

KNOWN = ("claude", "api", TERMINAL, "scripted")
"""The names `find` knows. `scripted` reads its lines from a script: for tests and for trying things out."""


def find(name: str) -> Agent:
    """The adapter called `name`. Raises LaunchError for one that does not exist."""
    if name not in KNOWN:
        raise LaunchError(f"there is no agent kind {name!r}; choose one of {', '.join(KNOWN)}")
    adapter: Agent = import_module(f"cockpit.agents.{name}").ADAPTER
    return adapter
