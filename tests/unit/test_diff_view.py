"""The diff viewer: unified and side by side, keys from hunk to hunk, long diffs and hostile ones."""

from __future__ import annotations

import pytest
from textual.strip import Strip

from cockpit.reading import Draft, Reading
from cockpit.state import Comment
from panes.diff_model import parse
from panes.diff_view import DiffView
from panes.paragraphs import Paragraph, Tone
from tests.unit.stage import Stage, on_stage

SMALL = """\
diff --git a/stats.py b/stats.py
index 1..2 100644
--- a/stats.py
+++ b/stats.py
@@ -1,3 +1,4 @@ import math
 def mean(v):
-    return sum(v) / len(v)
+    "The mean."
+    return sum(v) / max(1, len(v))
 # end
@@ -40,2 +41,2 @@ def other():
-old = 1
+new = 1
 x = 2
diff --git a/notes.md b/notes.md
new file mode 100644
index 0..1
--- /dev/null
+++ b/notes.md
@@ -0,0 +1,1 @@
+# 日本語 notes
"""


BARS = " ▁▂▃▄▅▆▇█"
"""What the bar at the right is made of; it may come a frame later."""


def long_diff(files: int, lines: int) -> str:
    found = []
    for n in range(files):
        found.append(f"diff --git a/f{n}.py b/f{n}.py\n--- a/f{n}.py\n+++ b/f{n}.py\n@@ -1,{lines} +1,{lines} @@")
        found += [f" context {n} {row}" for row in range(lines - 1)]
        found += ["-before", f"+after {n}"]
    return "\n".join(found) + "\n"


async def shows(stage: Stage[DiffView], text: str, *preface: Paragraph) -> None:
    stage.widget.show(parse(text), preface)
    stage.widget.focus()
    await stage.until()


async def test_unified_in_a_narrow_view() -> None:
    async with on_stage(DiffView()) as stage:
        await shows(stage, SMALL)
        screen = stage.screen()

        assert screen[0].startswith("~ stats.py  changed  +3 -2")
        assert screen[1] == "@@ -1,3 +1,4 @@ import math"
        assert screen[2] == " 1  1   def mean(v):"
        assert screen[3] == " 2    -     return sum(v) / len(v)"
        assert screen[4] == '    2 +     "The mean."'
        assert "+ notes.md  added  +1 -0" in stage.text()
        assert "    1 + # 日本語 notes" in stage.text()


async def test_side_by_side_in_a_wide_view() -> None:
    async with on_stage(DiffView(), 200, 50) as stage:
        await shows(stage, SMALL)
        left, right = stage.screen()[3].split("│")

        assert stage.widget.is_split
        assert left.strip() == "2 -     return sum(v) / len(v)"
        assert right.strip() == '2 +     "The mean."'
        assert stage.screen()[4].split("│")[0].strip() == ""


@pytest.mark.parametrize("width", [38, 80, 119, 120, 200])
async def test_every_row_is_exactly_as_wide_as_the_view(width: int) -> None:
    async with on_stage(DiffView(), width, 30) as stage:
        hostile = "+" + "日" * 5_000 + "\n+\x1b]52;c;aGk=\x07[red]\x1b[31m\ttab\r\n+" + "y" * 1_000_000
        text = SMALL.replace("+# 日本語 notes", hostile).replace("+1,1 @@", "+1,3 @@")
        for _ in range(2):
            await shows(stage, text, Paragraph(Tone.ERROR, "✗ ", "why " * 90))
            view = stage.widget
            rows = [view.row_strip(row) for row in range(view.virtual_size.height)]
            assert [row.cell_length for row in rows] == [view.row_width] * len(rows)
            assert not any(c < " " for row in rows for c in row.text)
            assert any("[red]" in row.text for row in rows)
            await stage.press("v")


async def test_keys_go_from_hunk_to_hunk_and_file_to_file() -> None:
    async with on_stage(DiffView(), 80, 5) as stage:
        await shows(stage, SMALL)
        await stage.press("right_square_bracket")
        assert stage.screen()[0].startswith("@@ -1,3")
        await stage.press("right_square_bracket")
        assert stage.screen()[0].startswith("@@ -40,2")
        await stage.press("left_square_bracket")
        assert stage.screen()[0].startswith("@@ -1,3")
        await stage.press("right_curly_bracket")
        assert "notes.md" in stage.text()
        await stage.press("left_curly_bracket", "left_curly_bracket")
        assert "stats.py" in stage.screen()[0]


async def test_turning_and_resizing_keep_the_place() -> None:
    async with on_stage(DiffView(), 100, 20) as stage:
        await shows(stage, long_diff(20, 50))
        await stage.press(*["right_curly_bracket"] * 7)
        assert "f7.py" in stage.screen()[0]
        await stage.press("down", "down", "down")
        assert "context 7 1" in stage.screen()[3]
        row = stage.widget.cursor_row

        await stage.press("v")
        assert stage.widget.is_split
        assert "context 7 1" in stage.screen()[3]
        await stage.press("v")
        await stage.resize(60, 10)
        assert "context 7 1" in stage.screen()[3]
        await stage.resize(200, 50)
        assert "context 7 1" in stage.screen()[3]
        assert stage.widget.cursor_row == row


async def test_long_lines_scroll_sideways_on_both_sides() -> None:
    text = SMALL.replace("def mean(v):", "abcdefghijklmnopqrstuvwxyz" * 10)
    async with on_stage(DiffView(), 200, 20) as stage:
        await shows(stage, text)
        await stage.press("right")
        left, right = stage.screen()[2].split("│")
        assert left.split()[-1].startswith("qrstuv")
        assert right.split()[-1].startswith("qrstuv")
        await stage.press("left", "left")
        assert "   abcdef" in stage.screen()[2]


async def test_paragraphs_stand_before_it_and_can_change_under_the_reader() -> None:
    async with on_stage(DiffView(), 80, 6) as stage:
        await shows(stage, long_diff(3, 30), Paragraph(Tone.GOOD, "✓ ", "tests"))
        assert stage.screen()[:2] == ["✓ tests", "~ f0.py  changed  +1 -1"]
        await stage.press("right_curly_bracket", "right_curly_bracket")
        held = [row[:79].rstrip() for row in stage.screen()]  # without the scrollbar

        stage.widget.say([Paragraph(Tone.GOOD, "✓ ", "tests"), Paragraph(Tone.ERROR, "✗ ", "lint " * 40)])
        await stage.until()
        assert [row[:79].rstrip() for row in stage.screen()] == held
        await stage.press("home")
        assert stage.screen()[1].startswith("✗ lint")


async def test_code_gets_its_colors_a_moment_later() -> None:
    async with on_stage(DiffView()) as stage:
        await shows(stage, SMALL)
        await stage.until()
        keyword = stage.widget.component("diff--keyword").color
        added = stage.widget.component("diff--added").bgcolor

        assert any(s.text == "def" and s.style and s.style.color == keyword for s in stage.widget.row_strip(2))
        assert all(s.style and s.style.bgcolor == added for s in stage.widget.row_strip(4))
        assert added != stage.widget.component().bgcolor


async def test_of_a_very_long_diff_only_what_shows_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(DiffView(), 160, 50) as stage:
        built: list[int] = []
        row = DiffView._diff_row

        def counted(view: DiffView, number: int) -> Strip:
            built.append(number)
            return row(view, number)

        monkeypatch.setattr(DiffView, "_diff_row", counted)
        await shows(stage, long_diff(100, 1_000))
        # Once at first and once when the colours are there.
        assert 50 <= len(built) <= 150

        await stage.press("end")
        assert "after 99" in stage.screen()[-1]
        assert len(built) <= 250


async def test_text_that_is_no_diff_is_shown_as_it_is() -> None:
    async with on_stage(DiffView()) as stage:
        await shows(stage, "fatal: bad object\n+ plus\n")
        assert [row.strip() for row in stage.screen()[:2]] == ["fatal: bad object", "+  plus"]


# ── the cursor, words, folds ─────────────────────────────────────────────────────────────────────────


async def test_the_words_that_changed_are_marked_and_no_others() -> None:
    async with on_stage(DiffView()) as stage:
        await shows(stage, SMALL.replace("+new = 1", "+old = 2"))
        view = stage.widget
        row = next(n for n in range(view.virtual_size.height) if view.row_strip(n).text.strip().startswith("41 + old"))
        styles = {
            text: style.bgcolor for text, style, _ in (*view.row_strip(row - 1), *view.row_strip(row)) if text.strip()
        }
        assert styles["2"] == view.component("diff--word-added").bgcolor
        assert styles["1"] == view.component("diff--word-removed").bgcolor
        assert len({styles["2"], styles["1"], view.component("diff--added").bgcolor}) == 3
        assert all(color != styles["2"] for text, color in styles.items() if "old" in text)


async def test_the_cursor_stays_in_sight_with_keys_pages_the_wheel_and_the_ends() -> None:
    def is_in_sight(view: DiffView) -> bool:
        return view.top_row <= view._cursor < view.top_row + view.size.height

    async with on_stage(DiffView(), 80, 12) as stage:
        await shows(stage, long_diff(3, 40), Paragraph(Tone.GOOD, "✓ ", "tests"))
        view = stage.widget
        assert view.cursor_row == -1
        for keys in (["down"] * 15, ["pagedown"], ["pagedown"], ["up"] * 30, ["end"], ["pageup"]):
            await stage.press(*keys)
            assert is_in_sight(view)
        await stage.press("end")
        assert view.cursor_row == len(view.diff.rows) - 1
        view.go(10)  # as the wheel does
        await stage.until()
        assert is_in_sight(view)
        await stage.press("home")
        assert (view.cursor_row, view.top_row) == (-1, 0)
        before = [line.rstrip(BARS) for line in stage.screen()]
        await stage.press("down", "down")
        assert [line.rstrip(BARS) for line in stage.screen()] == before
        assert view.cursor_file == "f0.py"


async def test_generated_files_are_folded_and_enter_opens_one() -> None:
    async with on_stage(DiffView(), 80, 30) as stage:
        diff = parse(long_diff(3, 4))
        diff.generated = frozenset({1})
        stage.widget.show(diff)
        stage.widget.focus()
        await stage.until()
        assert "f1.py  changed  +1 -1  generated · ▸ folded" in stage.text()
        assert "after 1" not in stage.text()

        await stage.press("right_curly_bracket", "enter")
        assert "after 1" in stage.text()
        await stage.press("enter", "g")
        assert "after 1" in stage.text()
        await stage.press("g")
        assert "after 1" not in stage.text()
        await stage.press("v")
        assert "f1.py  changed  +1 -1  generated · ▸ folded" in stage.text()


async def test_in_a_very_long_diff_comments_marks_and_folds_are_where_they_belong() -> None:
    async with on_stage(DiffView(), 160, 50) as stage:
        diff = parse(long_diff(100, 1_000))
        drafts = tuple(Draft(Comment(f"f{n}.py", "look " * 40, 999, quote=f"after {n}"), "h") for n in range(0, 100, 2))
        stage.widget.show(diff, (), {}, Reading({f"f{n}.py": diff.digest(n) for n in range(1, 100, 2)}, drafts), "h")
        stage.widget.focus()
        await stage.until()
        await stage.press("end")
        assert "✓ viewed · ▸ folded" in stage.screen()[-1]
        await stage.press("left_curly_bracket", "right_square_bracket", "up", "up")
        assert "look look look" in stage.text()
