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
        (
            "phases.md",
            ["Make the schema", "Load the data", "Show the data", "Export the data", "Announce it"],
        ),
        ("documented.md", ["Set the project up", "Store notes"]),
        ("summary_table.md", ["Send it by mail", "Read the log", "Print it"]),
        ("bold.md", ["Parser", "Printer"]),
        ("whole.md", ["Fix the login"]),
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
        (
            "phases.md",
            {
                "Load the data": ["Make the schema"],
                "Show the data": ["Make the schema", "Load the data"],
                "Announce it": ["Show the data", "Export the data"],
            },
        ),
        ("documented.md", {"Set the project up": [], "Store notes": ["Set the project up"]}),
        ("summary_table.md", {"Print it": ["Read the log"], "Send it by mail": ["Print it"]}),
        ("bold.md", {"Printer": ["Parser"]}),
        (
            "references.md",
            {
                "Login": ["Users"],
                "Forms": ["Pages"],
                "Search, depends on Roles": ["Roles for users"],
                "Mail": ["Users", "Login", "Roles for users"],
                "Feeds": ["Pages", "Forms", "Search, depends on Roles"],
                "Everything": ["Pages", "Forms", "Search, depends on Roles"],
                "Cache": ["Pages"],
                "Loop": [],
                "Vague": ["Users"],
                "Gone": ["T17"],
                "Fill it in": ["Create the project"],
            },
        ),
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


def test_criteria_that_are_met_and_items_that_were_given_up_are_left_out_and_told() -> None:
    assert by_title("documented.md")["Store notes"].criteria == ("a note survives a restart",)
    assert "1 item is already done and left out" in read(PLANS / "documented.md").warnings
    assert "2 items are crossed out and left out" in read(PLANS / "fields.md").warnings


def test_fields_in_titles_and_on_lines_are_taken_and_ordinary_words_are_left() -> None:
    tasks = read(PLANS / "fields.md").drafts
    found = {d.title: d for d in tasks}

    fix = found["Fix __init__.py, a*b*c and 2*3*4"]
    assert (fix.priority, fix.description) == (10, "Estimate: 3 hours")
    assert (found["Stop the leak"].priority, found["Stop the leak"].description) == (20, "Estimate: 30 min")
    assert found["Print it"].depends_on == (fix.key,)
    assert (found["Print it"].files, found["Print it"].kind) == (("out.py",), Kind.REVIEW)
    read_it = found["Read, parse and print"]
    assert (read_it.kind, read_it.category) == (Kind.EXPLORE, "Core")
    assert found["Write it down"].depends_on == (read_it.key,)
    assert found["Write it down"].files == ("docs/a.md", "b/")
    assert found["Clean up after the migration (requires Python 3.12) (30 min timeout)"].depends_on == ()
    assert found["Support merge: queues of any length"].merge is None
    assert found["Files: list ./src/x.py:12, Makefile"].files == ("src/x.py", "Makefile", "docs/")
    long = found["Understand every line of the old configuration file and tell the user what each of them became"]
    assert (long.kind, long.priority, long.merge) == (Kind.BUILD, 7, MergePolicy.AUTO)
    assert long.criteria == ("Type: string is accepted", "unit tests", "the end to end test")
    assert "ask Ada" in long.description


def test_a_value_that_makes_no_sense_is_told_with_its_line() -> None:
    warnings = read(PLANS / "fields.md").warnings

    assert "line 20: priority 'soon' is unknown; say high, low, P1 or a number" in warnings
    assert "line 21: merge 'maybe' is unknown; say ask or auto" in warnings


def test_role_and_model_are_hints_like_the_others(tmp_path: Path) -> None:
    plan = tmp_path / "PLAN.md"
    plan.write_text(
        "## Later (role: reviewer)\n\n"
        "- [ ] Weigh the parser (model: opus)\n"
        "- [ ] Change it\n  role: builder, model: `claude-sonnet-4-5`\n"
        "- [ ] Store users\n  Model: User\n"
        "- [ ] Test it\n  role: tester\n\n"
        "| task | role | model |\n|---|---|---|\n| Look around | explorer | haiku |\n"
    )
    found = read(plan)
    hints = {d.title: (d.role, d.model) for d in found.drafts}
    assert hints == {
        "Weigh the parser": ("reviewer", "opus"),
        "Change it": ("builder", "claude-sonnet-4-5"),
        "Store users": ("reviewer", ""),
        "Test it": ("reviewer", ""),
        "Look around": ("explorer", "haiku"),
    }
    assert next(d for d in found.drafts if d.title == "Store users").description == "Model: User"
    said = "line 9: role 'tester' is unknown; say explorer, builder, reviewer, ideator or planner"
    assert found.warnings == (said,)


def test_a_group_speaks_for_its_tasks_and_a_task_for_itself() -> None:
    tasks = by_title("phases.md")

    assert (tasks["Show the data"].priority, tasks["Export the data"].priority) == (10, -10)
    assert tasks["Make the schema"].criteria == ("works on an empty database",)
    assert tasks["Make the schema"].files == ("db/schema.sql",)


def test_where_headings_say_that_they_are_tasks_the_others_are_left_out_and_told() -> None:
    project = by_title("documented.md")["Set the project up"]
    assert project.criteria == ("pytest runs", "the linter passes")
    assert project.files == ("pyproject.toml", "notes/__init__.py")
    assert "- copy the layout of the last one" in project.description
    assert "# [project]" in project.description
    assert "| text | str  |" in by_title("documented.md")["Store notes"].description

    warnings = read(PLANS / "documented.md").warnings
    assert "line 45: 'Polish' does not say that it is a task, as others here do; left out" in warnings
    assert "line 49: 'Risks and mitigations' is never read for tasks; left out 1 open item" in warnings
    assert "line 24: 'Rename it' has nothing under it and was not read as a task" in read(PLANS / "phases.md").warnings


def test_a_table_that_sums_up_the_headings_adds_to_them() -> None:
    tasks = by_title("summary_table.md")

    assert (tasks["Read the log"].kind, tasks["Read the log"].source) == (Kind.EXPLORE, "summary_table.md:10")
    assert tasks["Read the log"].description == "Every line.\nEstimate: 2h"
    assert tasks["Print it"].criteria == ("it is legible", "it is dated")


def test_one_heading_with_criteria_is_one_task() -> None:
    task = by_title("whole.md")["Fix the login"]

    assert task.criteria == ("new users get in", "a test holds it")
    assert task.files == ("auth/login.py", "tests/test_login.py")
    assert task.description == "It fails for new users."


def test_deep_nesting_tells_each_leaf_with_what_is_above_it() -> None:
    endpoint = by_title("nesting.md")["Add the endpoint"]

    assert endpoint.criteria == ("answers in 10 ms: under load: of 100 users",)


@pytest.mark.parametrize("name", ["prose.md", "title_and_prose.md"])
def test_prose_has_no_tasks_and_says_how_to_give_it_some(name: str) -> None:
    with pytest.raises(PlanError, match=f"{name}: it has no tasks: write a heading"):
        read(PLANS / name)


def test_what_a_reference_could_be_is_told() -> None:
    assert read(PLANS / "references.md").warnings == (
        "1 item is already done and left out",
        "line 19: 'Loop' depends on itself; left out",
        "line 20: 'Vague' depends on 'Ro', which is no task here; left out",
        "line 21: 'Gone' depends on 'the moon', which is no task here; left out",
    )
    with pytest.raises(PlanError, match="has no tasks"):
        parse("words", "x.md")
    (warning,) = parse("- Parser for x\n- Parser for y\n- Use (after Parser)\n", "x.md").warnings
    assert "could be any of 'Parser for x' (line 1), 'Parser for y' (line 2)" in warning


def test_a_section_does_not_wait_for_what_is_outside_it_but_says_so() -> None:
    plan = read(PLANS / "sessions.md", "Phase 2")

    assert [d.depends_on for d in plan.drafts] == [()]
    assert "line 32: 'Printer' depends on 'Grammar', which is outside the section; left out" in plan.warnings


def test_a_section_that_is_never_read_is_read_when_it_is_asked_for() -> None:
    assert titles(read(PLANS / "documented.md", "risks")) == ["the disk is full"]


@pytest.mark.parametrize("opening", ["```", "~~~", "<!--"])
def test_what_is_never_closed_is_told(opening: str) -> None:
    plan = parse(f"- [ ] one\n\n{opening}\n- [ ] two\n", "x.md")

    assert titles(plan) == ["one"]
    assert any(w.startswith("line 3: the ") and w.endswith("is never closed") for w in plan.warnings)


def test_a_dependency_on_nothing_is_said_with_its_line() -> None:
    assert read(PLANS / "dependencies.md").warnings == (
        "line 10: 'Delta' depends on 'the moon', which is no task here; left out",
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
    assert plan.drafts[600].depends_on == (plan.drafts[599].key,)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("unit", ["*", "_a ", "**a", "[", "[a](", "`a", "(after ", "~~", "<!--", "- ", "| a "])
def test_a_line_made_to_be_slow_is_read_in_no_time(unit: str) -> None:
    begun = time.process_time()

    parse(f"- [ ] x {unit * (40_000 // len(unit))}\n\n{unit * (40_000 // len(unit))}\n", "slow.md")

    assert time.process_time() - begun < 5


def test_a_list_nested_without_end_is_read() -> None:
    text = "".join(f"{' ' * 2 * depth}- [ ] level {depth}\n" for depth in range(1_200))

    assert titles(parse(text, "deep.md")) == ["level 0"]


@given(
    st.lists(
        st.sampled_from(
            [
                "# Plan",
                "## Task 1: A",
                "## B",
                "### Acceptance criteria",
                "## Notes",
                "- [ ] C (after 1)",
                "- [x] D",
                "  - E",
                "    - files: a.py",
                "1. F",
                "Files:",
                "**Tests:**",
                "```",
                "~~~",
                "",
                "---",
                "| Task | After |",
                "|---|---|",
                "| G | A |",
                "after: A, B and C",
                "Phase 1",
                "=======",
                "\tH",
                "> q",
                "<!--",
                "-->",
                "(after",
            ]
        ),
        max_size=30,
    )
)
def test_plans_put_together_at_random_have_sound_tasks(lines: list[str]) -> None:
    try:
        plan = parse("\n".join(lines), "any.md")
    except PlanError:
        return
    keys = {draft.key for draft in plan.drafts}
    assert len(keys) == len(plan.drafts)
    for draft in plan.drafts:
        assert set(draft.depends_on) <= keys - {draft.key}
        assert 1 <= int(draft.source.removeprefix("any.md:")) <= len(lines)
        assert draft.title.strip()


@given(st.text(st.characters(codec="utf-8")) | st.text("-[]x#*`~|1. \n\tab:(),after>"))
def test_no_text_at_all_makes_it_fall_over(text: str) -> None:
    try:
        plan = parse(text, "any.md")
    except PlanError:
        return
    keys = {draft.key for draft in plan.drafts}
    assert len(keys) == len(plan.drafts)
    assert all(draft.title.strip() for draft in plan.drafts)
