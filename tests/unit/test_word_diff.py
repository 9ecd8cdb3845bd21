"""Words that changed inside a line: what is marked, what is not, and that it stays quick."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panes.word_diff import MAX_CHARACTERS, Spans, couples, word_spans


def words(before: str, after: str) -> tuple[list[str], list[str]] | None:
    """What is marked, as text."""
    found = word_spans(before, after)
    return found and (cut(before, found[0]), cut(after, found[1]))


def cut(text: str, spans: Spans) -> list[str]:
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("return len(v)", "return max(1, len(v))", ([], ["max(1, ", ")"])),
        ("x = 1", "x = 2", (["1"], ["2"])),
        ("foo(bar, baz) + one two three", "foo(qux, baz) + one 2 3 three", (["bar", "two"], ["qux", "2 3"])),
        ("    a b c d", "    a c d", (["b "], [])),
        ("the old name here", "the new title here", (["old name"], ["new title"])),
        ("entirely other", "nothing alike", None),
        ("same", "same", None),
        ("x" * 2_000 + " = 1;", "x" * 2_000 + " = 2;", (["1"], ["2"])),
        ("key = [" + "1, " * 300 + "]", "key = [" + "2, " * 300 + "]", None),
    ],
)
def test_the_words_that_differ_are_marked(before: str, after: str, wanted: tuple[list[str], list[str]] | None) -> None:
    assert words(before, after) == wanted


LINE = st.text(st.sampled_from("ab c(.)"), max_size=40)


@given(LINE, LINE)
def test_what_is_not_marked_is_the_same_on_both_sides_but_for_spaces(before: str, after: str) -> None:
    found = word_spans(before, after)
    if found is None:
        return
    for text, spans in zip((before, after), found, strict=True):
        assert list(spans) == sorted(spans)
        assert all(0 <= start < end <= len(text) for start, end in spans)

    def rest(text: str, spans: Spans) -> str:
        for start, end in reversed(spans):
            text = text[:start] + text[end:]
        return text.replace(" ", "")

    assert rest(before, found[0]) == rest(after, found[1])


def test_lines_of_any_length_are_compared_in_bounded_time() -> None:
    one, other = "a " * MAX_CHARACTERS * 100, "b " * MAX_CHARACTERS * 100
    assert word_spans(one + "x", one + "y") is not None
    assert word_spans(one, other) is None


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (["a = 1", "b = 2"], ["a = 3", "b = 4"], [(0, 0), (1, 1)]),
        (["x = first(1)", "return y"], ["# a note", "x = first(2)", "", "return z"], [(0, 1), (1, 3)]),
        (["gone entirely"], ["one thing", "another"], []),
        ([], ["new"], []),
    ],
)
def test_a_line_is_compared_with_the_one_that_it_became(
    before: list[str], after: list[str], wanted: list[tuple[int, int]]
) -> None:
    assert couples(before, after) == wanted
