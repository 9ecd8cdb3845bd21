"""The card of a question: what an agent asks, and its choices as the keys 1 to 9, or an answer in words."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cockpit.questions import MAX_CHOICES, Question
from cockpit.text import plain
from panes.colours import MUTED, one_line
from panes.dialogs import Dialog, Note

Words = tuple[str, ...]


class QuestionCard(Dialog[Words]):
    """Gives the numbers of the choices taken, or a text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("0", "write", "Write", show=False),
        Binding("enter", "send", "Send", show=False),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
        *(Binding(str(n), f"choose({n})", str(n), show=False) for n in range(1, MAX_CHOICES + 1)),
    ]

    def __init__(self, question: Question, heading: str, otherwise: str) -> None:
        """`heading` says who asks about what; `otherwise` what happens when nobody answers."""
        super().__init__(heading)
        self.asked = question
        self.otherwise = otherwise
        self._taken: set[int] = set()

    def compose(self) -> ComposeResult:
        """The question, its choices, what happens without an answer, and the keys."""
        with Vertical(id="card"):
            yield Static(Content.styled(self.question, "bold"), id="question", markup=False)
            with VerticalScroll(id="card-text", can_focus=False):
                yield Static(self.text(), id="asked", markup=False)
            yield Static(Content.styled(self.hint(), MUTED), id="hint", markup=False)

    def text(self) -> Content:
        """All that scrolls."""
        lines = [Content(_what(self.asked))]
        if self.asked.header and self.asked.is_permission:
            lines.append(Content.styled(one_line(self.asked.header), MUTED))
        if self.asked.detail:
            lines += [Content(""), Content.styled(plain(self.asked.detail).strip("\n"), MUTED)]
        lines += [Content(""), *self._choices(), Content(""), Content.styled(self.otherwise, MUTED)]
        return Content("\n").join(lines)

    def _choices(self) -> list[Content]:
        lines = []
        for number, choice in enumerate(self.asked.choices, 1):
            mark = ("■ " if number in self._taken else "□ ") if self.asked.many else ""
            label = (f"{mark}{one_line(choice.label)}", "bold" if number in self._taken else "")
            more = f"  {one_line(choice.description)}" if choice.description else ""
            lines.append(Content.assemble((f" {number} ", "bold $text-accent"), label, (more, MUTED)))
        words = "no, and say what instead" if self.asked.is_permission else "an answer in your own words"
        return [*lines, Content.assemble((" 0 ", "bold $text-accent"), words)]

    def hint(self) -> str:
        """The keys, in words."""
        if self.asked.many:
            return "1-9 take or leave   enter sends   0 writes   esc later"
        return "a number answers   0 writes   ↑ ↓ scroll   esc later"

    def action_choose(self, number: int) -> None:
        """Take a choice: that is the answer, or a part of it where several may be taken."""
        if number > len(self.asked.choices):
            self._say(f"There is no choice {number}.")
        elif not self.asked.many:
            self.dismiss((str(number),))
        else:
            self._taken ^= {number}
            self.query_one("#asked", Static).update(self.text())

    def action_send(self) -> None:
        """Send the choices that were taken."""
        if self._taken:
            self.dismiss(tuple(str(n) for n in sorted(self._taken)))
        else:
            self._say("Nothing is chosen yet." if self.asked.many else "A number answers.")

    def action_write(self) -> None:
        """Answer in words."""
        self.app.push_screen(Note(f"Answer {self.asked.id}", _what(self.asked)), self._written)

    def action_scroll(self, rows: int) -> None:
        """Scroll the text."""
        self.query_one("#card-text").scroll_relative(y=rows, animate=False)

    def _written(self, text: str | None) -> None:
        if text:
            self.dismiss((text,))

    def _say(self, text: str) -> None:
        self.query_one("#hint", Static).update(Content.styled(f"{text}   {self.hint()}", "$text-warning"))


def _what(question: Question) -> str:
    text = plain(question.text).strip()
    return f"May it {text}?" if question.is_permission else text
