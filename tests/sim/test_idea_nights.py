"""Simulated nights with ideas on: every one of them ends, within its bounds, and says why nothing more came."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.commands import AskIdea, StartNight
from cockpit.policy.rules import IdeaRules, Rules
from cockpit.state import TaskState
from tests.sim.night import Night
from tests.sim.scenario import Scenario, draw

IDEAS = IdeaRules(enabled=True, per_night=4, usd=0.02, review_usd=0.02, share=0.9, room_seconds=1200.0)
LUCK = {"nothing found": 0.2, "not worth it": 0.3, "silent reviewer": 0.1}


class NightOfIdeas(Night):
    """A night that may begin with nothing to do."""

    def begin(self) -> StartNight:
        """The same, with ideas on."""
        return replace(super().begin(), ideas=True)


def night_of(scenario: Scenario, rules: IdeaRules = IDEAS) -> Night:
    """The night of a scenario, played to its end; the audit looks at every event of it."""
    found = NightOfIdeas(replace(scenario, luck={**LUCK, **scenario.luck}), Rules(ideas=rules))
    found.run()
    return found


@pytest.mark.parametrize("auto", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_a_night_with_ideas_ends_within_its_bounds_whatever_breaks(seed: int, auto: bool) -> None:
    night = night_of(draw(seed, agents=4, tasks=seed % 4), replace(IDEAS, auto=auto))
    state = night.read()

    assert state.night is not None
    assert state.night.ended
    assert state.ideas.current is None
    assert not [key for key, one in state.reserves.items() if one.idea]
    assert all(one.outcome for one in state.ideas.past.values())


def quiet(seed: int, **more: object) -> Scenario:
    """A night without tasks and without trouble."""
    return replace(draw(seed, agents=2, tasks=0), faults=(), wishes=(), luck={}, hours=None, cap=None, **more)  # type: ignore[arg-type]


def test_an_empty_night_lives_from_its_ideas_and_says_why_there_are_no_more() -> None:
    night = night_of(quiet(3), replace(IDEAS, auto=True))
    state = night.read()

    assert state.ideas.asked == 4
    assert state.in_state(TaskState.LANDED)
    assert state.ideas.rests == "4 ideas were asked for, as many as a night may"
    assert state.night is not None
    assert state.night.stopping == "done"


def test_a_person_gets_an_idea_after_the_night() -> None:
    night = night_of(quiet(3), replace(IDEAS, per_night=0))
    night.rules = Rules(ideas=replace(night.rules.ideas, enabled=False))
    before = night.read().ideas.asked
    assert before == 0
    night.give(AskIdea("security"))
    assert night.engine is not None, "an engine is started for it"
