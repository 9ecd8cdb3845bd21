"""What `Cockpit` shows to programs: state, tasks, status, report, events, and waiting for what comes.

Everything is read from the ledger and the session files; nothing here changes anything.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from cockpit.cli import Wrong, surroundings
from cockpit.events import Recorded
from cockpit.lock import engine_pid
from cockpit.places import Places, find_root
from cockpit.questions import Question
from cockpit.state import State, Task

P = ParamSpec("P")
R = TypeVar("R")
V = TypeVar("V")

LOOK_SECONDS = 0.05
"""How often a follower looks at the ledger's bell; a look is one stat."""


class CockpitError(Exception):
    """It can't be done as things are: no repository, a wrong configuration, a ledger that can't be read, …"""


class Refused(CockpitError):
    """The command was understood and refused; the text is the engine's answer."""


def worded(method: Callable[Concatenate[V, P], R]) -> Callable[Concatenate[V, P], R]:
    """What the command line calls wrong is a CockpitError here."""

    @wraps(method)
    def called(self: V, /, *given: P.args, **named: P.kwargs) -> R:
        try:
            return method(self, *given, **named)
        except Wrong as error:
            raise CockpitError(str(error)) from error

    return called


class View:
    """What there is to see of one git repository's cockpit."""

    def __init__(self, path: str | os.PathLike[str] = ".", *, by: str = "you", way: str = "Python") -> None:
        """`path` is in the repository; `by` and `way` say in the audit trail who asks, and how. Raises CockpitError."""
        start = Path(path).resolve()
        root = find_root(start) if start.is_dir() else None
        if root is None:
            what = "in no git repository; make one with `git init`" if start.is_dir() else "no folder"
            raise CockpitError(f"{start} is {what}")
        self.places = Places(root)
        """Where things lie; `places.root` is the main working tree."""
        self._by, self._way = by, way

    # ── what is ──────────────────────────────────────────────────────────────────────────────────────

    @property
    @worded
    def state(self) -> State:
        """Everything that is true now (`cockpit.state`), folded from the ledger; a value that never changes."""
        return surroundings.state(self.places)

    def tasks(self, filter: str = "") -> tuple[Task, ...]:  # noqa: A002  # as the option is called
        """The tasks, in the order they were added; `filter` as for `task list`, such as `state:ready agent:2`."""
        from cockpit.filters import BadFilter, Filter

        try:
            wanted = Filter.strict(filter)
        except BadFilter as error:
            raise CockpitError(f"filter: {error}") from error
        state = self.state
        return tuple(task for task in state.tasks.values() if wanted.matches(state, task))

    def task(self, name: str) -> Task:
        """The task that `T3`, `t3` or `3` names. Raises CockpitError where there is none."""
        from cockpit.policy.asking import Refused as NoTask
        from cockpit.policy.asking import find

        try:
            return find(self.state, name)
        except NoTask as error:
            raise CockpitError(str(error)) from error

    def questions(self, *, every: bool = False) -> tuple[Question, ...]:
        """What waits for your answer, oldest first; `every`: what was answered lately, too."""
        state = self.state
        return tuple(state.questions.values()) if every else state.open_questions()

    @worded
    def status(self) -> dict[str, Any]:
        """The same as `cockpit status --json` (schema 1: `cockpit/status.schema.json`)."""
        from cockpit.cli.status import now

        return now(self.places)

    def report(self, since: float | None = None) -> dict[str, Any]:
        """The same as `cockpit report --json` (schema 1), of the night or since a time."""
        from cockpit.report import build

        return build(self.state, time.time(), since)

    def metrics(self) -> dict[str, Any]:
        """The same as `cockpit metrics --json` (schema 1)."""
        from cockpit.metrics import build

        return build(self.state, time.time())

    def engine(self) -> int | None:
        """The process id of the engine; None where none runs."""
        return engine_pid(self.places.folder)

    @worded
    def events(self, *, after: int = 0, follow: bool = False) -> Iterator[Recorded]:
        """Everything that happened behind position `after`, oldest first; with `follow` it goes on for ever.

        Each has `position`, `at`, `stream` and the `event` itself (`cockpit.events`).
        """
        if not follow and not surroundings.has_ledger(self.places):
            return iter(())
        return self._read(after, follow)

    def _read(self, after: int, follow: bool) -> Iterator[Recorded]:
        from cockpit.ledger.sqlite import SqliteLedger

        ledger, bell = SqliteLedger(self.places.folder), self.places.folder / "bell"
        try:
            while True:
                heard = bell.stat().st_size if bell.exists() else 0
                for one in ledger.read(after):
                    after = one.position
                    yield one
                if not follow:
                    return
                looked = time.monotonic()
                # A ring may be lost; a look at the ledger itself now and then costs one query.
                while time.monotonic() < looked + 1.0 and (not bell.exists() or bell.stat().st_size == heard):
                    time.sleep(LOOK_SECONDS)
        finally:
            ledger.close()

    def wait(self, until: Callable[[State], bool] | None = None, timeout: float | None = None) -> State:
        """Block until `until` is true of the state; the first that it is true of.

        Without `until`: until the night has ended or nothing goes on without you. Raises TimeoutError.
        """
        from cockpit.policy.night import needs_you

        def over(state: State) -> bool:
            return state.night is None or bool(state.night.ended) or needs_you(state)

        wanted, last = until or over, None if timeout is None else time.monotonic() + timeout
        state = self.state
        while not wanted(state):
            if last is not None and time.monotonic() > last:
                raise TimeoutError(f"it did not come about in {timeout:g} s")
            time.sleep(LOOK_SECONDS)
            state = self._newer(state)
        return state

    def _newer(self, state: State) -> State:
        from cockpit.fold import fold

        new = list(self.events(after=state.position))
        return fold(new, state) if new else state
