"""Ideas: the table and its prompts, what is old, whose turn it is, what bounds them, and what becomes of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit import events, idea_numbers
from cockpit.commands import AskIdea, SkipTask, SwitchCategory
from cockpit.config_ideas import Ideas as IdeasConfig
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.idea_facts import ACCEPTED, DUPLICATE, FAILED, NOTHING, REFUSED, SUGGESTED, TURNED_DOWN, Draft
from cockpit.ideas import CATEGORIES, find
from cockpit.policy import budget, coverage
from cockpit.policy.actions import Ideate, Weigh
from cockpit.policy.decide import decide
from cockpit.policy.ideas import next_category
from cockpit.policy.requests import answer
from cockpit.policy.rules import IdeaRules, Rules
from cockpit.policy.similar import ENOUGH, Known, duplicate, similarity, words
from cockpit.prompting import fill
from cockpit.state import State, TaskState

ON = IdeaRules(enabled=True, per_night=5, usd=0.2, review_usd=0.3)
EVENING: tuple[Event, ...] = (
    events.IdeasConfigured(True, ON.categories),
    events.NightStarted("n1", 2, "main", cap_usd=10.0),
)
DRAFT = Draft("Test the parser's empty input", "parser.py:3", ("it fails now",), "write it", ("parser.py",))


def after(*happened: Event, state: State | None = None, at: float = 100.0) -> State:
    """What is true after these."""
    begin = state.position if state else 0
    return fold([Recorded(begin + n, "s", n, at + n, one) for n, one in enumerate(happened, 1)], state)


def goes_on(state: State, rules: IdeaRules = ON, now: float = 200.0, until: type[Event] | None = None) -> State:
    """Record what the policies want until they want nothing more, or until they wanted `until`."""
    for _ in range(60):
        found = decide(state, Rules(ideas=rules), now)
        if not found.records:
            return state
        state = after(*found.records, state=state, at=now)
        if until is not None and any(isinstance(one, until) for one in found.records):
            return state
    raise AssertionError("the policies never come to rest")


def asked(state: State, rules: IdeaRules = ON, draft: Draft = DRAFT, worth: bool = True) -> State:
    """An idea that was given and weighed."""
    state = goes_on(state, rules)
    assert state.ideas.current is not None, state.ideas.rests
    name = state.ideas.current.id
    state = goes_on(after(events.IdeaGiven(name, draft), state=state), rules)
    if state.ideas.current is not None and state.ideas.current.step == "checking":
        state = goes_on(after(events.IdeaWeighed(name, worth, "because"), state=state), rules, until=events.IdeaClosed)
    return state


# ── the table ────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_21_categories_with_a_packaged_prompt_each_and_no_two_are_alike() -> None:
    assert len(CATEGORIES) == 21
    texts = {one.id: fill(one.prompt) for one in CATEGORIES.values()}
    for one in CATEGORIES.values():
        assert texts[one.id].startswith(f"# {one.title}\n")
        assert 120 <= len(texts[one.id].split()) <= 400
        assert one.looks
    for first, second in combinations(texts, 2):
        mine, yours = (_triples(texts[name]) for name in (first, second))
        assert len(mine & yours) / min(len(mine), len(yours)) < 0.06, f"{first} and {second} say the same"


def _triples(text: str) -> set[tuple[str, ...]]:
    said = [word for word in text.lower().split()[3:]]
    return set(zip(said, said[1:], said[2:], strict=False))


def test_a_category_is_found_by_its_id_and_by_its_title() -> None:
    for one in CATEGORIES.values():
        assert find(one.title) is find(one.id.upper()) is one
    assert find("nonsense") is None


def test_the_configuration_takes_names_and_says_what_is_near() -> None:
    chosen = IdeasConfig(categories=["Testing", "security", "front end"], disable=["Security"])
    assert chosen.chosen() == ("front-end", "testing")
    with pytest.raises(ValueError, match="did you mean security"):
        IdeasConfig(disable=["securty"])
    with pytest.raises(ValueError, match="the first is at most the second"):
        IdeasConfig(refused_switch_off=(4, 3))


# ── what is old ──────────────────────────────────────────────────────────────────────────────────────

TITLES = st.text(st.characters(codec="utf-8"), max_size=60)


@given(TITLES, TITLES)
def test_likeness_is_the_same_both_ways_round_and_between_nothing_and_all(one: str, other: str) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0.0 <= similarity(one, other) <= 1.0


@given(TITLES)
def test_a_title_is_its_own_duplicate_whatever_its_case_and_spaces(title: str) -> None:
    found = duplicate(f"  {title.upper()} ", [Known(title.upper(), "T1")])
    assert found is not None
    assert found.what == "T1"


WORD = st.text("abcdefghijklm", min_size=5, max_size=9)
OTHER_WORD = st.text("nopqrstuvwxyz", min_size=5, max_size=9)


@given(st.lists(WORD, min_size=1), st.lists(OTHER_WORD, min_size=1))
def test_titles_without_a_common_word_are_no_duplicates(mine: list[str], yours: list[str]) -> None:
    if not words(" ".join(mine)) & words(" ".join(yours)):
        assert duplicate(" ".join(mine), [Known(" ".join(yours), "T1")]) is None


@given(st.permutations(["cache", "parsed", "configuration", "between", "requests"]))
def test_the_order_of_words_does_not_matter(shuffled: Sequence[str]) -> None:
    assert similarity(" ".join(shuffled), "cache parsed configuration between requests") == 1.0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Add tests for the date parser", "Add a test to the date parser", True),
        ("Speed up parsing of large files", "Parsing large files faster", True),
        ("Document the --strict option", "Add documentation of the strict option", True),
        ("Retry failed downloads", "Retry failing downloads", True),
        ("Fix the crash on empty input", "Fix the crash on an unreadable file", False),
        ("Add tests for the date parser", "Add tests for the price table", False),
        ("Cache the configuration", "Validate the configuration", False),
    ],
)
def test_titles_as_people_write_them(one: str, other: str, same: bool) -> None:
    assert (similarity(one, other) >= ENOUGH) is same


# ── whose turn it is ─────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.sampled_from(list(CATEGORIES)[:5]), max_size=12))
def test_the_turn_is_that_of_the_category_that_had_none_for_longest(before: list[str]) -> None:
    mine = replace(ON, categories=tuple(list(CATEGORIES)[:5]), per_category=99)
    log: list[Event] = list(EVENING)
    for number, name in enumerate(before, 1):
        log += [events.IdeaBegun(f"I{number}", name), events.IdeaClosed(f"I{number}", NOTHING)]
    state = after(*log)

    ages = {name: max((n for n, one in enumerate(before) if one == name), default=-1) for name in mine.categories}
    assert ages[next_category(state, mine)] == min(ages.values())
    assert next_category(fold([], state), mine) == next_category(state, mine), "a restart changes nothing"


def test_in_turn_every_category_comes_before_one_comes_twice() -> None:
    state, seen = after(*EVENING), list[str]()
    mine = replace(ON, per_night=99)
    for _ in range(21):
        state = goes_on(state, mine)
        assert state.ideas.current is not None
        seen.append(state.ideas.current.category)
        state = after(events.IdeaClosed(state.ideas.current.id, NOTHING, "all is well"), state=state)
    state = goes_on(state, mine)

    assert seen == list(CATEGORIES)
    assert state.ideas.rests == "every category that is on has had its share"


def test_nothing_is_asked_while_something_else_can_start_or_no_agent_is_free() -> None:
    busy = after(*EVENING, events.TaskAdded("T1", "a task"))
    state = goes_on(busy)

    assert state.tasks["T1"].state is TaskState.CLAIMED
    assert not state.ideas.wish
    assert state.ideas.current is not None, "the second agent is free, and there is nothing for it"
    assert state.ideas.current.agent == 2
    one = after(events.NightStarted("n1", 1, "main", cap_usd=10.0), events.TaskAdded("T1", "a task"))
    assert goes_on(one).ideas.asked == 0


# ── what bounds them ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"per_night": 0}, "0 ideas were asked for, as many as a night may"),
        ({"min_left_usd": 9.9}, r"less than \$9.90 would be left of the night's cap"),
        ({"share": 0.01}, "ideas may cost 1% of what is left"),
        ({"usd": 11.0}, "night's cap has too little room"),
        ({"usd": None}, "nobody knows the price"),
        ({"auto": True, "usd": 4.0, "review_usd": 5.9, "share": 1.0}, "no money left to work on another idea"),
        ({"room_seconds": 12_000.0}, "less than 200 minutes are left"),
        ({"categories": ()}, "every category that is on has had its share"),
    ],
)
def test_a_night_ends_with_the_reason_why_no_more_was_proposed(rules: dict[str, object], why: str) -> None:
    mine = replace(ON, **rules)  # type: ignore[arg-type]
    begun = events.NightStarted("n1", 2, "main", cap_usd=10.0, until=10_000.0)
    state = goes_on(after(events.IdeasConfigured(True, mine.categories), begun), mine)

    assert state.ideas.asked == 0
    assert re.search(why, state.ideas.rests), state.ideas.rests
    assert state.night is not None
    assert state.night.stopping == "done"


def test_an_idea_takes_nothing_of_what_is_set_aside() -> None:
    held = events.TaskClaimed("T1", 1, "T1-1", "s", reserve_usd=9.6)
    state = goes_on(after(*EVENING, events.TaskAdded("T1", "a task"), held), replace(ON, share=1.0))

    assert state.ideas.asked == 0
    assert "too little room" in state.ideas.rests


def test_all_that_an_idea_may_cost_is_set_aside_and_given_back() -> None:
    state = goes_on(after(*EVENING))
    assert budget.reserved(state) == pytest.approx(0.5)
    state = after(
        events.IdeaCall("I1", "ideator", "m"),
        events.CallPaid("ideator", 0.15, 10, "m", "cli", idea="I1"),
        events.IdeaGiven("I1", DRAFT),
        events.IdeaChecked("I1"),
        events.IdeaCall("I1", "reviewer", "m"),
        state=state,
    )
    assert state.spent_usd == 0.15
    assert budget.reserved(state) == pytest.approx(0.35)
    assert state.by_category == {"optimization": 0.15}
    state = after(
        events.CallPaid("reviewer", 0.1, 10, "m", "cli", idea="I1"), events.IdeaClosed("I1", FAILED), state=state
    )
    assert (state.spent_usd, budget.reserved(state), dict(state.reserves)) == (0.25, 0.0, {})
    assert state.ideas.past["I1"].usd == 0.25


def test_what_suggestions_wait_for_you_bounds_them_too() -> None:
    waiting = (events.TaskAdded(f"T{n}", f"thing number {n}", suggested=True) for n in range(3))
    state = goes_on(after(*EVENING, *waiting), replace(ON, waiting=3))
    assert state.ideas.rests == "3 suggestions wait for you already"


def test_a_night_that_stops_in_the_middle_closes_the_idea() -> None:
    state = goes_on(after(*EVENING))
    assert decide(state, Rules(ideas=ON), 200.0).effects == (Ideate("I1"),)
    state = goes_on(after(events.IdeaCall("I1", "ideator", "m"), events.NightStopping("stop", "you"), state=state))
    assert state.ideas.past["I1"].step == "asking", "the call is broken off first, and its money charged"
    assert Ideate("I1") not in decide(state, Rules(ideas=ON), 200.0).effects
    state = goes_on(after(events.CallPaid("ideator", 0.0, 0, "m", "cli", bound_usd=0.2, idea="I1"), state=state))
    assert (state.ideas.past["I1"].outcome, state.reserves) == (FAILED, {})


# ── what becomes of it ───────────────────────────────────────────────────────────────────────────────


def test_a_good_idea_becomes_a_suggested_task_behind_all_others() -> None:
    state = asked(after(*EVENING))
    task = state.tasks["T1"]

    assert (task.state, task.source, task.category) == (TaskState.SUGGESTED, "idea:optimization", "optimization")
    assert task.priority < 0
    assert task.description == "parser.py:3\n\nApproach: write it"
    assert (state.ideas.past["I1"].outcome, state.ideas.past["I1"].task) == (SUGGESTED, "T1")


def test_with_auto_it_is_promoted_and_counts_as_taken_up() -> None:
    state = asked(after(*EVENING), replace(ON, auto=True))
    assert state.tasks["T1"].state in (TaskState.QUEUED, TaskState.CLAIMED)
    assert state.ideas.past["I1"].outcome == ACCEPTED


def test_without_validation_no_reviewer_is_asked() -> None:
    state = goes_on(after(*EVENING), replace(ON, validate=False))
    assert set(state.reserves) == {"ideator I1"}
    state = goes_on(after(events.IdeaGiven("I1", DRAFT), state=state), replace(ON, validate=False, per_night=1))
    assert "T1" in state.tasks


def test_one_that_the_reviewer_turns_down_is_no_task_and_is_not_proposed_again() -> None:
    state = asked(after(*EVENING), worth=False)
    assert (state.ideas.past["I1"].outcome, state.tasks) == (TURNED_DOWN, {})
    state = goes_on(after(events.IdeaGiven("I2", DRAFT), state=goes_on(state)))
    assert "turned down" in state.ideas.past["I2"].again


def test_a_duplicate_is_told_to_the_model_once_and_then_dropped_with_the_reason() -> None:
    there = events.TaskAdded("T1", "Add a test of the parser's empty input"), events.TaskLanded("T1", "c", "main")
    state = goes_on(after(*EVENING, *there))
    state = goes_on(after(events.IdeaGiven("I1", DRAFT), state=state))
    assert "T1, landed" in state.ideas.past["I1"].again
    assert decide(state, Rules(ideas=ON), 200.0).effects == (Ideate("I1"),)

    state = goes_on(after(events.IdeaGiven("I1", DRAFT), state=state))
    assert state.ideas.past["I1"].outcome == DUPLICATE
    assert "T1, landed" in state.ideas.past["I1"].reason


def test_another_one_at_the_second_try_is_weighed() -> None:
    state = goes_on(after(*EVENING, events.TaskAdded("T1", DRAFT.title, suggested=True)))
    state = goes_on(after(events.IdeaGiven("I1", DRAFT), state=state))
    state = goes_on(after(events.IdeaGiven("I1", Draft("Say which file can't be read")), state=state))
    assert decide(state, Rules(ideas=ON), 200.0).effects == (Weigh("I1"),)


def test_a_refusal_is_kept_with_its_reason_and_taken_back_by_a_retry() -> None:
    state = asked(after(*EVENING))
    made, said = answer(state, "c1", SkipTask("T1", "we never\ntest getters"), "you", 1.0)
    assert said.message == "T1 is refused"
    state = after(*made, state=state)
    assert (state.ideas.past["I1"].outcome, state.ideas.past["I1"].reason) == (REFUSED, "we never test getters")
    assert state.tasks["T1"].reason == "skipped by you: we never test getters"
    state = after(events.TaskRetried("T1", "you"), state=state)
    assert state.ideas.past["I1"].outcome == ACCEPTED


def test_a_category_whose_ideas_are_refused_often_is_switched_off_and_says_so_once() -> None:
    log: list[Event] = list(EVENING)
    outcomes = [ACCEPTED, TURNED_DOWN, REFUSED, REFUSED]
    for n, outcome in enumerate(outcomes, 1):
        log += [events.IdeaBegun(f"I{n}", "testing"), events.IdeaClosed(f"I{n}", outcome, "no")]
    state = goes_on(after(*log), until=events.CategorySwitched)

    assert state.ideas.use("testing").off == "3 of its last 4 were refused"
    assert any("ideas of Testing are switched off" in one for one in state.notices)
    assert "testing" not in {next_category(state, replace(ON, categories=("testing",)))}
    again = after(*answer(state, "c", SwitchCategory("Testing", on=True), "you", 1.0)[0], state=state)
    assert not again.ideas.use("testing").off
    assert coverage.decisions(again, "testing") == [], "what was before counts no more"
    assert not goes_on(again).ideas.use("testing").off


# ── on demand ────────────────────────────────────────────────────────────────────────────────────────


def wished(state: State, category: str = "") -> State:
    made, said = answer(state, "c1", AskIdea(category), "ada", 1.0)
    assert said.ok, said.message
    return after(*made, state=state)


def test_a_person_gets_one_without_a_night_and_though_it_is_switched_off() -> None:
    off = replace(ON, enabled=False)
    state = after(events.CategorySwitched("testing", False, "no", "you"))
    state = goes_on(wished(state, "Testing"), off)

    assert state.ideas.current is not None
    assert (state.ideas.current.category, state.ideas.current.by) == ("testing", "ada")
    assert state.ideas.tonight == 0
    assert decide(state, Rules(ideas=off), 200.0).effects == (Ideate("I1"),)
    made, said = answer(state, "c2", AskIdea(), "ada", 1.0)
    assert not made
    assert "one at a time" in said.message


def test_a_persons_wish_never_goes_past_a_cap() -> None:
    state = goes_on(wished(after(*EVENING)), replace(ON, enabled=False, usd=11.0))
    assert not state.ideas.wish
    assert state.ideas.asked == 0
    assert "too little room" in state.notices[-1]


def test_a_category_that_does_not_exist_is_refused_by_name() -> None:
    made, said = answer(State(), "c", SwitchCategory("tests", on=False), "you", 1.0)
    assert not made
    assert "there is no category 'tests'; did you mean testing?" in said.message


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────


def test_coverage_counts_the_last_thirty_days_and_acceptance_what_people_decided() -> None:
    old = after(events.IdeaBegun("I1", "security"), events.IdeaClosed("I1", NOTHING), at=100.0)
    now = 40 * 86_400.0
    log: list[Event] = []
    for n, outcome in enumerate([ACCEPTED, REFUSED, REFUSED, TURNED_DOWN, NOTHING], 2):
        log += [events.IdeaBegun(f"I{n}", "testing"), events.IdeaClosed(f"I{n}", outcome)]
    found = idea_numbers.build(after(*log, state=old, at=now - 86_400), now)

    assert found["coverage"] == round(1 / 21, 4)
    assert (found["asked"], found["accepted"], found["refused"], found["turned_down"]) == (5, 1, 2, 1)
    assert found["acceptance"] == round(1 / 3, 4)
    rows = {row["category"]: row for row in found["categories"]}
    assert (rows["security"]["asked"], rows["security"]["ever"], rows["testing"]["asked"]) == (0, 1, 5)
    assert idea_numbers.build(State(), now)["acceptance"] is None
