"""The merge desk: what it lists, what it asks for, and that all a yes depends on can be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.state import (
    CriterionCheck,
    Finding,
    GateResult,
    Severity,
    State,
    Task,
    TaskState,
    Verdict,
)
from panes.desk_text import at_desk, commits, evidence
from panes.diff_model import parse
from panes.merge_desk import MergeDesk
from panes.paragraphs import texts
from tests.unit.stage import Stage, on_stage
from tests.unit.test_diff_view import SMALL, long_diff

SIZES = pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
VERDICT = Verdict(
    approve=True,
    summary="Does what it should.",
    criteria=(CriterionCheck("median of an even list", True), CriterionCheck("raises on empty", False, "untested")),
    findings=(Finding(Severity.BLOCKING, "no test", "stats.py", 12), Finding(Severity.NOTE, "a nicer name")),
    head="h1",
)
READY = Task(
    "T1",
    "Add a median",
    state=TaskState.READY,
    since=1.0,
    agent=2,
    branch="agent-2/task-T1",
    base="b1",
    head="h1",
    gated_head="h1",
    target_commit="t1",
    merged="m1",
    gates=(GateResult("tests", True, "", 2.14), GateResult("lint", True, "", 0.3)),
    verdict=VERDICT,
    usd=0.42,
    diffstat="2 files changed",
    cycles=1,
)
STUCK = replace(
    READY,
    id="T2",
    title="Speed it up",
    state=TaskState.ESCALATED,
    since=2.0,
    base="b2",
    head="h2",
    reason="the tests failed three times",
    gates=(GateResult("tests", False, "\n".join(f"E {n}" for n in range(100)), 9.0),),
    verdict=None,
    criteria=("is fast",),
)


def state(*tasks: Task) -> State:
    return State(tasks={task.id: task for task in tasks})


async def shows(stage: Stage[MergeDesk], *tasks: Task) -> None:
    stage.widget.show(state(*tasks))
    await stage.until()


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_at_the_desk_and_in_which_order() -> None:
    tasks = [
        replace(READY, id="working", state=TaskState.WORKING),
        replace(READY, id="sent back by review", state=TaskState.REWORK, pending_by="reviewer"),
        replace(READY, id="sent back", state=TaskState.REWORK, pending_by="you"),
        replace(READY, id="merging", state=TaskState.MERGING),
        replace(READY, id="never began", state=TaskState.ESCALATED, head=""),
        replace(READY, id="stuck", state=TaskState.ESCALATED),
        replace(READY, id="newer", since=5.0),
        replace(READY, id="ready"),
        replace(READY, id="landed", state=TaskState.LANDED),
    ]
    assert [t.id for t in at_desk(state(*tasks))] == ["ready", "newer", "stuck", "merging", "sent back"]


def test_what_would_land_is_compared_with_where_it_would_land() -> None:
    assert commits(READY) == ("t1", "m1")
    assert commits(replace(READY, head="h9")) == ("b1", "h9")
    assert commits(replace(READY, merged="")) == ("b1", "h1")


def test_the_evidence_criterion_by_criterion() -> None:
    assert texts(evidence(READY, parse(SMALL)).paragraphs) == [
        "Gates",
        "  ✓ tests 2.1 s · lint 0.3 s",
        "",
        "Review  1 of 2 criteria met",
        "  ✓ approve: Does what it should.",
        "    ✓ median of an even list",
        "    ✗ raises on empty (untested)",
        "    ✗ blocking stats.py:12: no test",
        "    · note: a nicer name",
        "",
        "Changes",
        "  2 files, +4 -2",
    ]


def test_a_failed_gate_shows_the_end_of_its_output() -> None:
    said = texts(evidence(STUCK, None).paragraphs)

    assert said[0] == "▲ the tests failed three times"
    assert "  ✗ tests  9.0 s  ▾ 100 lines" in said
    assert "    │ … 60 more lines" in said
    assert "    │ E 99" in said
    assert "    │ E 59" not in said
    assert said[-6:] == ["", "Should", "  · is fast", "", "Changes", "  … reading the diff"]


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        (replace(READY, head="h9"), "  ! these checked an older commit of the branch"),
        (replace(READY, head="h9"), "  ! this is about an older commit of the branch"),
        (replace(READY, gates=()), "  … conflicts with the target"),
        (replace(READY, gates=(), gated_head=""), "  … none has run yet"),
        (replace(READY, verdict=None), "  … nobody has reviewed it"),
        (replace(READY, verdict=replace(VERDICT, approve=False)), "  ✗ rework: Does what it should."),
        (replace(READY, stumble="your checkout has changes"), "✗ your checkout has changes"),
        (replace(READY, pending="use a heap", pending_by="you"), "» you: use a heap"),
    ],
)
def test_what_a_person_must_not_overlook_is_said(task: Task, wanted: str) -> None:
    assert wanted in texts(evidence(task, None).paragraphs)


@pytest.mark.parametrize(
    ("text", "trouble", "wanted"),
    [
        ("", "", "  · none: the branch changes nothing"),
        ("no diff", "", "  ! this could not be read as a diff; here it is as it came"),
        ("", "the commit is gone", "  ✗ the commit is gone"),
    ],
)
def test_it_says_when_there_is_no_diff(text: str, trouble: str, wanted: str) -> None:
    assert wanted in texts(evidence(READY, parse(text), trouble).paragraphs)[-2:]


# ── the widget ───────────────────────────────────────────────────────────────────────────────────────


@SIZES
async def test_it_lists_and_shows_the_first(width: int, height: int) -> None:
    async with on_stage(MergeDesk(), width, height) as stage:
        await shows(stage, STUCK, READY)
        stage.widget.set_diff("T1", SMALL)
        await stage.until()
        text = stage.text()

        assert stage.widget.selected == "T1"
        for wanted in ("T2  Speed it up", "◆ T1 Add a median", "agent-2/task-T1", "$0.42", "✓ tests", "~ stats.py"):
            assert wanted in text
        assert ("│ 2 +" in text) == (width == 200)


@SIZES
async def test_everything_can_be_reached_with_the_keys(width: int, height: int) -> None:
    async with on_stage(MergeDesk(), width, height) as stage:
        await shows(stage, READY, STUCK)
        stage.widget.focus()
        await stage.press("down")
        assert stage.widget.selected == "T2"
        stage.widget.set_diff("T2", long_diff(3, 200))
        await stage.press("tab")
        assert "▲ the tests failed three times" in stage.text()

        await stage.press("end")
        assert "after 2" in stage.text()
        await stage.press("escape", "k")
        assert stage.widget.selected == "T1"
        await stage.press("j", "j")
        assert stage.widget.selected == "T2"


async def test_a_diff_is_asked_for_once_for_each_head() -> None:
    async with on_stage(MergeDesk()) as stage:
        await shows(stage, READY)
        await shows(stage, replace(READY, usd=0.5))
        wanted = stage.received(MergeDesk.DiffWanted)
        assert [(w.task, w.base, w.head) for w in wanted] == [("T1", "t1", "m1")]
        assert "reading the diff" in stage.text()

        stage.widget.set_diff("T1", SMALL)
        await shows(stage, replace(READY, usd=0.6))
        assert len(stage.received(MergeDesk.DiffWanted)) == 1
        assert "2 files, +4 -2" in stage.text()

        await shows(stage, replace(READY, head="h2", gated_head="h2", merged="m2"))
        assert [w.head for w in stage.received(MergeDesk.DiffWanted)] == ["m1", "m2"]
        assert "reading the diff" in stage.text()


async def test_a_diff_that_cannot_be_had_says_why() -> None:
    async with on_stage(MergeDesk()) as stage:
        await shows(stage, READY)
        stage.widget.set_diff("T1", None, trouble="the commit is gone")
        await stage.until()
        assert "✗ the commit is gone" in stage.text()

        stage.widget.focus()
        await stage.press("enter")
        assert len(stage.received(MergeDesk.DiffWanted)) == 2
        assert "✗ the commit is gone" not in stage.text()


async def test_news_do_not_move_what_is_being_read() -> None:
    async with on_stage(MergeDesk()) as stage:
        await shows(stage, READY, STUCK)
        stage.widget.set_diff("T1", long_diff(3, 100))
        stage.widget.focus()
        await stage.press("enter", *["right_curly_bracket"] * 2)
        assert [c.task for c in stage.received(MergeDesk.Chosen)] == ["T1"]
        held = [row[:70].rstrip() for row in stage.screen() if "context 1" in row]
        assert held

        await shows(stage, replace(READY, usd=0.9, reason="look\nat\nthis"), STUCK, replace(READY, id="T3", since=0.5))
        assert stage.widget.selected == "T1"
        assert "$0.90" in stage.text()
        now = [row[:70].rstrip() for row in stage.screen() if "context 1" in row]
        assert now == held[: len(now)]  # the list took a line


async def test_the_selection_goes_on_to_the_next_when_a_task_lands() -> None:
    async with on_stage(MergeDesk()) as stage:
        await shows(stage, READY, STUCK)
        await shows(stage, replace(READY, state=TaskState.LANDED), STUCK)
        assert stage.widget.selected == "T2"
        assert "Speed it up" in stage.text()

        await shows(stage, replace(READY, state=TaskState.SKIPPED))
        assert stage.widget.selected is None
        assert "Nothing waits at the merge desk" in stage.text()
        assert "Speed it up" not in stage.text()


async def test_a_task_can_be_chosen_before_the_desk_has_it() -> None:
    async with on_stage(MergeDesk()) as stage:
        stage.widget.choose("T2")
        await shows(stage, READY, STUCK)
        assert stage.widget.selected == "T2"
        stage.widget.choose("T1")
        await stage.until()
        assert stage.widget.selected == "T1"


async def test_nothing_is_fetched_for_a_desk_that_nobody_sees() -> None:
    async with on_stage(MergeDesk()) as stage:
        stage.widget.display = False
        await shows(stage, READY)
        assert stage.received(MergeDesk.DiffWanted) == []

        stage.widget.display = True
        await stage.until(lambda: bool(stage.received(MergeDesk.DiffWanted)))
        assert "Add a median" in stage.text()


async def test_a_resize_moves_the_list_and_keeps_the_place() -> None:
    async with on_stage(MergeDesk(), 200, 50) as stage:
        await shows(stage, READY, STUCK)
        stage.widget.set_diff("T1", long_diff(9, 100))
        stage.widget.focus()
        await stage.press("enter", *["right_curly_bracket"] * 5)
        assert "f4.py" in stage.screen()[2]

        await stage.resize(80, 24)
        assert "T2  Speed it up" in stage.screen()[1]
        assert "f4.py" in stage.screen()[4]


@SIZES
async def test_hostile_text_stays_text(width: int, height: int) -> None:
    hostile = "\x1b]52;c;aGk=\x07[red]x[/red][@click=app.quit]y\x1b[2J\nz" + "w" * 1_000_000
    task = replace(
        READY,
        title=hostile,
        branch=hostile,
        reason=hostile,
        diffstat=hostile,
        gates=(GateResult(hostile, False, hostile),),
        verdict=Verdict(False, hostile, (CriterionCheck(hostile, False, hostile),), (Finding(Severity.NOTE, hostile),)),
    )
    async with on_stage(MergeDesk(), width, height) as stage:
        await shows(stage, task)
        stage.widget.set_diff("T1", hostile)
        await stage.until()

        assert "[red]x[/red][@click=app.quit]y" in stage.text()
        assert not any(c < " " for row in stage.screen() for c in row)
