"""Cockpit from Python: one class, with the commands of the command line as methods.

    from cockpit import Cockpit

    cockpit = Cockpit("path/to/repository")
    cockpit.add_task("Add a median", criteria=["median([3, 1, 2]) is 2"])
    cockpit.run(agents=2, budget=5.0)
    cockpit.wait()
    print(cockpit.report()["landed"])

Everything blocks until it is answered; nothing runs in this process: a night has an engine of its own, which goes on
when this program ends. Times are seconds since the epoch (UTC), durations seconds, money US dollars. A refusal is a
`Refused`, everything else that is in the way a `CockpitError`; the text of both says what, where and what to do.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from cockpit import commands
from cockpit.api_planning import Planned, Planning
from cockpit.api_view import LOOK_SECONDS, CockpitError, Refused, worded
from cockpit.cli import surroundings
from cockpit.state import Comment, Kind, MergePolicy, TaskChanges, TaskDraft

__all__ = ["Cockpit", "CockpitError", "Planned", "Refused"]

STOP_SECONDS = 90.0
"""How long a polite stop may take."""


class Cockpit(Planning):
    """The cockpit of one git repository."""

    # ── tasks ────────────────────────────────────────────────────────────────────────────────────────

    @worded
    def plan(self, *files: str | os.PathLike[str], section: str | None = None, dry_run: bool = False) -> Planned:
        """Read tasks from Markdown plans and queue what is new of them; with `dry_run` only read."""
        from cockpit.cli.starting import read_plans

        drafts = tuple(read_plans([Path(file) for file in files], section))
        if dry_run:
            return Planned(drafts, (), "")
        return self._add(drafts)

    def add_task(
        self,
        title: str,
        *,
        description: str = "",
        criteria: Sequence[str] = (),
        kind: str = "build",
        category: str = "",
        priority: int = 0,
        after: Sequence[str] = (),
        files: Sequence[str] = (),
        merge: str | None = None,
        suggest: bool = False,
        role: str = "",
        model: str = "",
        parallel: int = 1,
        of: str = "",
        source: str = "you",
    ) -> str:
        """Queue one task; its name, such as `T3`.

        `kind`: explore, build, review, ideate or plan. `after`: tasks that must land first. `merge`: `ask` or `auto`,
        else as the night has it. `suggest`: it waits until it is promoted. `role`, `model`: else as the routing says.
        `parallel`: so many explorers look at once, for one answer (`task(name).answer`). `of`: what a review looks at.
        """
        draft = TaskDraft(
            key="new",
            title=title,
            description=description,
            criteria=tuple(criteria),
            kind=_one_of(Kind, kind, "kind"),
            category=category,
            priority=priority,
            depends_on=tuple(name.upper() for name in after),
            files=tuple(files),
            merge=None if merge is None else _one_of(MergePolicy, merge, "merge"),
            source=source,
            suggested=suggest,
            role=role,
            model=model,
            parallel=parallel,
            subject=of,
        )
        return self._add((draft,)).added[0]

    def _add(self, drafts: tuple[TaskDraft, ...]) -> Planned:
        before, titles = set(self.state.tasks), {draft.title.strip() for draft in drafts}
        said = self.give(commands.AddTasks(drafts))
        added = [t.id for t in self.state.tasks.values() if t.id not in before and t.title in titles]
        return Planned(drafts, tuple(added), said)

    def edit_task(self, task: str, **changes: Any) -> str:
        """Change what a task says: title, description, criteria, kind, category, priority, files, merge, …"""
        known = TaskChanges.__slots__
        if wrong := set(changes) - set(known):
            raise CockpitError(f"a task has no {', '.join(sorted(wrong))}; it has {', '.join(known)}")
        given = dict(changes)
        for name in {"criteria", "depends_on", "files"} & set(given):
            given[name] = tuple(given[name])
        if "kind" in given:
            given["kind"] = _one_of(Kind, given["kind"], "kind")
        return self.give(commands.EditTask(task, TaskChanges(**given)))

    def move(self, task: str, *, before: str = "", to: str = "", by: int = 0) -> str:
        """Another place in the queue: right before another task, `to` "first" or "last", or `by` so many later."""
        return self.give(commands.MoveTask(task, by, to, before))

    def assign(self, task: str, agent: int | None) -> str:
        """Give a task to one agent, also in the middle of its work; None: any may take it."""
        return self.give(commands.ReassignTask(task, agent))

    def promote(self, task: str) -> str:
        """Take a suggested task up into the queue."""
        return self.give(commands.PromoteTask(task))

    def skip(self, task: str) -> str:
        """Take a task out of the night; its work is kept."""
        return self.give(commands.SkipTask(task))

    def retry(self, task: str) -> str:
        """Queue a failed, skipped or escalated task again."""
        return self.give(commands.RetryTask(task))

    # ── the night ────────────────────────────────────────────────────────────────────────────────────

    @worded
    def run(
        self,
        *,
        agents: int | None = None,
        budget: float | None = None,
        until: str = "",
        auto_merge: bool = False,
    ) -> str:
        """Start the night, or change the bounds of the one that runs; returns at once.

        `agents` 1 to 10, `budget` in US dollars, `until` HH:MM local time; what is left out is as configured.
        """
        from cockpit.cli.parser import parser
        from cockpit.cli.starting import night_command

        words = ["run", "--detach", *(["--auto-merge"] if auto_merge else [])]
        for option, value in (("--agents", agents), ("--budget", budget), ("--until", until or None)):
            words += [] if value is None else [f"{option}={value}"]
        settings, repository = surroundings.configuration(self.places), surroundings.repository(self.places)
        return self.give(night_command(parser().parse_args(words), self.places, settings, repository))

    def stop(self, *, now: bool = False, timeout: float = STOP_SECONDS) -> str:
        """End the night and wait for the engine to leave; `now`: kill every process at once. All work is kept."""
        if now:
            from cockpit.engine import emergency

            answer = emergency.stop(self.places, self._by)
            if not answer.ok:
                raise Refused(answer.message)
            return answer.message
        said, last = self.give(commands.StopNight()), time.monotonic() + timeout
        while self.engine() is not None:
            if time.monotonic() > last:
                raise TimeoutError(f"the engine is still busy ending the night after {timeout:g} s")
            time.sleep(LOOK_SECONDS)
        return said

    def budget(self, *, night: float | None = None, task: str = "", usd: float = 0.0, **caps: float) -> str:
        """Another cap for the night, for `day=` or `month=`, or more money (`usd`) for a `task`."""
        wanted: list[commands.Command] = [] if night is None else [commands.ChangeNight(night)]
        wanted += [commands.ChangeCap(name, value) for name, value in caps.items()]
        wanted += [commands.GrantMoney(task, usd)] if task else []
        return "; ".join(self.give(command) for command in wanted)

    def pause(self, agent: int | None = None, *, category: str = "", role: str = "") -> str:
        """Hold an agent, all work of a category or a role, or (nothing named) all agents."""
        return self.give(commands.Pause(agent, category, role))

    def resume(self, agent: int | None = None, *, category: str = "", role: str = "", now: bool = False) -> str:
        """Let it go on; nothing named: everything, after `stop(now=True)` too. `now`: don't wait for a limit's end."""
        return self.give(commands.TryAgain() if now else commands.Resume(agent, category, role))

    # ── agents and their work ────────────────────────────────────────────────────────────────────────

    def kill(self, agent: int) -> str:
        """End an agent's run now; its work is kept."""
        return self.give(commands.Kill(agent))

    def message(self, agent: int, text: str) -> str:
        """Say something to an agent in the middle of its turn."""
        return self.give(commands.Message(agent, text))

    def answer(self, question: str, *words: str) -> str:
        """Answer what an agent asks: numbers or names of its choices, or a text."""
        return self.give(commands.AnswerQuestion(question, words))

    def approve(self, task: str, *, anyway: bool = False) -> str:
        """Say yes to a merge; `anyway`: though its gate on secrets or sizes is red."""
        return self.give(commands.Approve(task, anyway))

    def reject(self, task: str, note: str = "", comments: Sequence[Comment] = ()) -> str:
        """Send work back to its agent with a note, with comments on lines (`cockpit.state.Comment`), or with both."""
        return self.give(commands.Reject(task, note, tuple(comments)))

    def rollback(self, task: str) -> str:
        """Undo what a task landed, through the same gates."""
        return self.give(commands.RollBack(task))

    def clean(self, older_seconds: float = 24 * 3600.0) -> str:
        """Remove finished worktrees and landed branches that have been so for as long."""
        return self.give(commands.Clean(older_seconds))

    def share(self, name: str, text: str, title: str = "") -> str:
        """Share a text with all agents, under a file's name."""
        from cockpit import shared_files

        try:
            shared_files.put(self.places.context, name, text)
        except shared_files.CannotShare as error:
            raise CockpitError(str(error)) from error
        return self.give(commands.ShareContext(name, title))

    def unshare(self, name: str) -> str:
        """Share it no more."""
        from cockpit import shared_files

        said = self.give(commands.RemoveContext(name))
        shared_files.take_out(self.places.context, name)
        return said


T = TypeVar("T", Kind, MergePolicy)


def _one_of(kinds: type[T], value: str, what: str) -> T:
    try:
        return kinds(value)
    except ValueError:
        raise CockpitError(f"{what} {value!r}: expected one of {', '.join(kinds)}") from None
