"""The questions the cockpit asks: yes or no, a text; and a card to read."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from panes.colours import MUTED

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A box over the screen; escape leaves it without doing anything."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False)]

    def __init__(self, question: str, detail: str = "") -> None:
        """Ask `question`; `detail` says what follows."""
        super().__init__()
        self.question = question
        self.detail = detail

    def compose(self) -> ComposeResult:
        """The question, the detail, what to fill in, and the keys."""
        with Vertical(id="dialog"):
            yield Static(Content.styled(self.question, "bold"), id="question", markup=False)
            if self.detail:
                yield Static(Content(self.detail), id="detail", markup=False)
            yield from self.body()
            yield Static(Content.styled(self.hint(), MUTED), id="hint", markup=False)

    def body(self) -> ComposeResult:
        """What to fill in."""
        yield from ()

    def hint(self) -> str:
        """The keys, in words."""
        return "esc leaves it"

    def action_leave(self) -> None:
        """Nothing happens."""
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """A question that a yes or a no answers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes", show=False),
        Binding("n", "answer(False)", "No", show=False),
    ]

    def hint(self) -> str:
        """The keys, in words."""
        return "y yes   n no"

    def action_answer(self, yes: bool) -> None:
        """Give the answer."""
        self.dismiss(yes)


class Writing(Dialog[Result]):
    """A dialog with a text to write, in which ctrl+j always begins a new line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send", show=False, priority=True),
        Binding("ctrl+j,shift+enter", "new_line", "New line", show=False, priority=True),
    ]

    def action_new_line(self) -> None:
        """Begin a new line in the text."""
        text = self.query_one(TextArea)
        text.call_later(text.insert, "\n")

    def action_send(self) -> None:
        """Send what is written, once the field has taken every key that was pressed before this one.

        A key with priority overtakes letters that are still on their way to the field: a fast typist, or a
        paste, would lose its end.
        """
        (self.focused or self).call_later(self.send)

    def send(self) -> None:
        """Give what is written, or say what is missing."""

    def say(self, text: str) -> None:
        """Say in the last line what is wrong."""
        self.query_one("#hint", Static).update(Content.styled(f"{text}   esc leaves it", "$text-warning"))


class Note(Writing[str]):
    """A text of one line or more; enter sends it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "send", "Send", show=False, priority=True)]

    def __init__(self, question: str, detail: str = "", text: str = "", empty: str = "", does: str = "sends") -> None:
        """Ask `question`; `text` stands there already, and `empty` says what an empty text does, if it may be sent.

        `does` is what enter does with it, in a word.
        """
        super().__init__(question, detail)
        self.text = text
        self.empty = empty
        self.does = does

    def body(self) -> ComposeResult:
        """Room for the text."""
        yield TextArea(
            self.text,
            id="note",
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
        )

    def hint(self) -> str:
        """The keys, in words."""
        rest = "ctrl+j begins a new line   esc leaves it"
        if self.empty and not self.text:
            return f"{self.empty}   {rest}"
        return f"enter {self.does} it   {rest}{f'   {self.empty}' if self.empty else ''}"

    def on_mount(self) -> None:
        """Keys go to the text, after what is there."""
        text = self.query_one(TextArea)
        text.move_cursor(text.document.end)
        text.focus()

    def send(self) -> None:
        """Give the text; an empty one is said, not sent, unless it means something."""
        text = self.query_one(TextArea).text.strip()
        if text or self.empty:
            self.dismiss(text)
        else:
            self.say("Nothing is written yet.")


class Card(ModalScreen[str]):
    """Something to read: a task, or the keys. It closes with what was wished from it, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,question_mark", "leave", "Leave", show=False),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
    ]

    def __init__(self, title: str, text: Content, width: int = 76, hint: str = "esc closes it") -> None:
        """Show `text` under `title`, at most `width` cells wide; `hint` tells the keys."""
        super().__init__()
        self.hint = hint
        self.wanted_width = width
        self.heading = title
        self.text = text

    def compose(self) -> ComposeResult:
        """The text, which scrolls when it is long."""
        with Vertical(id="card") as card:
            card.styles.width = self.wanted_width
            yield Static(Content.styled(self.heading, "bold"), id="question", markup=False)
            with VerticalScroll(id="card-text", can_focus=False):
                yield Static(self.text, id="said", markup=False)
            yield Static(self._hint_line(), id="hint", markup=False)

    def entitle(self, heading: str, hint: str) -> None:
        """Another heading, and other keys."""
        if (heading, hint) == (self.heading, self.hint):
            return
        self.heading, self.hint = heading, hint
        if self.is_mounted:
            self.query_one("#question", Static).update(Content.styled(heading, "bold"))
            self.query_one("#hint", Static).update(self._hint_line())

    def _hint_line(self) -> Content:
        return Content.styled(f"{self.hint}   ↑ ↓ scroll", MUTED)

    def show(self, text: Content) -> None:
        """Show another text."""
        if not text.is_same(self.text):
            self.text = text
            if self.is_mounted:
                self.query_one("#said", Static).update(text)

    def action_scroll(self, rows: int) -> None:
        """Scroll the text."""
        self.query_one("#card-text").scroll_relative(y=rows, animate=False)

    def action_leave(self) -> None:
        """Close it."""
        self.dismiss(None)
