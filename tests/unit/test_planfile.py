"""A proposed plan as Markdown and back, edited in an editor, and where it leads."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import planfile
from cockpit.commands import ChangePlan
from cockpit.plan_editing import Desk, edit_plan, edit_task
from cockpit.policy.forecast_plan import forecast, longest
from cockpit.policy.plan_requests import change
from cockpit.sources.plan import PlanError, parse
from cockpit.state import Answer, Kind, MergePolicy, Run, State, Task, TaskDraft
from cockpit.value import replace
from tests.flows.plan_flows import DRAFTS, PROPOSED, with_plan

PLANNED = with_plan(State())

# ── the document ─────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_is_written_as_cockpit_plan_reads_it() -> None:
    found = parse(planfile.write(DRAFTS), "plan.md").drafts
    assert [one.title for one in found] == [one.title for one in DRAFTS]
    assert [one.criteria for one in found] == [one.criteria for one in DRAFTS]
    assert [one.files for one in found] == [one.files for one in DRAFTS]
    assert [one.minutes for one in found] == [30, 20, 45, 15]
    assert found[2].depends_on == (found[1].key,)
    assert found[1].category == "docs"


TEXT = st.text(st.sampled_from("ab 1.:#-*`|()[]\n_<>~=\t"), max_size=40)
WORDS = st.lists(
    st.sampled_from(["read", "it", "T1", "after", "3", "files:", "x.py", "(2h)", "#", "**b**"]), min_size=1
)
TASKS = st.lists(
    st.builds(
        TaskDraft,
        key=st.just("0"),
        title=WORDS.map(" ".join),
        description=TEXT,
        criteria=st.lists(WORDS.map(" ".join), max_size=3).map(tuple),
        kind=st.sampled_from([Kind.BUILD, Kind.EXPLORE]),
        priority=st.integers(-5, 5),
        files=st.lists(st.sampled_from(["a.py", "docs/b.md"]), max_size=2, unique=True).map(tuple),
        merge=st.sampled_from([None, *MergePolicy]),
        role=st.sampled_from(["", "reviewer"]),
        model=st.sampled_from(["", "opus", "claude-sonnet-4-5"]),
        minutes=st.sampled_from([0.0, 20.0, 90.0]),
    ),
    min_size=1,
    max_size=4,
).map(lambda some: tuple(replace(one, key=str(n)) for n, one in enumerate(some, 1)))


@given(TASKS)
@settings(max_examples=150, deadline=None)
def test_what_nobody_changed_stays_as_it_was_whatever_markdown_makes_of_it(drafts: tuple[TaskDraft, ...]) -> None:
    text = planfile.write(drafts)
    try:
        found, _ = planfile.read(text, drafts, "plan")
    except PlanError:
        return  # said to the person, who has the text
    kept = {one.key: one for one in drafts}
    assert all(one == kept[one.key] for one in found if one.key in kept)


def test_only_what_a_person_changed_is_changed_and_new_tasks_get_numbers() -> None:
    text = planfile.write(DRAFTS).replace("## Task 2: Describe", "## Task 2: Explain").replace("20 min", "1 h")
    text += "\n## Sing it\n\nAfter: 2\n\n### Acceptance criteria\n\n- it is sung\n"
    found, warnings = planfile.read(text, DRAFTS, "notes.md")
    assert found[0] is DRAFTS[0]
    assert (found[1].title, found[1].minutes, found[1].depends_on) == ("Explain the farewell", 60, ("1",))
    new = found[-1]
    assert (new.key, new.title, new.depends_on, new.criteria) == ("5", "Sing it", ("2",), ("it is sung",))
    assert new.source == "notes.md"
    assert not warnings


# ── the editor ───────────────────────────────────────────────────────────────────────────────────────


def editor(tmp_path: Path, *scripts: str) -> dict[str, str]:
    """An editor that runs the n-th script of sed at its n-th opening, and keeps what it was opened with."""
    path = tmp_path / "editor"
    cases = "".join(f"{n}) sed -i -e '{script}' \"$1\";; " for n, script in enumerate(scripts, 1))
    path.write_text(
        f"#!/bin/sh\nn=$(($(cat {tmp_path}/n 2>/dev/null || echo 0) + 1)); echo $n > {tmp_path}/n\n"
        f'cp "$1" {tmp_path}/opened-$n\ncase $n in {cases}esac\n'
    )
    path.chmod(0o755)
    return {"EDITOR": str(path), "PATH": "/usr/bin:/bin"}


class Asked:
    """Takes commands down and answers as the engine would."""

    def __init__(self) -> None:
        self.commands: list[ChangePlan] = []

    async def give(self, command: ChangePlan) -> Answer:
        from cockpit.policy.asking import Refused

        self.commands.append(command)
        try:
            return Answer(True, change(PLANNED, command.drafts, command.version, "you")[1])
        except Refused as refusal:
            return Answer(False, str(refusal))


async def test_a_slip_is_said_on_top_and_the_editor_opens_again(tmp_path: Path) -> None:
    asked = Asked()
    scripts = ("s/^## Task 1.*/&\\nAfter: 3/", "/^After: 3/d;/^## Task 4/,$d")
    said = await edit_plan(Desk(lambda: PLANNED, asked.give, environ=editor(tmp_path, *scripts)))
    again = (tmp_path / "opened-2").read_text()
    assert again.startswith("<!-- ✗ the plan: these tasks wait for each other")
    assert said.ok
    assert said.message == "the plan has 3 tasks now"
    assert asked.commands == [ChangePlan(DRAFTS[:3], 1)]


async def test_a_plan_that_is_left_as_it_is_asks_for_nothing(tmp_path: Path) -> None:
    asked = Asked()
    said = await edit_plan(Desk(lambda: PLANNED, asked.give, environ=editor(tmp_path, "")))
    assert (said.ok, said.message) == (True, "nothing was changed in the plan")
    assert not asked.commands


async def test_one_task_is_edited_as_its_document(tmp_path: Path) -> None:
    asked = Asked()
    script, mend = 's/"1",/"9",/', 's/"9",/"1", "4",/'
    said = await edit_task(Desk(lambda: PLANNED, asked.give, environ=editor(tmp_path, script, mend)), "2")
    assert "depends on '9', which is no task" in (tmp_path / "opened-2").read_text()
    assert said.ok
    assert asked.commands[-1].drafts[1] == replace(DRAFTS[1], depends_on=("1", "4"))


async def test_there_is_nothing_to_edit_without_a_plan() -> None:
    asked = Asked()
    said = await edit_plan(Desk(State, asked.give))
    assert not said.ok
    assert "no plan is proposed" in said.message


# ── where it leads ───────────────────────────────────────────────────────────────────────────────────


def test_a_forecast_by_guesses_says_so() -> None:
    found = forecast(State(), DRAFTS, PROPOSED.guesses, 3)
    assert found is not None
    assert found.usd == pytest.approx(4 * 2.4)
    assert (found.path, found.path_minutes, found.minutes) == (("1", "2", "3"), 95, 95)
    assert found.work_minutes == 110
    assert (found.cost_from, found.time_from) == ("a guess", "the plan's own estimates")
    alone = forecast(State(), DRAFTS, PROPOSED.guesses, 1)
    assert alone is not None
    assert alone.minutes == 110


def test_a_forecast_goes_by_what_such_tasks_cost_and_took() -> None:
    tasks = {f"T{n}": Task(f"T{n}", "x") for n in range(1, 4)}
    runs = {
        f"T{n}-1": Run(f"T{n}-1", f"T{n}", 1, "s", started=1.0, ended=1.0 + 600 * n, outcome="done")
        for n in range(1, 4)
    }
    state = State(tasks=tasks, runs=runs, costs={"build/m": (1.0, 3.0, 2.0), "reviewer/o": (0.1, 0.3, 0.2)})
    found = forecast(state, DRAFTS[:1], PROPOSED.guesses, 1)
    assert found is not None
    assert found.usd == pytest.approx(2.2)
    assert found.minutes == 20
    assert (found.cost_from, found.time_from) == ("what such tasks cost before", "how long such tasks took")


@st.composite
def chains(draw: st.DrawFn) -> tuple[TaskDraft, ...]:
    """Tasks that wait only for earlier ones."""
    count = draw(st.integers(1, 9))
    return tuple(
        TaskDraft(
            str(n),
            f"t{n}",
            depends_on=tuple(draw(st.lists(st.sampled_from([str(k) for k in range(n)]), max_size=3))) if n else (),
            minutes=float(draw(st.integers(1, 90))),
        )
        for n in range(count)
    )


@given(chains(), st.integers(1, 5))
def test_no_plan_is_done_before_its_critical_path_or_after_all_its_work(
    drafts: tuple[TaskDraft, ...], agents: int
) -> None:
    found = forecast(State(), drafts, {}, agents)
    assert found is not None
    assert found.path_minutes - 1e-6 <= found.minutes <= found.work_minutes + 1e-6
    assert found.minutes >= found.work_minutes / agents - 1e-6
    needs = {one.key: one.depends_on for one in drafts}
    assert found.path == longest(needs, {one.key: one.minutes for one in drafts})
    for before, after in zip(found.path, found.path[1:], strict=False):
        assert before in needs[after]
    assert forecast(State(), drafts, {}, len(drafts)).minutes == pytest.approx(found.path_minutes)  # type: ignore[union-attr]
