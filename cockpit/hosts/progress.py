"""What an agent does now, read from its stream: phase, step, progress, money; the session file's content.

Progress is an estimate, for nobody knows how much an agent has left to do: a turn begins at 0, has 0.05
once the model answers, and nears 0.9 with every tool that returned (half of the way after ten). Only a
turn that ended well has 1. It never goes back within a turn.
"""

from __future__ import annotations

from cockpit.agents import stream
from cockpit.agents.stream import StreamEvent
from cockpit.hosts import process
from cockpit.hosts.launch import Launch
from cockpit.hosts.session_file import STATUSES
from cockpit.questions import QUESTION
from cockpit.state import Session
from cockpit.text import plain

HALF_WAY = 10
"""Tool calls after which a turn is taken to be half done."""

MAX_STEP = 160

STATUS_OF_ROLE = {"reviewer": "reviewing", "ideator": "ideating"}
"""What an agent at work is said to do; `working` for every other role."""

PHASES = {
    "reading": "read glob grep ls notebookread webfetch websearch view",
    "editing": "edit write multiedit notebookedit str_replace",
    "running": "bash bashoutput killshell killbash monitor powershell",
    "delegating": "task agent workflow",
    "planning": "todowrite exitplanmode taskcreate taskupdate",
}
PHASE_OF_TOOL = {tool: phase for phase, tools in PHASES.items() for tool in tools.split()}
"""What an agent does while a tool of this name (in small letters) runs."""


class Progress:
    """Follows one process of an agent."""

    def __init__(self, launch: Launch, pid: int, now: float, spent: stream.Spent) -> None:
        """`pid` is the agent's process; `spent` what earlier processes of the run cost."""
        self._launch = launch
        self._pid, self._pid_started = pid, process.started(pid)
        self._started = now
        self._at_work = STATUS_OF_ROLE.get(launch.role, "working")
        self._status = self._at_work
        self._phase, self._step = "starting", f"starts on {launch.title}"
        self._conversation = launch.spec.session
        self._paused = self._in_turn = False
        self._progress, self._tools, self._errors = 0.0, 0, 0
        self._spent = spent
        self.last_activity = now

    def see(self, event: StreamEvent) -> None:
        """Take in what the stream says."""
        if isinstance(event, stream.Told | stream.Said | stream.Thought | stream.ToolCalled):
            self._begin_turn()
        match event:
            case stream.Started(session=conversation):
                self._conversation = conversation or self._conversation
            case stream.Spent():
                self._spent = event
            case stream.Ended():
                self._end_turn(event)
            case stream.Garbled():
                self._errors += 1
            case stream.Exited(code=code):
                self._leave(code)
            case _:
                self._see_work(event)

    def _see_work(self, event: StreamEvent) -> None:
        match event:
            case stream.Told(text=text, by=by):
                self._do("thinking", f"{by} says: {text}")
            case stream.Said(text=text) | stream.Thought(text=text):
                self._advance()
                self._do("thinking", text)
            case stream.ToolCalled(name=name, step=step):
                self._advance()
                self._do(PHASE_OF_TOOL.get(name.lower(), "running"), step)
            case stream.ToolReturned():
                self._tools += 1
                self._advance()
                self._do("thinking")
            case stream.Asked(text=text, about=about):
                self._do("waiting for you", f"asks: {text}" if about == QUESTION else f"may it {text}?")
            case stream.Answered(text=text, by=by):
                self._do("thinking", f"{by} answered: {text}")
            case stream.Withdrawn():
                self._do("thinking")
            case stream.Retrying(reason=reason):
                self._do("retrying", f"tries again: {reason}")

    def _begin_turn(self) -> None:
        if not self._in_turn:
            self._in_turn = True
            self._progress, self._tools = 0.0, 0
            self._status = self._at_work

    def _advance(self) -> None:
        share = self._tools / (self._tools + HALF_WAY)
        self._progress = max(self._progress, round(0.05 + 0.85 * share, 3))

    def _end_turn(self, event: stream.Ended) -> None:
        self._in_turn = False
        self._status = "idle"
        if event.ok:
            self._progress = 1.0
            self._do("waiting", event.summary or "its turn is over")
        else:
            self._errors += 1
            self._do("waiting", event.error or "its turn failed")

    def _leave(self, code: int | None) -> None:
        self._errors += bool(self._in_turn)
        self._in_turn = self._paused = False
        self._status, self._pid, self._pid_started = "idle", 0, 0.0
        self._do("gone", f"its process left with code {code}")

    def _do(self, phase: str, step: str = "") -> None:
        self._phase = phase
        self._step = first_line(step) or self._step

    def runs(self, pid: int, step: str) -> None:
        """A program in a terminal runs as `pid`, or has ended (0); all that is known of it is that it prints."""
        self._pid, self._pid_started = pid, process.started(pid)
        if pid:
            self._do("running", step)

    def pause(self, paused: bool) -> None:
        """Its processes were stopped, or go on."""
        self._paused = paused

    def show(self, status: str, phase: str) -> None:
        """Have the engine's words shown until the agent's next turn: its work is being checked, say."""
        if status in STATUSES:
            self._status = status
        self._phase = phase or self._phase

    def session(self, now: float) -> Session:
        """The session file's content."""
        launch = self._launch
        return Session(
            agent=f"agent-{launch.agent}",
            role=launch.role,
            status="paused" if self._paused else self._status,
            current_task=launch.task,
            current_phase=self._phase,
            current_step=self._step,
            progress=self._progress,
            branch_name=launch.branch,
            worktree=launch.spec.worktree,
            started=self._started,
            last_heartbeat=now,
            last_activity=self.last_activity,
            pid=self._pid,
            pid_started=self._pid_started,
            session_id=self._conversation,
            errors=self._errors,
            cost_usd_est=self._spent.usd,
            tokens=self._spent.tokens,
        )


def first_line(text: str) -> str:
    """The first line of `text` that has something to say, bounded."""
    line = next((s for raw in plain(text).splitlines() if (s := raw.strip())), "")
    return line if len(line) <= MAX_STEP else f"{line[: MAX_STEP - 1]}…"
