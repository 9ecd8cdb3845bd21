"""What the tools do, in terms of `Cockpit`; no word of the protocol. An error is an `Unable`, in words for a model."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from cockpit import commands
from cockpit.api import Cockpit, CockpitError
from cockpit.fold import fold
from cockpit.ledger.bell import rings
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.mcpserver.callers import Caller
from cockpit.questions import Choice, Question
from cockpit.state import Kind, State, TaskDraft
from cockpit.text import plain

MAX_TASKS = 50
"""That one call may propose."""

MAX_TITLE = 200
PULSE_SECONDS = 10.0
"""How often a caller that waits for a person hears that it still waits."""

T = TypeVar("T")
Pulse = Callable[[float], Awaitable[None]]


ASKING_SECONDS = 5.0
"""How long we wait, when we have to leave, for a question to get its name."""

_being_asked: list[object] = []
_asked: dict[str, Cockpit] = {}
"""The questions that callers of this process wait for now."""


def withdraw_all() -> None:
    """Take back what is asked, and what is just being asked: nobody will be there for the answers."""
    until = time.monotonic() + ASKING_SECONDS
    while _being_asked and time.monotonic() < until:
        time.sleep(0.01)
    for name, cockpit in list(_asked.items()):
        with suppress(CockpitError):
            cockpit.give(commands.StopAsking(name))


class Unable(Exception):
    """The tool can't do it; the text is for the caller."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A task as a caller proposes it."""

    title: str
    description: str = ""
    criteria: tuple[str, ...] = ()
    kind: str = "build"
    after: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools for one caller."""

    cockpit: Cockpit
    caller: Caller
    queues: bool = False
    """What the owner's own programs propose is queued at once, because the owner's configuration says so."""

    def status(self) -> str:
        """The status in plain text."""
        from cockpit.status import plain_text

        return plain_text(self._do(self.cockpit.status))

    def report(self) -> str:
        """The night's report, in Markdown."""
        from cockpit.report import markdown

        return plain(markdown(self._do(self.cockpit.report)))

    def list_tasks(self, words: str) -> list[dict[str, Any]]:
        """The tasks that fit."""
        state = self._do(lambda: self.cockpit.state)
        found = self._do(lambda: self.cockpit.tasks(words))
        states = [str(state.seen_state(task)) for task in found]
        return [
            {"task": task.id, "title": plain(task.title), "state": where, "why": plain(task.reason)}
            for task, where in zip(found, states, strict=True)
        ]

    def show_task(self, name: str) -> str:
        """One task, whole."""
        from cockpit.cli.looking import task_lines

        task = self._do(lambda: self.cockpit.task(name))
        return plain("\n".join(task_lines(self._do(lambda: self.cockpit.state), task)))

    def create_tasks(self, proposed: Sequence[Proposed]) -> dict[str, Any]:
        """Put tasks before the person; ones with a title that came from the same caller before are there already."""
        if not 1 <= len(proposed) <= MAX_TASKS:
            raise Unable(f"give 1 to {MAX_TASKS} tasks, not {len(proposed)}")
        drafts = tuple(self._draft(one) for one in proposed)
        if len({draft.key for draft in drafts}) < len(drafts):
            raise Unable("two of the tasks have the same title")
        said = self._give(commands.AddTasks(drafts))
        titles = {draft.title for draft in drafts}
        found = [t for t in self._do(lambda: self.cockpit.state).tasks.values() if t.title in titles]
        names = {task.title: task.id for task in found if task.source == self._source}
        queued = self._queues
        what = "They are queued." if queued else "They are only suggested: the person takes them up, or not."
        return {
            "tasks": [names[d.title] for d in drafts if d.title in names],
            "queued": queued,
            "said": f"{said}. {what}",
        }

    def _draft(self, one: Proposed) -> TaskDraft:
        title = " ".join(one.title.split())
        if len(title) > MAX_TITLE:
            raise Unable(f"the title has {len(title)} characters, {MAX_TITLE} is the most: {title[:60]}…")
        if one.kind not in tuple(Kind):
            raise Unable(f"there is no kind {one.kind!r}; there are {', '.join(Kind)}")
        return TaskDraft(
            key=title,
            title=title,
            description=one.description.strip(),
            criteria=tuple(filter(None, (text.strip() for text in one.criteria))),
            kind=Kind(one.kind),
            depends_on=tuple(" ".join(name.split()) for name in one.after),
            files=tuple(one.files),
            source=self._source,
            suggested=not self._queues,
        )

    @property
    def _source(self) -> str:
        return f"MCP, {self.caller.by}"

    @property
    def _queues(self) -> bool:
        return self.queues and not self.caller.run

    def report_progress(self, text: str, done: float | None) -> str:
        """Note what the agent says of its own task."""
        if self.caller.wrong:
            raise Unable(f"this can't be taken as a run's report: {self.caller.wrong}")
        if not self.caller.run:
            raise Unable(
                "only an agent of the night may report progress, and only on the task that it holds: "
                "it shows its own COCKPIT_RUN_TOKEN. You are not one; nothing was noted"
            )
        return self._give(commands.TellProgress(self.caller.run, text, done))

    async def ask_person(
        self, text: str, choices: Sequence[str], many: bool, seconds: float, pulse: Pulse
    ) -> dict[str, Any]:
        """Put a question into the inbox and wait for the answer, which may be that there is none."""
        if self.caller.wrong:
            raise Unable(f"you can't ask: {self.caller.wrong}")
        offered = tuple(Choice(choice.strip()) for choice in choices)
        command = commands.AskPerson(text, offered, many, seconds, self.caller.name, self.caller.run)
        name = await self._put(command)
        try:
            question = await self._settled(name, seconds, pulse)
        except BaseException:  # the caller has gone
            self._withdraw(name)
            raise
        finally:
            _asked.pop(name, None)
        if question is not None and question.settled and not question.expired:
            return {"question": name, "answered": True, "answer": question.answer, "by": question.by}
        if question is None or question.is_open:
            self._withdraw(name)
        why = question.closed if question is not None else ""
        why = why or f"nobody answered within {seconds / 60:g} minutes"
        return {"question": name, "answered": False, "answer": "", "why": f"{why}. Decide yourself, or ask again later"}

    async def _put(self, command: commands.AskPerson) -> str:
        """Ask; the question's name. A caller that goes in the middle of it leaves no question behind either."""
        lock, names, gone = threading.Lock(), list[str](), threading.Event()

        def give() -> str:
            try:
                name = self._give(command).split()[0]
                with lock:
                    names.append(name)
                    _asked[name] = self.cockpit
                    if gone.is_set():
                        self._withdraw(name)
                return name
            finally:
                _being_asked.remove(command)

        _being_asked.append(command)
        try:
            return await asyncio.to_thread(give)
        except BaseException:
            with lock:
                gone.set()
                for name in names:
                    self._withdraw(name)
            raise

    async def _settled(self, name: str, seconds: float, pulse: Pulse) -> Question | None:
        """The question as soon as it is over, or when its time is up."""
        begun = last = time.monotonic()
        ledger, state = SqliteLedger(self.cockpit.places.folder), State()
        try:
            state = fold(ledger.read(), state)
            async with aclosing(rings(self.cockpit.places.folder)) as bell:  # type: ignore[type-var]
                async for _ in bell:
                    now = time.monotonic()
                    state = fold(ledger.read(state.position), state)
                    question = state.questions.get(name)
                    if question is None or not question.is_open or now >= begun + seconds:
                        return question
                    if now >= last + PULSE_SECONDS:
                        last = now
                        await pulse(now - begun)
        finally:
            ledger.close()
        return None

    def _withdraw(self, name: str) -> None:
        """Take a question back, also while we are being broken off; the process waits for that."""

        def give() -> None:
            with suppress(CockpitError):
                self.cockpit.give(commands.StopAsking(name))
            _asked.pop(name, None)

        threading.Thread(target=give, name=f"withdraw {name}").start()

    def _give(self, command: commands.Command) -> str:
        return self._do(lambda: self.cockpit.give(command))

    @staticmethod
    def _do(what: Callable[[], T]) -> T:
        try:
            return what()
        except CockpitError as error:
            raise Unable(str(error)) from error
