"""Money by admission: under any caps, whatever happens, `spent + reserved ≤ cap`, and every night comes to rest."""

from __future__ import annotations

import random
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import events
from cockpit.commands import ChangeCap, ChangeNight, GrantMoney, RetryTask, StartNight
from cockpit.fold import fold
from cockpit.policy import budget
from cockpit.policy.decide import decide
from cockpit.policy.night import needs_you, waits_for_another_day
from cockpit.policy.rules import Rules
from cockpit.reserves import DAY, DAY_SECONDS, run_key
from cockpit.state import RESTING, MergePolicy, State, TaskState
from tests.sim.test_nights import LUCK, queue_of
from tests.sim.world import Luck, World, check_invariants, night_of

MANY = settings(max_examples=120, deadline=None)

CAPS = st.dictionaries(
    st.sampled_from([DAY, "month", "role builder", "role reviewer", "category docs", "category core"]),
    st.floats(0.05, 4),
    max_size=4,
)
RULES = st.builds(
    Rules,
    caps=CAPS,
    review_usd=st.floats(0, 0.1),
    hold_back=st.dictionaries(st.just("m"), st.floats(0, 0.2)),
    models=st.just({"builder": "m", "reviewer": "r", "explorer": "m"}),
    extensions=st.integers(0, 3),
)
WISHES = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["night", "day", "grant", "retry", "start"]), st.floats(0.05, 3)),
    max_size=6,
)


def a_night(seed: int, luck: Luck, rules: Rules, cap_usd: float | None, reserve: float) -> World:
    """Six tasks of three categories, begun at any time of the day."""
    dice = random.Random(seed)
    world = World(dice, luck, rules, now=dice.uniform(0, 3 * DAY_SECONDS))
    tasks = queue_of(6, dice)
    for draft in tasks.drafts:
        object.__setattr__(draft, "category", dice.choice(["docs", "core", ""]))
    night_of(world, tasks, StartNight(3, "main", MergePolicy.AUTO, True, cap_usd, reserve))
    return world


def wish(world: World, what: str, usd: float) -> None:
    """A person does something about money; what is refused changes nothing."""
    state = world.state
    match what:
        case "night" if state.night is not None:
            world.give(ChangeNight(max(state.night.cap_usd or 0.0, usd)))
        case "day":
            world.give(ChangeCap(DAY, usd))
        case "grant":
            for task in list(state.tasks.values()):
                world.give(GrantMoney(task.id, usd))
        case "retry":
            for task in state.in_state(TaskState.ESCALATED):
                world.give(RetryTask(task.id))
        case _:
            world.give(StartNight(3, "main", MergePolicy.AUTO, True, usd))
    check_invariants(world)


@MANY
@given(st.integers(), LUCK, RULES, st.none() | st.floats(0.1, 4), st.floats(0, 0.4), WISHES, st.floats(0, 0.1))
def test_no_cap_is_ever_promised_twice_and_every_night_comes_to_rest(
    seed: int,
    luck: Luck,
    rules: Rules,
    cap_usd: float | None,
    reserve: float,
    wishes: list[tuple[int, str, float]],
    crashes: float,
) -> None:
    world = a_night(seed, luck, rules, cap_usd, reserve)
    for steps, what, usd in wishes:
        for _ in range(steps):
            if world.chance(crashes):
                world.crash()
            world.step()
            check_invariants(world)
        wish(world, what, usd)

    world.run(crashes=crashes)  # checks the caps after every step

    night = world.state.night
    assert night is not None
    left = [t for t in world.state.tasks.values() if t.state not in RESTING]
    assert night.ended or needs_you(world.state) or is_parked(world), [(t.id, t.state, t.reason) for t in left]


def is_parked(world: World) -> bool:
    """What is left waits for the night's deadline or a later day, which the simulation leaves alone."""
    return waits_for_another_day(world.state, world.rules, world.now)


@MANY
@given(st.integers(), LUCK, RULES, st.floats(0.1, 4), st.floats(0, 0.4))
def test_nothing_starts_whose_review_could_not_be_paid_too(
    seed: int, luck: Luck, rules: Rules, cap_usd: float, reserve: float
) -> None:
    world = a_night(seed, luck, rules, cap_usd, reserve)
    world.run()
    for one in world.log:
        if isinstance(one.event, events.TaskClaimed):
            assert one.event.review_usd == rules.review_usd
            assert one.event.reserve_usd >= rules.hold_back.get("m", 0.0)  # type: ignore[operator]


@MANY
@given(st.integers(), LUCK, RULES, st.floats(0.1, 3))
def test_the_fold_says_the_same_wherever_it_is_cut(seed: int, luck: Luck, rules: Rules, cap_usd: float) -> None:
    world = a_night(seed, luck, rules, cap_usd, 0.1)
    world.run()
    cut = world.random.randrange(len(world.log) + 1)

    assert fold(world.log[cut:], fold(world.log[:cut])) == world.state


@MANY
@given(st.integers(), LUCK, RULES, st.floats(0.1, 3))
def test_every_cap_says_each_share_once_and_only_when_it_is_true(
    seed: int, luck: Luck, rules: Rules, cap_usd: float
) -> None:
    world = a_night(seed, luck, rules, cap_usd, 0.1)
    world.run()
    said: set[tuple[str, float, int]] = set()
    for one in world.log:
        if isinstance(one.event, events.BudgetAlert):
            key = (one.event.cap, one.event.since, one.event.percent)
            assert key not in said
            said.add(key)
            assert one.event.spent_usd * 100 >= one.event.percent * one.event.of_usd


def test_a_night_that_waits_for_the_days_cap_goes_on_after_midnight() -> None:
    world = a_night(3, Luck(), Rules(caps={DAY: 0.6}), None, 0.3)
    world.now = world.state.night.started  # type: ignore[union-attr]
    begun = world.rules.calendar(world.now).day

    world.run()

    assert {task.state for task in world.state.tasks.values()} == {TaskState.LANDED}
    assert world.rules.calendar(world.now).day > begun, "two days were needed"
    for day, spent in by_day(world.state).items():
        assert spent <= 0.6 + 1e-6, day


def by_day(state: State) -> Mapping[int, float]:
    """What every day cost."""
    found: dict[int, float] = {}
    for quarter, charges in state.quarters.items():
        day = int(quarter * 900 // DAY_SECONDS)
        found[day] = found.get(day, 0.0) + sum(charges.values())
    return found


def test_money_is_booked_on_the_day_it_was_spent_though_its_record_came_late() -> None:
    world = a_night(1, Luck(), Rules(caps={DAY: 10.0}), None, 1.0)
    while not any(run.live for run in world.state.runs.values()):
        world.step()
    run = next(run.id for run in world.state.runs.values() if run.live)
    midnight = world.rules.calendar(world.now).next_day
    world.now = midnight + 100

    world.record(events.CostSeen(run, 1, 0.25, 10, "m", "cli", spent_at=midnight - 5))

    today = budget.caps(world.state, world.rules.calendar(world.now))[0]
    assert (today.spent, by_day(world.state)) == (0.0, {int((midnight - 5) // DAY_SECONDS): 0.25})
    assert abs(today.reserved - 2.75) < 1e-6 or today.reserved > 0.7, "its reserve counts on the new day as well"


def test_reviews_that_wait_for_each_others_money_do_not_wait_for_ever() -> None:
    world = World(random.Random(1), Luck(lost_call=1.0, usd_a_turn=0.1), Rules(review_usd=1.0))
    night_of(world, queue_of(4, world.random), StartNight(3, "main", MergePolicy.AUTO, True, 6.0, 1.0))
    world.run()

    asked = [one.event for one in world.log if isinstance(one.event, events.MoneyAsked)]
    assert asked
    assert "there is no money for its review" in asked[0].reason
    assert not world.state.in_state(TaskState.TESTING, TaskState.REVIEWING)
    assert world.state.night is not None
    assert world.state.night.ended or needs_you(world.state)


def test_what_a_killed_answer_can_have_cost_stays_charged() -> None:
    world = a_night(1, Luck(), Rules(), 10.0, 1.0)
    while not any(run.live for run in world.state.runs.values()):
        world.step()
    run = next(run for run in world.state.runs.values() if run.live)

    world.record(events.CostSeen(run.id, 1, 0.25, 10, "m", "cli", open_usd=0.5), events.RunExited(run.id, 2, -9))

    assert abs(world.state.spent_usd - 0.75) < 1e-9
    assert {account.source: usd for account, usd in world.state.charges.items()} == {"cli": 0.25, "bound": 0.5}


def test_a_run_that_died_is_not_begun_again_with_less_than_one_answer_costs() -> None:
    rules = Rules(models={"builder": "m"}, hold_back={"m": 0.5}, extensions=1)
    world = a_night(1, Luck(), rules, 10.0, 1.0)
    while not any(run.live for run in world.state.runs.values()):
        world.step()
    run = next(run for run in world.state.runs.values() if run.live)
    world.record(events.CostSeen(run.id, 1, 1.0, 10, "m", "cli", open_usd=0.4), events.RunExited(run.id, 2, -9))

    (made,) = decide(world.state, rules, world.now).records

    assert isinstance(made, events.MoneyReserved)
    assert (made.run, made.extends) == (run.id, True)
    world.record(made)
    assert world.state.reserves[run_key(run.id)].usd >= 0.5
