"""One agent: who it is and what it works on in the frame, how it goes in a line, and its transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from cockpit.state import Agent, Run, Session, Task
from cockpit.views import duration, money
from panes.colours import SYMBOLS, column, one_line
from panes.transcript import TranscriptView
from panes.wrap import fit

SILENT = 20.0
"""Seconds without a heartbeat after which the host is called silent; it beats every five."""
IDLE = "Idle: it takes the next task that may start."
SCROLLED = Content("scrolled up · End follows")
QUIET = "Nothing was said yet."


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the frame and the line are made of."""

    agent: Agent
    task: Task | None = None
    run: Run | None = None
    session: Session | None = None
    now: float = 0.0


class Part(NamedTuple):
    """A piece of the line's right side."""

    text: str
    style: str = "$text-muted"


class AgentLine(Widget):
    """One line: phase and step, then progress, time, money and heartbeat as far as there is room."""

    DEFAULT_CSS = "AgentLine { height: 1; }"

    text: reactive[Content] = reactive(Content(""))
    """What it shows."""

    def render(self) -> Content:
        """The line."""
        return self.text


class AgentPane(Widget):
    """An agent's frame, line and transcript; `show` keeps the first two, `transcript` is fed by the app."""

    DEFAULT_CSS = """
    AgentPane {
        layout: vertical;
        border: round $panel-lighten-2;
        border-title-color: $text;
        &.-selected { border: heavy $primary; }
    }
    AgentPane > TranscriptView { height: 1fr; }
    """

    shown: reactive[Shown | None] = reactive(None, init=False, repaint=False)
    """What the frame and the line tell."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.transcript = TranscriptView()
        """Fed with the lines of the agent's stream."""
        self._line = AgentLine()
        self._frame: tuple[Content, Content | None] | None = None

    def compose(self) -> ComposeResult:
        """The line over the transcript."""
        yield self._line
        yield self.transcript

    def show(
        self,
        agent: Agent,
        task: Task | None = None,
        run: Run | None = None,
        session: Session | None = None,
        now: float = 0.0,
    ) -> None:
        """Show how the agent stands at `now`."""
        self.shown = Shown(agent, task, run, session, now)

    def watch_shown(self) -> None:
        """Write the frame and the line anew."""
        self._write()

    def on_mount(self) -> None:
        """Write what was shown before it was there."""
        self._write()

    def on_resize(self) -> None:
        """Fit them into the new width."""
        self._write()

    def on_transcript_view_follow_changed(self, event: TranscriptView.FollowChanged) -> None:
        """Say whether the end of the transcript shows."""
        event.stop()
        self._write()

    def _write(self) -> None:
        shown = self.shown
        if shown is None or not self.size.width:
            return
        frame = title(shown, self.size.width - 4), None if self.transcript.following else SCROLLED
        if frame != self._frame:  # setting a title paints the frame anew, even with the same one
            self._frame = self.border_title, self.border_subtitle = frame
        text = line(shown, self.size.width)
        if not text.is_same(self._line.text):
            self._line.text = text
        self.transcript.placeholder = QUIET if shown.task else IDLE


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────


def title(shown: Shown, width: int) -> Content:
    """The agent and its task in at most `width` cells."""
    agent, task = shown.agent, shown.task
    if task is None:
        return Content(fit(f"· {agent.name}  idle", width))
    symbol = "‖" if agent.paused else SYMBOLS[task.state][0]
    return Content(fit(f"{symbol} {agent.name}  {task.id} {one_line(task.title)}", width))


def line(shown: Shown, width: int) -> Content:
    """What the agent does and how it goes, in exactly `width` cells."""
    what, style = doing(shown)
    tail = _fitting(parts(shown), width - min(cell_len(what), max(12, width // 3)) - 1)
    room = max(0, width - sum(cell_len(part.text) + 1 for part in tail))
    return Content.assemble(
        (column(what, room), style), *[piece for part in tail for piece in (" ", (part.text, part.style))]
    )


def doing(shown: Shown) -> tuple[str, str]:
    """Status, phase and step in words, and their style."""
    agent, task, run, session = shown.agent, shown.task, shown.run, shown.session
    if task is None:
        return ("‖ paused", "$text-warning") if agent.paused else ("", "")
    held = "‖ paused · " if agent.paused else ""
    if run is not None and run.live and task.state == "working":
        phase = (session.current_phase if session else "") or run.phase
        step = session.current_step if session else ""
        words = [w for w in (one_line(phase), one_line(step)) if w]
        return held + (" · ".join(words) or "working"), "$text-warning" if held else ""
    why = f": {one_line(task.reason)}" if task.reason else ""
    return f"{held}{task.state}{why}", "$text-warning" if held else SYMBOLS[task.state][1]


def parts(shown: Shown) -> list[Part]:
    """The right side's pieces, the most important last; those first in the list go first where room is short."""
    run, session, now = shown.run, shown.session, shown.now
    if run is None or shown.task is None:
        return []
    found = []
    if session is not None and session.errors:
        found.append(Part(f"✗{session.errors}", "$text-error"))
    if session is not None and session.progress > 0:
        found.append(Part(f"{min(1.0, session.progress):.0%}"))
    if run.started:
        found.append(Part(duration((run.ended or now) - run.started)))
    if cost := _cost(run, session):
        found.append(Part(cost))
    if run.live and session is not None and session.last_heartbeat:
        found.append(_heartbeat(now - session.last_heartbeat))
    return found


def _cost(run: Run, session: Session | None) -> str:
    """The run's money; the session file is ahead of the ledger, and an estimate."""
    if run.cost_source == "unknown":
        return "$?"
    estimate = session.cost_usd_est if session is not None else 0.0
    if estimate > run.usd:
        return f"≈{money(estimate)}"
    return money(run.usd) if run.usd else ""


def _heartbeat(age: float) -> Part:
    if age > SILENT:
        return Part(f"! silent {duration(age)}", "$text-error bold")
    return Part(f"♥{duration(age)}", "$text-success")


def _fitting(pieces: Sequence[Part], width: int) -> list[Part]:
    """As many of the last pieces as fit."""
    kept: list[Part] = []
    for piece in reversed(pieces):
        width -= cell_len(piece.text) + 1
        if width < 0:
            break
        kept.insert(0, piece)
    return kept
