"""A run driven as the engine drives it: a real host, a real agent process, the files between them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from cockpit.agents import Spec
from cockpit.agents.stream import Asked, Ended, Exited, Spent, StreamEvent, Tail
from cockpit.hosts import control, process, session_file
from cockpit.hosts.launch import Control, Launch
from cockpit.state import Session

SECONDS = 90.0
"""Bound of every wait; far more than anything takes."""

E = TypeVar("E")
T = TypeVar("T")

_never = threading.Event()


def eventually(look: Callable[[], T | None], what: str, seconds: float = SECONDS) -> T:
    """Look until there is something; fails with `what` when there is nothing for too long."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"waited {seconds:g} s for {what}"
        _never.wait(0.01)
    return found


class DrivenRun:
    """One run; use as a context manager, which leaves no process behind."""

    def __init__(
        self, folder: Path, adapter: str, *, command: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        """Everything lies in `folder`: worktree, run, session file, home."""
        self.folder = folder
        self.worktree = folder / "worktree"
        self.run_dir = folder / "run"
        self.session_file = folder / "agent-1.session"
        self.conversation = str(uuid.uuid4())
        self.adapter, self.command = adapter, command
        self.role, self.budget_usd = "builder", 5.0
        self.heartbeat = 5.0
        self.memory_mb, self.processes = 0.0, 0
        self.ask_first: tuple[str, ...] = ()
        self.works: dict[str, Any] = {}
        """More of the spec: what its role has."""
        self.worktree.mkdir(parents=True)
        (folder / "home").mkdir()
        subprocess.run(["git", "init", "-q", self.worktree], check=True)
        home = str(folder / "home")
        self.environment = {"PATH": os.environ["PATH"], "HOME": home, **(environment or {})}
        self.events: list[StreamEvent] = []
        self.seqs: list[int] = []
        self._tail = Tail(self.run_dir / "events.jsonl")

    def __enter__(self) -> DrivenRun:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_alive:
            control.send(self.run_dir, Control("kill"))
            control.wait_gone(self.run_dir, SECONDS)
        assert process.kill_tree(str(self.run_dir)) == ()

    def launch(self, prompt: str, *, resume: bool = False) -> Launch:
        """What the engine would write for the host."""
        spec = Spec(
            run="T1-1",
            session=self.conversation,
            resume=resume,
            model="claude-sonnet-4-5",
            worktree=str(self.worktree),
            run_dir=str(self.run_dir),
            command=self.command,
            system="You are the builder called Mortimer.",
            budget_usd=self.budget_usd,
            ask_first=self.ask_first,
        )
        spec = replace(spec, **self.works)
        return Launch(
            adapter=self.adapter,
            spec=spec,
            prompt=prompt,
            message=str(uuid.uuid4()),
            agent=1,
            task="T1",
            title="Add a median",
            role=self.role,
            branch="agent-1/task-T1",
            session_file=str(self.session_file),
            environment=self.environment,
            heartbeat_seconds=self.heartbeat,
            memory_mb=self.memory_mb,
            processes=self.processes,
        )

    def start(self, prompt: str, *, resume: bool = False) -> str:
        """Start a host and its agent; the prompt's id."""
        launch = self.launch(prompt, resume=resume)
        control.start(self.run_dir, launch)
        return launch.message

    def say(self, text: str) -> str:
        """Tell the agent something; the message's id."""
        message = str(uuid.uuid4())
        assert self.do("say", text=text, id=message, by="you")
        return message

    def answer(self, asked: Asked, *answers: str, allow: bool = True, note: str = "") -> None:
        """Answer what the agent asks."""
        words = "; ".join(answers) or note
        what = Control("answer", words, asked.id, "you", answers=answers, allow=allow, note=note)
        assert control.send(self.run_dir, what)

    def do(self, op: str, *, text: str = "", id: str = "", by: str = "cockpit", phase: str = "") -> bool:  # noqa: A002
        """Send one control line."""
        return control.send(self.run_dir, Control(op, text, id, by, phase))

    @property
    def is_alive(self) -> bool:
        """The host holds its lock."""
        return control.is_alive(self.run_dir)

    @property
    def pids(self) -> Mapping[str, int]:
        """What `host.json` says."""
        return control.read_pids(self.run_dir)

    def session(self) -> Session:
        """The session file as it is now."""
        return session_file.read(self.session_file)

    def look(self) -> list[StreamEvent]:
        """All events so far."""
        for line in self._tail.read():
            self.events.append(line.event)
            self.seqs.append(line.seq)
        return self.events

    def all(self, kind: type[E]) -> list[E]:
        """The events of one kind so far."""
        return [event for event in self.look() if isinstance(event, kind)]

    def until(self, kind: type[E], count: int = 1) -> E:
        """Wait for the count-th event of a kind."""
        return eventually(lambda: self.all(kind)[count - 1 : count], f"{kind.__name__} {count} in {self}")[0]

    def until_event(self, event: StreamEvent) -> None:
        """Wait for exactly this event."""
        eventually(lambda: event in self.look(), f"{event} in {self}")

    def ended(self, turns: int = 1) -> Ended:
        """Wait until so many turns are over."""
        return self.until(Ended, turns)

    def gone(self, exits: int = 1) -> Exited:
        """Wait until agent and host are gone."""
        exited = self.until(Exited, exits)
        eventually(lambda: not self.is_alive, f"the host's end in {self}")
        return exited

    def cost(self) -> float:
        """Dollars, as last said."""
        spent = self.all(Spent)
        return spent[-1].usd if spent else 0.0

    def kill_host(self) -> None:
        """SIGKILL to the host alone, as the kernel would."""
        os.kill(self.pids["pid"], signal.SIGKILL)
        eventually(lambda: not self.is_alive, "the host's death")

    def kill_guard(self) -> None:
        """SIGKILL to the host's guard, which takes the host along; nobody is left to look after anything."""
        os.kill(self.pids["guard_pid"], signal.SIGKILL)
        eventually(lambda: not self.is_alive, "the host's death")

    def tree(self) -> tuple[int, ...]:
        """Everybody who carries the run's mark, host excluded."""
        return process.tree(str(self.run_dir))

    def __str__(self) -> str:
        lines = "\n".join(f"  {event!r:.300}" for event in self.events[-20:])
        logs = "\n".join(
            f"{name}: {(self.run_dir / name).read_text(errors='replace')[-1000:]}"
            for name in ("stderr.log", "host.log")
            if (self.run_dir / name).exists()
        )
        return f"{self.folder}\n{lines}\n{logs}"


def is_gone(pid: int) -> bool:
    """The process does not run (a zombie does not)."""
    return process.started(pid) == 0.0
