"""A planner's tasks: what is found wrong with them, what is mended by rule, and what a person may do with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as changed

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import events
from cockpit.agents.answers import checked
from cockpit.agents.plan_answer import PlanAnswer
from cockpit.commands import AddTasks, AgreePlan, AskPlan, ChangePlan, DiscardPlan
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.minutes import in_words, minutes_in
from cockpit.plan_text import shown
from cockpit.policy import graph, planning, planning_money
from cockpit.policy.decide import decide
from cockpit.policy.planning import Bounds
from cockpit.policy.requests import answer
from cockpit.policy.rules import Rules
from cockpit.state import Kind, State, Task, TaskDraft, TaskState
from cockpit.views import inbox

NOW = 1_750_000_000.0
ANY = Bounds(1, 60)


def draft(key: str, title: str = "", after: Sequence[str] = (), files: Sequence[str] = ()) -> TaskDraft:
    return TaskDraft(key, title or f"Build part {'abcdefghijklmnop'[int(key)]}", "", ("it works",),
                     depends_on=tuple(after), files=tuple(files))  # fmt: skip


def state_of(*happened: Event) -> State:
    return fold([Recorded(n, events.stream_of(e), n, NOW, e) for n, e in enumerate(happened, 1)])


def proposed(*drafts: TaskDraft, state: Sequence[Event] = ()) -> State:
    asked = events.PlanAsked("p1", ("notes.md",), least=1, most=9)
    return state_of(*state, asked, events.PlanProposed("p1", drafts, least=1, most=9))


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("drafts", "said"),
    [
        ([draft("1")], "1 task is too few: 2 to 3 were asked for"),
        ([draft(str(n)) for n in range(1, 5)], "4 tasks are too many: 2 to 3 were asked for"),
        ([draft("1", " "), draft("2")], "task 1 has no title"),
        (
            [draft("1", "Parse the dates"), draft("2", "Parse date")],
            "2 'Parse date' is much the same as 1 'Parse the d",
        ),
        ([draft("1", "Add a median"), draft("2")], "is much the same as T1 'Add the median', which has landed already"),
        ([draft("1", "Write the manual"), draft("2")], "is much the same as T2 'Write a manual', which is queued alre"),
        ([changed(draft("1"), criteria=(" ",)), draft("2")], "1 'Build part b' has no acceptance criteria"),
        ([draft("1", after=["9"]), draft("2")], "1 'Build part b' depends on '9', which is no task"),
        ([draft("1", after=["1"]), draft("2")], "1 'Build part b' depends on itself"),
        ([draft("1", after=["2"]), draft("2", after=["1"])], "these tasks wait for each other: 2 → 1 → 2"),
        ([draft("1", files=["gone.py"]), draft("2")], "names gone.py, which is not there, and no task says that it ma"),
        ([draft("1", files=["../etc/passwd"]), draft("2")], "names what is not in the repository: ../etc/passwd"),
        ([draft("1", files=["/etc/passwd"]), draft("2")], "names what is not in the repository: /etc/passwd"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said(drafts: list[TaskDraft], said: str) -> None:
    known = State(
        tasks={
            "T1": Task("T1", "Add the median", state=TaskState.LANDED),
            "T2": Task("T2", "Write a manual"),
            "T3": Task("T3", "Build part b", state=TaskState.FAILED),
        }
    )
    absent = planning.absent_files(drafts, {"here.py"}, {"new.py"})
    (found,) = planning.problems(drafts, known, Bounds(2, 3), absent)
    assert said in found


def test_a_good_plan_has_no_problems_and_may_wait_for_tasks_that_exist() -> None:
    known = State(tasks={"T7": Task("T7", "Something else")})
    plan = [draft("1", after=["T7"], files=["src/a.py", "src/", "docs/new.md", "*.toml"]), draft("2", after=["1"])]
    absent = planning.absent_files(plan, {"src/a.py"}, {"docs/new.md"})
    assert planning.problems(plan, known, ANY, absent) == ()


def test_the_same_words_in_another_order_are_the_same_task_and_other_words_are_not() -> None:
    assert planning.is_alike("Add tests for the parser", "Adds test for parser")
    assert not planning.is_alike("Build part 1", "Build part 2")
    assert not planning.is_alike("Read dates", "Write dates")
    assert not planning.is_alike("???", "!!!")


DRAFTS = st.lists(
    st.builds(
        lambda key, title, after: TaskDraft(key, title, criteria=("x",), depends_on=tuple(after)),
        st.sampled_from("123456"),
        st.sampled_from(["", "Read", "read ", "Write", "Paint", "Sing", "Dance", "Cook"]),
        st.lists(st.sampled_from([*"1234567", "T1", "T9"]), max_size=4),
    ),
    max_size=8,
    unique_by=lambda one: one.key,
)
T1 = State(tasks={"T1": Task("T1", "There already")})


@given(DRAFTS)
def test_whatever_is_mended_can_be_put_into_the_queue(drafts: list[TaskDraft]) -> None:
    made, said = planning.mended(drafts, T1)

    assert planning.circle(made) == ()
    keys = {one.key for one in made}
    assert all(need in keys or need == "T1" for one in made for need in one.depends_on)
    assert len({one.title.strip().casefold() for one in made}) == len(made)
    assert bool(said) == (made != tuple(drafts)) or _only_twins_in_needs(drafts, made)
    assert planning.mended(made, T1) == (made, ())
    if made:
        _, outcome = answer(T1, "c", AddTasks(made), "you", NOW)
        assert outcome.ok


def _only_twins_in_needs(drafts: Sequence[TaskDraft], made: Sequence[TaskDraft]) -> bool:
    """The same need said twice is said once, without a word."""
    return [d.key for d in drafts] == [d.key for d in made]


@given(DRAFTS, st.data())
def test_who_waited_for_a_dropped_task_still_comes_after_what_that_waited_for(
    drafts: list[TaskDraft], data: st.DataObject
) -> None:
    made, _ = planning.mended(drafts, T1)
    if not made:
        return
    gone = data.draw(st.sampled_from([one.key for one in made]))
    left = planning.without(made, gone)

    assert gone not in {one.key for one in left}
    assert planning.circle(left) == ()
    before, after = _behind(made), _behind(left)
    for key, needs in after.items():
        assert needs == before[key] - {gone}


def _behind(drafts: Sequence[TaskDraft]) -> dict[str, set[str]]:
    """All that each task comes after."""
    direct = {one.key: set(one.depends_on) for one in drafts}
    found: dict[str, set[str]] = {}
    for key in graph.bottom_up({key: tuple(n for n in needs if n in direct) for key, needs in direct.items()}):
        found[key] = direct[key].union(*(found[need] for need in direct[key] if need in direct))
    return found


# ── from the answer ──────────────────────────────────────────────────────────────────────────────────


def test_an_answer_becomes_drafts_whose_text_is_only_text() -> None:
    said = {
        "tasks": [
            {"key": "A", "title": "Add \x1b[31mred\x1b[0m\nthings", "description": "Do it.",
             "criteria": ["a", "a", " "],
             "files": [{"path": "./a.py", "is_new": True}], "depends_on": ["t3", "B"], "kind": "explore",
             "category": "Docs", "minutes": 9000},
            {"key": "B", "title": "Other", "description": "", "criteria": [], "files": [], "depends_on": ["nobody"],
             "kind": "build", "category": "", "minutes": 0},
        ],
        "left_out": ["Translations", ""],
    }  # fmt: skip
    found = checked(PlanAnswer, said).to_drafts("notes.md")
    first, second = found.drafts
    assert (first.key, first.title, first.kind, first.category) == ("1", "Add red things", Kind.EXPLORE, "docs")
    assert (first.depends_on, second.depends_on) == (("T3", "2"), ("nobody",))
    assert first.criteria == ("a",)
    assert first.description == "Do it.\n\nEstimate: 8 h"
    assert found.made == {"a.py"}
    assert found.left_out == ("Translations",)


@given(st.integers(1, 5000))
def test_minutes_in_words_are_read_back(minutes: int) -> None:
    assert minutes_in(in_words(minutes)) == minutes


@pytest.mark.parametrize(
    ("text", "minutes"), [("1-2 hours", 90), ("1h30m", 90), ("2d", 960), ("3 points", 0), ("", 0), ("0,5 h", 30)]
)
def test_estimates_as_people_write_them(text: str, minutes: float) -> None:
    assert minutes_in(text) == minutes


# ── a person's answer ────────────────────────────────────────────────────────────────────────────────


def give(state: State, command: object, name: str = "p2") -> tuple[tuple[Event, ...], str]:
    made, said = answer(state, name, command, "you", NOW)
    return made, said.message


def after(state: State, *made: Event) -> State:
    return fold([Recorded(100 + n, events.stream_of(e), n, NOW, e) for n, e in enumerate(made)], state)


def test_a_plan_is_asked_for_once_at_a_time_and_the_planner_only_while_it_is_wanted() -> None:
    made, said = give(State(), AskPlan(("notes.md",), "", 12, 16))
    assert "nothing runs before you agree" in said
    state = after(State(), *made)
    assert [effect.key for effect in decide(state, Rules(), NOW).effects] == ["plan"]
    assert "at work already" in give(state, AskPlan(("other.md",)))[1]
    dropped = after(state, *give(state, DiscardPlan())[0])
    assert dropped.plan is None
    assert decide(dropped, Rules(), NOW).effects == ()
    late = after(dropped, events.PlanProposed("p2", (draft("1"),)))
    assert late.plan is None, "what comes after it was discarded is nobody's"


@pytest.mark.parametrize(
    "wanted", [AskPlan(()), AskPlan((" ",)), AskPlan(("a",), "", 5, 2), AskPlan(("a",), "", 1, 99)]
)
def test_what_can_not_be_planned_is_refused(wanted: AskPlan) -> None:
    assert give(State(), wanted)[0] == ()


def test_nothing_is_in_the_queue_before_somebody_agrees() -> None:
    state = proposed(draft("1", "Read"), draft("2", "Write", after=["1"]))
    assert not state.tasks
    made, said = give(state, AgreePlan(1))
    assert said == "2 tasks added: T1 to T2"
    agreed = after(state, *made)
    assert agreed.plan is None
    assert agreed.tasks["T2"].depends_on == ("T1",)


def test_a_new_phase_joins_a_night_that_goes_on() -> None:
    begun: list[Event] = [events.TaskAdded("T1", "Old"), events.NightStarted("n", 1, "main")]
    state = proposed(draft("1", "Read", after=["T1"]), state=begun)
    agreed = after(state, *give(state, AgreePlan())[0])
    assert agreed.tasks["T2"].depends_on == ("T1",)
    assert agreed.tasks["T2"].state is TaskState.QUEUED
    assert agreed.night is not None
    assert agreed.night.is_open


def test_nobody_overwrites_or_agrees_to_what_they_have_not_seen() -> None:
    state = proposed(draft("1", "Read"), draft("2", "Write"))
    changed_ = after(state, *give(state, ChangePlan((draft("1", "Read"),), 1))[0])
    assert changed_.plan is not None
    assert changed_.plan.version == 2
    assert "changed meanwhile" in give(changed_, ChangePlan((draft("2", "Write"),), 1))[1]
    assert "changed meanwhile" in give(changed_, AgreePlan(1))[1]
    assert give(changed_, AgreePlan(2))[1] == "1 task added: T1"


def test_a_change_that_makes_no_plan_is_refused_and_doubts_are_told_anew() -> None:
    state = proposed(draft("1", "Read"), draft("2", "Write"))
    assert "wait for each other" in give(state, ChangePlan((draft("1", after=["2"]), draft("2", after=["1"])), 1))[1]
    assert "is no task" in give(state, ChangePlan((draft("1", after=["7"]),), 1))[1]
    assert "without tasks" in give(state, ChangePlan((), 1))[1]
    made, _ = give(state, ChangePlan((TaskDraft("1", "Read"),), 1))
    (event,) = made
    assert isinstance(event, events.PlanChanged)
    assert event.warnings == ("1 'Read' has no acceptance criteria",)


def test_a_failed_plan_says_why_and_another_may_be_asked_for() -> None:
    state = state_of(events.PlanAsked("p1", ("notes.md",)), events.PlanFailed("p1", "the service is down"))
    assert "the service is down" in give(state, AgreePlan())[1]
    assert state.notices[-1] == "there is no plan: the service is down"
    assert isinstance(give(state, AskPlan(("notes.md",)))[0][0], events.PlanAsked)
    (card,) = inbox(state)
    assert (card.title, card.why) == ("No plan came of notes.md", "the service is down. Nothing was added")
    assert card.do == "`cockpit plan --ai notes.md` asks again, `cockpit plan --discard` drops it"
    dropped, said = give(state, DiscardPlan())
    assert said == "the plan that came to nothing is forgotten"
    assert not inbox(after(state, *dropped))


def test_a_planner_that_hits_a_limit_closes_the_window_for_all_and_is_asked_again_when_it_ends() -> None:
    asked = after(State(), *give(State(), AskPlan(("notes.md",)))[0])
    begun = after(asked, events.CallStarted("planner", "", "m", 1.0))
    full = after(begun, events.LimitHit("claude", "You've hit your limit", NOW + 900.0))
    assert [effect.key for effect in decide(full, Rules(), NOW).effects] == ["plan"], "a call goes on to its end"
    state = after(full, events.CallPaid("planner", 0.01, 10, "m", "cli"))
    assert state.plan is not None
    assert state.plan.is_asked
    waiting = decide(state, Rules(), NOW)
    assert (waiting.effects, waiting.wake) == ((), NOW + 900.0)
    said = shown(state.plan, None, planning.waits(state))
    assert "the planner waits until" in said[0]
    assert "You've hit your limit" in said[0]
    opened = after(state, events.WindowOpened("claude"))
    assert [effect.key for effect in decide(opened, Rules(), NOW).effects] == ["plan"]
    assert planning.waits(after(state, *give(state, DiscardPlan())[0])) is None


# ── money ────────────────────────────────────────────────────────────────────────────────────────────

CAP = 10.0


@given(spent=st.floats(0, 9), worst=st.floats(0.01, 6), most=st.floats(0.05, 8))
@settings(max_examples=100)
def test_what_is_set_aside_fits_under_every_cap_or_nothing_is_asked(spent: float, worst: float, most: float) -> None:
    started = events.NightStarted("n", 1, "main", cap_usd=CAP)
    state = state_of(started, events.CallPaid("reviewer", spent, 1, "m", "cli", "T1"))
    found = planning_money.sized(state, Rules(), worst, most, NOW)
    if found.refused:
        assert worst > min(most, CAP - spent) - 1e-5
        return
    assert found.usd is not None
    assert worst - 1e-5 <= found.usd <= min(most, CAP - spent) + 1e-5
    held = after(state, events.CallStarted("planner", "", "m", found.usd))
    assert not planning_money.sized(held, Rules(), worst, CAP, NOW).usd or CAP - spent - found.usd >= worst - 1e-5
    paid = after(held, events.CallPaid("planner", found.usd / 2, 10, "m", "cli"))
    assert not paid.reserves
    assert paid.spent_usd == pytest.approx(spent + found.usd / 2)


def test_a_model_without_a_price_is_refused_only_under_a_cap() -> None:
    assert planning_money.sized(State(), Rules(), None, 5.0, NOW) == planning_money.Sized()
    assert planning_money.sized(State(), Rules(caps={"day": 5.0}), None, 5.0, NOW).refused


def test_between_two_nights_a_plan_is_the_days_money_and_no_nights() -> None:
    begun = events.NightStarted("n", 1, "main", cap_usd=CAP)
    ended = events.NightEnded("done")
    state = state_of(begun, events.CallPaid("reviewer", 9.9, 1, "m", "cli", "T1"), ended)
    assert planning_money.sized(state, Rules(), 1.0, 5.0, NOW).usd == 2.0
    paid = after(state, events.CallPaid("planner", 2.0, 1, "m", "cli"))
    assert paid.spent_usd == 9.9
    assert paid.spent_total_usd == pytest.approx(11.9)
    assert sum(sum(q.values()) for q in paid.quarters.values()) == pytest.approx(11.9)
