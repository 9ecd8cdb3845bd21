"""Folding a transcript: what is folded away is one row or none, nothing is lost, and places stay places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cockpit.agents import stream
from cockpit.agents.stream import Line
from panes import transcript_model
from panes.paragraphs import MAX_LINE
from panes.said import Copied, Said
from panes.transcript import TranscriptView
from panes.transcript_model import MAX_PARAGRAPHS, Transcript
from tests.unit.stage import Stage, on_stage


def lines(*events: stream.StreamEvent, start: int = 1) -> list[Line]:
    return [Line(n, 1_700_000_000.0 + n, event) for n, event in enumerate(events, start)]


def call(name: str, rows: int, failed: bool = False) -> list[stream.StreamEvent]:
    output = "\n".join(f"{name} row {n}" for n in range(rows))
    return [stream.ToolCalled(name, "Bash", f"run {name}", f"./{name} -v"), stream.ToolReturned(name, output, failed)]


async def fed(stage: Stage[TranscriptView], *events: stream.StreamEvent) -> None:
    stage.widget.add(lines(*events))
    await stage.until(lambda: stage.widget.is_settled)


def shown(stage: Stage[TranscriptView]) -> list[str]:
    texts = [line[1:79].rstrip(" ▁▂▃▄▅▆▇█") for line in stage.screen()]
    return [text for text in texts if text.strip()]


def foot(stage: Stage[TranscriptView]) -> str:
    said = stage.received(TranscriptView.Remarked)
    return said[-1].remark if said else ""


# ── blocks ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_and_its_result_are_one_block_unless_something_came_between() -> None:
    transcript = Transcript()
    transcript.add(lines(*call("one", 2), stream.Said("Then."), *call("two", 1)))
    assert transcript.starts == [0, 4, 5]
    assert transcript.block(3) == (0, 4)

    apart = Transcript()
    asked, answered = call("one", 2)
    apart.add(lines(asked, stream.Said("Meanwhile."), answered))
    assert apart.starts == [0, 2, 3]


def test_a_long_result_keeps_its_lines_folded_in_one_paragraph() -> None:
    transcript = Transcript()
    transcript.add(lines(*call("tests", 246)))
    last = transcript.paragraphs[-1]
    assert last.folded == 240
    assert last.text.startswith("tests row 6\ntests row 7\n")
    assert last.text.endswith("\ntests row 245")
    assert transcript.lines(0, transcript.end) == 2 + 246


def test_a_folded_line_is_bounded_like_any_other() -> None:
    transcript = Transcript()
    transcript.add(lines(stream.ToolReturned("a", "x\n" * 10 + "y" * 5_000)))
    assert max(map(len, transcript.paragraphs[-1].text.split("\n"))) < MAX_LINE + 40


def test_errors_are_where_they_begin() -> None:
    transcript = Transcript()
    transcript.add(lines(*call("bad", 3, failed=True), stream.Said("Hm."), stream.Ended(False, error="no money")))
    assert transcript.paragraph(transcript.errors[0]).text == "bad row 0"
    assert len(transcript.errors) == 2
    assert transcript.fails(0, 5)
    assert not transcript.fails(5, 6)


@given(st.lists(st.sampled_from(["call", "fail", "say", "told"]), max_size=60), st.integers(20, 60))
def test_the_index_is_right_whatever_comes_and_goes(kinds: list[str], keep: int) -> None:
    kept, transcript_model.MAX_PARAGRAPHS = transcript_model.MAX_PARAGRAPHS, keep
    try:
        transcript = Transcript()
        for number, kind in enumerate(kinds):
            events: list[stream.StreamEvent] = {
                "call": call(str(number), 9),
                "fail": call(str(number), 2, failed=True),
                "say": [stream.Said("one\ntwo")],
                "told": [stream.Told("Do it")],
            }[kind]  # type: ignore[assignment]
            transcript.add(lines(*events))
        every = range(transcript.dropped, transcript.end)
        assert len(every) <= keep
        assert all(start <= n < end for n in every for start, end in [transcript.block(n)])
        assert transcript.starts == sorted(set(transcript.starts))
        assert transcript.errors == [n for n in every if "✗" in transcript.paragraph(n).mark]
    finally:
        transcript_model.MAX_PARAGRAPHS = kept


# ── folding on the screen ────────────────────────────────────────────────────────────────────────────


async def test_space_unfolds_a_long_result_and_folds_it_again() -> None:
    async with on_stage(TranscriptView(), 80, 20) as stage:
        stage.widget.focus()
        await fed(stage, *call("tests", 15))
        assert shown(stage)[-1] == "  │ … 9 more lines"

        await stage.press("space")
        assert "  │ tests row 14" in shown(stage)
        assert not any("more lines" in line for line in shown(stage))
        assert stage.screen()[0].startswith("▌● run tests")

        await stage.press("space")
        assert shown(stage)[-1] == "  │ … 9 more lines"


async def test_space_folds_a_short_call_to_a_line_that_tells_its_lines_and_its_fault() -> None:
    async with on_stage(TranscriptView(), 80, 20) as stage:
        stage.widget.focus()
        await fed(stage, *call("bad", 3, failed=True), stream.Said("Hm."))
        await stage.press("space")
        assert shown(stage) == ["● run bad ✗ · 4 lines", "Hm."]
        await stage.press("space")
        assert shown(stage)[2] == "  ✗ bad row 0"


async def test_who_unfolds_at_the_end_reads_from_the_beginning_and_follows_no_more() -> None:
    async with on_stage(TranscriptView(), 80, 20) as stage:
        stage.widget.focus()
        await fed(stage, *(stream.Said(f"line {n}") for n in range(40)), *call("tests", 100))
        await stage.press("space")
        assert not stage.widget.following
        assert any("● run tests" in line for line in shown(stage))
        await fed(stage, stream.Said("And on."))
        assert any("● run tests" in line for line in shown(stage))
        await stage.press("f")
        assert shown(stage)[-1] == "And on."


async def test_o_unfolds_everything_then_folds_all_to_lines_then_is_as_before() -> None:
    async with on_stage(TranscriptView(), 80, 60) as stage:
        stage.widget.focus()
        await fed(stage, stream.Said("I look.\nTwice."), *call("one", 8), *call("two", 8))
        before = shown(stage)
        await stage.press("o")
        assert sum("row" in line for line in shown(stage)) == 16
        assert foot(stage) == "everything is unfolded"
        await stage.press("o")
        assert shown(stage) == ["I look.", "Twice.", "● run one · 9 lines", "● run two · 9 lines"]
        await fed(stage, *call("three", 8))
        assert shown(stage)[-1] == "● run three · 9 lines"
        await stage.press("o")
        assert shown(stage)[: len(before)] == before
        assert foot(stage) == ""


async def test_what_is_above_the_screen_may_unfold_without_moving_it() -> None:
    async with on_stage(TranscriptView(), 80, 12) as stage:
        stage.widget.focus()
        await fed(stage, *call("one", 50), *(stream.Said(f"line {n}") for n in range(40)))
        await stage.press("pageup")
        held = shown(stage)
        stage.widget._fold_block(0, stage.widget._fold_all.OPEN)
        await stage.until()
        assert shown(stage) == held


async def test_nothing_to_fold_is_said() -> None:
    async with on_stage(TranscriptView()) as stage:
        stage.widget.focus()
        await fed(stage, stream.Said("Only this."))
        await stage.press("space")
        assert [said.text for said in stage.received(Said)] == ["nothing here can be folded"]


async def test_a_click_on_what_is_folded_unfolds_it() -> None:
    async with on_stage(TranscriptView(), 80, 30) as stage:
        await fed(stage, *call("tests", 15))
        await stage._pilot.click(offset=(6, 8))
        await stage.until()
        assert "  │ tests row 14" in shown(stage)


async def test_unfolded_lines_wrap_and_a_resize_keeps_them() -> None:
    async with on_stage(TranscriptView(), 80, 40) as stage:
        stage.widget.focus()
        await fed(stage, stream.ToolReturned("a", "\n".join(f"{n} " + "word " * 20 for n in range(12))))
        await stage.press("space")
        for width in (40, 120, 80):
            await stage.resize(width, 60)
            text = " ".join(" ".join(shown(stage)).replace("│", " ").split())
            assert "11 word" in text
            assert "more lines" not in text


# ── from block to block, from error to error ─────────────────────────────────────────────────────────


async def test_brackets_go_from_block_to_block_and_past_the_end_it_follows() -> None:
    async with on_stage(TranscriptView(), 80, 12) as stage:
        stage.widget.focus()
        await fed(stage, *(stream.Said(f"message {n}\nand more\nand more") for n in range(10)))
        await stage.press("[", "[", "[")
        (here,) = [line for line in stage.screen() if line.startswith("▌message")]
        assert here.startswith("▌message 7")
        await stage.press(*"[" * 9)
        assert stage.screen()[0].startswith("▌message 0")
        assert not stage.widget.following
        await stage.press(*"]" * 10)
        assert stage.widget.following
        assert not any(line.startswith("▌") for line in stage.screen())


async def test_errors_are_gone_through_in_both_directions_and_unfolded() -> None:
    async with on_stage(TranscriptView(), 80, 12) as stage:
        stage.widget.focus()
        for n in range(3):
            await fed(stage, *call(f"bad{n}", 2, failed=True), *(stream.Said(f"line {n}") for n in range(30)))
        await stage.press("o", "o")
        await stage.press("e")
        assert any("✗ bad2 row 0" in line for line in shown(stage))
        await stage.press("E")
        assert any("✗ bad1 row 0" in line for line in shown(stage))
        await stage.press("e", "e")
        assert any("✗ bad0 row 0" in line for line in shown(stage))
        assert [said.text for said in stage.received(Said)][-1] == "error 1 of 3"


async def test_no_error_is_said() -> None:
    async with on_stage(TranscriptView()) as stage:
        stage.widget.focus()
        await fed(stage, stream.Said("All well."))
        await stage.press("e")
        assert [(said.text, said.ok) for said in stage.received(Said)] == [("no error in this transcript", False)]


# ── copying ──────────────────────────────────────────────────────────────────────────────────────────


async def copied(stage: Stage[TranscriptView]) -> str:
    await stage.press("y")
    return stage.received(Copied)[-1].text


async def test_y_copies_the_newest_block_in_sight_whole_whatever_is_folded() -> None:
    async with on_stage(TranscriptView(), 80, 20) as stage:
        stage.widget.focus()
        await fed(stage, stream.Said("Before."), *call("tests", 30))
        text = await copied(stage)
        assert text.startswith("run tests\n./tests -v\ntests row 0\n")
        assert text.endswith("\ntests row 29")


async def test_y_copies_the_block_the_person_is_at() -> None:
    async with on_stage(TranscriptView(), 80, 20) as stage:
        stage.widget.focus()
        await fed(stage, stream.Said("First\nmessage."), stream.Said("Second."))
        await stage.press("[", "[")
        assert await copied(stage) == "First\nmessage."


async def test_selected_rows_are_copied_without_the_breaks_of_the_width() -> None:
    async with on_stage(TranscriptView(), 40, 12) as stage:
        stage.widget.focus()
        long = "word " * 20 + "end"
        await fed(stage, stream.Said("above"), stream.Said(long), stream.Said("below"), stream.Said("last"))
        await stage.press("shift+up", "shift+up", "shift+up", "shift+up")
        assert foot(stage) == "4 rows selected · y copies"
        await stage.press("shift+up", "shift+up", "shift+up", "shift+down")
        text = await copied(stage)
        assert text == f"{long}\nbelow\nlast"
        assert foot(stage) == ""


async def test_rows_are_selected_with_the_mouse_too() -> None:
    async with on_stage(TranscriptView(), 60, 12) as stage:
        await fed(stage, *(stream.Said(f"line {n}") for n in range(8)))
        await stage._pilot.mouse_down(offset=(5, 2))
        await stage._pilot.hover(offset=(8, 4))
        await stage._pilot.mouse_up(offset=(8, 4))
        await stage.until()
        assert foot(stage).startswith("3 rows selected")
        assert stage.screen()[2].startswith("█line 2")
        assert await copied(stage) == "line 2\nline 3\nline 4"


async def test_esc_ends_the_selection() -> None:
    async with on_stage(TranscriptView(), 60, 12) as stage:
        stage.widget.focus()
        await fed(stage, *(stream.Said(f"line {n}") for n in range(8)))
        await stage.press("shift+up", "shift+up", "escape")
        assert not any(line.startswith("█") for line in stage.screen())


# ── bounds ───────────────────────────────────────────────────────────────────────────────────────────


async def test_places_outlive_what_is_dropped() -> None:
    async with on_stage(TranscriptView(), 80, 12) as stage:
        stage.widget.focus()
        await fed(stage, *call("one", 20), *(stream.Said(f"line {n}") for n in range(MAX_PARAGRAPHS - 10)))
        await stage.press("home", "space")
        await fed(stage, *(stream.Said(f"more {n}") for n in range(2_000)))
        await stage.press("home", "space", "[", "]", "shift+down", "y", "e", "o", "o", "o", "end")
        assert shown(stage)[-1] == "more 1999"
        assert not stage.widget._folds
