"""The document of a task: what is written is read back, and errors say where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import taskfile
from cockpit.state import Kind, MergePolicy, TaskChanges, TaskState
from cockpit.taskfile import BadDocument
from tests.nights import of, task

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60)
LINE = TEXT.map(lambda text: " ".join(text.split()))


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT, st.lists(LINE.filter(bool), max_size=3), LINE, st.lists(LINE.filter(bool), max_size=2))
def test_whatever_is_in_a_task_comes_back_and_only_what_was_changed_counts(
    title: str, description: str, criteria: list[str], category: str, files: list[str]
) -> None:
    one = task("T1", title, description=description, criteria=tuple(criteria), category=category, files=tuple(files))
    text = taskfile.write(of([one]), one)
    if not one.title.strip():
        return

    found = taskfile.read(text)

    assert found is not None
    assert found.title == one.title.strip()
    assert found.criteria == tuple(criteria)
    assert found.category == category
    assert found.files == tuple(files)
    assert (found.description or "").strip() == description.strip()
    assert taskfile.changes(text, text.replace("priority = 0", "priority = 7")) == TaskChanges(priority=7)


def test_it_reads_like_this() -> None:
    one = task("T3", "Say it", description="In *Markdown*.", criteria=("loud", "and\nclear"), kind=Kind.EXPLORE)
    assert (
        taskfile.write(of([one]), one)
        == """\
+++
# T3 is queued. Save and leave to change it; leave it as it is to do nothing.
title = "Say it"
kind = "explore"  # explore, build, review, ideate, plan
category = ""
priority = 0  # higher is sooner
depends_on = []  # tasks that must land first
files = []  # what it probably touches; a hint, not a limit
merge = "night"  # ask, auto, or night: as the night has it
role = ""  # who works on it; empty: the kind's own
model = ""  # which model; empty: as the routing says
+++

In *Markdown*.

## Acceptance criteria
- loud
- and
  clear
"""
    )


def test_what_can_still_be_changed_is_said() -> None:
    one = task("T3", state=TaskState.WORKING, merge=MergePolicy.AUTO)
    assert "# In this state category, priority, merge can be changed." in taskfile.write(of([one]), one)


def test_a_description_may_hold_what_the_document_is_made_of() -> None:
    tricky = "+++\n## Acceptance criteria\n- not one\n+++"
    one = task("T1", description=tricky, criteria=("x\n## Acceptance criteria",))
    found = taskfile.read(taskfile.write(of([one]), one))
    assert found is not None
    assert (found.description, found.criteria) == (tricky, one.criteria)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("priority = 0", "priority = high", "the fields are not TOML: Invalid value (at line 6"),
        ("priority = 0", 'priority = "high"', "priority: expected a whole number, not 'high'"),
        ("priority = 0", "prio = 1", "there is no field 'prio'"),
        ('kind = "build"', 'kind = "bild"', "kind: expected explore, build"),
        ('merge = "night"', 'merge = "no"', "merge: expected ask, auto or night, not 'no'"),
        ("files = []", 'files = "a.py"', "files: expected a list of texts"),
        ('title = "One"', 'title = " "', "title: a task needs one"),
        ("criteria\n", "criteria\nno item\n", "expected a list item"),
        ("+++\n\n", "\n\n", "there is only one"),
    ],
)
def test_a_slip_is_said_with_its_place(old: str, new: str, said: str) -> None:
    one = task("T1", "One")
    text = taskfile.write(of([one]), one)
    assert old in text
    with pytest.raises(BadDocument) as slip:
        taskfile.read(text.replace(old, new))
    assert said in str(slip.value)


def test_an_error_stands_on_top_once_and_the_text_is_kept() -> None:
    one = task("T1", "One")
    text = taskfile.write(of([one]), one)
    wrong = taskfile.with_error(taskfile.with_error(text, "first"), "second\nin two lines")

    assert wrong.startswith("✗ second\n✗ in two lines\n")
    assert "✗ first" not in wrong
    assert wrong.endswith(text)
    assert taskfile.changes(text, wrong) == TaskChanges()


def test_what_no_file_can_hold_is_no_change() -> None:
    one = task("T1", "lone \ud800 surrogate", description="and\ud800 one more\rline\x1b[31m")
    text = taskfile.write(of([one]), one)
    assert taskfile.changes(text, text.encode().decode()) == TaskChanges()


def test_an_empty_document_changes_nothing() -> None:
    one = task("T1", "One")
    assert taskfile.changes(taskfile.write(of([one]), one), " \n") == TaskChanges()
