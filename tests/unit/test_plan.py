"""Plan documents: a corpus of differently shaped plans, and what becomes of each."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.sources.plan import Plan, PlanError, parse, read
from cockpit.state import Kind, MergePolicy, TaskDraft

PLANS = Path(__file__).parents[1] / "plans"


def titles(plan: Plan) -> list[str]:
    return [draft.title for draft in plan.drafts]


def by_title(name: str, section: str | None = None) -> dict[str, TaskDraft]:
    return {draft.title: draft for draft in read(PLANS / name, section).drafts}


def graph(name: str) -> dict[str, list[str]]:
    plan = read(PLANS / name)
    named = {draft.key: draft.title for draft in plan.drafts}
    return {d.title: [named.get(k, k) for k in d.depends_on] for d in plan.drafts}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("checklist.md", ["Add a median", "Add a mode", "Report them, depends on the others"]),
        ("sessions.md", ["Tokenizer", "Grammar", "Printer"]),
        ("table.md", ["Make the schema", "Load the data", "Draw it"]),
        ("fences.md", ["Write the installer", "Write the guide"]),
        ("crlf.md", ["First", "Second"]),
        ("no_headings.md", ["Tidy the imports", "Rename the module", "Drop Python 3.8"]),
        ("setext.md", ["Add a cache", "Measure first"]),
        ("front_matter.md", ["Upgrade the framework", "Fix the tests"]),
        ("emphasis.md", ["Fix login() — it fails for new users", "Add a rate limit", "Write it down"]),
        ("nesting.md", ["Add the endpoint", "Document the endpoint", "Call the endpoint"]),
        ("dependencies.md", ["Alpha", "Beta", "Gamma", "Delta"]),
        ("headings.md", ["Faster start", "Better errors"]),
        ("duplicates.md", ["Add tests", "Refactor", "Add tests", "Refactor"]),
    ],
)
def test_the_tasks_of_every_shape_of_plan(name: str, wanted: list[str]) -> None:
    assert titles(read(PLANS / name)) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("checklist.md", {"Add a mode": ["Add a median"], "Report them, depends on the others": ["Add a median"]}),
        ("sessions.md", {"Tokenizer": [], "Grammar": ["Tokenizer"], "Printer": ["Tokenizer", "Grammar"]}),
        ("table.md", {"Make the schema": [], "Load the data": ["Make the schema"]}),
        ("crlf.md", {"Second": ["First"]}),
        ("setext.md", {"Add a cache": ["Measure first"]}),
        ("emphasis.md", {"Write it down": ["Fix login() — it fails for new users", "Add a rate limit"]}),
        ("nesting.md", {"Call the endpoint": ["Add the endpoint"]}),
        ("dependencies.md", {"Beta": ["Alpha"], "Gamma": ["Alpha", "Beta"], "Delta": ["Alpha", "T17"]}),
    ],
)
def test_dependencies_by_number_by_title_and_by_phrase(name: str, wanted: dict[str, list[str]]) -> None:
    found = graph(name)

    assert {title: found[title] for title in wanted} == wanted


def test_criteria_files_and_hints_are_kept_with_their_task() -> None:
    median = by_title("checklist.md")["Add a median"]
    assert median.criteria == ("median([3, 1, 2]) gives 2", "an empty list raises ValueError: with a clear text")
    assert median.files == ("stats.py", "test_stats.py")
    assert median.description == "Estimate: 2h"
    assert median.source == "checklist.md:5"
    assert by_title("checklist.md")["Add a mode"].priority == 10
    assert by_title("checklist.md")["Report them, depends on the others"].merge is MergePolicy.ASK

    tokens = by_title("sessions.md")["Tokenizer"]
    assert tokens.files == ("lexer.py", "tests/test_lexer.py")
    assert tokens.criteria == ("numbers and names are told apart", "a bad character is named with its place")
    assert tokens.description == "Split the text into tokens.\nEstimate: 2h"

    faster = by_title("headings.md")["Faster start"]
    assert faster.criteria == ("under 30 ms", "measured in the bench")
    assert faster.files == ("cli.py",)
    assert faster.description == "Import less. It takes too long."

    assert by_title("table.md")["Make the schema"].criteria == ("it loads", "it is small")
    fix = by_title("front_matter.md")["Fix the tests"]
    assert (fix.priority, fix.category, fix.kind) == (10, "Testing", Kind.EXPLORE)


def test_nothing_in_a_code_fence_is_a_task_and_the_code_is_kept() -> None:
    installer = by_title("fences.md")["Write the installer"]

    assert "- [ ] not a task" in installer.description
    assert installer.criteria == ("it runs",)


def test_what_is_done_is_left_out_and_counts_as_met() -> None:
    assert "1 item is already done and left out" in read(PLANS / "checklist.md").warnings


def test_a_dependency_on_nothing_is_said_with_its_line() -> None:
    assert read(PLANS / "dependencies.md").warnings == (
        "line 8: 'Delta' depends on 'the moon', which is no task here; left out",
    )


def test_the_same_title_twice_is_two_tasks_and_numbers_belong_to_their_own_list() -> None:
    drafts = read(PLANS / "duplicates.md").drafts

    assert len({d.key for d in drafts}) == 4
    assert drafts[1].depends_on == (drafts[0].key,)
    assert drafts[3].depends_on == (drafts[2].key,)


def test_a_section_is_chosen_by_its_heading() -> None:
    assert list(by_title("sessions.md", "Phase 1")) == ["Tokenizer", "Grammar"]
    assert list(by_title("sessions.md", "phase 2: writing")) == ["Printer"]
    with pytest.raises(PlanError, match="fits several headings: 'Phase 1: Reading'"):
        read(PLANS / "sessions.md", "phase")
    with pytest.raises(PlanError, match=r"has no heading 'Phase 9'; there are: 'Parser project'"):
        read(PLANS / "sessions.md", "Phase 9")


def test_tasks_that_wait_for_each_other_are_refused_by_name() -> None:
    with pytest.raises(PlanError, match="these tasks wait for each other: Hen → Egg → Hen"):
        read(PLANS / "cycle.md")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (bytes(range(256)) * 20, "is no text"),
        ("- Ärger".encode("latin-1"), "is not UTF-8"),
        (b"- [x] all\n- [x] done\n", "everything in it is done"),
        (b"Just words.\n", "it has no tasks"),
        (b"x" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_what_is_no_plan_is_refused_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "plan.md").write_bytes(data)

    with pytest.raises(PlanError, match=words):
        read(tmp_path / "plan.md")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"nowhere\.md can't be read: No such file"):
        read(tmp_path / "nowhere.md")
    with pytest.raises(PlanError, match="is a folder"):
        read(tmp_path)


def test_a_byte_order_mark_is_no_part_of_a_title(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_bytes("\ufeff- [ ] First\n".encode())

    assert titles(read(tmp_path / "plan.md")) == ["First"]


def test_two_thousand_lines_are_read_before_you_notice() -> None:
    text = "# Plan\n" + "".join(
        f"- [ ] Task {n}\n  - criterion of {n}\n  after: {max(1, n - 1)}\n" for n in range(1, 700)
    )
    begun = time.process_time()

    plan = parse(text, "big.md")

    assert len(plan.drafts) == 699
    assert time.process_time() - begun < 5


@given(st.text(st.characters(codec="utf-8")) | st.text("-[]x#*`~|1. \n\tab:(),after>"))
def test_no_text_at_all_makes_it_fall_over(text: str) -> None:
    try:
        plan = parse(text, "any.md")
    except PlanError:
        return
    keys = {draft.key for draft in plan.drafts}
    assert len(keys) == len(plan.drafts)
    assert all(draft.title.strip() for draft in plan.drafts)
