"""What was read and written at the merge desk: remembered, shared between terminals, and put where it belongs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit import reading, reading_file
from cockpit.generated import is_generated
from cockpit.policy.comments import rework_text
from cockpit.reading import MAX_TASKS, UNREAD, Change, Draft, Erase, Reading, Readings, Unview, View, Write
from cockpit.state import Comment
from panes.diff_model import parse
from panes.drafts import comment_at, placed
from tests.unit.test_diff_view import SMALL

HERE = Draft(Comment("stats.py", "why max?", 3, quote="    return sum(v) / max(1, len(v))"), "h1")


def after(*changes: Change) -> Readings:
    readings: Readings = {}
    for change in changes:
        readings = reading.apply(readings, change)
    return readings


# ── remembered ───────────────────────────────────────────────────────────────────────────────────────


def test_marks_and_comments_come_and_go() -> None:
    other = Draft(Comment("stats.py", "and here", 40))
    found = after(View("T1", "a.py", "d1"), View("T1", "b.py", "d2"), Write("T1", HERE), Write("T1", other))
    assert found["T1"] == Reading({"a.py": "d1", "b.py": "d2"}, (HERE, other))

    changed = reading.apply(found, Write("T1", HERE.saying("why max(1, …)?")))
    assert [draft.comment.text for draft in changed["T1"].drafts] == ["and here", "why max(1, …)?"]
    gone = reading.apply(reading.apply(changed, Unview("T1", "a.py")), Erase("T1", (HERE.key, other.key)))
    assert gone == {"T1": Reading({"b.py": "d2"})}
    assert reading.apply(gone, Unview("T1", "b.py")) == {}


def test_only_so_many_tasks_are_remembered_the_ones_touched_last() -> None:
    found = after(*(View(f"T{n}", "a.py", "d") for n in range(MAX_TASKS + 5)), View("T7", "b.py", "d"))
    assert len(found) == MAX_TASKS
    assert list(found)[-1] == "T7"
    assert "T0" not in found


def test_it_survives_the_disk_and_a_second_terminal_loses_nothing_of_the_first(tmp_path: Path) -> None:
    folder = tmp_path / ".cockpit"
    assert reading_file.read(folder) == {}
    reading_file.note(folder, Write("T1", HERE))
    both = reading_file.note(folder, View("T1", "a.py", "d1"))  # by a terminal that never saw the comment

    assert both == {"T1": Reading({"a.py": "d1"}, (HERE,))} == reading_file.read(folder)
    assert [path.name for path in folder.glob("*.new")] == []


@pytest.mark.parametrize("text", ["{", "[]", '{"T1": 3}', '{"T1": {"drafts": [{"head": 1}]}}', '{"T1": {"viewed": 1}}'])
def test_a_file_that_cannot_be_read_is_set_aside_and_not_fatal(tmp_path: Path, text: str) -> None:
    (tmp_path / "reading.json").write_text(text)
    assert reading_file.read(tmp_path) == {}

    reading_file.note(tmp_path, View("T2", "a.py", "d1"))
    assert (tmp_path / "reading.json.broken").read_text() == text
    assert list(json.loads((tmp_path / "reading.json").read_text())) == ["T2"]


# ── where a comment stands ───────────────────────────────────────────────────────────────────────────


def rows_of(*drafts: Draft, head: str = "h1", text: str = SMALL) -> list[str]:
    diff = parse(text)
    return [diff.rows[row].text.strip() for row, _ in placed(diff, drafts, head)[0]]


def test_what_the_cursor_is_on_becomes_a_comment_that_is_found_again() -> None:
    diff = parse(SMALL)
    for row in range(len(diff.rows)):
        blank = comment_at(diff, row)
        assert blank is not None
        assert [at for at, _ in placed(diff, [Draft(blank, "h1")], "h1")[0]] == [row]
    assert comment_at(diff, 0) == Comment("stats.py")
    assert comment_at(diff, 1) == Comment("stats.py", line=1, last=4, quote="@@ -1,3 +1,4 @@ import math")
    assert comment_at(diff, 3) == Comment("stats.py", line=2, old=True, quote="    return sum(v) / len(v)")
    assert comment_at(parse("no diff"), 0) is None


def test_on_a_later_version_a_comment_stands_at_the_line_that_it_quotes_or_at_its_file() -> None:
    assert rows_of(HERE, head="h2") == ["return sum(v) / max(1, len(v))"]
    moved = SMALL.replace("@@ -1,3 +1,4 @@", "@@ -11,3 +11,4 @@")
    assert rows_of(HERE, head="h2", text=moved) == ["return sum(v) / max(1, len(v))"]
    assert rows_of(HERE, head="h2", text=SMALL.replace("max(1, len(v))", "(len(v) or 1)")) == ["stats.py"]
    homeless = Draft(Comment("gone.py", "still needed?", 3), "h1")
    assert placed(parse(SMALL), [homeless], "h2") == ([], [homeless])


# ── viewed marks ─────────────────────────────────────────────────────────────────────────────────────


def test_a_viewed_mark_is_about_what_a_change_says_and_not_where_it_lies() -> None:
    one = parse(SMALL)
    moved = parse(SMALL.replace("@@ -40,2 +41,2 @@", "@@ -50,2 +51,2 @@"))
    other = parse(SMALL.replace("+new = 1", "+new = 2"))

    assert one.digest(0) == moved.digest(0) != other.digest(0)
    assert one.digest(1) == other.digest(1)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("poetry.lock", True),
        ("web/package-lock.json", True),
        ("web/dist/app.min.js", True),
        ("vendor/lib/a.go", True),
        ("api/thing_pb2.py", True),
        ("src/locks.py", False),
        ("lock", False),
        ("vendors.py", False),
    ],
)
def test_what_is_generated_by_the_usual_globs(path: str, wanted: bool) -> None:
    assert is_generated(path) is wanted


def test_other_globs_take_the_place_of_the_usual_ones() -> None:
    assert is_generated("docs/api/index.html", ["docs/api/"])
    assert not is_generated("poetry.lock", ["docs/api/"])


# ── what the agent reads ─────────────────────────────────────────────────────────────────────────────


def test_comments_reach_the_agent_with_their_place_and_the_line_they_are_about() -> None:
    comments = (
        Comment("cli.py", "Name it --pedantic.\nAnd document it.", 12, quote='    add("--strict")'),
        Comment("cli.py", "Keep this.", 8, old=True, quote='    add("--lax")'),
        Comment("cli.py", "Too long.", 20, 34, quote="@@ -20,4 +20,15 @@ def main():"),
        Comment("README.md", "Not needed."),
    )
    assert rework_text("Nearly there.", comments) == (
        "Nearly there.\n\nComments on your change:\n\n"
        '1. cli.py:12\n   >     add("--strict")\n   Name it --pedantic.\n   And document it.\n\n'
        '2. cli.py:8 before the change\n   >     add("--lax")\n   Keep this.\n\n'
        "3. cli.py:20-34\n   > @@ -20,4 +20,15 @@ def main():\n   Too long.\n\n"
        "4. README.md (the whole file)\n   Not needed."
    )
    alone = "A comment on your change:\n\n1. README.md (the whole file)\n   Not needed."
    assert rework_text("  ", comments[3:]) == alone
    assert rework_text("", ()) == ""


def test_hostile_comments_and_quotes_stay_text_and_bounded() -> None:
    said = rework_text("", (Comment("a\x1b[2J\nb.py", "x" * 100_000, 1, quote="\x1b]52;c;aGk=\x07" + "q" * 5_000),))
    assert "\x1b" not in said
    assert len(said) < 6_000
    assert said.split("\n")[2] == "1. a b.py:1"
    assert UNREAD.drafts == ()
