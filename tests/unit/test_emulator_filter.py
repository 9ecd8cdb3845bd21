"""The filter before the emulators: what it takes out, and that it does not matter where the output is cut."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.emulator.filter import Filter

PIECES = (
    *(b"\x1b", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\x1bk", b"\x1b\\", b"\x1b(", b"\x1b7"),
    *(b"\x07", b"\x18", b"\x1a", b"\x00", b"\n", b"\x7f", b"\x9c", b"\x9d", b"\x90", b"\xc2", b"\xc2\x9d", b"\xc2\xa0"),
    *(b"8;;http://x", b"52;c;aGk=", b"0;title", b"11;?", b"1;31", b"m", b"H", b"?2004h", b" q", b"B", b"[", b"]", b"k"),
    *("漢é─🚀".encode(), "🚀".encode()[:2], b"\xff", b"text", b" ", b"0"),
)

output = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)), max_size=25).map(b"".join)


def filtered(*pieces: bytes) -> bytes:
    one = Filter()
    return b"".join(one.feed(piece) for piece in pieces)


@given(output, st.lists(st.integers(0, 80), max_size=6))
def test_it_does_not_matter_where_the_output_is_cut(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(places)]
    assert filtered(*pieces) == filtered(data) == filtered(*(bytes([byte]) for byte in data))


@given(output)
def test_no_string_but_the_question_for_a_colour_gets_through_however_it_is_spelled(data: bytes) -> None:
    found = filtered(data)
    for match in re.finditer(rb"\x1b[\x00-\x17\x19\x1c-\x1f\x7f-\xff]*[\]P^_Xk]", found):
        assert re.match(rb"\x1b\]1[012];\?(?:[\x00-\x1f]|\Z)", found[match.start() :]), found
    assert not re.search(rb"\xc2[\x80-\x9f]", found)
    assert not re.search(rb"\x1b\[[\x00-\x17\x19\x1c-\x3f]*[\x7f-\xff]", found)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_plain_text_is_left_alone(text: str) -> None:
    assert filtered(text.encode()) == text.encode()


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", b"a\x1b\\link\x1b\\b"),
        (b"a\x1b]52;c;aGk=\x07b", b"a\x18b"),
        (b"a\x1b]0;title\x07b", b"a\x18b"),
        (b"a\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\b", b"a\x18\x1b\\b"),
        (b"a\x1b_Gt=f;L2V0Yy9wYXNzd2Q=\x1b\\b", b"a\x1b\\b"),
        (b"a\x1bktitle\x1b\\b", b"a\x1b\\b"),
        (b"\x1b]11;?\x07", b"\x1b]11;?\x07"),
        (b"\x1b]11;?\x1b\\", b"\x1b]11;?\x1b\\"),
        (b"\x1b]11;#fff\x07", b"\x18"),
        (b"\x1b[3\x9d8;;x\x07m", b"\x1b[38;;x\x07m"),
        (b"\x1b\x00]8;;x\x07", b"\x00\x18"),
        (b"\xc2\x9d52;c;aGk=\x07", b"\x0052;c;aGk=\x07"),
        (b"\x1b[31mred\x1b[0m", b"\x1b[31mred\x1b[0m"),
        (b"\x1b(B\x1b7\x1b=\x1b[?1049h", b"\x1b(B\x1b7\x1b=\x1b[?1049h"),
    ],
)
def test_each_kind(data: bytes, wanted: bytes) -> None:
    assert filtered(data) == wanted


def test_a_string_without_an_end_is_not_kept() -> None:
    one = Filter()
    assert one.feed(b"\x1b]52;c;") == b""
    for _ in range(100):
        assert one.feed(b"A" * 100_000) == b""
    assert sum(len(v) for v in vars(one).values() if isinstance(v, bytes)) < 100
    assert one.feed(b"\x07on") == b"\x18on"
