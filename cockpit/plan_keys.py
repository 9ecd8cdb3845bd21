"""The keys about plans that a planner makes: ask for one, look at it, drop and edit tasks, agree, discard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cockpit.app_base import AppBase
from cockpit.later import later

if TYPE_CHECKING:
    from cockpit import commands
    from cockpit.commands import AskPlan
    from panes.plan_card import PlanCard
else:
    commands = later("cockpit.commands")


class PlanKeys(AppBase):
    """Actions of the app; what may be done with a plan the engine decides."""

    def action_plan(self) -> None:
        """Show what is proposed, or being made; else ask what to plan from."""
        plan = self.state.plan
        if plan is not None and not plan.failed:
            self._open_plan()
            return
        from panes.plan_card import AskForPlan

        detail = "A planner makes tasks of prose: notes, a specification. Nothing runs before you agree."
        if plan is not None:
            detail = f"The last one came to nothing: {plan.failed}\n{detail}"
        self.push_screen(AskForPlan("Plan what?", detail), self._ask_plan)

    def _ask_plan(self, wanted: AskPlan | None) -> None:
        if wanted is not None:
            self.give(wanted)

    def _open_plan(self) -> None:
        from panes.plan_card import PlanCard

        card = PlanCard(self.keys)
        self.push_screen(card)
        card.tell(self.state, self.now())

    def show_plan(self) -> None:
        """Bring the open card up to date; it closes when there is nothing left to answer."""
        from panes.plan_card import PlanCard

        card = self.screen
        if not isinstance(card, PlanCard):
            return
        if self.state.plan is None or self.state.plan.failed:
            card.dismiss()
        else:
            card.tell(self.state, self.now())

    def on_plan_card_wished(self, event: PlanCard.Wished) -> None:
        """A key of the open card."""
        plan = self.state.plan
        if plan is None:
            return
        match event.what:
            case "agree":
                self.give(commands.AgreePlan(plan.version))
            case "discard":
                made = f"Its {len(plan.drafts)} tasks are dropped; asking again costs again."
                detail = made if plan.is_proposed else "It is not made yet; the planner leaves off."
                self._confirm("Discard the plan?", detail, partial(self.give, commands.DiscardPlan()))
            case "drop" if event.task:
                from cockpit.policy.planning import without

                self.give(commands.ChangePlan(without(plan.drafts, event.task), plan.version))
            case "edit" if event.task:
                self.begin_work(partial(self._edit_plan, event.task), "edit")
            case "edit-all":
                self.begin_work(partial(self._edit_plan, ""), "edit")

    async def _edit_plan(self, task: str) -> None:
        from cockpit.plan_editing import Desk, edit_plan, edit_task

        desk = Desk(lambda: self.state, self.submit_heard, self.released)
        try:
            said = await (edit_task(desk, task) if task else edit_plan(desk))
        except Exception as error:  # no editor, no disk, no ledger: the person must read what became of the text
            self.say(str(error), ok=False)
            return
        self.say(said.message, said.ok)
