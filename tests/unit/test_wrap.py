"""Rows of a width in cells: nothing is lost, nothing is too wide, wide characters count double."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from panes.rows import Place, Rows
from panes.wrap import _NOT_NARROW, breaks, fit, rows

TEXTS = st.text(st.sampled_from("ab  日本👍é\u0301👨\u200d👩❤\ufe0f…│"), max_size=60)


@given(TEXTS, st.integers(2, 20))
def test_rows_hold_all_of_the_text_and_fit(text: str, width: int) -> None:
    starts = breaks(text, width)

    assert starts[0] == 0
    assert list(starts) == sorted(set(starts))
    assert all(cell_len(row) <= width for row in rows(text, width))
    assert "".join("".join(rows(text, width)).split()) == "".join(text.split())


@given(st.text(st.characters(max_codepoint=0x27FF), max_size=80), st.integers(2, 40))
def test_text_of_any_script_fits(text: str, width: int) -> None:
    line = "".join(c for c in text if c.isprintable())
    assert all(cell_len(row) <= width for row in rows(line, width))


def test_rows_end_at_spaces() -> None:
    assert rows("the median of an even list", 12) == ["the median", "of an even", "list"]


def test_a_long_word_is_broken() -> None:
    assert rows("a " + "x" * 25, 10) == ["a xxxxxxxx", "xxxxxxxxxx", "xxxxxxx"]


def test_every_character_taken_for_narrow_is_one_cell_wide() -> None:
    narrow = [chr(n) for n in range(0x20, 0x3000) if not _NOT_NARROW.match(chr(n))]
    assert [c for c in narrow if get_character_cell_size(c) != 1] == []


@pytest.mark.parametrize(
    ("text", "width", "wanted"),
    [
        ("short", 10, "short"),
        ("much too long", 8, "much to…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("x", 0, ""),
    ],
)
def test_fit_cuts_with_an_ellipsis(text: str, width: int, wanted: str) -> None:
    assert fit(text, width) == wanted


@given(st.lists(TEXTS, min_size=1, max_size=12), st.integers(3, 20), st.integers(0, 11))
def test_a_place_survives_another_width(texts: list[str], width: int, gone: int) -> None:
    layout = Rows()
    layout.clear(width)
    layout.extend([("» ", text) for text in texts])
    dropped = layout.drop(min(gone, len(texts) - 1))

    assert layout.count + dropped == sum(len(breaks(text, width - 2)) for text in texts)
    for row in range(layout.count):
        place = layout.place(row)
        assert layout.row_of(place) == row
        assert layout.row_of(Place(place.paragraph, place.offset)) == row
