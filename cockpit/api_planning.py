"""Commands from Python, and plans that a model makes of prose: asked for, looked at, changed, agreed to or dropped.

The same as `cockpit plan --ai` and what follows it: nothing is queued, and so nothing runs, before `agree_plan`.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cockpit import commands
from cockpit.api_view import CockpitError, Refused, View, worded
from cockpit.cli import surroundings
from cockpit.state import Plan, TaskDraft


@dataclass(frozen=True, slots=True)
class Planned:
    """What was read from plan documents, or agreed to."""

    drafts: tuple[TaskDraft, ...]
    """The tasks, in the documents' order."""
    added: tuple[str, ...]
    """The names of those that are new in the queue; empty for a dry run."""
    said: str
    """The answer, such as `2 tasks added: T1 to T2`; empty for a dry run."""


class Planning(View):
    """The part of `Cockpit` that has plans made, and the way that every command goes."""

    @worded
    def ask_plan(
        self,
        *files: str | os.PathLike[str],
        section: str = "",
        tasks: tuple[int, int] | None = None,
        timeout: float | None = None,
    ) -> Plan:
        """Have the planner make tasks of prose; the plan that it proposes, once it is there. This costs money.

        `section`: only under this heading. `tasks`: at least and at most so many, else as configured. A limit of the
        model's service is waited for. Raises TimeoutError after `timeout` seconds; the planner goes on, and `proposal`
        has what comes of it.
        """
        from cockpit.cli import planning

        settings, until = surroundings.configuration(self.places), math.inf
        wanted = planning.wanted([Path(file) for file in files], section, tasks, settings)
        planning.check_ready(settings)
        self.give(wanted)
        if timeout is not None:
            until = time.monotonic() + timeout
        plan = planning.awaited(self.places, lambda _: None, until)
        if plan is None:
            raise CockpitError("the plan was discarded or agreed to from elsewhere")
        if plan.failed:
            raise CockpitError(f"there is no plan: {plan.failed}")
        return plan

    @property
    def proposal(self) -> Plan | None:
        """The plan that is being made or waits for an answer; None where there is none."""
        return self.state.plan

    def change_plan(self, plan: Plan, drafts: Sequence[TaskDraft]) -> Plan:
        """Put other tasks into a proposed plan; the plan as it is then, its `warnings` anew."""
        self.give(commands.ChangePlan(tuple(drafts), plan.version))
        if (now := self.proposal) is None:
            raise CockpitError("the plan was discarded or agreed to from elsewhere")
        return now

    def agree_plan(self, plan: Plan) -> Planned:
        """Queue the tasks of a proposed plan, all or none; refused where it is another one by now."""
        before = set(self.state.tasks)
        said = self.give(commands.AgreePlan(plan.version))
        titles = {draft.title.strip() for draft in plan.drafts}
        added = [t.id for t in self.state.tasks.values() if t.id not in before and t.title in titles]
        return Planned(plan.drafts, tuple(added), said)

    def discard_plan(self) -> str:
        """Drop a proposed plan, or have the planner leave off."""
        return self.give(commands.DiscardPlan())

    @worded
    def give(self, command: commands.Command) -> str:
        """Give any command (`cockpit.commands`); the engine's answer. Raises Refused where that is a no."""
        from cockpit.engine import desk
        from cockpit.ledger import LedgerError

        try:
            said = desk.give(self.places, command, self._by, way=self._way)
        except (desk.DeskError, LedgerError) as error:
            raise CockpitError(str(error)) from error
        if not said.ok:
            raise Refused(said.message)
        return said.message
