"""Searching a transcript: every matching line is found once, whatever is folded, dropped or still coming."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.agents import stream
from panes import transcript_model
from panes.rows import Place
from panes.said import Said
from panes.search import Search
from panes.transcript import TranscriptView
from panes.transcript_model import Transcript
from tests.unit.stage import on_stage
from tests.unit.test_transcript_folds import call, fed, foot, lines, shown

START = Place(0, 0)


def searched(*texts: str) -> tuple[Transcript, Search]:
    transcript = Transcript()
    transcript.add(lines(*(stream.Said(text) for text in texts)))
    return transcript, Search(transcript)


@pytest.mark.parametrize(
    ("query", "found"),
    [("one", 2), ("ONE", 1), ("One", 0), ("o", 3), ("", 0), ("(a|b)", 1), ("nothing", 0), ("ß", 1)],
)
def test_small_letters_find_large_ones_and_signs_mean_themselves(query: str, found: int) -> None:
    _, search = searched("one one", "ONE (a|b)", "two", "straße")
    search.seek(query, START)
    assert search.count == found


def test_it_begins_near_and_goes_round() -> None:
    _, search = searched("x 0", "x 1", "x 2")
    search.seek("x", Place(1, 0))
    assert search.at == 1
    assert [search.step(1), search.step(1), search.step(-1)] == [Place(2, 0), Place(0, 0), Place(2, 0)]
    search.seek("x", Place(9, 0))
    assert search.at == 0


def test_folded_lines_are_found_one_by_one() -> None:
    transcript = Transcript()
    transcript.add(lines(*call("tests", 30)))
    search = Search(transcript)
    search.seek("row 2", START)
    assert search.count == 11


texts = st.text(st.sampled_from("abAB \n"), max_size=12)


@given(st.lists(texts, max_size=12), st.lists(texts, max_size=12), st.text("abAB", min_size=1, max_size=3))
def test_letter_by_letter_with_lines_coming_in_it_finds_what_one_look_at_the_end_finds(
    before: list[str], after: list[str], query: str
) -> None:
    transcript, search = searched(*before)
    for length in range(1, len(query) + 1):
        search.seek(query[:length], START)
    transcript.add(lines(*(stream.Said(text) for text in after)))
    search.take_in()

    fresh = Search(transcript)
    fresh.seek(query, START)
    assert search._found == fresh._found


def test_what_is_dropped_is_found_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript_model, "MAX_PARAGRAPHS", 10)
    transcript, search = searched(*(f"x {n}" for n in range(10)))
    search.seek("x", Place(9, 0))
    transcript.add(lines(*(stream.Said("y") for _ in range(5))))
    assert search.take_in()
    assert search.count == 10 - transcript.dropped
    assert search.place == Place(9, 0)


# ── on the screen ────────────────────────────────────────────────────────────────────────────────────


async def test_letters_go_into_the_query_and_not_to_the_keys() -> None:
    async with on_stage(TranscriptView(), 80, 12) as stage:
        stage.widget.focus()
        await fed(stage, *(stream.Said(f"line {n} {'fox' if n % 10 == 0 else ''}") for n in range(60)))
        await stage.press("home", "/", "f", "o")
        assert foot(stage) == "/fo▏ 1 of 6"
        assert any(line.startswith("▶line 0 fox") for line in stage.screen())
        await stage.press("backspace", "backspace", "e", " ", "5")
        assert foot(stage) == "/e 5▏ 1 of 11"
        assert any("line 5" in line for line in shown(stage))


async def test_matches_are_gone_through_and_esc_ends() -> None:
    async with on_stage(TranscriptView(), 80, 12) as stage:
        stage.widget.focus()
        await fed(stage, *(stream.Said(f"line {n} {'fox' if n % 10 == 0 else ''}") for n in range(60)))
        await stage.press("home", "/", *"fox", "enter")
        assert foot(stage) == "/fox  1 of 6 · . next · , before · esc ends"
        await stage.press(".", ".")
        assert any(line.startswith("▶line 20 fox") for line in stage.screen())
        await stage.press(",", ",", ",")
        assert any(line.startswith("▶line 50 fox") for line in stage.screen())
        await stage.press("escape")
        assert "fox" not in foot(stage)
        assert not any(line.startswith("▶") for line in stage.screen())


async def test_a_folded_match_is_unfolded_when_the_query_is_whole() -> None:
    async with on_stage(TranscriptView(), 80, 12) as stage:
        stage.widget.focus()
        await fed(stage, *call("tests", 200))
        await stage.press("/", *"row 150")
        assert not any("row 150" in line for line in shown(stage))
        assert "1 of 1" in foot(stage)
        await stage.press("enter")
        assert any(line.startswith("▶") and "row 150" in line for line in stage.screen())


async def test_lines_that_come_in_count() -> None:
    async with on_stage(TranscriptView(), 80, 12) as stage:
        stage.widget.focus()
        await fed(stage, stream.Said("one fox"))
        await stage.press("/", *"fox", "enter")
        stage.widget.add(lines(stream.Said("another fox"), stream.Said("a hare"), start=9))
        await stage.until(lambda: stage.widget.is_settled)
        await stage.until()
        assert "1 of 2" in foot(stage)


async def test_a_step_without_a_search_says_how_to_begin() -> None:
    async with on_stage(TranscriptView()) as stage:
        stage.widget.focus()
        await stage.press(".")
        assert [said.text for said in stage.received(Said)] == ["nothing is sought; / searches"]


async def test_no_match_is_said_and_moves_nothing() -> None:
    async with on_stage(TranscriptView(), 80, 12) as stage:
        stage.widget.focus()
        await fed(stage, *(stream.Said(f"line {n}") for n in range(60)))
        before = shown(stage)
        await stage.press("/", *"zebra", "enter")
        assert shown(stage) == before
        assert "/zebra  nothing" in foot(stage)
