"""Where the rows of a diff lie on the screen, with files folded and notes between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from panes.diff_layout import Layout, Note, Spot
from panes.diff_model import parse
from tests.unit.test_diff_view import SMALL, long_diff

DIFF = parse(long_diff(4, 5))


def test_without_folds_and_notes_every_row_has_its_line() -> None:
    layout = Layout(DIFF)
    assert layout.count == len(DIFF.rows)
    assert [layout.row_at(line) for line in range(layout.count)] == list(range(len(DIFF.rows)))
    assert Layout(parse("")).count == 0


def test_a_folded_file_is_its_heading_and_a_note_stands_under_its_row() -> None:
    start, end = DIFF.file_range(1)
    layout = Layout(DIFF, folded={1}, notes=[Note(start + 2, "hidden", ("x",)), Note(end + 1, "seen", ("a", "b"))])

    assert layout.count == len(DIFF.rows) - (end - start - 1) + 2
    assert layout.line_of(start + 3) == start
    assert layout.row_at(start + 1) == end
    line = layout.line_of(end + 1)
    assert layout.at(line + 2) == Spot(end + 1, 1, 1)
    assert [layout.row_at(line + n) for n in range(4)] == [end + 1, end + 1, end + 1, end + 2]


@given(
    st.sampled_from([DIFF, parse(SMALL)]),
    st.booleans(),
    st.sets(st.integers(0, 3)),
    st.lists(st.integers(0, 10_000), max_size=6),
)
def test_lines_and_rows_lead_to_each_other_however_it_is_laid_out(
    diff: object, is_split: bool, folded: set[int], places: list[int]
) -> None:
    it = diff if isinstance(diff, type(DIFF)) else DIFF
    notes = [Note(place % len(it.rows), str(n), ("one", "two")) for n, place in enumerate(places)]
    folded = {file for file in folded if file < len(it.files)}
    layout = Layout(it, is_split, folded, notes)

    seen = [layout.at(line) for line in range(layout.count)]
    code = [spot.base for spot in seen if spot.note < 0]
    assert code == sorted(set(code))
    for line, spot in enumerate(seen):
        if spot.note < 0:
            assert layout.line_of(layout.row_at(line)) == line
        else:
            assert layout.notes[spot.note].lines[spot.part]
    shown = {spot.note for spot in seen if spot.note >= 0}
    for number, note in enumerate(notes):
        is_hidden = it.file_at(note.row) in folded and note.row not in it.file_rows
        assert (number in shown) != is_hidden
