"""The lines around the panes: what goes on, above; the last answer and the keys, below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from cockpit import keys, waits
from cockpit.state import State
from cockpit.views import clock, inbox
from panes.colours import MUTED, one_line


class Line(Widget):
    """One line of the screen that is painted only when it says something else."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.line = Content()

    def say(self, line: Content) -> None:
        """Show `line` from now on."""
        if not line.is_same(self.line):
            self.line = line
            self.refresh()

    def render(self) -> Content:
        """The line, cut where it does not fit."""
        return self.line.truncate(self.size.width, ellipsis=True)


class TopBar(Line):
    """The repository, the night, the engine, and how much waits for you."""

    def __init__(self, chosen: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        """`chosen` is the key of every action."""
        super().__init__(id=id)
        self._key = keys.pretty(chosen["night"])
        self._parts: list[Content] = [Content()]

    def show(self, state: State, repository: str, engine: bool) -> None:
        """Show what goes on in `state`."""
        parts = [Content.styled(f"◆ {one_line(repository)}", "bold $text-primary")]
        if waiting := len(inbox(state)):
            parts.append(
                Content.styled(f"{waiting} {'waits' if waiting == 1 else 'wait'} for you", "bold $text-warning")
            )
        self._parts = [*parts, *_night(state, engine, self._key)]
        self._fit()

    def on_resize(self) -> None:
        """More or less of it fits."""
        self._fit()

    def _fit(self) -> None:
        parts = list(self._parts)
        while len(parts) > 1 and sum(part.cell_length + 2 for part in parts) - 2 > self.size.width:
            parts.pop()
        self.say(Content("  ").join(parts))


def _night(state: State, engine: bool, key: str) -> list[Content]:
    night = state.night
    if night is None:
        return [Content(f"no night yet: {key} starts one"), _engine(engine, key, needed=False)]
    if state.halt is not None:
        return [Content.styled(f"✗ emergency stop: {key} goes on", "bold $text-error")]
    what = f"ended ({night.stopping})" if night.ended else f"stopping ({night.stopping})" if night.stopping else "night"
    parts = [Content(f"{what} on {one_line(night.target)}")]
    if state.holds:
        names = ", ".join(one_line(str(hold)) for hold in state.holds)
        parts.append(Content.styled(f"‖ held: {names}", "$text-warning"))
    parts += [Content.styled(f"‖ {one_line(why)}", "$text-warning") for why in waits.short(state)]
    parts.append(_engine(engine, key, needed=not night.ended))
    if state.cage.is_missing:
        parts.append(Content.styled("▲ no cage", "bold $text-warning"))
    parts.append(Content(f"{night.agents} agent{'s' if night.agents != 1 else ''}"))
    if night.until is not None and not night.ended:
        parts.append(Content(f"until {clock(night.until)}"))
    parts.append(Content(f"merge: {night.merge}"))
    return parts


def _engine(alive: bool, key: str, needed: bool) -> Content:
    if alive:
        return Content.styled("● engine", "$text-success")
    if needed:
        return Content.styled(f"✗ no engine: {key} goes on", "bold $text-error")
    return Content.styled("○ no engine", MUTED)


class StatusLine(Line):
    """What was answered to the last key; before there is one, the newest notice."""

    def answer(self, text: str, ok: bool | None) -> None:
        """Show an answer; `ok` is None while the command is on its way."""
        mark, style = {None: ("…", MUTED), True: ("✓", "$text-success"), False: ("✗", "$text-error")}[ok]
        self.say(Content.assemble((f"{mark} ", style), (one_line(text), style)))

    def clear(self) -> None:
        """Say nothing any more."""
        self.say(Content())

    def notice(self, text: str) -> None:
        """Show something worth a person's eye."""
        self.say(Content.styled(f"· {one_line(text)}", MUTED))


@dataclass(frozen=True, slots=True)
class Item:
    """A key and what it does, on one of the bars."""

    action: str
    key: str
    title: str
    style: str = ""

    @property
    def width(self) -> int:
        """Cells on the screen."""
        return cell_len(f"{self.key} {self.title}")


class Bar(Line):
    """A line of keys; a click does what the key does."""

    GAP = 1

    @dataclass
    class Clicked(Message):
        """Somebody clicked on a key."""

        action: str

    def items(self) -> list[Item]:
        """What the line has, from the left."""
        raise NotImplementedError

    def render(self) -> Content:
        """Key and title of each."""
        return Content(" " * self.GAP).join(
            Content.assemble((item.key, "bold $text-accent"), f" {item.title}").stylize(item.style)
            for item in self.items()
        )

    def on_click(self, event: events.Click) -> None:
        """Find the key under the mouse."""
        left = 0
        for item in self.items():
            if left <= event.x < left + item.width:
                self.post_message(self.Clicked(item.action))
            left += item.width + self.GAP


class ViewBar(Bar):
    """The views, the one you are in marked."""

    GAP = 2

    def __init__(self, chosen: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        """`chosen` is the key of every action."""
        super().__init__(id=id)
        self._keys = chosen
        self._now = (keys.BOARD, 0)

    def show(self, view: str, waiting: int) -> None:
        """You are in `view`, and so many things wait in the inbox."""
        if self._now != (view, waiting):
            self._now = (view, waiting)
            self.styles.width = sum(item.width + self.GAP for item in self.items()) - self.GAP
            self.refresh()

    def items(self) -> list[Item]:
        """The four views."""
        view, waiting = self._now
        titles = {name: name for name in keys.VIEWS}
        if waiting:
            titles[keys.INBOX] += f" ({waiting})"
        return [
            Item(name, keys.pretty(self._keys[name]), title, "reverse" if name == view else "")
            for name, title in titles.items()
        ]


PREFIX = "terminal.prefix"
"""The action that a key has to follow in a terminal to be the cockpit's."""


class KeyBar(Bar):
    """The keys that apply where you are."""

    def __init__(self, chosen: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        """`chosen` is the key of every action."""
        super().__init__(id=id)
        self._keys = chosen
        self._view = keys.BOARD
        self._lead = ""

    def show(self, view: str, lead: str = "") -> None:
        """Show the keys of `view`; `lead` says what comes before them, where a program takes all others."""
        if (self._view, self._lead) != (view, lead):
            self._view, self._lead = view, lead
            self.refresh()

    def items(self) -> list[Item]:
        """As many keys as fit."""
        lead = [Item(PREFIX, keys.pretty(self._keys[PREFIX]), self._lead)] if self._lead else []
        return fitting([*lead, *footer(self._keys, self._view)], self.size.width)


def footer(chosen: Mapping[str, str], view: str) -> list[Item]:
    """What the footer has for `view`, the most wanted first: its own keys, but on the board."""
    rows = [key for key in keys.TABLE if key.shown and key.applies(view)]
    if view != keys.BOARD:  # where nights and tasks are begun
        rows = [*(key for key in rows[:-2] if key.views), *(key for key in rows[:-2] if not key.views), *rows[-2:]]
    return [Item(key.action, keys.pretty(chosen[key.action]), key.title) for key in rows]


def fitting(items: Sequence[Item], width: int) -> list[Item]:
    """The first items, and always the last two: help, and the way out."""
    kept = list(items)
    while len(kept) > 2 and sum(item.width + Bar.GAP for item in kept) - Bar.GAP > width:
        del kept[-3]
    return kept
