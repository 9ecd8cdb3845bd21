"""Simulated hosts and agents: each run has files that survive everybody, and at times a host with an agent in it.

An agent does what the night's dice say: it works and pays, asks and waits, commits or forgets to, lies, prints
garbage, hangs, dies. It is a generator that yields how long the next step takes, or None to wait for somebody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cockpit.agents import stream
from cockpit.agents.stream import Line, StreamEvent
from cockpit.questions import PERMISSION, PERMISSION_CHOICES, QUESTION, Choice

if TYPE_CHECKING:
    from tests.sim.night import Night, Process

Steps = Iterator[float | None]


@dataclass
class RunFiles:
    """What of a run is on the disk: its journal, its branch, and what is in no commit."""

    run: str
    task: str
    lines: list[Line] = field(default_factory=list)
    usd: float = 0.0
    """The run's cost as its journal has it."""
    turns: int = 0
    branch: str = ""
    uncommitted: int = 0
    """Changes in the worktree that are in no commit, or under a rescue ref."""
    host: Host | None = None


class Tail:
    """A run's journal, read on from where it was."""

    def __init__(self, files: RunFiles, after: int) -> None:
        """Lines numbered `after` and below are passed over."""
        self._files = files
        self._read = 0
        self._after = after

    def read(self) -> list[Line]:
        """The lines that came since the last call."""
        new = [line for line in self._files.lines[self._read :] if line.seq > self._after]
        self._read = len(self._files.lines)
        return new


@dataclass
class Host:
    """One host with its agent; it outlives the engine, and its agent never outlives it."""

    night: Night
    files: RunFiles
    agent: int
    budget: float | None
    """What the agent's own command line may spend, as it was told at its start."""
    is_alive: bool = True
    is_paused: bool = False
    is_leaving: bool = False
    spent: float = 0.0
    """By this process."""
    said: set[str] = field(default_factory=set)
    inbox: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    asking: str = ""
    """What the agent waits for."""
    hangs: bool = False
    """It will never say anything again."""
    process: Process | None = None

    # ── what the engine can do ───────────────────────────────────────────────────────────────────────

    def say(self, message: str) -> None:
        """Hand a message over; one with an id counts once."""
        if self.is_leaving or (message and message in self.said):
            return
        self.said.add(message)
        self.inbox.append(message)
        self.night.journal(self.files, stream.Told("words", message))
        self.night.poke(self.process)

    def answer(self, request: str) -> None:
        """Answer what the agent asked; nothing where it no longer waits for that."""
        if self.asking == request and not self.is_leaving:
            self.asking = ""
            self.night.journal(self.files, stream.Answered(request, "words"))
            self.night.poke(self.process)

    def pause(self, stop: bool) -> None:
        """Stop or let go on all its processes."""
        self.is_paused = stop
        if not stop:
            self.night.poke(self.process, only_overdue=True)

    def leave(self, *, at_once: bool) -> float:
        """Ask it to bring its agent to an end; the seconds until it is gone."""
        self.pause(False)
        self.is_leaving = True
        seconds = 0.05 if at_once else self.night.dice.between(0.1, 8, "leaves", self.files.run, self.files.turns)
        self.night.later(seconds, lambda: self.exit(-15))
        return seconds

    # ── its end ──────────────────────────────────────────────────────────────────────────────────────

    def exit(self, code: int) -> None:
        """The agent is gone, so the host says so and goes."""
        if self.is_alive:
            self._gone()
            self.night.journal(self.files, stream.Exited(code, ""))

    def kill(self) -> None:
        """The host is killed, and its agent with it: nobody can say so."""
        self._gone()
        self.night.news(self.files)

    def _gone(self) -> None:
        self.is_alive = False
        if self.process is not None:
            self.process.is_alive = False


def live(host: Host) -> Steps:
    """What the agent in a host does, all its life."""
    night, files = host.night, host.files
    yield night.dice.between(0.5, 4, "starts", files.run, len(files.lines))
    night.journal(files, stream.Started("session"))
    while host.is_alive:
        while not host.inbox:
            yield None
        files.turns += 1
        host.unread, host.inbox = host.inbox, []
        yield from _turn(host, f"{files.run}/{files.turns}")


def _turn(host: Host, key: str) -> Steps:
    night, files = host.night, host.files
    for step in range(night.dice.count(1, 3, "steps", key)):
        yield night.dice.between(20, 500, "step", key, step)
        _read(host, key, step)
        if ended := _spend(host, key, step):
            night.journal(files, ended)
            return
        if night.happens("garbage", key, step):
            night.journal(files, stream.Garbled("}{"))
        if night.happens("asks", key, step):
            yield from _ask(host, f"{key}/{step}")
    if night.happens("dies", key):
        host.exit(-9)
        return
    if night.happens("hangs", key):
        host.hangs = True
        while True:
            yield None
    _read(host, key, -1)
    night.journal(files, _end(host, key))


def _read(host: Host, key: str, step: int) -> None:
    """It sees what it was told, also what came in the middle of its turn."""
    if step >= 0 and host.night.happens("reads late", key, step):
        return
    for message in host.unread + (host.inbox if step >= 0 else []):
        host.night.journal(host.files, stream.Read(message))
    host.unread = []
    if step >= 0:
        host.inbox = []


def _spend(host: Host, key: str, step: int) -> stream.Ended | None:
    """It pays for a response; its command line ends the turn once its own cap is passed, one response too late."""
    night, files = host.night, host.files
    usd = night.dice.between(0.005, 0.15, "pays", key, step)
    usd *= 8 if night.happens("overspends", key, step) else 1
    host.spent += usd
    files.usd += usd
    night.truth_usd += usd
    night.journal(files, stream.Spent(files.usd, 1000, "m", "cli"))
    if host.budget is not None and host.spent >= host.budget:
        return stream.Ended(False, error="its own cap on spending is reached", broke=night.says_broke)
    return None


def _ask(host: Host, request: str) -> Steps:
    night, kind = host.night, host.night.dice.pick((QUESTION, PERMISSION), "asks what", request)
    choices = PERMISSION_CHOICES if kind == PERMISSION else (Choice("this"), Choice("that"))
    parts = 1 if kind == PERMISSION else night.dice.count(1, 3, "asks at once", request)
    host.asking = request
    for part in range(1, parts + 1):
        asked = stream.Asked(request, "which?", choices, about=kind, part=part, parts=parts)
        night.journal(host.files, asked, quietly=part < parts)
    while host.asking == request:
        yield None


def _end(host: Host, key: str) -> StreamEvent:
    night = host.night
    if night.happens("turn fails", key):
        return stream.Ended(False, error="overloaded", fatal=night.happens("fatal error", key))
    if night.happens("rate limit", key):
        return stream.Ended(False, error="429: too many requests")
    if not night.happens("empty diff", key):
        _work(host, key)
    return stream.Ended(True, "All done, and all tests pass.")


def _work(host: Host, key: str) -> None:
    """It changes something, mends what it did before, and commits or leaves that to others."""
    night, files = host.night, host.files
    is_broken = night.happens("broken work", key)
    change = night.git.change(files.task, is_broken=is_broken)
    if night.dice.chance(0.3, "leaves it uncommitted", key):
        files.uncommitted |= change
    else:
        commit(night, files, change, with_target=night.dice.chance(0.6, "merges the target", key))


def commit(night: Night, files: RunFiles, change: int, *, with_target: bool = False) -> None:
    """Commit a change in place of what the task's agent did before, perhaps after merging the target."""
    night.git.work(files.branch, files.task, change, with_target=with_target)
