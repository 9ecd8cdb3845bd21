"""The app's keys about work that is to land, or has: yes, no with comments, and looking at it with other programs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on

from cockpit.app_base import AppBase
from cockpit.keys import DESK
from cockpit.later import later
from cockpit.screen import CockpitScreen
from cockpit.text import plain

if TYPE_CHECKING:
    from cockpit import commands, moves, reading
    from cockpit.link import Link, Place
    from cockpit.reading import Change, Draft, Readings
    from cockpit.screen_settings import ScreenSettings
    from cockpit.state import Task
    from panes.merge_desk import MergeDesk
else:
    commands, moves, reading = later("cockpit.commands"), later("cockpit.moves"), later("cockpit.reading")

QUOTED = 5
"""Comments that the question before sending them names."""


class DeskKeys(AppBase):
    """A part of the app. What a key comes to is decided in `moves`, and after that by the engine."""

    def __init__(self, link: Link, settings: ScreenSettings, clock: Callable[[], float]) -> None:
        super().__init__(link, settings, clock)
        self.readings: Readings = {}
        """What was read and written at the desk."""
        self._noting = 0
        """Notes on their way to the disk."""
        self._in_order = asyncio.Lock()

    # ── yes and no ───────────────────────────────────────────────────────────────────────────────────

    def action_approve(self) -> None:
        """Merge the selected task."""
        task = self.main.chosen_task
        drafts = self._drafts(task)
        self.make(moves.approve(self.state, task, len(drafts)), partial(self._erase, task, drafts))

    def action_approve_all(self) -> None:
        """Merge all that is ready and green."""
        self.make(moves.approve_all(self.state, {task for task, kept in self.readings.items() if kept.drafts}))

    def action_reject(self) -> None:
        """Send the selected task back with a note and the comments on it."""
        from panes.dialogs import Note

        task = self.main.chosen_task
        refusal = moves.reject(self.state, task)
        if refusal is not None or task is None:
            self.make(refusal or moves.Refusal("choose a task first"))
            return
        drafts = self._drafts(task)
        detail = f"Your note goes to its agent: {_one_line(task.title)}"
        if drafts:
            detail = f"{_one_line(task.title)}\n{_listed(drafts)}"
        empty = "enter sends them alone" if drafts else ""
        question = f"Send {task.id} back?" if not drafts else f"Send {task.id} back with {_count(drafts)}?"
        self.push_screen(Note(question, detail, empty=empty), partial(self._reject, task, drafts))

    def _reject(self, task: Task, drafts: tuple[Draft, ...], note: str | None) -> None:
        if note is not None:
            comments = tuple(draft.comment for draft in drafts)
            self.give(commands.Reject(task.id, note, comments), partial(self._erase, task, drafts))

    def action_roll_back(self) -> None:
        """Undo what the selected task landed."""
        self.make(moves.roll_back(self.state, self.main.chosen_task))

    def action_copy_link(self) -> None:
        """Put the address of the selected task's pull request, or else of its issue, on the clipboard."""
        from cockpit.app_grid import copy
        from cockpit.pull_words import address

        task = self.main.chosen_task
        if task is None:
            self.say("choose a task first", ok=False)
        elif link := address(self.state, task):
            copy(self, link)
            self.say(f"copied {link}", ok=True)
        else:
            self.say(f"{task.id} has no pull request, and is no issue", ok=False)

    # ── what was read and written ────────────────────────────────────────────────────────────────────

    def _drafts(self, task: Task | None) -> tuple[Draft, ...]:
        return self.readings.get(task.id, reading.UNREAD).drafts if task else ()

    def _erase(self, task: Task | None, drafts: tuple[Draft, ...]) -> None:
        if task is not None and drafts:
            self.note(reading.Erase(task.id, tuple(draft.key for draft in drafts)))

    def action_comment(self) -> None:
        """Write a comment on what is under the cursor in the diff, or change the one that is there."""
        from panes.dialogs import Note

        desk, task = self.main.desk, self.main.chosen_task
        draft = desk.draft_here() if desk is not None and self.main.view == DESK else None
        refusal = moves.reject(self.state, task)
        if refusal is not None or task is None:
            self.make(refusal or moves.Refusal("choose a task first"))
        elif draft is None:
            self.make(moves.Refusal("put the cursor on a line, a hunk or a file of the diff; enter goes there"))
        else:
            quote = plain(draft.comment.quote).strip() or _one_line(task.title)
            empty = "an empty one erases it" if draft.comment.text else ""
            question = f"Comment on {plain(draft.comment.where)}"
            box = Note(question, quote, draft.comment.text, empty, does="keeps")
            self.push_screen(box, partial(self._commented, task, draft))

    def _commented(self, task: Task, draft: Draft, text: str | None) -> None:
        if text:
            self.note(reading.Write(task.id, draft.saying(text)))
        elif text is not None:
            self.note(reading.Erase(task.id, (draft.key,)))

    def note(self, change: Change) -> None:
        """Take in what was read or written, and keep it."""
        self._take(reading.apply(self.readings, change))
        self._noting += 1
        self.begin_work(partial(self._keep, change), "reading")

    async def _keep(self, change: Change) -> None:
        try:
            async with self._in_order:
                kept = await self.link.desk.note(change)
        except OSError as error:
            self.say(f"it can't be kept for later: {error}", ok=False)
            return
        finally:
            self._noting -= 1
        if not self._noting:
            self._take(kept)

    async def read_desk(self) -> None:
        """Take in what was read and written here before, or in another terminal."""
        kept = await self.link.desk.readings()
        if not self._noting:
            self._take(kept)

    def _take(self, readings: Readings) -> None:
        self.readings = readings
        if self.main.desk is not None:
            self.main.desk.set_readings(readings)

    def on_merge_desk_noted(self, event: MergeDesk.Noted) -> None:
        """Something was read at the desk."""
        self.note(event.change)

    @on(CockpitScreen.ViewChanged)
    def read_again(self, event: CockpitScreen.ViewChanged) -> None:
        """Another terminal may have written something meanwhile."""
        if event.view == DESK:
            self._take(self.readings)
            self.begin_work(self.read_desk, "reading")

    # ── other programs ───────────────────────────────────────────────────────────────────────────────

    def action_edit_file(self) -> None:
        """Open a copy of the file under the cursor in the editor."""
        desk, task = self.main.desk, self.main.chosen_task
        file, line = desk.file if desk is not None and task is not None else ("", 0)
        if task is None or not file:
            self.say("there is no file to open", ok=False)
        else:
            self.begin_work(partial(self._look, task, file, line), "outside")

    def action_shell(self) -> None:
        """Open a shell where the task's files are."""
        task = self.main.chosen_task
        if task is None or not (task.head or task.landed):
            self.say("choose a task with work on its branch first", ok=False)
        else:
            self.begin_work(partial(self._look, task), "outside")

    async def _look(self, task: Task, file: str = "", line: int = 0) -> None:
        from cockpit import opening, paths

        desk = self.link.desk
        self.say(f"getting {task.id}'s files ready", None)
        try:
            place = await (desk.copy(task) if file else desk.workshop(task))
            words = opening.shell()
            if file:
                words = opening.at_line(paths.inside(Path(place.folder), file), line)
            self._outside(words, place)
            said = await desk.leave(task, place)
        except Exception as error:  # no editor, no such commit: the person must read what is missing
            self.say(str(error), ok=False)
            return
        self.say(said or place.says, ok=not said)

    def _outside(self, words: list[str], place: Place) -> None:
        """Give the terminal to a program; the screen is back when it ends."""
        with self.released():
            print(f"{place.says}\n{place.folder}\n", flush=True)
            code = self.link.desk.run(words, place.folder)
        if code > 1:
            self.log(f"{words[0]} ended with {code}")


def _listed(drafts: tuple[Draft, ...]) -> str:
    shown = [f"{_one_line(d.comment.where)}: {_one_line(d.comment.text)}" for d in drafts[:QUOTED]]
    return "\n".join([*shown, *([f"and {len(drafts) - QUOTED} more"] if len(drafts) > QUOTED else [])])


def _count(drafts: tuple[Draft, ...]) -> str:
    return f"{len(drafts)} comment{'s' if len(drafts) != 1 else ''}"


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())
