"""The one line over an agent's pane: who it is, what it works on and how that goes, the most important first.

What does not fit is left out whole, the least important piece first; only the task's title and the agent's step
are cut short, and take the room that the others leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cockpit.state import Agent, Run, Session, Task, TaskState
from cockpit.views import duration, money, role_mark
from panes.colours import MUTED, ROLE_STYLES, SYMBOLS, one_line
from panes.wrap import fit

SILENT = 20.0
"""Seconds without a heartbeat after which the host is called silent; it beats every five."""
BEAT = 10
"""A heartbeat's age is told in so many seconds, rounded up: ♥10s is at most ten seconds old."""
LEAST_TITLE = 10
"""Cells that the task's title gets before the less important pieces do."""
SELECTED, OTHER = "▌", "─"
"""How a bar begins: under the keys, and not."""


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the bar is made of."""

    agent: Agent
    task: Task | None = None
    run: Run | None = None
    session: Session | None = None
    now: float = 0.0
    remark: str = ""
    """What is special about the pane: that it is zoomed."""


class Part(NamedTuple):
    """A piece of the bar."""

    text: str
    style: str = ""

    @property
    def room(self) -> int:
        """Cells it takes, with the space before it."""
        return cell_len(self.text) + 1 if self.text else 0


class TitleBar(Widget):
    """The bar itself: a click sends the keys to its pane, a second one zooms it."""

    DEFAULT_CSS = """
    TitleBar {
        height: 1;
        background: $panel;
        &.-selected { background: $primary 35%; text-style: bold; }
    }
    """

    text: reactive[Content] = reactive(Content(""))
    """What it shows."""

    @dataclass
    class Clicked(Message):
        """Somebody clicked on the bar, so many times in a row."""

        bar: TitleBar
        times: int

        @property
        def control(self) -> TitleBar:
            """The bar it is about."""
            return self.bar

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[tuple[str, str]] = []

    def show(self, shown: Shown, width: int) -> None:
        """Show this, where it is anything else than before."""
        told = pieces(shown, width, self.has_class("-selected"))
        if told != self._pieces:
            self._pieces = told
            self.text = Content.assemble(*told).truncate(width)

    def render(self) -> Content:
        """The line."""
        return self.text

    def on_click(self, event: events.Click) -> None:
        """Tell the pane."""
        event.stop()
        self.post_message(self.Clicked(self, event.chain))


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────


def bar(shown: Shown, width: int, is_selected: bool = False) -> Content:
    """The line, in exactly `width` cells."""
    return Content.assemble(*pieces(shown, width, is_selected)).truncate(width)


def pieces(shown: Shown, width: int, is_selected: bool = False) -> list[tuple[str, str]]:
    """What the line is made of: texts and their styles."""
    mark = SELECTED if is_selected else OTHER
    left = [_name(shown), *_work(shown)]
    right = _facts(shown)
    kept = _fitting(left, right, width - cell_len(mark))
    left, right = [p for p in left if p in kept], [p for p in right if p in kept]
    spare = width - cell_len(mark) - sum(part.room for part in left + right)
    left += _words(shown, spare)
    fill = width - cell_len(mark) - sum(part.room for part in left + right)
    return [(mark, "$text-primary"), *_spaced(left), _filler(fill), *_spaced(right)]


def _spaced(parts: Sequence[Part]) -> list[tuple[str, str]]:
    return [piece for part in parts for piece in ((" ", ""), (part.text, part.style))]


def _filler(cells: int) -> tuple[str, str]:
    """A rule between the two sides, so that a bar is one without colours too."""
    return (" " + "─" * (cells - 1) if cells > 1 else " " * cells, MUTED)


def _fitting(left: Sequence[Part], right: Sequence[Part], width: int) -> list[Part]:
    """The pieces that fit, the most important first; the name is always there."""
    name, *work = left
    kept, width = [name], width - name.room
    silent = [p for p in right if p.text.startswith("!")]
    rest = [*silent, *work, *(p for p in reversed(right) if p not in silent)]
    reserve = LEAST_TITLE if work else 0
    for number, part in enumerate(rest):
        # The two facts that say whether it lives and what it costs go before the title, the others after it.
        held = reserve if number >= len(silent) + len(work) + 2 else 0
        if part.room + held <= width:
            kept.append(part)
            width -= part.room
    return kept


def _name(shown: Shown) -> Part:
    agent, task = shown.agent, shown.task
    if agent.paused:
        return Part(f"‖ {agent.name}", "bold $text-warning")
    if task is None:
        return Part(f"· {agent.name}", "bold")
    symbol, style = SYMBOLS[task.state]
    return Part(f"{symbol} {agent.name}", f"bold {style}")


def _work(shown: Shown) -> list[Part]:
    """The task's id and how it stands, in a word."""
    if shown.task is None:
        return [Part("paused" if shown.agent.paused else "idle", MUTED)]
    parts = [Part(shown.task.id, "bold")]
    if shown.agent.paused:
        parts.append(Part("paused", "$text-warning"))
    if phase := _phase(shown, shown.task):
        parts.append(phase)
    return parts


def _phase(shown: Shown, task: Task) -> Part | None:
    run, session = shown.run, shown.session
    if task.parked:
        return Part("waits", "$text-warning")
    if task.state is TaskState.WORKING and run is not None and run.live:
        if "? asks you" in shown.remark:  # which says all that its phase would
            return None
        phase = fit(one_line((session.current_phase if session else "") or run.phase or "working"), 14)
        return None if shown.agent.paused else Part(phase, "$text-primary")
    return Part(str(task.state), SYMBOLS[task.state][1])


def _words(shown: Shown, room: int) -> list[Part]:
    """The title, and after it the reason or the step, as far as there is room."""
    parts = [Part(shown.remark, "reverse")] if shown.remark and len(shown.remark) < room else []
    room -= sum(part.room for part in parts)
    if shown.task is None or room < 4:
        return parts
    title = Part(fit(one_line(shown.task.title), room - 1))
    step = one_line(
        shown.task.reason if shown.task.state is not TaskState.WORKING or shown.task.parked else _step(shown)
    )
    left = room - title.room - 3
    detail = [Part(f"· {fit(step, left)}", MUTED)] if step and left >= 8 else []
    return [*parts, title, *detail]


def _step(shown: Shown) -> str:
    return shown.session.current_step if shown.session is not None else ""


def _facts(shown: Shown) -> list[Part]:
    """The right side: role, trouble, progress, time, money and heartbeat; the last ones matter most."""
    run, session, now = shown.run, shown.session, shown.now
    if run is None or shown.task is None:
        return []
    role = shown.task.works_as
    found = [Part(role_mark(role), ROLE_STYLES.get(role, MUTED))]
    if session is not None and session.errors:
        found.append(Part(f"✗{session.errors}", "$text-error"))
    if session is not None and session.progress > 0 and session.current_task in ("", shown.task.id):
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
        return f"est. {money(estimate)}"
    if not run.usd:
        return ""
    return money(run.usd) if run.cost_source == "cli" else f"est. {money(run.usd)}"


def _heartbeat(age: float) -> Part:
    if age > SILENT:
        return Part(f"! silent {duration(age)}", "bold $text-error")
    # It beats every few seconds: an age by the second would paint all bars every second and say no more.
    return Part(f"♥{duration(max(1, ceil(age / BEAT)) * BEAT)}", "$text-success")
