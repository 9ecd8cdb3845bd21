"""The transcript: what an agent's stream becomes on the screen, and that nothing an agent writes gets out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cockpit.agents import stream
from cockpit.agents.stream import Line, StreamEvent
from panes import transcript_model
from panes.paragraphs import MAX_LINE, Tone, texts
from panes.transcript import TranscriptView
from panes.transcript_model import MAX_PARAGRAPHS, Teller, Transcript
from tests.unit.stage import Stage, on_stage

SIZES = pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])


def lines(*events: StreamEvent) -> list[Line]:
    return [Line(n, 1_700_000_000.0 + n, event) for n, event in enumerate(events, 1)]


def said(count: int, start: int = 0) -> list[Line]:
    return lines(*(stream.Said(f"line {n}") for n in range(start, start + count)))


def told(*events: StreamEvent) -> list[str]:
    transcript = Transcript()
    transcript.add(lines(*events))
    return texts(transcript.paragraphs)


async def fed(stage: Stage[TranscriptView], new: Sequence[Line]) -> None:
    stage.widget.add(new)
    await stage.until(lambda: stage.widget.is_settled)


def rows(stage: Stage[TranscriptView]) -> list[str]:
    """The screen without the column of signs."""
    return [line[1:] for line in stage.screen()]


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────


def test_a_tool_call_and_a_long_result() -> None:
    output = "\n".join(f"row {n}" for n in range(126))

    shown = told(stream.ToolCalled("a", "Bash", "run pytest", "pytest -q"), stream.ToolReturned("a", output))

    assert shown[:3] == ["● run pytest", "  $ pytest -q", "  │ row 0"]
    assert shown[-1] == "  │ … 120 more lines"
    assert len(shown) == 9


def test_a_command_of_several_lines_is_said_once_and_as_it_was_written() -> None:
    command = 'git add .\ngit commit -m "Title\n\nBody"'
    shown = told(stream.ToolCalled("a", "Bash", f"$ {' '.join(command.split())}", command))
    assert shown == ["● $ git add .", '    git commit -m "Title', "    ", '    Body"']


def test_a_failed_result_says_so_in_a_sign() -> None:
    assert told(stream.ToolReturned("a", "", failed=True)) == ["  ✗ failed and said nothing"]


def test_answers_of_tools_that_ran_side_by_side_are_named() -> None:
    shown = told(
        stream.ToolCalled("a", "Read", "read one.py"),
        stream.ToolCalled("b", "Read", "read two.py"),
        stream.ToolReturned("a", "1"),
        stream.ToolReturned("b", "2"),
    )
    assert shown == ["● read one.py", "● read two.py", "  ↳ read one.py", "  │ 1", "  │ 2"]


def test_an_edits_diff_keeps_its_signs_and_has_tones() -> None:
    diff = "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-old\n+new\n same"
    transcript = Transcript()
    transcript.add(lines(stream.ToolCalled("a", "Edit", "edit x.py", diff)))

    shown = [(p.tone, p.text) for p in transcript.paragraphs[1:]]

    assert shown == [
        (Tone.HUNK, "@@ -1,2 +1,2 @@"),
        (Tone.REMOVED, "-old"),
        (Tone.ADDED, "+new"),
        (Tone.DETAIL, " same"),
    ]


def test_a_message_shows_who_sent_it_and_that_it_was_read() -> None:
    shown = told(stream.Told("Use a heap", "m1", "you"), stream.Read("m1"), stream.Read("m1"), stream.Read("other"))

    assert shown[0].startswith("» you ")
    assert shown[0].endswith(": Use a heap")
    assert shown[1:] == ["  ✓ the agent has read it"]


def test_the_cost_of_each_turn_is_what_was_added_since_the_last() -> None:
    shown = told(
        stream.Spent(0.25, 1_000, "m", "cli"),
        stream.Ended(True),
        stream.Spent(0.75, 14_500, "m", "cli"),
        stream.Ended(True),
        stream.Ended(True),
    )
    assert "≈$0.25 · 1.0k tokens" in shown[0]
    assert "≈$0.50 · 13.5k tokens" in shown[1]
    assert "$" not in shown[2]


def test_the_cost_counts_from_nothing_in_a_new_process() -> None:
    teller = Teller()
    for line in lines(stream.Spent(2.0, 9_000, "m", "cli"), stream.Ended(True), stream.Started("s")):
        teller.tell(line)

    (done,) = [p for line in lines(stream.Spent(0.5, 700, "m", "cli"), stream.Ended(True)) for p in teller.tell(line)]

    assert "≈$0.50 · 700 tokens" in done.text


def test_money_that_nobody_can_count_is_not_shown_as_nothing() -> None:
    (shown,) = told(stream.Spent(0.0, 500, "odd-model", "unknown"), stream.Ended(True))
    assert "$? (odd-model has no price)" in shown


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        (stream.Retrying("529 overloaded", 20), "↻ trying again in 20 s: 529 overloaded"),
        (stream.Garbled("{nonsense"), "? unreadable: {nonsense"),
        (stream.Exited(3, "Traceback"), "✗ agent left with exit code 3: Traceback"),
        (stream.Exited(None), "✗ agent is gone"),
        (stream.Exited(0), "■ agent left"),
        (stream.Started("s", "model-1"), "▸ agent started · model-1"),
        (stream.Thought("hm"), "~ hm"),
    ],
)
def test_every_other_line_has_a_sign(event: StreamEvent, wanted: str) -> None:
    assert told(event) == [wanted]


def test_a_failed_turn_says_why_and_what_was_refused() -> None:
    shown = told(stream.Ended(False, error="invalid key", fatal=True, denials=("Bash",)))
    assert shown[0] == "✗ refused: Bash"
    assert shown[1].startswith("✗ turn failed")
    assert shown[1].endswith("(trying again cannot help): invalid key")


def test_a_summary_is_not_said_twice() -> None:
    shown = told(stream.Said("All done."), stream.Ended(True, "All done."), stream.Ended(True, "Something else."))
    assert [s for s in shown if "one." in s or "else" in s] == ["All done.", "Something else."]


# ── bounds and hostile text ──────────────────────────────────────────────────────────────────────────


def test_old_lines_are_dropped_and_counted() -> None:
    transcript = Transcript()
    transcript.add(said(100_000))

    assert len(transcript.paragraphs) <= MAX_PARAGRAPHS
    assert transcript.dropped + len(transcript.paragraphs) == 100_000
    assert transcript.paragraphs[-1].text == "line 99999"


def test_long_lines_are_bounded_together_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript_model, "MAX_CHARACTERS", 50_000)
    transcript = Transcript()
    transcript.add(lines(*(stream.Said("x" * 5_000) for _ in range(100))))

    assert sum(len(p.text) for p in transcript.paragraphs) <= 50_000
    assert transcript.dropped + len(transcript.paragraphs) == 100


def test_an_endless_line_is_cut_and_says_by_how_much() -> None:
    (shown,) = told(stream.Said("x" * 1_000_000))
    assert shown.startswith("x" * MAX_LINE + " … 998,000 more characters")


@SIZES
async def test_hostile_text_stays_text(width: int, height: int) -> None:
    async with on_stage(TranscriptView(), width, height) as stage:
        await fed(
            stage,
            lines(
                stream.Said("before \x1b]52;c;aGVsbG8=\x07after \x1b[2J\x1b[31mred\x9b1m \x08\x00\rnext"),
                stream.Said("[red]markup[/red] [@click=app.quit]x[/] [/]"),
                stream.ToolCalled("a", "x", "step\x1b]0;title\x07 \n two", "\x1b[?1049h$(rm)"),
                stream.Said("日本語 " * 60),
                stream.Said("y" * 1_000_000),
            ),
        )
        stage.widget.action_top()
        await stage.until()
        view = stage.widget
        rows = [view.row_strip(row) for row in range(view.virtual_size.height)]

        assert "before after red" in stage.text()
        assert "[red]markup[/red] [@click=app.quit]x[/] [/]" in stage.text()
        assert all(row.cell_length == view.row_width for row in rows)
        assert not any(c < " " or c == "\x7f" or "\x80" <= c <= "\x9f" for row in rows for c in row.text)


# ── the view ─────────────────────────────────────────────────────────────────────────────────────────


@SIZES
async def test_it_follows_the_end(width: int, height: int) -> None:
    async with on_stage(TranscriptView(), width, height) as stage:
        await fed(stage, said(300))
        assert "line 299" in rows(stage)[-1]

        await fed(stage, said(1, start=300))
        assert "line 300" in rows(stage)[-1]


async def test_a_short_transcript_begins_at_the_top() -> None:
    async with on_stage(TranscriptView()) as stage:
        await fed(stage, said(2))
        assert rows(stage)[:3] == ["line 0", "line 1", ""]


async def test_scrolling_up_holds_the_place_until_the_end_is_asked_for() -> None:
    async with on_stage(TranscriptView()) as stage:
        stage.widget.focus()
        await fed(stage, said(300))
        await stage.press("pageup")
        held = rows(stage)[0]

        await fed(stage, said(50, start=300))
        assert not stage.widget.following
        assert rows(stage)[0] == held

        await stage.press("G")
        assert stage.widget.following
        assert "line 349" in rows(stage)[-1]


async def test_coming_back_to_the_end_follows_again() -> None:
    async with on_stage(TranscriptView()) as stage:
        stage.widget.focus()
        await fed(stage, said(100))
        await stage.press("up", "up", "down")
        assert not stage.widget.following
        await stage.press("down")
        assert stage.widget.following


async def test_the_place_is_held_while_old_lines_are_dropped() -> None:
    async with on_stage(TranscriptView()) as stage:
        stage.widget.focus()
        await fed(stage, said(MAX_PARAGRAPHS))
        await stage.press("pageup")
        held = rows(stage)[0]

        await fed(stage, said(600, start=MAX_PARAGRAPHS))
        assert rows(stage)[0] == held

        await stage.press("home")
        assert rows(stage)[0].startswith("… 1,002 earlier lines were dropped")
        assert "line 1002" in rows(stage)[1]


async def test_far_more_than_is_kept_at_once() -> None:
    async with on_stage(TranscriptView()) as stage:
        await fed(stage, said(10))
        await fed(stage, said(100_000, start=10))
        assert "line 100009" in rows(stage)[-1]
        assert stage.widget.virtual_size.height <= MAX_PARAGRAPHS + 1


async def test_a_resize_wraps_anew_and_keeps_the_place() -> None:
    async with on_stage(TranscriptView()) as stage:
        stage.widget.focus()
        await fed(stage, lines(*(stream.Said(f"number {n} " + "word " * 40) for n in range(200))))
        await stage.press("home", *["pagedown"] * 9)
        top = next(s for s in rows(stage) if s.startswith("number"))
        at = rows(stage).index(top)
        await stage.press(*["down"] * at)
        assert rows(stage)[0] == top

        for width, height in ((200, 50), (40, 12), (80, 24)):
            await stage.resize(width, height)
            assert rows(stage)[0][:10] == top[:10]
        assert rows(stage)[0] == top


async def test_a_resize_at_the_end_stays_at_the_end() -> None:
    async with on_stage(TranscriptView(), 200, 50) as stage:
        await fed(stage, lines(*(stream.Said("word " * 60 + f"end{n}") for n in range(100))))
        for width, height in ((60, 20), (200, 50), (38, 8)):
            await stage.resize(width, height)
            assert "end99" in rows(stage)[-1]


async def test_a_reset_empties_it_and_follows() -> None:
    async with on_stage(TranscriptView()) as stage:
        stage.widget.placeholder = "Nothing yet."
        stage.widget.focus()
        await fed(stage, said(100))
        await stage.press("home")
        stage.widget.reset()
        await stage.until()

        assert rows(stage)[:2] == ["Nothing yet.", ""]
        assert stage.widget.following
        await fed(stage, said(1))
        assert rows(stage)[0] == "line 0"


async def test_what_comes_while_it_is_hidden_shows_when_it_is_back() -> None:
    async with on_stage(TranscriptView()) as stage:
        stage.widget.display = False
        await stage.until()
        stage.widget.add(said(50))
        assert not stage.widget.is_settled

        stage.widget.display = True
        await stage.until(lambda: stage.widget.is_settled)
        await stage.until()
        assert "line 49" in rows(stage)[-1]


async def test_a_burst_paints_once_and_then_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(TranscriptView()) as stage:
        view = stage.widget
        await fed(stage, said(1))
        placed: list[int] = []
        lay = view.lay

        def counted(count: int, row: int) -> None:
            placed.append(count)
            lay(count, row)

        monkeypatch.setattr(view, "lay", counted)
        for n in range(200):
            view.add(said(1, start=n + 1))
        await stage.until(lambda: view.is_settled)

        assert placed[-1] == 201
        assert len(placed) <= 2
        assert view.is_painted
        assert "line 200" in rows(stage)[-1]
