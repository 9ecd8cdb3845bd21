"""The form for a task by hand: what should be done, by what kind of work, and its place among the others."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from cockpit.policy.answers import MOST_PARALLEL
from cockpit.state import Kind, TaskDraft
from panes.colours import MUTED
from panes.dialogs import Writing

KINDS = (Kind.BUILD, Kind.EXPLORE, Kind.REVIEW)
"""What a person asks for by hand, as `cockpit task add` has it."""

ABOUT = {
    Kind.BUILD: "Acceptance criteria, one a line:",
    Kind.EXPLORE: "What its answer must say, one a line:",
    Kind.REVIEW: "What its answer must say, one a line (of a branch, commit or path):",
}
"""What the large field is for."""


class KindField(Widget, can_focus=True):
    """The kind of work: arrows and space turn it, the first letter takes it."""

    DEFAULT_CSS = """
    KindField {
        width: 15; height: 3; padding: 0 1; border: tall $border-blurred; background: $surface;
        &:focus { border: tall $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,down,space", "turn(1)", "Next kind", show=False),
        Binding("left,up", "turn(-1)", "Kind before", show=False),
        Binding("enter", "app.focus_next", "Next field", show=False),
    ]

    kind: reactive[Kind] = reactive(Kind.BUILD, init=False)
    """What is chosen."""

    class Changed(Message):
        """Another kind was chosen."""

    def render(self) -> Content:
        """The kind between two arrows."""
        return Content.assemble(("‹ ", MUTED), (f"{self.kind:^7}", "bold"), (" ›", MUTED))

    def watch_kind(self) -> None:
        """Tell the form, which asks for other things then."""
        self.post_message(self.Changed())

    def action_turn(self, steps: int) -> None:
        """Take the next one."""
        self.kind = KINDS[(KINDS.index(self.kind) + steps) % len(KINDS)]

    def on_key(self, event: events.Key) -> None:
        """A kind by its first letter."""
        found = next((kind for kind in KINDS if kind.startswith(event.key)), None)
        if found is not None and len(event.key) == 1:
            event.stop()
            self.kind = found

    def on_click(self) -> None:
        """The mouse turns it too."""
        self.action_turn(1)


class NewTask(Writing[TaskDraft]):
    """A task by hand: a title, what must be true when it is done, its kind, and its place among the others."""

    DEFAULT_CSS = """
    NewTask #extra { width: 1fr; display: none; }
    NewTask.-explore #extra, NewTask.-review #extra { display: block; }
    """

    def __init__(self, question: str, known: Collection[str] = ()) -> None:
        """`known` are the ids that it may wait for."""
        super().__init__(question)
        self._known = known

    def body(self) -> ComposeResult:
        """Title, criteria, kind, priority and what it waits for."""
        yield Input(id="title", placeholder="Title: what should be done", select_on_focus=False)
        yield Static(ABOUT[Kind.BUILD], classes="label", id="about", markup=False)
        yield TextArea(
            id="criteria", soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False
        )
        with Horizontal(id="place"):
            yield KindField(id="kind")
            yield Input(id="extra", select_on_focus=False)
            yield Input(id="after", placeholder="After: T1 T2", select_on_focus=False)
            yield Input(id="priority", placeholder="Priority: 0", select_on_focus=False)

    def hint(self) -> str:
        """The keys, in words."""
        return "ctrl+s adds it   tab goes on to the next field   esc leaves it"

    def on_mount(self) -> None:
        """Keys go to the title."""
        self._field("title").focus()

    def on_input_submitted(self) -> None:
        """Enter goes on to the next field."""
        self.focus_next()

    @on(KindField.Changed)
    def ask_for_kind(self) -> None:
        """An exploration may have several explorers, a review looks at something."""
        kind, extra = self._kind, self._field("extra")
        for one in KINDS:
            self.set_class(one is kind, f"-{one}")
        extra.value = ""
        extra.placeholder = "Explorers: 1" if kind is Kind.EXPLORE else "Of: branch"
        self.query_one("#about", Static).update(ABOUT[kind])

    @property
    def _kind(self) -> Kind:
        return self.query_one(KindField).kind

    def _field(self, name: str) -> Input:
        return self.query_one(f"#{name}", Input)

    def _written(self, name: str) -> str:
        return self._field(name).value.strip()

    def send(self) -> None:
        """Give the draft; what is missing or wrong is said, and nothing is lost."""
        after = tuple(self._known_as(name) for name in self._written("after").replace(",", " ").split())
        if wrong := self._wrong(after):
            self._refuse(*wrong)
            return
        lines = self.query_one(TextArea).text.splitlines()
        kind, extra = self._kind, self._written("extra")
        draft = TaskDraft(
            "new",
            self._written("title"),
            criteria=tuple(text for line in lines if (text := line.strip().removeprefix("- ").strip())),
            kind=kind,
            priority=int(self._written("priority") or "0"),
            depends_on=after,
            source="you",
            subject=extra if kind is Kind.REVIEW else "",
            parallel=int(extra or "1") if kind is Kind.EXPLORE else 1,
        )
        self.dismiss(draft)

    def _wrong(self, after: tuple[str, ...]) -> tuple[str, str] | None:
        """The first field that has something wrong in it, and what."""
        unknown = [name for name in after if name not in self._known]
        extra = self._written("extra") or "1"
        if not self._written("title"):
            return "title", "A task needs a title."
        if unknown:
            return "after", f"There is no task {unknown[0]}."
        if not re.fullmatch(r"[+-]?\d{1,3}", self._written("priority") or "0"):
            return "priority", "The priority is a whole number, such as 2 or -1."
        if self._kind is Kind.EXPLORE and not (extra.isdecimal() and 1 <= int(extra) <= MOST_PARALLEL):
            return "extra", f"1 to {MOST_PARALLEL} explorers can look at once."
        return None

    def _known_as(self, name: str) -> str:
        """`T3` for `t3` and `3`."""
        return next((n for n in (name, name.upper(), f"T{name}") if n in self._known), name)

    def _refuse(self, name: str, why: str) -> None:
        self.say(why)
        self._field(name).focus()
