"""One agent: a bar that says who it is and how it goes, its transcript or terminal, and a line about the transcript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cockpit.state import Agent, Run, Session, Task
from panes.bars import Line
from panes.numeral import Numeral
from panes.title_bar import Shown, TitleBar
from panes.transcript import TranscriptView

if TYPE_CHECKING:
    from panes.terminal_view import TerminalView

IDLE = "Idle: it takes the next task that may start."
QUIET = "Nothing was said yet."


class Foot(Line):
    """What is special about how the transcript shows; gone while nothing is."""

    DEFAULT_CSS = "Foot { height: 1; display: none; background: $panel; padding: 0 1; }"


class AgentPane(Widget):
    """An agent's bar and transcript; `show` keeps the first, `transcript` is fed by the app."""

    DEFAULT_CSS = """
    AgentPane {
        layout: vertical;
        &.-beside { border-left: vkey $panel-lighten-2; }
    }
    AgentPane > TranscriptView, AgentPane > TerminalView { height: 1fr; }
    AgentPane.-terminal > TranscriptView, AgentPane.-terminal > Foot { display: none; }
    AgentPane.-numbered > TranscriptView, AgentPane.-numbered > TerminalView { display: none; }
    AgentPane.-numbered > Numeral { display: block; }
    """

    shown: reactive[Shown | None] = reactive(None, init=False, repaint=False)
    """What the bar tells."""

    @dataclass
    class BarClicked(Message):
        """Somebody clicked on the pane's bar, so many times in a row."""

        pane: AgentPane
        times: int

    def __init__(
        self,
        chosen: Mapping[str, str] | None = None,
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """`chosen` is the key of every action, as far as it is not the table's."""
        super().__init__(id=id, classes=classes)
        self.transcript = TranscriptView(chosen)
        """Fed with the lines of the agent's stream."""
        self.terminal: TerminalView | None = None
        """The terminal of an agent that lives in one, while it stands in the transcript's place."""
        self._bar = TitleBar()
        self._foot = Foot()
        self._numeral = Numeral()

    def compose(self) -> ComposeResult:
        """The bar over the transcript, and what may stand below it or in its place."""
        yield self._bar
        yield self._numeral
        yield self.transcript
        yield self._foot

    def take_keys(self) -> None:
        """Send the keys to what the pane shows, at once: `focus` would do it later, when they may belong elsewhere."""
        self.screen.set_focus(self.terminal or self.transcript)

    def open_terminal(self) -> TerminalView:
        """Show a terminal in place of the transcript; whoever asks has it follow the agent's."""
        from panes.terminal_view import TerminalView  # most agents have none

        if self.terminal is None:
            self.terminal = TerminalView()
            self.mount(self.terminal, after=self.transcript)
            self._swap(self.transcript, self.terminal)
        return self.terminal

    def close_terminal(self) -> None:
        """Show the transcript again."""
        gone, self.terminal = self.terminal, None
        if gone is not None:
            self._swap(gone, self.transcript)
            gone.remove()

    def _swap(self, old: Widget, new: Widget) -> None:
        had_keys = old.has_focus
        self.set_class(self.terminal is not None, "-terminal")
        if had_keys:
            self.call_after_refresh(new.focus)

    def show(
        self,
        agent: Agent,
        task: Task | None = None,
        run: Run | None = None,
        session: Session | None = None,
        now: float = 0.0,
        remark: str = "",
    ) -> None:
        """Show how the agent stands at `now`."""
        self.shown = Shown(agent, task, run, session, now, remark)

    def mark(self, is_selected: bool) -> None:
        """The keys go here, or not."""
        if is_selected != self._bar.has_class("-selected"):
            self._bar.set_class(is_selected, "-selected")
            self._write()

    def number(self, digit: str) -> None:
        """Show a digit in place of the transcript; nothing puts the transcript back."""
        self._numeral.digit = digit
        self.set_class(bool(digit), "-numbered")

    def watch_shown(self) -> None:
        """Write the bar anew."""
        self._write()

    def on_mount(self) -> None:
        """Write what was shown before it was there."""
        self._write()

    def on_resize(self) -> None:
        """Fit it into the new width."""
        self._write()

    def on_transcript_view_remarked(self, event: TranscriptView.Remarked) -> None:
        """Say what is special about how the transcript shows, while there is something."""
        event.stop()
        self._foot.display = bool(event.remark)
        self._foot.say(Content(event.remark))

    def on_title_bar_clicked(self, event: TitleBar.Clicked) -> None:
        """Pass it on as this pane's."""
        event.stop()
        self.post_message(self.BarClicked(self, event.times))

    def _write(self) -> None:
        shown = self.shown
        if shown is None or not self.size.width:
            return
        self._bar.show(shown, self.size.width)
        self.transcript.placeholder = QUIET if shown.task else IDLE
