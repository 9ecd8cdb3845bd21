"""Text by others is shown as text: nothing in it moves the cursor, hides a line or turns its direction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.text import cut, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b1mbold", "bold"),
        ("\x1b[2J\x1b[Hhome", "home"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice\x1b\\after", "after"),
        ("\x1b(Bcharset\x1b7saved", "charsetsaved"),
        ("one\r\ntwo\r\r\nthree\rfour", "one\ntwo\nthree\nfour"),
        ("be\x08ll\x07\x00", "bell"),
        ("trojan \u202esource\u2066", "trojan source"),
        ("\ud800", "\ufffd"),
        ("naïve – 日本語 🦊", "naïve – 日本語 🦊"),
    ],
)
def test_only_text_remains(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_sequence_that_never_ends_hides_no_line() -> None:
    assert "FAILED" in plain("\x1b]0;ok\ntest FAILED\n\x07")


@given(st.text())
def test_plain_text_is_plain_for_good(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert not any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in once)


def test_the_quick_look_misses_nothing() -> None:
    """A text with a bell in it is always looked at closely."""
    for character in map(chr, [*range(0x3000), *range(0xD7FF, 0xE001)]):
        assert plain(f"a{character}b") == plain(f"\aa{character}b")


def test_a_long_text_keeps_both_ends() -> None:
    text = cut("a" * 50 + "b" * 1000 + "c" * 50, 100)
    assert text.startswith("a" * 50 + "\n… 1000 characters left out …\n")
    assert text.endswith("c" * 50)
    assert cut("short", 100) == "short"
