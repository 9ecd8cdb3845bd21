"""What is sought in one go is what is found word by word: the quick search for secrets finds what a slow one would."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import redact, secret_shapes
from cockpit.anchors import Anchors, Places, one_by_one, search_for
from tests.secrets_made import clean_lines, planted

SHORT = st.text("ab-", min_size=1, max_size=4)
PIECES = [
    *secret_shapes.EXACT,
    *secret_shapes.FOLDED,
    "PassWord",
    "K",
    "to\u212aen: ",
    "ſecret=",
    "é",
    "…",
    " = '",
    ": ",
    "\n",
]
PIECES += [line for line, _ in planted(3).values()] + clean_lines(3, 20)
CUT = st.tuples(st.sampled_from(PIECES), st.integers(0, 12), st.integers(0, 4)).map(
    lambda c: c[0][c[2] :][: -c[1] or None]
)
TEXTS = st.lists(st.sampled_from(PIECES) | CUT | st.text(max_size=3), max_size=12).map("".join)


def slowly(words: list[str], text: str) -> Places:
    every = {word: [found.start() for found in re.finditer(f"(?={re.escape(word)})", text)] for word in words}
    return {word: places for word, places in every.items() if places}


@settings(max_examples=120, deadline=None)
@given(st.lists(SHORT, min_size=1, max_size=6, unique=True), st.text("ab-", max_size=40))
def test_every_place_of_every_word_is_found(words: list[str], text: str) -> None:
    found: Places = {}
    Anchors(words).add_places(text.encode(), found)
    assert found == slowly(words, text)


@settings(max_examples=50, deadline=None)
@given(st.lists(SHORT, min_size=1, max_size=6, unique=True), st.text("ab-", max_size=40))
def test_without_the_library_the_same_is_found(words: list[str], text: str) -> None:
    least = [word.encode() for word in words if not any(other in word for other in words if other != word)]
    assert one_by_one(least, text.encode()) == search_for(least)(text.encode())


@settings(max_examples=80, deadline=None)
@given(TEXTS)
def test_the_anchors_are_where_a_search_for_each_finds_them(text: str) -> None:
    low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    wanted = slowly([*secret_shapes.EXACT], text) | slowly([*secret_shapes.FOLDED], low)
    assert secret_shapes.places(secret_shapes.as_bytes(text), text) == wanted


def test_only_one_letter_beyond_ascii_has_a_small_one_within() -> None:
    letters = [c for c in map(chr, range(128, sys.maxunicode + 1)) if c.lower().isascii()]
    assert letters == ["\u212a"]


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS.map(lambda text: text.replace("\n", " ")), max_size=4))
def test_lines_that_are_clean_together_are_clean_one_by_one(lines: list[str]) -> None:
    if redact.is_plain("\n".join(lines)):
        assert [redact.json_line(line) for line in lines] == lines
    assert not any(redact.find(line) for line in lines if len(line) < redact.SHORTEST)
    assert not any(secret_shapes.find(line[:cut]) for line in lines for cut in range(redact.SHORTEST))


@settings(max_examples=50, deadline=None)
@given(TEXTS, st.lists(st.integers(0, 400), max_size=6))
def test_in_pieces_nothing_is_given_away_that_the_whole_hides(text: str, cuts: list[int]) -> None:
    data = text.encode("utf-8")
    flow, places = redact.ByteFlow(), sorted({min(cut, len(data)) for cut in cuts})
    said = (
        b"".join(flow.feed(data[a:b]) for a, b in zip([0, *places], [*places, len(data)], strict=True)) + flow.flush()
    )
    for one in redact.find(data.decode("latin-1")):
        if one.kind != "private key":  # what stands before its end alone may be none
            assert data[one.start : one.end] not in said or data.count(data[one.start : one.end]) > 1


@pytest.mark.parametrize("word", ["key", "SK", "xox", "-----BEGIN", "eyJ", "token"])
def test_a_text_full_of_beginnings_costs_no_more_than_its_length(word: str) -> None:
    """What is tried at each of them looks at a bounded stretch: else this would not end for hours."""
    text = (word * 60_000).encode()
    assert redact.data(text) == text


@pytest.mark.parametrize("others", [0, 20])
def test_values_known_by_heart_are_found_in_all_their_ways(others: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_values", redact.Values())
    redact.learn({"A_TOKEN": 'quo"ted-secret-1', "B_TOKEN": "grüße-an-alle-7", "C_TOKEN": "日本-secret-9-東京" * 40})
    redact.learn({"D_TOKEN": "quo-other-secret"} | {f"A{n}_KEY": f"another-one-{n}" for n in range(others)})
    for said in (
        'quo"ted-secret-1',
        'quo\\"ted-secret-1',
        "grüße-an-alle-7",
        "gr\\u00fc\\u00dfe-an-alle-7",
        "日本-secret-9-東京" * 40,
    ):
        assert redact.text(f"a {said} b") == "a [redacted: secret of the environment] b"
        assert b"secret of the environment" in redact.data(f"a {said} b".encode())
    assert redact.text("?? -secret-9-??" * 40) == "?? -secret-9-??" * 40
