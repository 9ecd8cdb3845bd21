"""The bytes that turn one row into another, tried on a model of a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from panes.cells import Pen, cells, runs
from tests.unit.terminal_model import Terminal

WIDTH, HEIGHT = 14, 3
GLYPHS = ["a", "b", " ", " ", "│", "●", "好", "界", "✅", "é", "e\u0301", "👨‍👩‍👧", "❤️"]
STYLES = [
    None,
    Style(),
    Style.parse("red"),
    Style.parse("bold #10a0f0 on #202020"),
    Style.parse("on #202020"),
    Style.parse("underline"),
    Style.parse("reverse"),
    Style.parse("link https://example.org"),
]

segments = st.lists(st.tuples(st.lists(st.sampled_from(GLYPHS), max_size=6), st.sampled_from(STYLES)), max_size=5)
strips = segments.map(
    lambda parts: Strip([Segment("".join(glyphs), style) for glyphs, style in parts]).adjust_cell_length(WIDTH)
)
screens = st.lists(strips, min_size=HEIGHT, max_size=HEIGHT)


def painted(rows: list[Strip]) -> Terminal:
    terminal = Terminal(WIDTH + 2, HEIGHT)
    for y, row in enumerate(rows):
        terminal.write(f"\x1b[{y + 1};2H{row.render(Console(color_system='truecolor'))}")
    return terminal


@given(screens, screens)
def test_what_is_written_over_one_screen_gives_the_other(old: list[Strip], new: list[Strip]) -> None:
    terminal, pen = painted(old), Pen(ColorSystem.TRUECOLOR)
    for y, (before, after) in enumerate(zip(old, new, strict=True)):
        pen.change(1, y, cells(before), cells(after))
    terminal.write(pen.text())
    assert terminal.rows == painted(new).rows


@given(strips)
def test_a_row_that_stays_costs_nothing(row: Strip) -> None:
    same = Strip(list(row))
    if cells(row).sure:
        assert runs(cells(row), cells(same)) == []


@given(strips)
def test_a_row_has_as_many_cells_as_it_is_wide(row: Strip) -> None:
    glyphs, styles, _ = cells(row)
    assert len(glyphs) == len(styles) == WIDTH


def row(text: str, style: str = "white on black") -> Strip:
    return Strip([Segment(text, Style.parse(style))])


def written(old: Strip, new: Strip, colors: ColorSystem | None = ColorSystem.TRUECOLOR) -> str:
    pen = Pen(colors)
    pen.change(0, 0, cells(old), cells(new))
    return pen.text()


def test_only_the_cells_that_differ_are_written() -> None:
    text = written(row("one step of ten in 12 s    "), row("one step of ten in 13 s    "))
    assert text == "\x1b[0;37;40m\x1b[1;21H3\x1b[0m"


def test_a_space_looks_the_same_in_any_ink() -> None:
    assert runs(cells(row("a    ", "bold red on black")), cells(row("a    ", "bold red on black"))) == []
    assert runs(cells(row("b    ", "bold red on black")), cells(row("a    ", "italic blue on black"))) == [(0, 1)]
    assert runs(cells(row("b    ", "red on black")), cells(row("b    ", "red on blue"))) == [(0, 5)]
    assert runs(cells(row("     ", "red")), cells(row("     ", "underline red"))) == [(0, 5)]


def test_a_row_whose_cells_are_not_sure_is_written_whole() -> None:
    assert runs(cells(row("x e\u0301  ")), cells(row("y e\u0301  "))) == [(0, 5)]


def test_half_a_wide_character_is_never_written() -> None:
    assert runs(cells(row("好a")), cells(row("们a"))) == [(0, 2)]
    assert runs(cells(row("好a")), cells(row("bba"))) == [(0, 2)]


def test_colours_are_those_the_terminal_has() -> None:
    assert "38;2;16;160;240" in written(row("a"), row("b", "#10a0f0"))
    assert "38;5;" in written(row("a"), row("b", "#10a1f0"), ColorSystem.EIGHT_BIT)
    assert "\x1b[0;36m" in written(row("a"), row("b", "#10a2f0"), ColorSystem.STANDARD)


def test_colours_are_named_once_for_all_rows() -> None:
    pen = Pen(ColorSystem.TRUECOLOR)
    tones = ("red on black", "green on black")
    for y in range(6):
        pen.change(0, y, cells(row("....", tones[y % 2])), cells(row(f"row{y}", tones[y % 2])))
    assert pen.text().count("31;40m") == pen.text().count("32;40m") == 1
