"""Simulated nights under a cap that a person raises now and then, with engines that forget everything at any step."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cockpit import events, metrics
from cockpit.commands import ChangeNight, StopNight
from cockpit.fold import fold
from cockpit.state import State
from tests.sim.test_nights import LUCK, NIGHTS, a_night
from tests.sim.world import Luck, World

RAISES = st.lists(st.tuples(st.integers(0, 60), st.floats(0.1, 2)), max_size=5)


def raised(seed: int, luck: Luck, raises: list[tuple[int, float]], crashes: float) -> World:
    """A night with a cap of half a dollar, raised after so many steps by so much, and each time the budget stops it."""
    world = a_night(seed, luck, cap_usd=0.5)
    for steps, more in raises:
        for _ in range(steps):
            if world.chance(crashes):
                world.crash()
            world.step()
        night = world.state.night
        assert night is not None
        assert night.cap_usd is not None
        world.give(ChangeNight(max(night.cap_usd, world.state.spent_usd) + more))
    world.run(crashes=crashes)
    return world


@NIGHTS
@given(st.integers(), LUCK, RAISES, st.floats(0, 0.2))
def test_nothing_starts_over_the_cap_of_that_moment(
    seed: int, luck: Luck, raises: list[tuple[int, float]], crashes: float
) -> None:
    state = State()
    for one in raised(seed, luck, raises, crashes).log:
        if isinstance(one.event, events.TaskClaimed):
            assert state.night is not None
            assert state.night.cap_usd is not None
            assert state.spent_usd < state.night.cap_usd
        state = fold([one], state)


@NIGHTS
@given(st.integers(), LUCK, RAISES, st.floats(0, 0.2))
def test_each_alert_is_true_and_comes_once_until_the_cap_is_raised(
    seed: int, luck: Luck, raises: list[tuple[int, float]], crashes: float
) -> None:
    told: list[int] = []
    state = State()
    for one in raised(seed, luck, raises, crashes).log:
        match one.event:
            case events.BudgetAlert(percent=percent, spent_usd=spent, of_usd=cap):
                assert percent not in told
                assert spent * 100 >= percent * cap
                assert state.night is not None
                assert cap == state.night.cap_usd
                told.append(percent)
            case events.NightChanged(cap_usd=cap) if cap is not None:
                told = [percent for percent in told if state.spent_usd * 100 >= percent * cap]
            case _:
                pass
        state = fold([one], state)
    assert all(low < high for low, high in pairwise(told))


@NIGHTS
@given(st.integers(), LUCK, RAISES)
def test_the_sums_agree_after_any_night(seed: int, luck: Luck, raises: list[tuple[int, float]]) -> None:
    world = raised(seed, luck, raises, 0)
    state = world.state

    found = metrics.money(state, world.now)

    for group in ("by_agent", "by_role", "by_model", "by_task"):
        assert abs(sum(row["night"] for row in found[group].values()) - state.spent_usd) < 1e-4
    for name, row in found["by_task"].items():
        assert abs(row["night"] - state.tasks[name].usd) < 1e-5


@NIGHTS
@given(st.integers(), LUCK)
def test_a_night_that_was_stopped_by_the_budget_is_left_at_that_only_once(seed: int, luck: Luck) -> None:
    world = a_night(seed, luck, cap_usd=0.3)
    world.run()
    night = world.state.night
    assert night is not None
    if night.stopping == "budget":
        assert world.give(StopNight()).ok
        world.run()
        assert world.state.night is not None
        assert world.state.night.closed_by == "you"
        assert world.state.night.ended
